use redis::{Cmd, Script, Value, cmd, pipe};

use super::connection::Connection;
use super::reply::{Teller, is_missing_script};
use crate::provider::{ProviderError, ProviderErrorKind};

/// The one script of a pick.
pub(super) struct TicketScript {
    /// SHA-1 of [`SOURCE`] in hexadecimal digits, the script's name on the server.
    hash: String,
}

impl TicketScript {
    pub(super) fn new() -> Self {
        Self {
            hash: Script::new(SOURCE).get_hash().to_owned(),
        }
    }

    /// Counts, and answers the count.
    pub(super) async fn ticket(
        &self,
        connection: &Connection,
        key: &str,
        teller: &Teller<'_>,
    ) -> Result<i64, ProviderError> {
        let call = self.call(key, COUNTER_TTL_SECONDS);
        let answer = connection.send(&call, teller).await?;
        if let Value::ServerError(error) = &answer
            && is_missing_script(error)
        {
            // A server that started anew, or whose scripts were flushed. It did not run
            // anything, so calling again cannot count twice.
            let mut both = pipe();
            both.add_command(load()).add_command(call);
            let [_, answer] = connection.send_all(&both, teller).await?;
            return count(answer, teller);
        }
        count(answer, teller)
    }

    /// Uses each command that a pick may need, on a key that no pick has.
    pub(super) async fn probe(
        &self,
        connection: &Connection,
        teller: &Teller<'_>,
    ) -> Result<(), ProviderError> {
        // Alone, because what cannot be read is only told of a single command.
        match connection.send(&cmd("PING"), teller).await? {
            Value::SimpleString(pong) if pong == "PONG" => {}
            Value::ServerError(error) => return Err(teller.refused(&error)),
            _ => return Err(teller.error(ProviderErrorKind::Protocol)),
        }
        let mut all = pipe();
        all.cmd("GET").arg(PROBE_KEY).add_command(load());
        all.add_command(self.call(PROBE_KEY, PROBE_TTL_SECONDS));
        let [value, loaded, answer] = connection.send_all(&all, teller).await?;
        for reply in [&value, &loaded] {
            if let Value::ServerError(error) = reply {
                return Err(teller.refused(error));
            }
        }
        count(answer, teller).map(|_| ())
    }

    fn call(&self, key: &str, ttl_seconds: u32) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.hash).arg(1).arg(key).arg(ttl_seconds);
        call
    }
}

/// Loaded and not run by `EVAL`: a server may forget scripts that came that way.
fn load() -> Cmd {
    let mut load = cmd("SCRIPT");
    load.arg("LOAD").arg(SOURCE);
    load
}

fn count(answer: Value, teller: &Teller<'_>) -> Result<i64, ProviderError> {
    let count = match &answer {
        Value::Int(count) => Some(*count),
        Value::BulkString(digits) => str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok()),
        Value::ServerError(error) => return Err(teller.refused(error)),
        _ => None,
    };
    count.ok_or_else(|| teller.error(ProviderErrorKind::Protocol))
}

/// `pcall` hands a command's error on as it is, on every version of Redis; `call` wraps it, on
/// older ones without its code. Numbers in Lua are doubles, so from 2^53 on the exact count is
/// read back as text.
const SOURCE: &str = "\
local n = redis.pcall('INCR', KEYS[1])
if type(n) == 'table' then return n end
local e = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
if type(e) == 'table' then return e end
if n >= 9007199254740992 or n <= -9007199254740992 then return redis.pcall('GET', KEYS[1]) end
return n
";

/// The bare prefix: under the same rights as every counter, and never a counter's key.
pub(super) const PROBE_KEY: &str = super::KEY_PREFIX;

/// Seven days from the last pick.
const COUNTER_TTL_SECONDS: u32 = 604_800;

const PROBE_TTL_SECONDS: u32 = 60;
