use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits::{MAX_CANDIDATES, MAX_NAME_BYTES};
use crate::text::{bounded_list, bounded_text};
use crate::{AgentId, ContactId, ContextKey, SessionId, TeamId, TenantId, Timestamp};

/// What must be decided: who gets `session`, now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Request {
    /// The conversation.
    pub session: Session,
    /// What asked for the decision.
    #[serde(default)]
    pub source: Source,
    /// Skips the schedule and lets offline agents take part; limits still hold.
    #[serde(default)]
    pub force_override: bool,
    /// The instant the decision is made at. The engine has no clock of its own.
    pub now: Timestamp,
    /// Agents who must not be chosen, because a store has just refused them for this session.
    #[serde(
        default,
        deserialize_with = "bounded_list::<_, _, MAX_CANDIDATES>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub excluded: Vec<AgentId>,
    /// Asks for a reservation ([`crate::Need::Reserve`]) instead of a turn.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub reserve: bool,
}

impl Request {
    /// A request from the queue for `session` at `now`, nothing forced and nobody excluded.
    #[must_use]
    pub fn new(session: Session, now: Timestamp) -> Self {
        Self {
            session,
            source: Source::Queue,
            force_override: false,
            now,
            excluded: Vec::new(),
            reserve: false,
        }
    }
}

/// What asked for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Source {
    /// A contact was handed over to people.
    Handover,
    /// A waiting conversation is tried again.
    #[default]
    Queue,
}

/// A conversation as the host stores it. The engine reads `id`, `tenant_id`, `contact_id`,
/// `assigned_team_id` and `context`; the rest is for stores and queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// The conversation's id.
    pub id: SessionId,
    /// Whose conversation it is.
    pub tenant_id: TenantId,
    /// Who wrote. Without one the rule about a contact's other sessions does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// Has it an owner?
    #[serde(default)]
    pub status: SessionStatus,
    /// The owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_agent_id: Option<AgentId>,
    /// The team it was routed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_team_id: Option<TeamId>,
    /// When the owner got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_at: Option<Timestamp>,
    /// When the owner accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// Higher is more urgent.
    #[serde(default)]
    pub priority: i64,
    /// Where it came in, `whatsapp` for instance.
    #[serde(
        default,
        deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub channel: Option<String>,
    /// The host's own data; the engine reads `account`, `oooLastSentAt` and `noAgentLastSentAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Map<String, Value>>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the stored row last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When the last message came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
}

impl Session {
    /// An unassigned session with nothing but its ids.
    #[must_use]
    pub fn new(id: SessionId, tenant_id: TenantId) -> Self {
        Self {
            id,
            tenant_id,
            contact_id: None,
            status: SessionStatus::Unassigned,
            assigned_agent_id: None,
            assigned_team_id: None,
            assigned_at: None,
            accepted_at: None,
            priority: 0,
            channel: None,
            context: None,
            created_at: None,
            updated_at: None,
            last_message_at: None,
        }
    }

    /// What its rotation counts under: the team's id, else the tenant's.
    #[must_use]
    pub fn context_key(&self) -> ContextKey {
        self.assigned_team_id
            .as_ref()
            .map_or_else(|| (&self.tenant_id).into(), Into::into)
    }

    /// The text stored under `key` in `context`.
    pub(crate) fn context_text(&self, key: &str) -> Option<&str> {
        self.context.as_ref()?.get(key)?.as_str()
    }
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SessionStatus {
    /// It waits for an agent.
    #[default]
    Unassigned,
    /// An agent has it.
    Assigned,
    /// It is over.
    Resolved,
}
