mod choice;
mod error;

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::returning::ReturningProvider;
use super::{
    DEFAULT_REDIS_DEADLINE, ProviderError, ProviderErrorKind, RedisOptions,
    RedisRoundRobinContextProvider, ResilientRoundRobinContextProvider, RoundRobinContextProvider,
    RunTimePolicy,
};

pub use choice::{HealthStatus, ProviderChoice, ProviderHealth, ProviderKind, ProviderReason};
pub use error::StartError;

/// Chooses the provider at the start of a process.
///
/// `REDIS_URL` names the Redis, else `REDIS_HOST` and `REDIS_PORT` together, with `REDIS_USERNAME`
/// and `REDIS_PASSWORD` where one has to log in; a variable that is empty or blank counts as
/// missing. With no Redis named, or one that cannot be used now, the
/// rotation is kept in memory and the log says so: a warning where a Redis was named. With one
/// that will never work as it is set up (wrong password, missing rights, TLS, not a Redis), the
/// start fails, for otherwise every instance would quietly keep a rotation of its own.
#[derive(Clone)]
pub struct ProviderFactory {
    url: Option<String>,
    host: Option<String>,
    port: Option<String>,
    login: Option<(String, String)>,
    given: Option<RedisOptions>,
    deadline: Option<Duration>,
    start_deadline: Duration,
    policy: RunTimePolicy,
    retry: Option<Duration>,
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
            login: read("REDIS_PASSWORD")
                .map(|password| (read("REDIS_USERNAME").unwrap_or_default(), password)),
            given: None,
            deadline: None,
            start_deadline: DEFAULT_START_DEADLINE,
            policy: RunTimePolicy::default(),
            retry: None,
        }
    }

    /// Uses this Redis, whatever the variables say.
    #[must_use]
    pub fn with_redis(mut self, options: RedisOptions) -> Self {
        self.given = Some(options);
        self
    }

    /// What a pick becomes that Redis fails to count. Default: [`RunTimePolicy::Fail`].
    #[must_use]
    pub fn with_policy(mut self, policy: RunTimePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// If Redis cannot be used at the start, tries it again about every `interval` and moves over
    /// for good the first time that it can. Off unless asked for: where several instances move
    /// at different times, they rotate together only from the last one on.
    #[must_use]
    pub fn with_retry(mut self, interval: Duration) -> Self {
        self.retry = Some(interval);
        self
    }

    /// How long a pick may take at most. Default: [`DEFAULT_REDIS_DEADLINE`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
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
            return Ok(ProviderChoice::not_configured());
        };
        let redis = Arc::new(RedisRoundRobinContextProvider::new(options));
        match redis.check(self.start_deadline).await {
            Ok(()) => Ok(ProviderChoice::redis(
                self.guarded(&redis),
                redis,
                self.start_deadline,
            )),
            Err(error) if may_pass(error.kind()) => Ok(match self.retry {
                None => ProviderChoice::unreachable(error),
                Some(interval) => ProviderChoice::returning(
                    ReturningProvider::start(
                        Arc::clone(&redis),
                        self.guarded(&redis),
                        error.clone(),
                        interval,
                        self.start_deadline,
                    ),
                    redis,
                    error,
                    self.start_deadline,
                ),
            }),
            Err(error) => Err(StartError::from(error)),
        }
    }

    fn guarded(
        &self,
        redis: &Arc<RedisRoundRobinContextProvider>,
    ) -> Arc<dyn RoundRobinContextProvider> {
        match self.policy {
            RunTimePolicy::Fail => Arc::clone(redis) as _,
            policy => Arc::new(ResilientRoundRobinContextProvider::new(
                Arc::clone(redis) as _,
                policy,
            )),
        }
    }

    fn options(&self) -> Result<Option<RedisOptions>, ProviderError> {
        let named = match &self.given {
            Some(options) => Some(options.clone()),
            None => self.named()?,
        };
        Ok(named.map(|options| match self.deadline {
            Some(deadline) => options.with_deadline(deadline),
            None => options,
        }))
    }

    fn named(&self) -> Result<Option<RedisOptions>, ProviderError> {
        if let Some(url) = &self.url {
            return RedisOptions::from_url(url).map(Some);
        }
        let (host, port) = match (&self.host, &self.port) {
            (Some(host), Some(port)) => (host, port),
            (None, None) => return Ok(None),
            (Some(_), None) => {
                tracing::warn!("REDIS_HOST is set without REDIS_PORT, and names no redis");
                return Ok(None);
            }
            (None, Some(_)) => {
                tracing::warn!("REDIS_PORT is set without REDIS_HOST, and names no redis");
                return Ok(None);
            }
        };
        // The value is not shown: who mixes up two variables may have put a password here.
        let port = port.trim().parse().map_err(|_| {
            ProviderError::new(
                ProviderErrorKind::Configuration,
                "the redis port is not a number between 1 and 65535",
            )
        })?;
        let options = RedisOptions::from_host(host, port)?;
        Ok(Some(match &self.login {
            Some((username, password)) => options.with_login(username, password),
            None => options,
        }))
    }
}

impl fmt::Debug for ProviderFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderFactory")
            .field("deadline", &self.deadline.unwrap_or(DEFAULT_REDIS_DEADLINE))
            .field("start_deadline", &self.start_deadline)
            .field("policy", &self.policy)
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
