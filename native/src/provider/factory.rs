use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{
    DEFAULT_REDIS_DEADLINE, InMemoryRoundRobinContextProvider, ProviderError, ProviderErrorKind,
    RedisOptions, RedisRoundRobinContextProvider, RoundRobinContextProvider,
};

/// Chooses the provider at the start of a process.
///
/// `REDIS_URL` names the Redis, else `REDIS_HOST` and `REDIS_PORT` together; a variable that is
/// empty or blank counts as missing. With no Redis named, or one that cannot be used now, the
/// rotation is kept in memory and the log says so: a warning where a Redis was named. With one
/// that will never work as it is set up (wrong password, missing rights, TLS, not a Redis), the
/// start fails, for otherwise every instance would quietly keep a rotation of its own.
#[derive(Clone)]
pub struct ProviderFactory {
    url: Option<String>,
    host: Option<String>,
    port: Option<String>,
    deadline: Duration,
    start_deadline: Duration,
}

impl ProviderFactory {
    /// Takes the variables from the environment of the process.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(|name| Some(env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// Takes the variables from `lookup`, which gets a name and answers the value, if there is
    /// one.
    #[must_use]
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name| lookup(name).filter(|value| !value.trim().is_empty());
        Self {
            url: read("REDIS_URL"),
            host: read("REDIS_HOST"),
            port: read("REDIS_PORT"),
            deadline: DEFAULT_REDIS_DEADLINE,
            start_deadline: DEFAULT_START_DEADLINE,
        }
    }

    /// How long a pick may take at most. Default: [`DEFAULT_REDIS_DEADLINE`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long [`provider`](Self::provider) may take at most. Default: 1 second.
    #[must_use]
    pub fn with_start_deadline(mut self, deadline: Duration) -> Self {
        self.start_deadline = deadline;
        self
    }

    /// Connects to the Redis that is named, if one is, makes sure that a pick can work there,
    /// and answers the provider to use.
    ///
    /// # Errors
    /// [`StartError`] if a Redis is named that will not work before its settings, or ours, are
    /// changed.
    pub async fn provider(&self) -> Result<ProviderChoice, StartError> {
        let Some(options) = self.options()? else {
            return Ok(ProviderChoice::in_memory(ProviderReason::NotConfigured));
        };
        let provider = RedisRoundRobinContextProvider::new(options.with_deadline(self.deadline));
        match provider.check(self.start_deadline).await {
            Ok(()) => Ok(ProviderChoice::redis(provider)),
            Err(error) if may_pass(error.kind()) => {
                Ok(ProviderChoice::in_memory(ProviderReason::Unreachable {
                    error,
                }))
            }
            Err(error) => Err(StartError::from(error)),
        }
    }

    fn options(&self) -> Result<Option<RedisOptions>, ProviderError> {
        if let Some(url) = &self.url {
            return RedisOptions::from_url(url).map(Some);
        }
        let (Some(host), Some(port)) = (&self.host, &self.port) else {
            return Ok(None);
        };
        // The value is not shown: who mixes up two variables may have put a password here.
        let port = port.trim().parse().map_err(|_| {
            ProviderError::new(
                ProviderErrorKind::Configuration,
                "the redis port is not a number between 1 and 65535",
            )
        })?;
        RedisOptions::from_host(host, port).map(Some)
    }
}

impl fmt::Debug for ProviderFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderFactory")
            .field("deadline", &self.deadline)
            .field("start_deadline", &self.start_deadline)
            .finish_non_exhaustive()
    }
}

/// [`ProviderFactory::provider`] with the environment of the process and the usual deadlines.
///
/// # Errors
/// Those of [`ProviderFactory::provider`].
pub async fn provider_from_env() -> Result<ProviderChoice, StartError> {
    ProviderFactory::from_env().provider().await
}

/// The provider to use, which one it is, and why.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProviderChoice {
    /// Shared by every user of the rotation in this process.
    pub provider: Arc<dyn RoundRobinContextProvider>,
    /// Which one it is.
    pub kind: ProviderKind,
    /// Why it is this one.
    pub reason: ProviderReason,
}

impl ProviderChoice {
    fn redis(provider: RedisRoundRobinContextProvider) -> Self {
        tracing::info!(
            provider = ProviderKind::Redis.name(),
            reason = ProviderReason::Connected.code(),
            redis = provider.address(),
            "round robin is shared through redis"
        );
        Self {
            provider: Arc::new(provider),
            kind: ProviderKind::Redis,
            reason: ProviderReason::Connected,
        }
    }

    fn in_memory(reason: ProviderReason) -> Self {
        let (kind, why) = (ProviderKind::InMemory, reason.code());
        match &reason {
            ProviderReason::Unreachable { error } => tracing::warn!(
                provider = kind.name(),
                reason = why,
                code = error.code(),
                %error,
                "redis cannot be used: round robin is kept in this process alone"
            ),
            _ => tracing::info!(
                provider = kind.name(),
                reason = why,
                "no redis is configured: round robin is kept in this process"
            ),
        }
        Self {
            provider: Arc::new(InMemoryRoundRobinContextProvider::new()),
            kind,
            reason,
        }
    }
}

impl fmt::Debug for ProviderChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderChoice")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Which provider was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProviderKind {
    /// [`RedisRoundRobinContextProvider`].
    Redis,
    /// [`InMemoryRoundRobinContextProvider`].
    InMemory,
}

impl ProviderKind {
    /// `redis` or `in_memory`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::InMemory => "in_memory",
        }
    }
}

/// Why a provider was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderReason {
    /// `not_configured`: no Redis is named.
    NotConfigured,
    /// `unreachable`: the Redis that is named cannot be used now.
    Unreachable {
        /// What it said, or that it said nothing.
        error: ProviderError,
    },
    /// `connected`: the Redis that is named can be used.
    Connected,
}

impl ProviderReason {
    /// The stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Unreachable { .. } => "unreachable",
            Self::Connected => "connected",
        }
    }
}

/// A Redis is named that will not work before its settings, or ours, are changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}; {hint}")]
pub struct StartError {
    error: ProviderError,
    hint: &'static str,
}

impl StartError {
    /// The stable name of what is wrong, as in [`ProviderErrorKind`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.error.code()
    }

    /// The class of what is wrong.
    #[must_use]
    pub fn kind(&self) -> ProviderErrorKind {
        self.error.kind()
    }

    /// What to do about it, for people.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

impl From<ProviderError> for StartError {
    fn from(error: ProviderError) -> Self {
        let hint = match error.kind() {
            ProviderErrorKind::Configuration => {
                "set REDIS_URL to `redis://user:password@host:port/database`, or REDIS_HOST to a \
                 name and REDIS_PORT to a number (Kubernetes sets REDIS_PORT to a `tcp://…` URL \
                 if a service is called redis)"
            }
            ProviderErrorKind::Authentication => {
                "set the user name and the password in REDIS_URL, in percent encoding"
            }
            ProviderErrorKind::NotPermitted => {
                "the user needs `~assignment:rr:* +evalsha +script|load +incr +expire +get`, in a \
                 cluster `+cluster|slots` too"
            }
            ProviderErrorKind::Tls => {
                "use an address without TLS, or put a TLS proxy (stunnel, a sidecar) in between"
            }
            ProviderErrorKind::Protocol => "check that host and port are those of a redis server",
            ProviderErrorKind::Cluster => {
                "use a single redis server, or a proxy before the cluster"
            }
            ProviderErrorKind::WrongType | ProviderErrorKind::Overflow => {
                "delete the key `assignment:rr:`, which is ours"
            }
            _ => "check that the server runs the commands INCR, EXPIRE, GET, EVALSHA and SCRIPT",
        };
        Self { error, hint }
    }
}

/// Whether waiting could help: the server is down, on its way up, demoted, or full. All else
/// is a matter of settings.
fn may_pass(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::Timeout
            | ProviderErrorKind::Unreachable
            | ProviderErrorKind::Unavailable
            | ProviderErrorKind::Loading
            | ProviderErrorKind::ReadOnly
            | ProviderErrorKind::OutOfMemory
    )
}

const DEFAULT_START_DEADLINE: Duration = Duration::from_secs(1);
