//! Picks and starts, for tests of more than one server.

use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, ProviderFactory, RedisOptions, RedisRoundRobinContextProvider,
    RoundRobinContextProvider,
};

use crate::timing::{GRACE, timed};

pub(crate) fn provider(url: &str) -> RedisRoundRobinContextProvider {
    RedisRoundRobinContextProvider::new(RedisOptions::from_url(url).unwrap())
}

/// The index, or the code of the failure; never later than the deadline and its grace.
pub(crate) async fn pick(
    provider: &RedisRoundRobinContextProvider,
    team: &str,
) -> Result<u32, &'static str> {
    let team = ContextKey::new(team).unwrap();
    let call = provider.get_next_index(&team, 1_000_000);
    let (outcome, late) = timed(provider.deadline(), call).await;
    assert!(late <= GRACE, "{late:?} late: {outcome:?}");
    outcome.map_err(|error| error.code())
}

/// Picks until one goes well; answers how long that took.
pub(crate) async fn healed(provider: &RedisRoundRobinContextProvider, team: &str) -> Duration {
    let begin = Instant::now();
    while let Err(code) = pick(provider, team).await {
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(20), "after {took:?}: {code}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begin.elapsed()
}

/// What the start says to these options: the kind of the provider, or why it fails.
pub(crate) async fn start(options: RedisOptions) -> Result<&'static str, &'static str> {
    let factory = ProviderFactory::from_variables(|_| None).with_redis(options);
    let choice = factory
        .with_start_deadline(Duration::from_secs(5))
        .provider()
        .await;
    choice
        .map(|choice| choice.kind.name())
        .map_err(|error| error.code())
}
