use assignment_engine_core::limits::MAX_NAME_BYTES;
use assignment_engine_core::{
    AgentId, ContactId, Request, Session, SessionId, SessionStatus, Source, TeamId, TenantId,
    Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A session as it is stored, and how it is to be decided on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScenarioSession {
    /// The session's id.
    pub(crate) id: SessionId,
    /// When it is decided on; the scenario's `now` unless said.
    #[serde(default)]
    pub(crate) at: Option<Timestamp>,
    /// What asks for the decision.
    #[serde(default)]
    pub(crate) source: Source,
    /// Skips the schedule and lets offline agents take part; limits still hold.
    #[serde(default)]
    pub(crate) force_override: bool,
    /// Has the contact another session that is assigned? Unless said, the sessions listed here
    /// and the decisions so far tell.
    #[serde(default)]
    pub(crate) contact_assigned: Option<bool>,

    /// Whose session it is: the roster's tenant, which need not be said.
    #[serde(default)]
    pub(crate) tenant_id: Option<TenantId>,
    /// Who wrote. Without one the rule about a contact's other sessions does not apply.
    #[serde(default)]
    pub(crate) contact_id: Option<ContactId>,
    /// Only sessions that are `unassigned` are decided on.
    #[serde(default)]
    pub(crate) status: SessionStatus,
    /// Who has it, if it is assigned.
    #[serde(default)]
    pub(crate) assigned_agent_id: Option<AgentId>,
    /// The team it was routed to; without one it goes to the default team.
    #[serde(default)]
    pub(crate) assigned_team_id: Option<TeamId>,
    /// When its agent got it.
    #[serde(default)]
    pub(crate) assigned_at: Option<Timestamp>,
    /// When its agent accepted it.
    #[serde(default)]
    pub(crate) accepted_at: Option<Timestamp>,
    /// Higher is more urgent. Scenarios are decided in the order of the list all the same.
    #[serde(default)]
    pub(crate) priority: i64,
    /// Where it came in, `whatsapp` for instance.
    #[serde(default, deserialize_with = "channel")]
    #[schemars(length(max = MAX_NAME_BYTES))]
    pub(crate) channel: Option<String>,
    /// The host's own data; the engine reads `account`, `oooLastSentAt` and `noAgentLastSentAt`.
    #[serde(default)]
    pub(crate) context: Option<Map<String, Value>>,
    /// When it began.
    #[serde(default)]
    pub(crate) created_at: Option<Timestamp>,
    /// When the stored row last changed.
    #[serde(default)]
    pub(crate) updated_at: Option<Timestamp>,
    /// When the last message came.
    #[serde(default)]
    pub(crate) last_message_at: Option<Timestamp>,
}

impl ScenarioSession {
    /// What the engine is asked.
    pub(crate) fn request(&self, tenant_id: &TenantId, now: Timestamp) -> Request {
        let session = Session {
            contact_id: self.contact_id.clone(),
            status: self.status,
            assigned_agent_id: self.assigned_agent_id.clone(),
            assigned_team_id: self.assigned_team_id.clone(),
            assigned_at: self.assigned_at,
            accepted_at: self.accepted_at,
            priority: self.priority,
            channel: self.channel.clone(),
            context: self.context.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_message_at: self.last_message_at,
            ..Session::new(self.id.clone(), tenant_id.clone())
        };
        Request {
            source: self.source,
            force_override: self.force_override,
            ..Request::new(session, self.at.unwrap_or(now))
        }
    }
}

fn channel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let channel = Option::<String>::deserialize(deserializer)?;
    match channel {
        Some(text) if text.len() > MAX_NAME_BYTES => Err(serde::de::Error::custom(format_args!(
            "the text is too long: {} bytes, at most {MAX_NAME_BYTES} are allowed",
            text.len()
        ))),
        channel => Ok(channel),
    }
}
