//! Books of turns in Redis. What the scripts do, and how a book lies in its key, is told at the
//! top of each file in `native/lua`.

mod form;

use assignment_engine_core::limits::MAX_SHARED_CANDIDATES;
use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook, TurnCandidate};
use redis::Value;

use super::script::{Script, script_of};
use super::server::Redis;
use crate::provider::{BookVersion, ProviderError, ProviderErrorKind, TurnRequest};

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
    ) -> Result<Turn, ProviderError> {
        check(&asked.candidates)?;
        let mut arguments = vec![
            asked.rotation.name().to_owned(),
            asked.now.as_millisecond().to_string(),
        ];
        push_candidates(&mut arguments, &asked.candidates);
        let key = book_key(asked.rotation, &asked.context_key);
        let answer = redis.answer(&self.take, &[&key], &arguments).await?;
        read_turn(&answer).ok_or_else(|| redis.no_reply())
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
        redis.answer(&self.give_back, &[&key], &arguments).await?;
        Ok(())
    }

    pub(super) async fn load(
        &self,
        redis: &Redis,
        context_key: &ContextKey,
        rotation: Rotation,
    ) -> Result<(TurnBook, BookVersion), ProviderError> {
        let key = book_key(rotation, context_key);
        let answer = redis.answer(&self.load, &[&key], &[]).await?;
        form::read(rotation, &answer).ok_or_else(|| redis.no_reply())
    }

    pub(super) async fn store(
        &self,
        redis: &Redis,
        context_key: &ContextKey,
        book: &TurnBook,
        version: BookVersion,
    ) -> Result<bool, ProviderError> {
        let mut arguments = vec![version.0.to_string()];
        arguments.extend(form::write(book));
        let key = book_key(book.rotation(), context_key);
        match redis.answer(&self.store, &[&key], &arguments).await? {
            Value::Int(written) => Ok(written == 1),
            _ => Err(redis.no_reply()),
        }
    }
}

fn check(candidates: &[TurnCandidate]) -> Result<(), ProviderError> {
    if candidates.is_empty() {
        let message = "there is nobody to take turns";
        return Err(ProviderError::new(ProviderErrorKind::Other, message));
    }
    check_count("turn", candidates.len(), MAX_SHARED_CANDIDATES)
}

/// Refuses more candidates than a script may look at.
pub(crate) fn check_count(of: &str, count: usize, most: usize) -> Result<(), ProviderError> {
    if count <= most {
        return Ok(());
    }
    let message = format!("{count} candidates of one {of}, at most {most} in redis");
    Err(ProviderError::new(ProviderErrorKind::Unsupported, &message))
}

fn push_candidates(arguments: &mut Vec<String>, candidates: &[TurnCandidate]) {
    for who in candidates {
        arguments.push(who.agent_id.as_str().to_owned());
        arguments.push(who.weight.get().to_string());
    }
}

fn read_turn(answer: &Value) -> Option<Turn> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let [Value::Int(index), Value::Int(became), Value::Int(was)] = parts.as_slice() else {
        return None;
    };
    Some(Turn {
        index: u32::try_from(*index).ok()?,
        stamps: (*became, *was),
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
