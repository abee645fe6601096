//! The way between an instance and what it calls: latency, pauses, calls that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::history::Event;
use crate::level::{LEASE_MS, Level};
use crate::sim::Sim;

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    /// It never arrives.
    NotDone,
    /// It is carried out, and the answer is lost.
    Done,
}

/// What can go wrong between one instance and the rest of the world.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    pub(crate) sim: Arc<Sim>,
    pub(crate) instance: usize,
    pub(crate) level: Level,
    /// Of a thousand requests and answers, how many stand still.
    pub(crate) pauses: u64,
    pub(crate) calm: Arc<AtomicBool>,
}

impl Faults {
    fn calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// The request on its way, and how the call will end.
    pub(crate) async fn send(&self, what: &'static str) -> Fate {
        self.travel(what).await;
        let fate = self.sim.draw(|random| match random.below(100) {
            0 => Fate::NotDone,
            1 => Fate::Done,
            _ => Fate::Answered,
        });
        if self.calm() {
            return Fate::Answered;
        }
        if fate != Fate::Answered {
            let done = fate == Fate::Done;
            self.sim.note(Event::Failed(self.instance, what, done));
        }
        fate
    }

    /// A message on its way; does it arrive? What fails has not been sent.
    pub(crate) async fn arrives(&self, what: &'static str) -> bool {
        self.travel(what).await;
        let fails = self.sim.draw(|random| random.chance(20)) && !self.calm();
        if fails {
            self.sim.note(Event::Failed(self.instance, what, false));
        }
        !fails
    }

    /// A request or an answer on its way.
    pub(crate) async fn travel(&self, what: &'static str) {
        let (latency, pause) = self.sim.draw(|random| {
            let latency = random.between(0, 20);
            let pause = random
                .chance(self.pauses)
                .then(|| random.between(1, 3 * LEASE_MS));
            (latency, pause)
        });
        if let Some(pause) = pause
            && !self.calm()
            && !self.level.sheltered()
        {
            self.sim.note(Event::Paused(self.instance, what, pause));
            self.sim.sleep(pause).await;
        }
        self.sim.sleep(latency).await;
    }

    /// How old a read is when it is made.
    pub(crate) fn lag(&self) -> i64 {
        let lag = self.sim.draw(|random| {
            if random.chance(500) {
                0
            } else {
                random.between(1, 300)
            }
        });
        if self.calm() { 0 } else { lag }
    }
}
