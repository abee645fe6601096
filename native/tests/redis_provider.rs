//! The Redis provider against real servers: what it counts, what it leaves in the store, and
//! what it does when the store is wrong, slow, gone or somebody else's.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "redis_provider/counter.rs"]
mod counter;
#[path = "redis_provider/faults.rs"]
mod faults;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;
#[path = "redis_provider/rights.rs"]
mod rights;
#[path = "support/redis_timing.rs"]
mod timing;

use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, ProviderError, RedisOptions, RedisRoundRobinContextProvider,
    RoundRobinContextProvider,
};

use crate::redis_server::RedisServer;
use crate::timing::{GRACE, timed};

/// A provider with the usual deadline.
fn provider(url: &str) -> RedisRoundRobinContextProvider {
    RedisRoundRobinContextProvider::new(RedisOptions::from_url(url).unwrap())
}

/// A provider for tests that are not about time: nothing is late however busy the machine is.
fn patient(url: &str) -> RedisRoundRobinContextProvider {
    let options = RedisOptions::from_url(url)
        .unwrap()
        .with_deadline(Duration::from_secs(10));
    RedisRoundRobinContextProvider::new(options)
}

fn team() -> ContextKey {
    ContextKey::new("team").unwrap()
}

async fn pick(
    provider: &impl RoundRobinContextProvider,
    candidate_count: u32,
) -> Result<u32, ProviderError> {
    provider.get_next_index(&team(), candidate_count).await
}

/// The code of the error that a pick ends in, in time.
async fn failing_pick(provider: &RedisRoundRobinContextProvider) -> &'static str {
    let (outcome, late) = timed(provider.deadline(), pick(provider, 3)).await;
    assert!(late <= GRACE, "{late:?} late");
    outcome.expect_err("the pick should fail").code()
}

/// Picks again and again until one goes well; answers how many it took.
async fn heals(provider: &impl RoundRobinContextProvider) -> u32 {
    let begin = Instant::now();
    let mut attempts = 1;
    while let Err(error) = pick(provider, 3).await {
        assert!(begin.elapsed() < Duration::from_secs(10), "still: {error}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        attempts += 1;
    }
    attempts
}

/// The server's numbers of the connections whose last command was a pick.
fn picking_connections(server: &RedisServer) -> Vec<String> {
    let list = server.text("CLIENT LIST");
    let picking = list.lines().filter(|line| line.contains(" cmd=evalsha "));
    picking
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}
