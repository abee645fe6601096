use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::backoff;
use super::reply::Teller;
use crate::provider::{ProviderError, ProviderErrorKind};

/// Something that is made when it is first needed, shared by all who need it, and left behind
/// when it is no good. One attempt to make it at a time; after one that failed, or after a thing
/// that was no good, the next has to wait, longer each time.
pub(super) struct Kept<T> {
    /// How long one attempt may take.
    limit: Duration,
    slot: Mutex<Slot<T>>,
    /// In a row: attempts that failed, and things that were no good.
    failures: AtomicU32,
}

enum Slot<T> {
    Empty,
    /// Not before then; and why.
    Waiting(Instant, ProviderErrorKind),
    /// Somebody is making it; the outcome comes through the channel.
    Making(watch::Receiver<Option<Made<T>>>),
    Ready(Arc<T>),
}

type Made<T> = Result<Arc<T>, ProviderError>;

impl<T: Send + Sync + 'static> Kept<T> {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            slot: Mutex::new(Slot::Empty),
            failures: AtomicU32::new(0),
        }
    }

    /// The thing, if `is_good` says so of what there is; else what `make` makes of it. All who
    /// come meanwhile wait for one attempt, which does not end with the call that began it: it
    /// runs in a task of its own.
    pub(super) async fn get<F>(
        self: &Arc<Self>,
        teller: &Teller<'_>,
        is_good: impl Fn(&T) -> bool,
        make: impl FnOnce() -> F,
    ) -> Made<T>
    where
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
    {
        let mut attempt = match &mut *self.lock() {
            Slot::Ready(thing) if is_good(thing) => return Ok(Arc::clone(thing)),
            // An attempt whose sender is gone died with its runtime.
            Slot::Making(attempt) if attempt.has_changed().is_ok() => attempt.clone(),
            Slot::Waiting(until, why) if Instant::now() < *until => return Err(teller.paused(*why)),
            slot => {
                if matches!(slot, Slot::Ready(_)) {
                    self.failures.fetch_add(1, Ordering::Relaxed);
                }
                let (sender, receiver) = watch::channel(None);
                // What was there is dropped here: at most a task is told to stop.
                *slot = Slot::Making(receiver.clone());
                let late = teller.no_connection(self.limit);
                tokio::spawn(Arc::clone(self).make(make(), sender, late));
                receiver
            }
        };
        let outcome = match attempt.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        outcome.unwrap_or_else(|| Err(teller.unreachable("the attempt to connect was lost")))
    }

    async fn make(
        self: Arc<Self>,
        making: impl Future<Output = Result<T, ProviderError>>,
        sender: watch::Sender<Option<Made<T>>>,
        late: ProviderError,
    ) {
        let made = timeout(self.limit, making).await.unwrap_or(Err(late));
        let made = made.map(Arc::new);
        *self.lock() = match &made {
            Ok(thing) => Slot::Ready(Arc::clone(thing)),
            Err(error) => self.after_failure(error.kind()),
        };
        // After the slot is set, so that nobody waits for an attempt that is over.
        sender.send_replace(Some(made));
    }

    /// The next call makes a new one, once the wait is over. Calls under way keep theirs until
    /// they end.
    pub(super) fn discard(&self, thing: &Arc<T>, why: ProviderErrorKind) {
        self.replace(thing, |kept| kept.after_failure(why));
    }

    /// The next call makes a new one, and nobody is to blame.
    pub(super) fn renew(&self, thing: &Arc<T>) {
        self.replace(thing, |_| Slot::Empty);
    }

    /// It did what it is for.
    pub(super) fn proved(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    fn replace(&self, thing: &Arc<T>, next: impl FnOnce(&Self) -> Slot<T>) {
        let mut slot = self.lock();
        if matches!(&*slot, Slot::Ready(current) if Arc::ptr_eq(current, thing)) {
            let old = mem::replace(&mut *slot, next(self));
            drop(slot);
            drop(old);
        }
    }

    fn after_failure(&self, why: ProviderErrorKind) -> Slot<T> {
        let failures = self
            .failures
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        Slot::Waiting(Instant::now() + backoff::delay(failures), why)
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        // The slot is whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
