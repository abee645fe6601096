use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::provider::returning::ReturningProvider;
use crate::provider::{
    InMemoryRoundRobinContextProvider, ProviderError, RedisRoundRobinContextProvider,
    RoundRobinContextProvider,
};

/// The provider to use, which one it is, and why.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProviderChoice {
    /// Shared by every user of the rotation in this process.
    pub provider: Arc<dyn RoundRobinContextProvider>,
    /// Which one it was at the start.
    pub kind: ProviderKind,
    /// Why it is this one.
    pub reason: ProviderReason,
    redis: Option<Arc<RedisRoundRobinContextProvider>>,
    returning: Option<Arc<ReturningProvider>>,
    check_deadline: Duration,
}

impl ProviderChoice {
    pub(super) fn redis(
        provider: Arc<dyn RoundRobinContextProvider>,
        redis: Arc<RedisRoundRobinContextProvider>,
        check_deadline: Duration,
    ) -> Self {
        tracing::info!(
            provider = ProviderKind::Redis.name(),
            reason = ProviderReason::Connected.code(),
            redis = redis.address(),
            "round robin is shared through redis"
        );
        Self {
            redis: Some(redis),
            check_deadline,
            ..Self::new(provider, ProviderKind::Redis, ProviderReason::Connected)
        }
    }

    pub(super) fn not_configured() -> Self {
        let (kind, reason) = (ProviderKind::InMemory, ProviderReason::NotConfigured);
        tracing::info!(
            provider = kind.name(),
            reason = reason.code(),
            "no redis is configured: round robin is kept in this process"
        );
        let memory = InMemoryRoundRobinContextProvider::new();
        Self::new(Arc::new(memory), kind, reason)
    }

    pub(super) fn unreachable(error: ProviderError) -> Self {
        let memory = InMemoryRoundRobinContextProvider::new();
        Self::without_redis(Arc::new(memory), error)
    }

    pub(super) fn returning(
        provider: Arc<ReturningProvider>,
        redis: Arc<RedisRoundRobinContextProvider>,
        error: ProviderError,
        check_deadline: Duration,
    ) -> Self {
        Self {
            redis: Some(redis),
            returning: Some(Arc::clone(&provider)),
            check_deadline,
            ..Self::without_redis(provider, error)
        }
    }

    fn without_redis(provider: Arc<dyn RoundRobinContextProvider>, error: ProviderError) -> Self {
        let kind = ProviderKind::InMemory;
        tracing::warn!(
            provider = kind.name(),
            reason = "unreachable",
            code = error.code(),
            %error,
            "redis cannot be used: round robin is kept in this process alone"
        );
        Self::new(provider, kind, ProviderReason::Unreachable { error })
    }

    fn new(
        provider: Arc<dyn RoundRobinContextProvider>,
        kind: ProviderKind,
        reason: ProviderReason,
    ) -> Self {
        Self {
            provider,
            kind,
            reason,
            redis: None,
            returning: None,
            check_deadline: Duration::ZERO,
        }
    }

    /// For a health check: whether a pick would be counted in Redis now, tried out on a key that
    /// no pick has, within the start's deadline. Holds no secret.
    pub async fn check(&self) -> ProviderHealth {
        if let Some(error) = self.returning.as_ref().and_then(|it| it.trouble()) {
            return ProviderHealth::in_memory(Some(error));
        }
        let Some(redis) = &self.redis else {
            return ProviderHealth::in_memory(match &self.reason {
                ProviderReason::Unreachable { error } => Some(error.clone()),
                _ => None,
            });
        };
        let begin = Instant::now();
        match redis.check(self.check_deadline).await {
            Ok(()) => ProviderHealth {
                status: HealthStatus::Up,
                latency: Some(begin.elapsed()),
                error: None,
            },
            Err(error) => ProviderHealth {
                status: HealthStatus::Down,
                latency: None,
                error: Some(error),
            },
        }
    }
}

/// What [`ProviderChoice::check`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderHealth {
    /// The short of it.
    pub status: HealthStatus,
    /// How long Redis took, if it is up.
    pub latency: Option<Duration>,
    /// Why it is down, or could not be used at the start.
    pub error: Option<ProviderError>,
}

impl ProviderHealth {
    fn in_memory(error: Option<ProviderError>) -> Self {
        Self {
            status: HealthStatus::InMemory,
            latency: None,
            error,
        }
    }
}

/// Where picks are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthStatus {
    /// `up`: in Redis.
    Up,
    /// `down`: in Redis, which does not serve now.
    Down,
    /// `in_memory`: in this process alone.
    InMemory,
}

impl HealthStatus {
    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::InMemory => "in_memory",
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
