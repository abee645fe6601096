use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::facts::{Agent, Facts, NoAgentPolicy, ScheduleFact, StrategyFact};
use crate::limits::{MAX_CANDIDATES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES};
use crate::run::{Ask, State};
use crate::text::{bounded_option, bounded_string, bounded_text};
use crate::{
    AgentId, ContactId, ContextKey, Decision, ReserveRequest, Reserved, Rotation, RoutingConfig,
    RuleName, SessionId, TeamId, TenantId, Timestamp, TurnCandidate,
};

/// What a run came to: it needs something from outside, or it is done.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Find this out, and resume the run with the answer.
    Need(Need, Suspended),
    /// The decision.
    Done(Decision),
}

/// Something only the host can know. Each is asked for at most once in a run; a turn again only if
/// the agent whose turn it was can no longer take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
pub enum Need {
    /// The opening hours of this team. Answer: [`Answer::Schedule`].
    Schedule {
        /// The session's team.
        team_id: TeamId,
    },
    /// Has the contact an assigned session in this tenant, other than this one? Answer:
    /// [`Answer::ContactAssigned`].
    ContactAssigned {
        /// The session's tenant.
        tenant_id: TenantId,
        /// The session's contact.
        contact_id: ContactId,
        /// The session itself, which does not count.
        exclude_session_id: SessionId,
    },
    /// How this team, or without one this tenant, wants conversations routed. Answer:
    /// [`Answer::Strategy`].
    Strategy {
        /// The session's tenant.
        tenant_id: TenantId,
        /// The session's team.
        #[serde(skip_serializing_if = "Option::is_none")]
        team_id: Option<TeamId>,
    },
    /// The active members of this team, or without one of the team that [`crate::default_team`]
    /// finds. Answer: [`Answer::Agents`].
    Agents {
        /// The session's tenant.
        tenant_id: TenantId,
        /// The session's team.
        #[serde(skip_serializing_if = "Option::is_none")]
        team_id: Option<TeamId>,
        /// Offline agents can be chosen too; otherwise a host may leave them out.
        include_offline: bool,
        /// Where `Agent::total` is to begin counting; absent for everything.
        #[serde(skip_serializing_if = "Option::is_none")]
        counts_since: Option<Timestamp>,
    },
    /// What to do for the contact, now that nobody can take the session. Answer:
    /// [`Answer::NoAgentPolicy`].
    NoAgentPolicy {
        /// The session's tenant.
        tenant_id: TenantId,
    },
    /// The next index of a rotation. Answer: [`Answer::NextIndex`], below `candidate_count`.
    NextIndex {
        /// What the rotation counts under.
        context_key: ContextKey,
        /// How many agents take turns.
        candidate_count: NonZeroU32,
    },
    /// Whose turn it is, in a rotation other than the counter. Answer: [`Answer::NextIndex`], the
    /// place among the candidates.
    Turn {
        /// What the rotation keeps its book under.
        context_key: ContextKey,
        /// Which rotation.
        rotation: Rotation,
        /// Who takes turns; of two alike, the first.
        candidates: Vec<TurnCandidate>,
    },
    /// A place for the session, chosen and held in one step. Asked instead of the two before where
    /// the request wants it. Answer: [`Answer::Reserved`].
    Reserve(Box<ReserveRequest>),
    /// What a host's own rule says. Answer: [`Answer::Rule`].
    Rule {
        /// The rule's name.
        name: RuleName,
        /// The strategy in force, once the strategy rule has answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        strategy: Option<&'static str>,
        /// The team's settings, likewise.
        #[serde(skip_serializing_if = "Option::is_none")]
        config: Option<RoutingConfig>,
        /// The agents who are eligible, by id, once the eligibility rule has answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        agents: Option<Vec<AgentId>>,
    },
}

/// The answer to a [`Need`].
///
/// As JSON it is an object with one field that says what it is, in camelCase: `{ "nextIndex": 2 }`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// To [`Need::Schedule`].
    Schedule(Box<ScheduleFact>),
    /// To [`Need::ContactAssigned`].
    ContactAssigned(bool),
    /// To [`Need::Strategy`].
    Strategy(StrategyFact),
    /// To [`Need::Agents`]; at most [`crate::limits::MAX_CANDIDATES`], each once.
    Agents(Vec<Agent>),
    /// To [`Need::NoAgentPolicy`]; `noAgent` in JSON, like the fact.
    #[serde(rename = "noAgent")]
    NoAgentPolicy(NoAgentPolicy),
    /// To [`Need::NextIndex`] and [`Need::Turn`].
    NextIndex(u32),
    /// To [`Need::Reserve`].
    Reserved(Box<Reserved>),
    /// To [`Need::Rule`].
    Rule(RuleAnswer),
    /// To any need: it could not be had. The run ends with the outcome `error`.
    Failed(Failure),
}

/// Why an answer could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// A stable code of the host's, `timeout` for instance.
    #[serde(deserialize_with = "bounded_string::<_, MAX_NAME_BYTES>")]
    pub code: String,
    /// For people. Must not hold secrets: it goes into outcomes and logs.
    #[serde(deserialize_with = "bounded_string::<_, MAX_MESSAGE_BYTES>")]
    pub message: String,
}

/// What a host's own rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleAnswer {
    /// Its verdict.
    pub verdict: RuleVerdict,
    /// The agents left, out of those it was shown; absent to leave them as they are.
    #[serde(
        default,
        deserialize_with = "bounded_option::<_, _, MAX_CANDIDATES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub agents: Option<Vec<AgentId>>,
    /// Another strategy from here on, by name.
    #[serde(
        default,
        deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub strategy: Option<String>,
    /// Other settings from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<RoutingConfig>,
}

impl From<RuleVerdict> for RuleAnswer {
    fn from(verdict: RuleVerdict) -> Self {
        Self {
            verdict,
            agents: None,
            strategy: None,
            config: None,
        }
    }
}

/// The verdict of a host's own rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    tag = "kind",
    deny_unknown_fields
)]
pub enum RuleVerdict {
    /// The next rule is asked.
    Continue,
    /// The session is left alone.
    Skip,
    /// This agent gets it; the host vouches for the agent.
    Assign {
        /// Who.
        agent_id: AgentId,
    },
    /// The session stays unassigned.
    Stop,
    /// Something failed.
    Error {
        /// What, for people.
        #[serde(deserialize_with = "bounded_string::<_, MAX_MESSAGE_BYTES>")]
        message: String,
    },
}

/// A run that waits for an answer. It borrows nothing and can be sent anywhere; resuming
/// consumes it, so no answer is taken twice.
#[derive(Debug)]
pub struct Suspended {
    pub(crate) session_id: SessionId,
    pub(crate) ask: Ask,
    pub(crate) state: State,
    pub(crate) known: Option<Box<Known>>,
}

/// What a run has been told so far.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) facts: Facts,
    /// Answers of the host's rules by their place in the pipeline.
    pub(crate) rules: Vec<(usize, RuleAnswer)>,
}

impl Known {
    pub(crate) const NOTHING: &'static Self = &Self {
        facts: Facts {
            schedule: None,
            contact_assigned: None,
            strategy: None,
            agents: None,
            no_agent: None,
        },
        rules: Vec::new(),
    };
}

/// Why a run cannot go on with an answer. The run is over; start it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The answer is to another question.
    #[error("the run needs {needed}, not {given}")]
    WrongAnswer {
        /// What the run asked for.
        needed: &'static str,
        /// What it got.
        given: &'static str,
    },
    /// The index is not below the number of candidates.
    #[error("the index {index} is not below the {count} candidates")]
    IndexOutOfRange {
        /// The index given.
        index: u32,
        /// The number of candidates it was asked for.
        count: u32,
    },
    /// More agents than [`crate::limits::MAX_CANDIDATES`].
    #[error("{given} agents are too many, at most {limit} are allowed")]
    TooManyAgents {
        /// How many were given.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// The run was started for another session.
    #[error("the run is about session `{}`", .session_id.as_str().escape_debug())]
    OtherSession {
        /// The session it is about.
        session_id: SessionId,
    },
}

impl ResumeError {
    /// The stable text of the error's kind.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongAnswer { .. } => "wrong_answer",
            Self::IndexOutOfRange { .. } => "index_out_of_range",
            Self::TooManyAgents { .. } => "too_many_agents",
            Self::OtherSession { .. } => "other_session",
        }
    }
}

impl Answer {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Schedule(_) => "a schedule",
            Self::ContactAssigned(_) => "whether the contact is assigned",
            Self::Strategy(_) => "a strategy",
            Self::Agents(_) => "agents",
            Self::NoAgentPolicy(_) => "a no-agent policy",
            Self::NextIndex(_) => "an index",
            Self::Reserved(_) => "a reservation",
            Self::Rule(_) => "a rule's answer",
            Self::Failed(_) => "a failure",
        }
    }
}
