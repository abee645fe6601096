use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::counter::Counter;
use crate::provider::ProviderError;

/// Takes turns, many at once where many want one of the same key.
///
/// The first who wants a turn of a key asks at once. Who comes while that call is under way waits
/// for its end, and then one call takes a turn for each of them. So nobody waits longer than two
/// exchanges, and a crowd costs the server little more than one.
pub(super) struct Turns {
    counter: Counter,
    /// Those who wait, for each key with a call under way.
    waiting: Mutex<HashMap<Arc<str>, Vec<Waiter>>>,
}

type Waiter = oneshot::Sender<Result<i64, ProviderError>>;

impl Turns {
    pub(super) fn new(counter: Counter) -> Self {
        Self {
            counter,
            waiting: Mutex::default(),
        }
    }

    pub(super) fn counter(&self) -> &Counter {
        &self.counter
    }

    /// The turn as the server counts: 1, 2, 3, … The caller's deadline is around it.
    pub(super) async fn take(self: &Arc<Self>, key: &str) -> Result<i64, ProviderError> {
        let turn = {
            let mut waiting = self.waiting();
            match waiting.get_mut(key) {
                None => {
                    let key: Arc<str> = key.into();
                    waiting.insert(Arc::clone(&key), Vec::new());
                    Err(UnderWay { turns: self, key })
                }
                Some(others) => {
                    let (sender, receiver) = oneshot::channel();
                    others.push(sender);
                    Ok(receiver)
                }
            }
        };
        match turn {
            Err(first) => self.counter.take_one(&first.key).await,
            Ok(turn) => turn.await.unwrap_or_else(|_| Err(self.counter.lost())),
        }
    }

    /// Serves those who wait, and those who come meanwhile, until nobody waits.
    async fn serve(self: Arc<Self>, key: Arc<str>, mut crowd: Vec<Waiter>) {
        loop {
            // Of those whose deadline has passed nobody is there any more.
            crowd.retain(|waiter| !waiter.is_closed());
            if let Ok(count) = u32::try_from(crowd.len())
                && count > 0
            {
                let turns = self.counter.take(&key, count);
                let last = self.counter.redis().run_for_others(&key, turns).await;
                let turns = (1..=i64::from(count)).rev();
                for (waiter, before_last) in crowd.drain(..).zip(turns) {
                    let turn = last.clone().map(|last| last.wrapping_sub(before_last - 1));
                    // Who has left meanwhile leaves a turn unused.
                    let _ = waiter.send(turn);
                }
            }
            match self.next_crowd(&key) {
                Some(next) => crowd = next,
                None => return,
            }
        }
    }

    /// Those who wait now; if nobody does, the next one asks at once.
    fn next_crowd(&self, key: &str) -> Option<Vec<Waiter>> {
        let mut waiting = self.waiting();
        let crowd = mem::take(waiting.get_mut(key)?);
        if crowd.is_empty() {
            waiting.remove(key);
            return None;
        }
        Some(crowd)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Arc<str>, Vec<Waiter>>> {
        // Whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The call of the first. However it ends, also when its caller leaves, the others come next.
struct UnderWay<'a> {
    turns: &'a Arc<Turns>,
    key: Arc<str>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let Some(crowd) = self.turns.next_crowd(&self.key) else {
            return;
        };
        match Handle::try_current() {
            Ok(runtime) => {
                let (turns, key) = (Arc::clone(self.turns), Arc::clone(&self.key));
                runtime.spawn(turns.serve(key, crowd));
            }
            // Without a runtime nobody can ask for them; they are told as their waiters drop.
            Err(_) => while self.turns.next_crowd(&self.key).is_some() {},
        }
    }
}
