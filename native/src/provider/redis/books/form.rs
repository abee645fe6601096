//! A book between its shape here and the texts that scripts read and write.

use assignment_engine_core::{AgentId, BookEntry, Rotation, Timestamp, TurnBook};
use redis::Value;

use crate::provider::BookVersion;
use crate::provider::redis::reply::text;

/// The answer of `load_book.lua`.
pub(super) fn read(rotation: Rotation, answer: &Value) -> Option<(TurnBook, BookVersion)> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let texts = parts.iter().map(text).collect::<Option<Vec<_>>>()?;
    let [version, opened, newest, agents @ ..] = texts.as_slice() else {
        let empty = (TurnBook::new(rotation), BookVersion(0));
        return texts.is_empty().then_some(empty);
    };
    let entry = |agent: &[&str]| {
        let [id, number, seen] = agent else {
            return None;
        };
        let (number, seen) = (number.parse().ok()?, instant(seen)?);
        Some((AgentId::new(id).ok()?, BookEntry { number, seen }))
    };
    let entries = agents.chunks(3).map(entry).collect::<Option<Vec<_>>>()?;
    let (opened, newest) = (Some(instant(opened)?), newest.parse().ok()?);
    let book = TurnBook::from_parts(rotation, opened, newest, entries);
    Some((book, BookVersion(version.parse().ok()?)))
}

/// What `store_book.lua` takes after the version.
pub(super) fn write(book: &TurnBook) -> Vec<String> {
    let instant = |at: Timestamp| at.as_millisecond().to_string();
    let opened = book.opened().map(instant).unwrap_or_default();
    let mut texts = vec![opened, book.newest().to_string()];
    for (id, entry) in book.entries() {
        let (number, seen) = (entry.number.to_string(), instant(entry.seen));
        texts.extend([id.as_str().to_owned(), number, seen]);
    }
    texts
}

fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(text.parse().ok()?)
}
