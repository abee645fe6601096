//! A master that sentinels know, and Redis behind TLS.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;
#[path = "redis_topologies/sentinel.rs"]
mod sentinel;
#[path = "support/redis_timing.rs"]
mod timing;
#[cfg(feature = "redis-tls")]
#[path = "redis_topologies/tls.rs"]
mod tls;
#[path = "support/redis_topology.rs"]
mod topology;

use crate::topology::{healed, pick, provider, start};
