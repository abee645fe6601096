//! What everything in a simulation shares: the time, the random numbers, the history.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use assignment_engine::Clock;
use assignment_engine_core::Timestamp;

use crate::history::{Entry, Event};
use crate::random::Random;

/// 2026-11-24T09:00:00Z.
const START: i64 = 1_795_510_800_000;

/// Virtual time, the seed's random numbers, and the history.
#[derive(Debug)]
pub struct Sim {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now: i64,
    random: Random,
    timers: BTreeMap<(i64, u64), Waker>,
    timers_made: u64,
    history: Vec<Entry>,
}

impl Sim {
    /// At time 0.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            now: 0,
            random: Random::new(seed),
            timers: BTreeMap::new(),
            timers_made: 0,
            history: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the start.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.state().now
    }

    /// Something drawn from the seed.
    pub fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.state().random)
    }

    /// Writes down what has happened now.
    pub fn note(&self, event: Event) {
        let mut state = self.state();
        let at = state.now;
        state.history.push(Entry { at, event });
    }

    /// The history so far; it is empty then.
    pub fn take_history(&self) -> Vec<Entry> {
        std::mem::take(&mut self.state().history)
    }

    /// Waits so many milliseconds of virtual time.
    pub async fn sleep(&self, ms: i64) {
        let mut until = None;
        poll_fn(|context| {
            let mut state = self.state();
            let until = *until.get_or_insert(state.now.saturating_add(ms));
            if state.now >= until {
                return Poll::Ready(());
            }
            state.timers_made += 1;
            let key = (until, state.timers_made);
            state.timers.insert(key, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// When the next sleeper wakes up.
    #[must_use]
    pub fn next_timer(&self) -> Option<i64> {
        self.state().timers.keys().next().map(|(at, _)| *at)
    }

    /// Moves the time on, and wakes who has slept until then.
    pub fn move_to(&self, at: i64) {
        let due = {
            let mut state = self.state();
            state.now = at;
            let later = state.timers.split_off(&(at.saturating_add(1), 0));
            std::mem::replace(&mut state.timers, later)
        };
        for waker in due.into_values() {
            waker.wake();
        }
    }
}

impl Clock for Sim {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(START.saturating_add(self.now_ms())).unwrap_or(Timestamp::EPOCH)
    }
}
