//! Books of turns in Redis. What the scripts do, and how a book lies in its key, is told at the
//! top of each file in `native/lua`.

mod form;

use assignment_engine_core::limits::{MAX_SHARED_CANDIDATES, MAX_WEIGHT};
use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook, TurnCandidate};
use redis::Value;

use super::script::{Call, Script, script_of};
use super::server::Redis;
use crate::provider::{BookVersion, Counted, ProviderError, ProviderErrorKind, TurnRequest};

/// The scripts that keep books.
pub(super) struct Books {
    take: Script,
    give_back: Script,
    load: Script,
    store: Script,
}

impl Books {
    pub(super) fn new() -> Self {
        Self {
            take: Script::new(TAKE_TURN),
            give_back: Script::new(GIVE_BACK),
            load: Script::new(LOAD_BOOK),
            store: Script::new(STORE_BOOK),
        }
    }

    /// Takes a turn in a rotation other than the counter.
    pub(super) async fn take(
        &self,
        redis: &Redis,
        asked: &TurnRequest,
    ) -> Result<Counted<Turn>, ProviderError> {
        let candidates = &asked.candidates;
        check(candidates)?;
        let mut arguments = vec![
            asked.rotation.name().to_owned(),
            asked.now.as_millisecond().to_string(),
        ];
        push_candidates(&mut arguments, candidates);
        let key = book_key(asked.rotation, &asked.context_key);
        let answer = run(redis, &self.take, &key, &arguments).await?;
        let turn = match &answer {
            Value::Array(parts) => match parts.as_slice() {
                [Value::Int(index), Value::Int(stamp), Value::Int(was)] => {
                    read_turn(*index, *stamp, *was)
                }
                _ => None,
            },
            _ => None,
        };
        turn.map(Counted::shared).ok_or_else(|| no_reply(redis))
    }

    pub(super) async fn give_back(
        &self,
        redis: &Redis,
        asked: &TurnRequest,
        turn: Turn,
    ) -> Result<(), ProviderError> {
        check(&asked.candidates)?;
        let mut arguments = vec![
            asked.rotation.name().to_owned(),
            turn.index.to_string(),
            turn.stamps.0.to_string(),
            turn.stamps.1.to_string(),
        ];
        push_candidates(&mut arguments, &asked.candidates);
        let key = book_key(asked.rotation, &asked.context_key);
        run(redis, &self.give_back, &key, &arguments).await?;
        Ok(())
    }

    pub(super) async fn load(
        &self,
        redis: &Redis,
        context_key: &ContextKey,
        rotation: Rotation,
    ) -> Result<(TurnBook, BookVersion), ProviderError> {
        let key = book_key(rotation, context_key);
        let answer = run(redis, &self.load, &key, &[]).await?;
        form::read(rotation, &answer).ok_or_else(|| no_reply(redis))
    }

    pub(super) async fn store(
        &self,
        redis: &Redis,
        context_key: &ContextKey,
        book: &TurnBook,
        version: BookVersion,
    ) -> Result<bool, ProviderError> {
        let written = form::write(book).ok_or_else(|| no_reply(redis))?;
        let mut arguments = vec![version.0.to_string()];
        arguments.extend(written);
        let key = book_key(book.rotation(), context_key);
        match run(redis, &self.store, &key, &arguments).await? {
            Value::Int(written) => Ok(written == 1),
            _ => Err(no_reply(redis)),
        }
    }
}

async fn run(
    redis: &Redis,
    script: &Script,
    key: &str,
    arguments: &[String],
) -> Result<Value, ProviderError> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let call = Call {
        script,
        keys: &[key],
        arguments: &arguments,
    };
    let answer = redis.run(key, redis.call(&call)).await;
    answer.map_err(|error| about_book(error, key, redis.address()))
}

/// The same error, where it speaks of a counter, in words about what it is.
pub(crate) fn about_book(error: ProviderError, key: &str, address: &str) -> ProviderError {
    let what = match error.kind() {
        ProviderErrorKind::WrongType => "holds something of another form",
        ProviderErrorKind::Overflow => "holds numbers that have grown too large",
        _ => return error,
    };
    ProviderError::new(
        error.kind(),
        &format!("the key `{key}` in redis at `{address}` {what}"),
    )
}

fn no_reply(redis: &Redis) -> ProviderError {
    let message = format!(
        "redis at `{}` answered with something that is no redis reply",
        redis.address()
    );
    ProviderError::new(ProviderErrorKind::Protocol, &message)
}

fn check(candidates: &[TurnCandidate]) -> Result<(), ProviderError> {
    let (kind, message) = if candidates.is_empty() {
        let message = "there is nobody to take turns".to_owned();
        (ProviderErrorKind::Other, message)
    } else if candidates.len() > MAX_SHARED_CANDIDATES {
        let message = format!(
            "{} candidates of one turn, at most {MAX_SHARED_CANDIDATES} in redis",
            candidates.len()
        );
        (ProviderErrorKind::Unsupported, message)
    } else if let Some(heavy) = candidates.iter().find(|who| who.weight > MAX_WEIGHT) {
        let message = format!(
            "the weight {} is too large: at most {MAX_WEIGHT} is allowed",
            heavy.weight
        );
        (ProviderErrorKind::Unsupported, message)
    } else {
        return Ok(());
    };
    Err(ProviderError::new(kind, &message))
}

fn push_candidates(arguments: &mut Vec<String>, candidates: &[TurnCandidate]) {
    for who in candidates {
        arguments.push(who.agent_id.as_str().to_owned());
        arguments.push(who.weight.to_string());
    }
}

fn read_turn(index: i64, stamp: i64, was: i64) -> Option<Turn> {
    Some(Turn {
        index: u32::try_from(index).ok()?,
        stamps: (u64::try_from(stamp).ok()?, u64::try_from(was).ok()?),
    })
}

/// The rotation and the context key, byte by byte: no two books share a key, and none is a
/// counter's.
fn book_key(rotation: Rotation, context_key: &ContextKey) -> String {
    format!("assignment:{}:{}", rotation.name(), context_key.as_str())
}

const TAKE_TURN: &str = script_of!("#!lua", "books.lua", "take_turn.lua");
const GIVE_BACK: &str = script_of!("#!lua", "books.lua", "give_back.lua");
const LOAD_BOOK: &str = script_of!("#!lua flags=no-writes", "books.lua", "load_book.lua");
const STORE_BOOK: &str = script_of!("#!lua", "books.lua", "store_book.lua");
