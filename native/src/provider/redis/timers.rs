use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, Sleep, sleep_until};

/// Timers that are used again.
///
/// To make one takes a lock, and often wakes the thread that waits for input, because no other
/// timer is due so early: a tenth of a pick that is not far to travel. One that is there already
/// is put off without either.
#[derive(Default)]
pub(super) struct Timers {
    idle: Mutex<Option<Idle>>,
}

struct Idle {
    /// A timer belongs to the runtime that it was made in.
    runtime: Id,
    timers: Vec<Pin<Box<Sleep>>>,
}

impl Timers {
    /// What `work` comes to, unless that takes longer than `limit`.
    pub(super) async fn within<T>(
        &self,
        runtime: &Handle,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let end = Instant::now() + limit;
        let mut work = pin!(work);
        let mut timer = None;
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            let lent = timer.get_or_insert_with(|| self.lend(runtime.id(), end));
            let due = lent
                .timer
                .as_mut()
                .map(|timer| timer.as_mut().poll(context));
            due.unwrap_or(Poll::Pending).map(|()| None)
        })
        .await
    }

    fn lend(&self, runtime: Id, end: Instant) -> Lent<'_> {
        let idle = match &mut *self.idle() {
            Some(idle) if idle.runtime == runtime => idle.timers.pop(),
            _ => None,
        };
        let timer = match idle {
            Some(mut timer) => {
                timer.as_mut().reset(end);
                timer
            }
            None => Box::pin(sleep_until(end)),
        };
        Lent {
            timers: self,
            runtime,
            timer: Some(timer),
        }
    }

    fn take_back(&self, runtime: Id, timer: Pin<Box<Sleep>>) {
        let mut idle = self.idle();
        match &mut *idle {
            Some(idle) if idle.runtime == runtime => {
                if idle.timers.len() < MOST_IDLE {
                    idle.timers.push(timer);
                }
            }
            other => {
                *other = Some(Idle {
                    runtime,
                    timers: vec![timer],
                });
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<Idle>> {
        // Whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lent<'a> {
    timers: &'a Timers,
    runtime: Id,
    /// Until it is given back.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.timers.take_back(self.runtime, timer);
        }
    }
}

/// More calls than this at once make timers of their own.
const MOST_IDLE: usize = 64;

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_is_used_again_keeps_its_new_time() {
        let (timers, runtime) = (Timers::default(), Handle::current());
        let limit = Duration::from_millis(250);
        for n in 0..10_u32 {
            let begin = Instant::now();
            let work = async {
                tokio::time::sleep(limit / 5 * 4).await;
                n
            };
            assert_eq!(timers.within(&runtime, limit, work).await, Some(n));
            assert_eq!(timers.within(&runtime, limit, pending::<u32>()).await, None);
            let took = begin.elapsed().as_millis();
            assert!((450..=452).contains(&took), "{took}");
        }
        let idle = timers.idle().as_ref().map(|idle| idle.timers.len());
        assert_eq!(idle, Some(1), "one after the other need one");
    }

    #[test]
    fn a_timer_is_not_taken_to_another_runtime() {
        let timers = Timers::default();
        for _ in 0..3 {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap();
            let ended = runtime.block_on(async {
                let limit = Duration::from_millis(5);
                let handle = Handle::current();
                timers.within(&handle, limit, pending::<()>()).await
            });
            assert_eq!(ended, None);
        }
    }
}
