//! A book between its shape here and the texts that scripts read and write.

use std::collections::BTreeMap;

use assignment_engine_core::{AgentId, Rotation, Timestamp, TurnBook};
use redis::Value;
use serde::{Deserialize, Serialize};

use crate::provider::BookVersion;

/// [`TurnBook`] as it is serialised.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    LeastRecent {
        opened: Option<Timestamp>,
        newest: u64,
        agents: BTreeMap<AgentId, Stamp>,
    },
    Proportional {
        opened: Option<Timestamp>,
        agents: BTreeMap<AgentId, Account>,
    },
}

#[derive(Serialize, Deserialize)]
struct Stamp {
    stamp: u64,
    seen: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Account {
    due: i64,
    seen: Timestamp,
}

/// The answer of `load_book.lua`.
pub(super) fn read(rotation: Rotation, answer: &Value) -> Option<(TurnBook, BookVersion)> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let mut texts = parts
        .iter()
        .map(text)
        .collect::<Option<Vec<_>>>()?
        .into_iter();
    let Some(version) = texts.next() else {
        return Some((TurnBook::new(rotation), BookVersion(0)));
    };
    let version = BookVersion(version.parse().ok()?);
    let opened = Some(instant(texts.next()?)?);
    let newest = texts.next()?.parse().ok()?;
    let mut agents = Vec::new();
    while let Some(id) = texts.next() {
        let number: i64 = texts.next()?.parse().ok()?;
        agents.push((AgentId::new(id).ok()?, number, instant(texts.next()?)?));
    }
    let form = match rotation {
        Rotation::LeastRecent => Form::LeastRecent {
            opened,
            newest,
            agents: agents
                .into_iter()
                .map(|(id, stamp, seen)| {
                    let stamp = u64::try_from(stamp).ok()?;
                    Some((id, Stamp { stamp, seen }))
                })
                .collect::<Option<_>>()?,
        },
        Rotation::Proportional => Form::Proportional {
            opened,
            agents: agents
                .into_iter()
                .map(|(id, due, seen)| (id, Account { due, seen }))
                .collect(),
        },
        Rotation::Counter => return None,
    };
    let book = serde_json::from_value(serde_json::to_value(form).ok()?).ok()?;
    Some((book, version))
}

/// What `store_book.lua` takes after the version.
pub(super) fn write(book: &TurnBook) -> Option<Vec<String>> {
    let form = serde_json::from_value(serde_json::to_value(book).ok()?).ok()?;
    let (opened, newest, agents) = match form {
        Form::LeastRecent {
            opened,
            newest,
            agents,
        } => {
            let agents = agents.into_iter();
            let agents = agents.map(|(id, held)| (id, held.stamp.to_string(), held.seen));
            (opened, newest, agents.collect::<Vec<_>>())
        }
        Form::Proportional { opened, agents } => {
            let agents = agents.into_iter();
            let agents = agents.map(|(id, held)| (id, held.due.to_string(), held.seen));
            (opened, 0, agents.collect())
        }
    };
    let instant = |at: Timestamp| at.as_millisecond().to_string();
    let mut texts = vec![opened.map(instant).unwrap_or_default(), newest.to_string()];
    for (id, number, seen) in agents {
        texts.extend([id.as_str().to_owned(), number, instant(seen)]);
    }
    Some(texts)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(text.parse().ok()?)
}
