use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redis::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::cluster::Cluster;
use super::holder::{Holder, To};
use super::options::RedisOptions;
use super::reply::{Answer, Teller};
use super::script::{Call, Script};
use super::state::ServerState;
use super::target::{Layout, Target};
use super::timers::Timers;
use super::tls;
use crate::provider::{ProviderError, ProviderErrorKind};

/// A Redis, of however many servers: runs a script within a deadline.
///
/// Whatever is to be done in Redis is a [`call`](Self::call), or several, that is
/// [`run`](Self::run): there the promises are kept, which are the deadline around everything,
/// the bound on what is under way, one attempt to connect at a time, errors in our own words, a
/// log line when the state changes.
pub(crate) struct Redis {
    target: Arc<Target>,
    servers: Servers,
    deadline: Duration,
    calls: Calls,
    timers: Timers,
    state: Arc<ServerState>,
}

enum Servers {
    One(Holder),
    Cluster(Cluster),
}

impl Redis {
    pub(crate) fn new(options: RedisOptions) -> Self {
        let RedisOptions {
            target,
            deadline,
            max_in_flight,
        } = options;
        let target = Arc::new(target);
        // Calls end by their deadline, an attempt to connect goes on without them: with a short
        // deadline and a server far away none would ever succeed otherwise.
        let limit = deadline.max(SHORTEST_ATTEMPT);
        let one = |to| Servers::One(Holder::new(Arc::clone(&target), to, limit));
        let servers = match target.layout.clone() {
            Layout::Server(place) => one(To::Place(place)),
            Layout::Sentinel {
                master, sentinels, ..
            } => one(To::Master {
                name: master,
                sentinels,
            }),
            Layout::Cluster(seeds) => {
                Servers::Cluster(Cluster::new(Arc::clone(&target), seeds, limit))
            }
        };
        Self {
            servers,
            deadline,
            calls: Calls::new(max_in_flight),
            timers: Timers::default(),
            state: Arc::new(ServerState::new(&target.address)),
            target,
        }
    }

    /// What messages call it.
    pub(crate) fn address(&self) -> &str {
        &self.target.address
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Why it does not serve, as far as the calls of the last second show.
    pub(crate) fn trouble(&self) -> Option<ProviderErrorKind> {
        self.state.trouble()
    }

    pub(super) fn teller<'a>(&'a self, key: &'a str) -> Teller<'a> {
        self.target.teller(key)
    }

    /// What `work` comes to, unless too much is under way already, and within the deadline.
    pub(crate) async fn run<T>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let _place = self.calls.enter(&self.target)?;
        self.run_for_others(key, work).await
    }

    /// The same for those who are counted already.
    pub(super) async fn run_for_others<T>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let result = self.within(self.deadline, key, work).await;
        self.state.note(&result);
        result
    }

    /// The answer of a script; part of what is [`run`](Self::run).
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Value, ProviderError> {
        match &self.servers {
            Servers::Cluster(cluster) => cluster.run(call).await,
            Servers::One(holder) => match holder.run(call, false).await? {
                Answer::Value(value) => Ok(value),
                Answer::Moved(_) | Answer::Ask(_) => {
                    Err(self.teller(call.key()).error(ProviderErrorKind::Cluster))
                }
            },
        }
    }

    /// The answer of a script that keeps more than a counter, with all that is around a call.
    pub(crate) async fn answer(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: &[String],
    ) -> Result<Value, ProviderError> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let call = Call {
            script,
            keys,
            arguments: &arguments,
        };
        let key = call.key();
        let answer = self.run(key, self.call(&call)).await;
        answer.map_err(|error| self.teller(key).no_counter(error))
    }

    /// The answer of a script was none that it gives.
    pub(crate) fn no_reply(&self) -> ProviderError {
        self.teller("").error(ProviderErrorKind::Protocol)
    }

    /// Makes sure that `call` works, with an answer that `read` can read, and that its script may
    /// be loaded. It is none of the calls of what is [`run`](Self::run): neither counted among them
    /// nor told by the log.
    pub(crate) async fn rehearse<T>(
        &self,
        call: &Call<'_>,
        read: impl FnOnce(&Value) -> Result<T, ProviderError>,
        deadline: Duration,
    ) -> Result<T, ProviderError> {
        runtime()?;
        let end = Instant::now() + deadline;
        let rehearsal = self.within(deadline, call.key(), async {
            let answer = read(&self.call(call).await?)?;
            // It may have been there already, so that nobody needed the right to load it.
            let load = call.script.load();
            match &self.servers {
                Servers::One(holder) => holder.ask(&load).await?,
                Servers::Cluster(cluster) => cluster.ask(&load, call.key()).await?,
            };
            Ok(answer)
        });
        // Who speaks TLS and who does not may wait for each other for ever, or hang up without
        // a word; so the doubt begins before the time is over.
        let doubt = Doubt::after(deadline / 2, &self.target);
        match rehearsal.await {
            Err(error) if may_be_tls(error.kind()) => {
                if doubt
                    .confirmed(end.saturating_duration_since(Instant::now()))
                    .await
                {
                    let ours = self.target.tls.is_some();
                    return Err(self.teller(call.key()).other_tls(ours));
                }
                Err(error)
            }
            result => result,
        }
    }

    /// Everything a call does, under one clock. The client's own timeouts are off, so this is the
    /// only one; what it stops has not settled its lease.
    async fn within<T>(
        &self,
        deadline: Duration,
        key: &str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let runtime = runtime()?;
        let done = self.timers.within(&runtime, deadline, call).await;
        done.unwrap_or_else(|| Err(self.teller(key).timeout(deadline)))
    }
}

/// Does the other side speak TLS and we do not, or the other way round?
struct Doubt {
    target: Arc<Target>,
    asking: JoinHandle<bool>,
}

impl Doubt {
    /// Asked then, unless it is asked for earlier.
    fn after(wait: Duration, target: &Arc<Target>) -> Self {
        let asked = Arc::clone(target);
        Self {
            target: Arc::clone(target),
            asking: tokio::spawn(async move {
                sleep(wait).await;
                tls::spoken_otherwise(&asked).await
            }),
        }
    }

    async fn confirmed(mut self, rest: Duration) -> bool {
        if self.asking.is_finished() {
            return (&mut self.asking).await.unwrap_or(false);
        }
        timeout(rest, tls::spoken_otherwise(&self.target)).await == Ok(true)
    }
}

impl Drop for Doubt {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

/// How it looks from here when one side speaks TLS and the other does not.
fn may_be_tls(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::Timeout | ProviderErrorKind::Unreachable | ProviderErrorKind::Protocol
    )
}

fn runtime() -> Result<Handle, ProviderError> {
    Handle::try_current().map_err(|_| {
        ProviderError::new(
            ProviderErrorKind::Configuration,
            "the redis provider was used outside a tokio runtime",
        )
    })
}

/// The calls under way, so many at most.
struct Calls {
    limit: usize,
    under_way: AtomicUsize,
}

impl Calls {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            under_way: AtomicUsize::new(0),
        }
    }

    fn enter(&self, target: &Target) -> Result<UnderWay<'_>, ProviderError> {
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= self.limit {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            return Err(target.teller("").overloaded(self.limit));
        }
        Ok(UnderWay(&self.under_way))
    }
}

struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How long an attempt to connect may take at least.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(500);
