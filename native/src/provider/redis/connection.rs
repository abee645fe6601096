use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisConnectionInfo, Value, cmd};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::options::{Place, Target};
use super::reply::{Teller, keeps_connection};
use crate::provider::{ProviderError, ProviderErrorKind};

/// The one connection of a provider: made when it is first needed, shared by all calls, left
/// behind when it is no good.
///
/// Our own and not the client's `ConnectionManager`, which stays for ever with a server that
/// was demoted or that froze.
pub(super) struct Holder {
    target: Target,
    slot: Mutex<Slot>,
}

enum Slot {
    Empty,
    /// Somebody is connecting; the outcome comes through the channel.
    Connecting(watch::Receiver<Option<Outcome>>),
    Ready(Arc<Connection>),
}

type Outcome = Result<Arc<Connection>, ProviderError>;

impl Holder {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            slot: Mutex::new(Slot::Empty),
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// The connection for one call. If there is none, this call and all that come meanwhile
    /// wait for one attempt, which may take `limit` and does not end with the call that began
    /// it: it runs in a task of its own.
    pub(super) async fn lease(
        self: &Arc<Self>,
        limit: Duration,
    ) -> Result<Lease<'_>, ProviderError> {
        let mut attempt = match &mut *self.lock() {
            Slot::Ready(connection) if connection.is_open() => {
                return Ok(Lease::new(self, Arc::clone(connection)));
            }
            // An attempt whose sender is gone died with its runtime.
            Slot::Connecting(attempt) if attempt.has_changed().is_ok() => attempt.clone(),
            slot => {
                let (sender, receiver) = watch::channel(None);
                // What was there is dropped here: at most a task is told to stop.
                *slot = Slot::Connecting(receiver.clone());
                tokio::spawn(Arc::clone(self).connect(sender, limit));
                receiver
            }
        };
        let outcome = match attempt.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        let connection = outcome
            .unwrap_or_else(|| Err(self.teller().unreachable("the attempt to connect was lost")))?;
        Ok(Lease::new(self, connection))
    }

    async fn connect(self: Arc<Self>, sender: watch::Sender<Option<Outcome>>, limit: Duration) {
        let opened = timeout(limit, Connection::open(&self.target)).await;
        let outcome = opened
            .unwrap_or_else(|_| Err(self.teller().no_connection(limit)))
            .map(Arc::new);
        match &outcome {
            Ok(_) => tracing::debug!(redis = self.target.address, "redis connected"),
            Err(error) => tracing::debug!(code = error.code(), %error, "redis did not connect"),
        }
        *self.lock() = match &outcome {
            Ok(connection) => Slot::Ready(Arc::clone(connection)),
            Err(_) => Slot::Empty,
        };
        // After the slot is set, so that nobody waits for an attempt that is over.
        sender.send_replace(Some(outcome));
    }

    /// The next call makes a new connection. Calls under way keep theirs until they end.
    fn discard(&self, connection: &Arc<Connection>) {
        let mut slot = self.lock();
        if matches!(&*slot, Slot::Ready(current) if Arc::ptr_eq(current, connection)) {
            let old = mem::replace(&mut *slot, Slot::Empty);
            drop(slot);
            drop(old);
            tracing::debug!(redis = self.target.address, "redis connection discarded");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // The slot is whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn teller(&self) -> Teller<'_> {
        Teller::new(&self.target.address, "")
    }
}

/// One call's use of the connection. A lease that is dropped before it is settled takes the
/// connection with it: the call was stopped while it waited, by our deadline or by a caller who
/// has one of his own, and so nobody knows whether the other side is still there.
pub(super) struct Lease<'a> {
    holder: &'a Holder,
    connection: Arc<Connection>,
    settled: bool,
}

impl<'a> Lease<'a> {
    fn new(holder: &'a Holder, connection: Arc<Connection>) -> Self {
        Self {
            holder,
            connection,
            settled: false,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Ends the use with what came of it.
    pub(super) fn settle<T>(
        mut self,
        result: Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        self.settled = match &result {
            Ok(_) => true,
            Err(error) => keeps_connection(error.kind()),
        };
        result
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.holder.discard(&self.connection);
        }
    }
}

/// A line to a server, logged in, with the task that reads and writes it.
pub(super) struct Connection {
    commands: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Connection {
    async fn open(target: &Target) -> Result<Self, ProviderError> {
        let teller = Teller::new(&target.address, "");
        let broken = |error: std::io::Error| teller.unreachable(&error.kind().to_string());
        match &target.place {
            Place::Tcp(host, port) => {
                // The name is looked up each time: after a failover it may lead elsewhere.
                let stream = TcpStream::connect((host.as_str(), *port))
                    .await
                    .map_err(broken)?;
                stream.set_nodelay(true).map_err(broken)?;
                Self::over(stream, target, &teller).await
            }
            #[cfg(unix)]
            Place::Socket(path) => {
                let stream = tokio::net::UnixStream::connect(path)
                    .await
                    .map_err(broken)?;
                Self::over(stream, target, &teller).await
            }
            #[cfg(not(unix))]
            Place::Socket(_) => Err(teller.unreachable("no such sockets on this system")),
        }
    }

    async fn over<S>(stream: S, target: &Target, teller: &Teller<'_>) -> Result<Self, ProviderError>
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
        let connection = Self {
            commands,
            driver: tokio::spawn(driver),
        };
        connection.log_in(target, teller).await?;
        Ok(connection)
    }

    async fn log_in(&self, target: &Target, teller: &Teller<'_>) -> Result<(), ProviderError> {
        if let Some(password) = &target.password {
            let mut auth = cmd("AUTH");
            if let Some(username) = &target.username {
                auth.arg(username);
            }
            auth.arg(password);
            // Servers without users and servers without a password answer a plain `ERR`.
            self.ask(&auth, ProviderErrorKind::Authentication, teller)
                .await?;
        }
        if target.database != 0 {
            let mut select = cmd("SELECT");
            select.arg(target.database);
            self.ask(&select, ProviderErrorKind::Configuration, teller)
                .await?;
        }
        Ok(())
    }

    /// `unknown` is the class of a refusal that says no more than that.
    async fn ask(
        &self,
        command: &Cmd,
        unknown: ProviderErrorKind,
        teller: &Teller<'_>,
    ) -> Result<(), ProviderError> {
        match self.send(command, teller).await? {
            Value::Okay => Ok(()),
            Value::ServerError(error) => {
                let told = teller.refused(&error);
                let plain = told.kind() == ProviderErrorKind::Other;
                Err(if plain { teller.error(unknown) } else { told })
            }
            _ => Err(teller.error(ProviderErrorKind::Protocol)),
        }
    }

    /// A line that the other side has closed is known here before anything is sent on it, so a
    /// server that restarted or that closes idle lines costs no pick.
    fn is_open(&self) -> bool {
        !self.driver.is_finished()
    }

    /// One command, its answer or its refusal.
    pub(super) async fn send(
        &self,
        command: &Cmd,
        teller: &Teller<'_>,
    ) -> Result<Value, ProviderError> {
        let mut commands = self.commands.clone();
        commands
            .send_packed_command(command)
            .await
            .map_err(|error| teller.failed(&error))
    }

    /// `N` commands in one go, with an answer or a refusal for each.
    pub(super) async fn send_all<const N: usize>(
        &self,
        all: &Pipeline,
        teller: &Teller<'_>,
    ) -> Result<[Value; N], ProviderError> {
        let mut commands = self.commands.clone();
        let answers = commands.send_packed_commands(all, 0, N).await;
        let answers = answers.map_err(|error| teller.failed(&error))?;
        answers
            .try_into()
            .map_err(|_| teller.error(ProviderErrorKind::Protocol))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
