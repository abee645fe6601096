use std::sync::atomic::{AtomicU32, Ordering};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisResult, Value, cmd};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::reply::{Teller, is_missing_script};
use super::script::Call;
use super::target::{Login, Place, Target};
use crate::provider::{ProviderError, ProviderErrorKind};

/// A line to a server, logged in, with the task that reads and writes it.
pub(super) struct Line {
    commands: MultiplexedConnection,
    driver: JoinHandle<()>,
    /// Calls in a row that were stopped while they waited for an answer.
    pub(super) unanswered: AtomicU32,
}

impl Line {
    pub(super) async fn open(
        target: &Target,
        place: &Place,
        login: &Login,
        database: i64,
    ) -> Result<Self, ProviderError> {
        let teller = target.teller("");
        let broken = |error: std::io::Error| teller.unreachable(&error.kind().to_string());
        let line = match place {
            Place::Tcp(host, port) => {
                // The name is looked up each time: after a failover it may lead elsewhere.
                let stream = TcpStream::connect((host.as_str(), *port))
                    .await
                    .map_err(broken)?;
                stream.set_nodelay(true).map_err(broken)?;
                match &target.tls {
                    None => Self::over(stream, &teller).await?,
                    Some(tls) => {
                        let stream = tls.greet(host, stream, &teller).await?;
                        Self::over(stream, &teller).await?
                    }
                }
            }
            #[cfg(unix)]
            Place::Socket(path) => {
                let stream = tokio::net::UnixStream::connect(path)
                    .await
                    .map_err(broken)?;
                Self::over(stream, &teller).await?
            }
            #[cfg(not(unix))]
            Place::Socket(_) => return Err(teller.unreachable("no such sockets on this system")),
        };
        line.log_in(login, database, &teller).await?;
        Ok(line)
    }

    async fn over<S>(stream: S, teller: &Teller<'_>) -> Result<Self, ProviderError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // The client sends nothing by itself and has no clock: our deadline rules, and logging
        // in is ours because the client calls every refusal a wrong password.
        let silent = RedisConnectionInfo::default().set_skip_set_lib_name();
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None);
        let (commands, driver) = MultiplexedConnection::new_with_config(&silent, stream, config)
            .await
            .map_err(|error| teller.failed(&error))?;
        Ok(Self {
            commands,
            driver: tokio::spawn(driver),
            unanswered: AtomicU32::new(0),
        })
    }

    async fn log_in(
        &self,
        login: &Login,
        database: i64,
        teller: &Teller<'_>,
    ) -> Result<(), ProviderError> {
        if let Some(password) = &login.password {
            let mut auth = cmd("AUTH");
            if let Some(username) = &login.username {
                auth.arg(username);
            }
            auth.arg(password);
            // Servers without users and servers without a password answer a plain `ERR`.
            self.want_ok(&auth, ProviderErrorKind::Authentication, teller)
                .await?;
        }
        if database != 0 {
            let mut select = cmd("SELECT");
            select.arg(database);
            self.want_ok(&select, ProviderErrorKind::Configuration, teller)
                .await?;
        }
        Ok(())
    }

    /// `unknown` is the class of a refusal that says no more than that.
    async fn want_ok(
        &self,
        command: &Cmd,
        unknown: ProviderErrorKind,
        teller: &Teller<'_>,
    ) -> Result<(), ProviderError> {
        match teller.value(self.send(command).await) {
            Ok(Value::Okay) => Ok(()),
            Ok(_) => Err(teller.error(ProviderErrorKind::Protocol)),
            Err(told) if told.kind() == ProviderErrorKind::Other => Err(teller.error(unknown)),
            Err(told) => Err(told),
        }
    }

    /// A line that the other side has closed is known here before anything is sent on it, so a
    /// server that restarted or that closes idle lines costs no pick.
    pub(super) fn is_open(&self) -> bool {
        !self.driver.is_finished()
    }

    pub(super) fn answered(&self) {
        if self.unanswered.load(Ordering::Relaxed) != 0 {
            self.unanswered.store(0, Ordering::Relaxed);
        }
    }

    /// One command, its answer or its refusal.
    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        self.commands.clone().send_packed_command(command).await
    }

    /// A script's answer or refusal. A server that does not know it, because it started anew or
    /// its scripts were flushed, did not run anything, so calling again cannot count twice.
    pub(super) async fn run(&self, call: &Call<'_>, asking: bool) -> RedisResult<Value> {
        let answer = if asking {
            self.run_prepared(call, false, true).await?
        } else {
            self.send(&call.command()).await?
        };
        match &answer {
            Value::ServerError(error) if is_missing_script(error) => {
                self.run_prepared(call, true, asking).await
            }
            _ => Ok(answer),
        }
    }

    async fn run_prepared(&self, call: &Call<'_>, load: bool, asking: bool) -> RedisResult<Value> {
        let (all, first) = call.prepared(load, asking);
        let mut commands = self.commands.clone();
        let mut answers = commands.send_packed_commands(&all, 0, first + 1).await?;
        // The first that was refused is why the last was.
        let refused = |answer: &Value| matches!(answer, Value::ServerError(_));
        let told = answers.iter().position(refused).unwrap_or(first);
        Ok(if told < answers.len() {
            answers.swap_remove(told)
        } else {
            Value::Nil
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
