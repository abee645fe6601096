//! The engine for JavaScript: synchronous bindings over the core, with no logic of their own.
//!
//! Structures cross the border as JSON text, in the core's own reading and writing: so they are
//! refused with the same codes and paths as everywhere else, and whatever getters, proxies and
//! `toJSON` methods an object has run while JavaScript still makes the text, before any of this is
//! called. Nothing here calls JavaScript while something of the engine is borrowed.
//!
//! Two ways lead through a decision. [`Run`] is the engine's step machine: [`Run::need`] says what
//! is missing, [`Run::answer`] takes it. [`Roster::turn`] and [`Roster::pick`] are the ordinary
//! course on a resident roster, numbers in and a number out. `Engine::decide`, a feature, is for those
//! who use these bindings by themselves: it asks a JavaScript function for the index and awaits it.

#[cfg(feature = "decide")]
mod decide;
mod decision;
mod engine;
mod error;
mod roster;
mod run;
mod turn_book;

pub use decision::{
    availability, default_team, explain, failed_decision, message_failed, overrule,
};
pub use engine::{Engine, rule_names};
pub use roster::Roster;
pub use run::Run;
pub use turn_book::TurnBook;
