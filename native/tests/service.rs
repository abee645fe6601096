//! The service around the engine, against what the contract says of each of its entry points:
//! alone, in a crowd, over a store that is watched, disturbed and broken.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "service/claims.rs"]
mod claims;
#[path = "service/concurrency.rs"]
mod concurrency;
#[path = "service/dispatch.rs"]
mod dispatch;
#[path = "support/doubles.rs"]
mod doubles;
#[path = "service/failures.rs"]
mod failures;
#[path = "service/handover.rs"]
mod handover;
#[path = "support/log.rs"]
mod log;
#[path = "service/manual.rs"]
mod manual;
#[path = "service/messages.rs"]
mod messages;
#[path = "service/observability.rs"]
mod observability;
#[path = "service/queue.rs"]
mod queue;
#[cfg(feature = "redis")]
#[expect(dead_code, reason = "other tests do more with a server")]
#[path = "support/redis_server.rs"]
mod redis_server;
#[cfg(feature = "redis")]
#[path = "service/reservations.rs"]
mod reservations;
#[path = "service/schedules.rs"]
mod schedules;
#[cfg(feature = "redis")]
#[path = "service/shared_redis.rs"]
mod shared_redis;
#[path = "service/spread.rs"]
mod spread;
#[path = "service/transfer.rs"]
mod transfer;
#[path = "support/watched_store.rs"]
mod watched_store;
#[path = "support/world.rs"]
mod world;
