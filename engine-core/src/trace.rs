use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::order::in_order;
use crate::{AgentId, Reason, RuleName, SessionId, Source, TeamId, Timestamp};

/// How a decision came about, rule by rule and agent by agent. It is recorded only when it is
/// asked for, and is the same for equal inputs to the byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trace {
    /// The session that was decided on.
    pub session_id: SessionId,
    /// The session's team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// When.
    pub now: Timestamp,
    /// What asked.
    pub source: Source,
    /// The rules that answered, in order.
    pub rules: Vec<RuleTrace>,
    /// The team's members, by id.
    pub candidates: Vec<CandidateTrace>,
}

/// What one rule answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTrace {
    /// The rule's id, or the name of a host's rule.
    pub rule: RuleName,
    /// What it answered.
    pub answer: TraceAnswer,
    /// Why.
    pub reason: Reason,
    /// The values it saw.
    pub values: Values,
}

/// Values by name, in order of their names.
pub type Values = BTreeMap<Cow<'static, str>, Value>;

/// The kinds of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceAnswer {
    /// The next rule is asked.
    Continue,
    /// The session is left alone.
    Skip,
    /// An agent gets the session.
    Assign,
    /// The session stays unassigned.
    Stop,
    /// Something failed.
    Error,
}

/// What became of one member of the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CandidateTrace {
    /// Who.
    pub agent_id: AgentId,
    /// The agent's name.
    pub name: String,
    /// The rule that had the last word on this agent.
    pub rule: RuleName,
    /// What it said.
    pub reason: Reason,
    /// Sessions the agent has.
    pub active: u32,
    /// Sessions the agent was given.
    pub total: u32,
}

/// A trace while it is written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) trace: Trace,
    /// Values of the rule under way.
    pub(crate) values: Values,
}

impl Draft {
    pub(crate) fn new(request: &crate::Request) -> Box<Self> {
        Box::new(Self {
            trace: Trace {
                session_id: request.session.id.clone(),
                team_id: request.session.assigned_team_id.clone(),
                now: request.now,
                source: request.source,
                rules: Vec::new(),
                candidates: Vec::new(),
            },
            values: Values::new(),
        })
    }

    pub(crate) fn finish(mut self) -> Trace {
        let candidates = core::mem::take(&mut self.trace.candidates);
        let id = |at: usize| candidates.get(at).map(|candidate| &candidate.agent_id);
        let order = in_order(candidates.len(), &|a, b| id(a).cmp(&id(b)));
        let mut candidates: Vec<_> = candidates.into_iter().map(Some).collect();
        let taken = order.into_iter().filter_map(|at| {
            let slot = candidates.get_mut(usize::try_from(at).ok()?);
            slot?.take()
        });
        self.trace.candidates = taken.collect();
        self.trace
    }
}
