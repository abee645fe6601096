//! The assignment engine for Rust services: the decision of `assignment-engine-core` with the
//! world around it.
//!
//! A rotation keeps its place in a [`RoundRobinContextProvider`]: in this process
//! ([`InMemoryRoundRobinContextProvider`]) or, with the feature `redis`, in a Redis that all
//! instances share (`RedisRoundRobinContextProvider`). `provider_from_env` chooses one at the
//! start and says why.

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod clock;
mod driver;
mod messenger;
mod observe;
mod provider;
mod reservations;
mod service;
mod store;

pub use assignment_engine_core::ContextKey;
pub use provider::{
    BREAKER_FAILURES, BREAKER_PAUSE, BookVersion, Counted, GivenBack, IN_MEMORY_KEY_LIMIT,
    InMemoryRoundRobinContextProvider, MEMORY_PICKS_TOTAL, NextIndex, ProviderError,
    ProviderErrorKind, Providing, ResilientRoundRobinContextProvider, RoundRobinContextProvider,
    RunTimePolicy, Tickets, TurnRequest,
};
#[cfg(feature = "redis")]
pub use provider::{
    DEFAULT_MAX_IN_FLIGHT, DEFAULT_REDIS_DEADLINE, HealthStatus, ProviderChoice, ProviderFactory,
    ProviderHealth, ProviderKind, ProviderReason, RedisOptions, RedisRoundRobinContextProvider,
    StartError, provider_from_env,
};

pub use assignment_engine_core as core;
pub use clock::{Clock, SystemClock};
pub use driver::{Answered, BoxFuture, Driver, FactSource, Taken, decide, settle};
pub use messenger::{Messenger, Outbox};
pub use observe::{OUTCOMES_TOTAL, RULE_DURATION_SECONDS};
#[cfg(feature = "redis")]
pub use reservations::RedisReservations;
pub use reservations::{
    DEFAULT_READ_WINDOW, DRIFT_TOTAL, Drift, HeldPlace, InMemoryReservations, Place,
    ReconcileError, Reservations, reconcile,
};
pub use service::{
    Assigned, AssignmentService, DEFAULT_QUEUE_LIMIT, Handover, HostRules, ManualAssignment,
    ServiceError, TeamAvailability, Transfer,
};
pub use store::{
    Claim, ClaimRequest, Counts, Expected, InMemorySessionStore, Refusal, SessionChanges,
    SessionStore, Stamp, StoreError, Stored,
};
#[cfg(feature = "postgres")]
pub use store::{PostgresOptions, PostgresSessionStore, PostgresTables};

/// The blocks of Rust in the README compile and run.
#[cfg(all(doctest, feature = "redis"))]
#[doc = include_str!("../../README.md")]
pub struct Readme;
