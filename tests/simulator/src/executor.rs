//! Runs the tasks of all instances on one thread, one step at a time, in an order that the seed
//! chooses.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use crate::sim::Sim;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type Ready = Arc<Mutex<BTreeSet<u64>>>;

/// Tasks, each of one instance.
pub(crate) struct Executor {
    sim: Arc<Sim>,
    tasks: BTreeMap<u64, (usize, Task)>,
    ready: Ready,
    made: u64,
}

struct Alarm {
    task: u64,
    ready: Ready,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.insert(self.task);
    }
}

impl Executor {
    pub(crate) fn new(sim: Arc<Sim>) -> Self {
        Self {
            sim,
            tasks: BTreeMap::new(),
            ready: Ready::default(),
            made: 0,
        }
    }

    pub(crate) fn spawn(
        &mut self,
        instance: usize,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.made += 1;
        self.tasks.insert(self.made, (instance, Box::pin(task)));
        self.wake(self.made);
    }

    /// Ends all tasks of an instance where they stand; how many there were.
    pub(crate) fn crash(&mut self, instance: usize) -> usize {
        let before = self.tasks.len();
        self.tasks.retain(|_, (owner, _)| *owner != instance);
        before - self.tasks.len()
    }

    /// Runs everything until that time has come, or, without one, until nothing is left to run.
    /// How many tasks are left.
    pub(crate) async fn run(&mut self, until: Option<i64>) -> usize {
        loop {
            while self.step() {}
            let next = self.sim.next_timer();
            let at = match (next, until) {
                (Some(next), Some(until)) => next.min(until),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => return self.tasks.len(),
            };
            let ms = at.saturating_sub(self.sim.now_ms());
            if let Ok(ms @ 1..) = u64::try_from(ms) {
                // The service measures the age of what it has read on this clock.
                tokio::time::advance(Duration::from_millis(ms)).await;
            }
            self.sim.move_to(at.max(self.sim.now_ms()));
            if until == Some(at) {
                while self.step() {}
                return self.tasks.len();
            }
        }
    }

    /// Polls one of the tasks that can go on; false if there is none.
    fn step(&mut self) -> bool {
        let chosen = {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            if ready.is_empty() {
                return false;
            }
            let at = self.sim.draw(|random| random.index(ready.len()));
            let chosen = ready.iter().nth(at).copied();
            chosen.inspect(|task| {
                ready.remove(task);
            })
        };
        let Some(id) = chosen else { return false };
        let Some((_, task)) = self.tasks.get_mut(&id) else {
            return true;
        };
        let ready = Arc::clone(&self.ready);
        let waker = Waker::from(Arc::new(Alarm { task: id, ready }));
        if task
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            self.tasks.remove(&id);
        }
        true
    }

    fn wake(&self, task: u64) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.insert(task);
    }
}
