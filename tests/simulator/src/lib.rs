//! Several instances of the real service over one store, in virtual time, with every choice drawn
//! from a seed: latency, stale reads, lost answers, pauses, crashes at any await, duplicate
//! deliveries, people who assign, transfer, end and requeue, reservations that lose writes.
//!
//! [`simulate`] runs one seed at one [`Level`]; a checker reads the history. The same seed gives
//! the same history, so a seed that fails is all that is needed to see it again.

mod checker;
mod executor;
mod faults;
mod history;
mod level;
mod places;
mod random;
mod run;
mod search;
mod sim;
mod store;
mod world;

pub use checker::Violation;
pub use history::{Entry, Event, Owner};
pub use level::Level;
pub use random::Random;
pub use run::{Report, simulate};
pub use search::{Found, search};
pub use sim::Sim;
