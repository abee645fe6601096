use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::observe::printable;
use crate::provider::{ProviderError, ProviderErrorKind};

/// Whether the server serves, as the calls to it show, and a log line whenever that changes:
/// one per change, however many calls fail.
///
/// It serves again once a call has gone well and none has failed for [`SETTLED`] after it: a
/// proxy without a server behind it takes a connection and hangs up, again and again.
pub(super) struct ServerState {
    address: String,
    down: AtomicBool,
    /// Changes with every failure, so that a recovery that began before it is void.
    failures: AtomicU32,
    change: Mutex<Change>,
}

#[derive(Default)]
struct Change {
    why: Option<ProviderErrorKind>,
    /// Since when a recovery is under way.
    recovering: Option<Instant>,
}

impl ServerState {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: printable(address),
            down: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            change: Mutex::default(),
        }
    }

    /// Why it does not serve, if it does not.
    pub(super) fn trouble(&self) -> Option<ProviderErrorKind> {
        self.change().why
    }

    pub(super) fn note<T>(self: &Arc<Self>, result: &Result<T, ProviderError>) {
        match result {
            Err(error) if !is_about_key(error.kind()) => self.failed(error.kind()),
            _ => {
                if self.down.load(Ordering::Relaxed) {
                    self.recover();
                }
            }
        }
    }

    fn failed(&self, why: ProviderErrorKind) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if self.down.swap(true, Ordering::Relaxed) {
            return;
        }
        self.change().why = Some(why);
        tracing::warn!(
            state = "down",
            code = why.code(),
            redis = self.address,
            "assignment_engine.redis"
        );
    }

    fn recover(self: &Arc<Self>) {
        let mut change = self.change();
        // One that is long over died with its runtime.
        if change
            .recovering
            .is_some_and(|since| since.elapsed() < 2 * SETTLED)
        {
            return;
        }
        change.recovering = Some(Instant::now());
        let failures = self.failures.load(Ordering::Relaxed);
        let state = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(SETTLED).await;
            state.settle(failures);
        });
    }

    fn settle(&self, failures: u32) {
        let mut change = self.change();
        change.recovering = None;
        if self.failures.load(Ordering::Relaxed) != failures {
            return;
        }
        change.why = None;
        self.down.store(false, Ordering::Relaxed);
        drop(change);
        tracing::info!(
            state = "up",
            redis = self.address,
            "assignment_engine.redis"
        );
    }

    fn change(&self) -> MutexGuard<'_, Change> {
        // Whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Then the server is well.
fn is_about_key(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::WrongType | ProviderErrorKind::Overflow
    )
}

const SETTLED: Duration = Duration::from_secs(1);
