use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::{
    MAX_CANDIDATES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES, MAX_ROSTER_AGENTS, MAX_TEAMS,
};
use crate::order::repeated;
use crate::text::{bounded_list, bounded_string, bounded_text};
use crate::zone::Zone;
use crate::{
    Agent, AgentId, Facts, InputError, InputErrorCode, NoAgentPolicy, RoutingConfig,
    ScheduleConfig, Standing, TeamId, TenantId, Timestamp,
};

/// One tenant's teams and agents, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RosterConfig {
    /// Whose roster it is.
    pub tenant_id: TenantId,
    /// What holds for the whole tenant.
    #[serde(default)]
    pub tenant: TenantConfig,
    /// The teams.
    #[serde(default, deserialize_with = "bounded_list::<_, _, MAX_TEAMS>")]
    pub teams: Vec<TeamConfig>,
    /// The agents, of whichever teams.
    #[serde(default, deserialize_with = "bounded_list::<_, _, MAX_ROSTER_AGENTS>")]
    pub agents: Vec<Agent>,
}

/// What holds for a whole tenant, where a team says nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TenantConfig {
    /// A configuration that is not enabled counts as absent.
    pub enabled: bool,
    /// The strategy of teams without one.
    #[serde(deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>")]
    pub strategy: Option<String>,
    /// Messages.
    pub settings: TenantSettings,
}

impl Default for TenantConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            strategy: None,
            settings: TenantSettings::default(),
        }
    }
}

/// A tenant's messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TenantSettings {
    /// What to do when nobody can take a conversation.
    pub waterfall: NoAgentPolicy,
    /// The out-of-office message of teams without one.
    #[serde(deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>")]
    pub out_of_office_message: Option<String>,
}

/// A team and who is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TeamConfig {
    /// The team's id.
    pub id: TeamId,
    /// The team's name.
    #[serde(default, deserialize_with = "bounded_string::<_, MAX_NAME_BYTES>")]
    pub name: String,
    /// Only an active team can be the one for conversations without a team.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// The team that conversations without one go to first.
    #[serde(default)]
    pub is_default: bool,
    /// When the team was made; among several default teams the oldest counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The team's strategy; the tenant's unless said. An unknown name means `round_robin`.
    #[serde(
        default,
        deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>",
        skip_serializing_if = "Option::is_none"
    )]
    pub routing_strategy: Option<String>,
    /// Settings of that strategy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_config: Option<RoutingConfig>,
    /// Opening hours; always open unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleConfig>,
    /// The agents in the team, by id.
    #[serde(default, deserialize_with = "bounded_list::<_, _, MAX_CANDIDATES>")]
    pub members: Vec<AgentId>,
}

impl TeamConfig {
    /// An active team without members, schedule or settings, named like its id.
    #[must_use]
    pub fn new(id: TeamId) -> Self {
        Self {
            name: id.as_str().into(),
            id,
            is_active: true,
            is_default: false,
            created_at: None,
            routing_strategy: None,
            routing_config: None,
            schedule: None,
            members: Vec::new(),
        }
    }
}

impl TeamConfig {
    /// What decides whether it is the team for conversations without one.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            id: &self.id,
            is_active: self.is_active,
            is_default: self.is_default,
            created_at: self.created_at,
            has_members: !self.members.is_empty(),
        }
    }
}

impl RosterConfig {
    /// Checks what one field alone does not show: that every id is there once, that members
    /// exist, that the time zone of every enabled schedule is known.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub fn validate(&self) -> Result<(), InputError> {
        let agents = || self.agents.iter().map(|agent| agent.id.as_str());
        distinct(&mut agents(), &|i| format!("agents[{i}].id"))?;
        let agents: BTreeSet<&str> = {
            let mut known = BTreeSet::new();
            known.extend(agents());
            known
        };
        let mut teams = self.teams.iter().map(|team| team.id.as_str());
        distinct(&mut teams, &|i| format!("teams[{i}].id"))?;
        for (t, team) in self.teams.iter().enumerate() {
            let mut members = team.members.iter().map(AgentId::as_str);
            distinct(&mut members, &|m| format!("teams[{t}].members[{m}]"))?;
            if let Some((m, id)) = team
                .members
                .iter()
                .enumerate()
                .find(|(_, id)| !agents.contains(id.as_str()))
            {
                let path = format!("teams[{t}].members[{m}]");
                let message = format!("there is no agent `{}`", id.as_str().escape_debug());
                return Err(InputError::new(
                    InputErrorCode::UnknownReference,
                    path,
                    message,
                ));
            }
            if let Some(schedule) = team.schedule.as_ref().filter(|schedule| schedule.enabled) {
                Zone::named(schedule.timezone.as_deref()).map_err(|error| {
                    let path = format!("teams[{t}].schedule.timezone");
                    InputError::new(InputErrorCode::UnknownTimeZone, path, format!("{error}"))
                })?;
            }
        }
        Ok(())
    }
}

impl Facts {
    /// Checks that every agent is there once.
    ///
    /// # Errors
    /// [`InputError`] with the path of the second one.
    pub fn validate(&self) -> Result<(), InputError> {
        let agents = self.agents.as_deref().unwrap_or_default();
        let mut ids = agents.iter().map(|agent| agent.id.as_str());
        distinct(&mut ids, &|i| format!("agents[{i}].id"))
    }
}

fn distinct(
    ids: &mut dyn Iterator<Item = &str>,
    path: &dyn Fn(usize) -> String,
) -> Result<(), InputError> {
    match repeated(ids) {
        None => Ok(()),
        Some((at, id)) => {
            let message = format!("`{}` is there twice", id.escape_debug());
            Err(InputError::new(
                InputErrorCode::Duplicate,
                path(at),
                message,
            ))
        }
    }
}

const fn yes() -> bool {
    true
}
