//! The faults of `docs/RELIABILITY.md` that have no test elsewhere: the code of each, what becomes
//! of the connection, and that picks work again within two seconds of a server that can write.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "redis_faults/calls.rs"]
mod calls;
#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;
#[path = "redis_faults/servers.rs"]
mod servers;
#[path = "support/redis_timing.rs"]
mod timing;

use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, RedisOptions, RedisRoundRobinContextProvider, RoundRobinContextProvider,
};

use crate::timing::{GRACE, timed};

/// A provider as it is without settings.
fn provider(url: &str) -> RedisRoundRobinContextProvider {
    RedisRoundRobinContextProvider::new(RedisOptions::from_url(url).unwrap())
}

/// The index, or the code of the failure; never later than the deadline and its grace.
async fn pick(provider: &RedisRoundRobinContextProvider) -> Result<u32, &'static str> {
    let team = ContextKey::new("team").unwrap();
    let call = provider.get_next_index(&team, 1000);
    let (outcome, late) = timed(provider.deadline(), call).await;
    assert!(late <= GRACE, "{late:?} late: {outcome:?}");
    outcome.map_err(|error| error.code())
}

/// Picks until one goes well, and answers it.
async fn healed(provider: &RedisRoundRobinContextProvider) -> u32 {
    let begin = Instant::now();
    loop {
        match pick(provider).await {
            Ok(index) => {
                let took = begin.elapsed();
                assert!(took <= Duration::from_secs(2), "healed after {took:?}");
                return index;
            }
            Err(code) => {
                let took = begin.elapsed();
                assert!(took <= Duration::from_secs(10), "after {took:?}: {code}");
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
