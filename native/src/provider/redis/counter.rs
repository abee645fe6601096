use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use super::script::{Call, Script};
use super::server::Redis;
use crate::provider::{ProviderError, ProviderErrorKind};

/// The scripts that count, and what they answer.
pub(super) struct Counter {
    redis: Arc<Redis>,
    one: Script,
    many: Script,
    rehearsal: Script,
}

impl Counter {
    pub(super) fn new(redis: Arc<Redis>) -> Self {
        Self {
            redis,
            one: Script::new(ONE),
            many: Script::new(MANY),
            rehearsal: Script::new(REHEARSAL),
        }
    }

    pub(super) fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Takes one turn; answers it.
    pub(super) async fn take_one(&self, key: &str) -> Result<i64, ProviderError> {
        let call = Call {
            script: &self.one,
            keys: &[key],
            arguments: &[TTL_SECONDS],
        };
        self.read(&self.redis.call(&call).await?, key)
    }

    /// Takes so many turns; answers the last of them.
    pub(super) async fn take(&self, key: &str, count: u32) -> Result<i64, ProviderError> {
        if count == 1 {
            return self.take_one(key).await;
        }
        let call = Call {
            script: &self.many,
            keys: &[key],
            arguments: &[TTL_SECONDS, &count.to_string()],
        };
        self.read(&self.redis.call(&call).await?, key)
    }

    /// Uses every command that may be needed, on a key that no rotation has.
    pub(super) async fn rehearse(
        &self,
        key: &str,
        deadline: Duration,
    ) -> Result<(), ProviderError> {
        let call = Call {
            script: &self.rehearsal,
            keys: &[key],
            arguments: &[REHEARSAL_TTL_SECONDS],
        };
        let read = |answer: &Value| self.read(answer, key);
        self.redis.rehearse(&call, read, deadline).await.map(|_| ())
    }

    /// Whoever was to bring the turn is gone.
    pub(super) fn lost(&self) -> ProviderError {
        self.redis.teller("").unreachable("the call was lost")
    }

    fn read(&self, answer: &Value, key: &str) -> Result<i64, ProviderError> {
        let count = match answer {
            Value::Int(count) => Some(*count),
            Value::BulkString(digits) => str::from_utf8(digits)
                .ok()
                .and_then(|text| text.parse().ok()),
            _ => None,
        };
        count.ok_or_else(|| self.redis.teller(key).error(ProviderErrorKind::Protocol))
    }
}

// `pcall` hands a command's error on as it is, on every version of Redis; `call` wraps it, on
// older ones without its code. Only after a count that went well may the key live longer, so a
// foreign value under our name goes away by itself. Numbers in Lua are doubles, so from 2^53 on
// the exact count is read back as text.

/// Counts one turn of KEYS[1], which then lives for ARGV[1] seconds, and answers the count.
const ONE: &str = "\
local n = redis.pcall('INCR', KEYS[1])
if type(n) == 'table' then return n end
local e = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
if type(e) == 'table' then return e end
if n >= 9007199254740992 or n <= -9007199254740992 then return redis.pcall('GET', KEYS[1]) end
return n
";

/// Counts ARGV[2] turns at once, and is like [`ONE`] in all else.
const MANY: &str = "\
local n = redis.pcall('INCRBY', KEYS[1], ARGV[2])
if type(n) == 'table' then return n end
local e = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
if type(e) == 'table' then return e end
if n >= 9007199254740992 or n <= -9007199254740992 then return redis.pcall('GET', KEYS[1]) end
return n
";

/// Every command of both, the rare one included.
const REHEARSAL: &str = "\
local n = redis.pcall('INCR', KEYS[1])
if type(n) == 'table' then return n end
local m = redis.pcall('INCRBY', KEYS[1], 1)
if type(m) == 'table' then return m end
local e = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
if type(e) == 'table' then return e end
return redis.pcall('GET', KEYS[1])
";

/// Seven days from the last pick.
const TTL_SECONDS: &str = "604800";

const REHEARSAL_TTL_SECONDS: &str = "60";
