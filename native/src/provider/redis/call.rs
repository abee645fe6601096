use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value, cmd, pipe};

use super::connection::Holder;
use super::reply::{Teller, is_missing_script};
use super::{RedisOptions, within};
use crate::provider::ProviderError;

/// A Lua script and its name on the server.
pub(crate) struct Script {
    source: &'static str,
    /// SHA-1 of the source in hexadecimal digits.
    hash: String,
}

impl Script {
    pub(crate) fn new(source: &'static str) -> Self {
        Self {
            source,
            hash: redis::Script::new(source).get_hash().to_owned(),
        }
    }

    /// Loaded and not run by `EVAL`: a server may forget scripts that came that way.
    fn load(&self) -> Cmd {
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(self.source);
        load
    }
}

/// One run of a script.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) script: &'a Script,
    pub(crate) keys: &'a [&'a str],
    pub(crate) arguments: &'a [&'a str],
}

impl Call<'_> {
    fn command(&self) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.script.hash).arg(self.keys.len());
        call.arg(self.keys).arg(self.arguments);
        call
    }
}

/// A Redis: runs scripts within a deadline.
pub(crate) struct Redis {
    holder: Arc<Holder>,
    deadline: Duration,
}

impl Redis {
    pub(crate) fn new(options: RedisOptions) -> Self {
        let (target, deadline) = options.into_parts();
        Self {
            holder: Arc::new(Holder::new(target)),
            deadline,
        }
    }

    /// `host:port` or the path of the socket; no user name, no password.
    pub(crate) fn address(&self) -> &str {
        &self.holder.target().address
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn holder(&self) -> &Arc<Holder> {
        &self.holder
    }

    /// The answer of a script.
    pub(crate) async fn run(&self, call: &Call<'_>) -> Result<Value, ProviderError> {
        let key = call.keys.first().copied().unwrap_or_default();
        let teller = Teller::new(self.address(), key);
        let answer = async {
            let lease = self.holder.lease(self.deadline).await?;
            let connection = lease.connection();
            let mut answer = connection.send(&call.command(), &teller).await;
            if let Ok(Value::ServerError(error)) = &answer
                && is_missing_script(error)
            {
                // It did not run anything, so calling again cannot count twice.
                let mut both = pipe();
                both.add_command(call.script.load());
                both.add_command(call.command());
                let answers = connection.send_all(&both, &teller).await;
                // If it may not be loaded, that is why it is not there.
                answer = answers.map(|[loaded, answer]| match loaded {
                    Value::ServerError(_) => loaded,
                    _ => answer,
                });
            }
            lease.settle(match answer {
                Ok(Value::ServerError(error)) => Err(teller.refused(&error)),
                answer => answer,
            })
        };
        within(self.deadline, &teller, answer).await
    }
}

/// The source of a script: its first line, and files of `native/lua` one after the other.
macro_rules! script_of {
    ($first:literal, $($file:literal),+ $(,)?) => {
        concat!(
            $first,
            "\n",
            $(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lua/", $file))),+
        )
    };
}
pub(crate) use script_of;
