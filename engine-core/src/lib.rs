//! Decides which support agent gets a conversation: facts in, decision out.
//!
//! The engine asks a [`Pipeline`] of rules: is the team open, has the contact another
//! conversation, how does the team choose, who can take it, who of them gets it. The first rule
//! that does not say "continue" ends the run, and the [`Decision`] says who, why, and what the
//! host has to do about it.
//!
//! It touches nothing: no clock, no network, no randomness, no threads. What a run does not find
//! in its [`Facts`] or its [`Roster`] it asks for: [`Engine::start`] answers with a [`Need`] and a
//! [`Suspended`] run, and [`Engine::resume`] takes the [`Answer`]. So one engine serves async
//! Rust, WebAssembly and tests alike, and equal inputs make equal decisions, to the byte.
//!
//! ```
//! use assignment_engine_core::{
//!     Answer, Engine, Facts, Input, Need, Outcome, Request, Roster, RosterConfig, Step,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let roster = Roster::from_config(RosterConfig::from_json(br#"{
//!     "tenantId": "acme",
//!     "teams": [{ "id": "sales", "members": ["anna", "ben"], "routingConfig": { "maxLoad": 3 } }],
//!     "agents": [
//!         { "id": "anna", "name": "Anna", "status": "online", "active": 3 },
//!         { "id": "ben", "name": "Ben", "status": "online", "active": 1 }
//!     ]
//! }"#)?)?;
//! let request = Request::from_json(br#"{
//!     "session": { "id": "chat-1", "tenantId": "acme", "assignedTeamId": "sales" },
//!     "now": "2026-11-23T09:00:00Z"
//! }"#)?;
//! let facts = Facts::default();
//! let input = Input { request: &request, facts: &facts, roster: Some(&roster), trace: true };
//!
//! let engine = Engine::default();
//! let mut step = engine.start(input);
//! let decision = loop {
//!     step = match step {
//!         Step::Done(decision) => break decision,
//!         // The roster knows everything here but whose turn it is.
//!         Step::Need(Need::NextIndex { .. }, run) => engine.resume(run, input, Answer::NextIndex(0))?,
//!         Step::Need(need, _) => unreachable!("{need:?}"),
//!     };
//! };
//! assert!(matches!(&decision.outcome, Outcome::Assign { agent_id } if agent_id.as_str() == "ben"));
//! assert_eq!(decision.explain()[0], "Session `chat-1` goes to Ben (`ben`).");
//! # Ok(())
//! # }
//! ```
//!
//! The rules are in `rules/`, one file each, and their order is the table in `rules/mod.rs`. The
//! only control flow is in `engine.rs`. JSON comes in through `input.rs`, where everything is
//! checked against [`limits`] and refused with the path of the field.
#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "schema"))]
extern crate std;

mod batch;
mod bench;
mod calendar;
mod decision;
mod engine;
mod exchange;
mod explain;
mod facts;
mod ids;
mod input;
pub mod limits;
mod order;
mod ordinary;
mod pipeline;
mod queue;
mod reason;
mod request;
mod reservation;
mod roster;
mod rotation;
mod routing;
mod rules;
mod run;
mod schedule;
mod step;
mod text;
mod time;
mod trace;
mod zone;

pub use batch::{Batch, Placed, Placement, Spent};
pub use decision::{Decision, Effect, Message, MessageKind, Outcome, Warning};
pub use engine::{Engine, RuleObserver};
pub use facts::{
    Agent, AgentStatus, Availability, Facts, NoAgentAction, NoAgentPolicy, ScheduleFact,
    StrategyFact,
};
pub use ids::{AgentId, ContactId, ContextKey, IdError, SessionId, TeamId, TenantId};
pub use input::{InputError, InputErrorCode, Position, from_json};
pub use ordinary::{Ordinary, TeamPlace};
pub use pipeline::{Pipeline, PipelineError, Rule, RuleName};
pub use queue::QueueOrder;
pub use reason::Reason;
pub use request::{Request, Session, SessionStatus, Source};
pub use reservation::{
    ReservationBook, ReservationTerms, ReserveCandidate, ReserveRequest, Reserved,
};
pub use roster::{
    AgentHandle, Roster, RosterConfig, RosterError, Standing, TeamConfig, TenantConfig,
    TenantSettings, default_team,
};
pub use rotation::{
    AWAY_AFTER_MS, BookEntry, FORGOTTEN_AFTER_MS, Rotation, Turn, TurnBook, TurnCandidate, Weight,
    Weights, position,
};
pub use routing::{Criterion, RoutingConfig, SortBy, Strategy, TimeWindow};
pub use rules::RuleId;
pub use run::Input;
pub use schedule::{Days, Schedule, ScheduleConfig, Shift, TimeOfDay};
pub use step::{Answer, Failure, Need, ResumeError, RuleAnswer, RuleVerdict, Step, Suspended};
pub use time::Timestamp;
pub use trace::{CandidateTrace, RuleTrace, Trace, TraceAnswer, Values};
pub use zone::ZoneError;
