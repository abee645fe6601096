//! Decides which support agent gets a conversation.
#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "schema"))]
extern crate std;

mod bench;
mod decision;
mod engine;
mod exchange;
mod explain;
mod facts;
mod ids;
mod input;
pub mod limits;
mod pipeline;
mod reason;
mod request;
mod roster;
mod routing;
mod rules;
mod run;
mod schedule;
mod step;
mod text;
mod time;
mod trace;

pub use decision::{Decision, Effect, Message, MessageKind, Outcome, Warning};
pub use engine::{Engine, RuleObserver};
pub use facts::{
    Agent, AgentStatus, Availability, Facts, NoAgentAction, NoAgentPolicy, ScheduleFact,
    StrategyFact,
};
pub use ids::{AgentId, ContactId, ContextKey, IdError, SessionId, TeamId, TenantId};
pub use input::{InputError, InputErrorCode, from_json};
pub use pipeline::{Pipeline, PipelineError, Rule, RuleName};
pub use reason::Reason;
pub use request::{Request, Session, SessionStatus, Source};
pub use roster::{
    AgentHandle, Roster, RosterConfig, RosterError, Standing, TeamConfig, TenantConfig,
    TenantSettings, default_team,
};
pub use routing::{Criterion, RoutingConfig, SortBy, Strategy, TimeWindow};
pub use rules::RuleId;
pub use run::Input;
pub use schedule::{Days, Schedule, ScheduleConfig, Shift, TimeOfDay, ZoneError};
pub use step::{Answer, Failure, Need, ResumeError, RuleAnswer, RuleVerdict, Step, Suspended};
pub use time::Timestamp;
pub use trace::{CandidateTrace, RuleTrace, Trace, TraceAnswer, Values};
