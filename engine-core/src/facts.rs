//! What the engine must know of the world, given beforehand or asked for one by one.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_CANDIDATES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES};
use crate::text::{bounded_option, bounded_string, bounded_text};
use crate::{AgentId, RoutingConfig, Schedule, ScheduleConfig, Timestamp, ZoneError};

/// The facts a host has at hand. Whatever is absent is asked for when a rule first needs it; a
/// fact that is given is never asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Facts {
    /// The opening hours of the session's team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleFact>,
    /// Has the contact another session in this tenant that is assigned?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_assigned: Option<bool>,
    /// How the team, or the tenant, wants conversations routed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyFact>,
    /// The members of the team the conversation goes to.
    #[serde(
        deserialize_with = "bounded_option::<_, _, MAX_CANDIDATES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub agents: Option<Vec<Agent>>,
    /// What to do when nobody can take the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_agent: Option<NoAgentPolicy>,
}

/// The opening hours of a team: either its schedule, or what a host already made of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduleFact {
    /// The stored schedule; absent or null where the team has none.
    pub schedule: Option<ScheduleConfig>,
    /// The answer of a host that reads schedules itself; it wins over `schedule`.
    pub availability: Option<Availability>,
    /// The tenant's text for teams that have no message of their own.
    #[serde(deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>")]
    pub tenant_message: Option<String>,
}

impl ScheduleFact {
    /// Is the team open at `now`, and what does a contact hear if it is not? A team without a
    /// schedule, or with one that is switched off, is open; one without a usable time zone is
    /// closed for good.
    #[must_use]
    pub fn availability_at(&self, now: Timestamp) -> Availability {
        if let Some(answered) = &self.availability {
            return answered.clone();
        }
        let config = self.schedule.as_ref();
        let (is_open, next_open) = match Hours::new(config) {
            Hours::None | Hours::Disabled => (true, None),
            Hours::Weekly(schedule) if schedule.is_open(now) => (true, None),
            Hours::Weekly(schedule) => (false, schedule.next_opening(now)),
            Hours::Unusable(_) => (false, None),
        };
        Availability {
            is_open,
            next_open,
            message: self.message().map(Into::into),
            media_url: self.image().map(Into::into),
        }
    }

    /// The team's text, else the tenant's; a blank one counts as none.
    pub(crate) fn message(&self) -> Option<&str> {
        let team = self
            .schedule
            .as_ref()
            .and_then(|team| team.out_of_office_message.as_deref());
        filled(team).or(filled(self.tenant_message.as_deref()))
    }

    pub(crate) fn image(&self) -> Option<&str> {
        filled(
            self.schedule
                .as_ref()
                .and_then(|team| team.out_of_office_image.as_deref()),
        )
    }
}

/// The text, if it holds more than blanks.
pub(crate) fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// Whether a team is open, as `checkScheduleAvailability` answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Availability {
    /// Is a shift under way?
    pub is_open: bool,
    /// The next opening of a team that is closed; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_open: Option<Timestamp>,
    /// What a contact is told while it is closed for long.
    #[serde(
        default,
        deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub message: Option<String>,
    /// Address of a picture to go with it.
    #[serde(
        default,
        deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub media_url: Option<String>,
}

/// How conversations are routed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StrategyFact {
    /// The team's `routingStrategy`. An unknown name means `round_robin`, with a warning.
    #[serde(deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>")]
    pub team_strategy: Option<String>,
    /// The `strategy` of the tenant's configuration, for teams without one.
    #[serde(deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>")]
    pub tenant_strategy: Option<String>,
    /// The team's `routingConfig`; none without a team.
    pub config: Option<RoutingConfig>,
    /// The team's time zone, in which its days begin; UTC where it has none.
    #[serde(deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>")]
    pub time_zone: Option<String>,
}

/// An agent as a team's active member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Agent {
    /// The agent's id.
    pub id: AgentId,
    /// The agent's name.
    #[serde(default, deserialize_with = "bounded_string::<_, MAX_NAME_BYTES>")]
    pub name: String,
    /// When the agent's account was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// `online`, or any other word for an agent who takes no conversations now.
    #[serde(default)]
    pub status: AgentStatus,
    /// Sessions the agent has now.
    #[serde(default)]
    pub active: u32,
    /// Sessions the agent was given since the start of the window that is counted.
    #[serde(default)]
    pub total: u32,
}

impl Agent {
    /// An agent who is online, without a session, named like its id.
    #[must_use]
    pub fn online(id: AgentId) -> Self {
        let name = id.as_str().into();
        Self {
            id,
            name,
            created_at: None,
            status: AgentStatus::Online,
            active: 0,
            total: 0,
        }
    }
}

/// Whether an agent takes conversations now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// Takes conversations.
    Online,
    /// Any other status.
    #[default]
    Offline,
}

impl From<&str> for AgentStatus {
    fn from(status: &str) -> Self {
        if status == "online" {
            Self::Online
        } else {
            Self::Offline
        }
    }
}

impl<'de> Deserialize<'de> for AgentStatus {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bounded_string::<_, MAX_NAME_BYTES>(deserializer).map(|status| status.as_str().into())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AgentStatus {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "AgentStatus".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "examples": ["online", "offline"] })
    }
}

/// What to do for a contact when nobody can take the conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoAgentPolicy {
    /// Reply, or leave the conversation in the queue without a word.
    pub no_agent_action: NoAgentAction,
    /// The text of the reply.
    #[serde(deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>")]
    pub no_agent_message: Option<String>,
}

/// What happens when nobody can take a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum NoAgentAction {
    /// The contact gets a message, at most once per session in 24 hours.
    #[default]
    Reply,
    /// The contact hears nothing.
    Queue,
}

/// What a team's schedule comes down to.
#[derive(Debug, Clone)]
pub(crate) enum Hours {
    /// There is none.
    None,
    /// There is one, switched off.
    Disabled,
    Weekly(Schedule),
    /// It has no usable time zone, so the team counts as closed.
    Unusable(ZoneError),
}

impl Hours {
    pub(crate) fn new(config: Option<&ScheduleConfig>) -> Self {
        match config {
            None => Self::None,
            Some(config) if !config.enabled => Self::Disabled,
            Some(config) => Schedule::new(config).map_or_else(Self::Unusable, Self::Weekly),
        }
    }
}
