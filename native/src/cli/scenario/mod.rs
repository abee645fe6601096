//! A scenario: a roster, and sessions that are decided on one after the other.

mod counters;
mod schema;
mod session;
mod source;
mod world;

pub(crate) use counters::Counters;
pub(crate) use schema::json_schema;
pub(crate) use session::ScenarioSession;
pub(crate) use source::{ScenarioFile, text};
pub(crate) use world::World;

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use assignment_engine_core::{
    InputError, InputErrorCode, RosterConfig, SessionStatus, Timestamp, from_json,
};
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::output::ticked;

/// A tenant's teams and agents, and sessions that are decided on one after the other: every
/// assignment counts for the decisions after it, and every pick turns the rotation.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Where this schema is, for editors; nothing reads it.
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    /// What the scenario shows, for people; nothing reads it.
    #[serde(rename = "description", default)]
    _description: Option<String>,
    /// When sessions that state no instant of their own are decided on.
    pub(crate) now: Timestamp,
    /// The tenant, its teams and its agents. The agents' counts do not hold the sessions that are
    /// listed here.
    pub(crate) roster: RosterConfig,
    /// The sessions. Those that are unassigned are decided on, in this order; those that are
    /// assigned count from the beginning, for their agents and their contacts.
    #[serde(default, deserialize_with = "bounded")]
    #[schemars(length(max = MAX_SESSIONS))]
    pub(crate) sessions: Vec<ScenarioSession>,
    /// Where each rotation stands: the next index by the id of the team, or of the tenant for
    /// sessions without a team. A rotation that is not named stands at 0.
    #[serde(default)]
    pub(crate) rotation: Counters,
}

/// Sessions in one scenario.
pub(crate) const MAX_SESSIONS: usize = 10_000;

impl Scenario {
    /// Reads a scenario; what it holds makes sense, as far as a decision needs it to.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, InputError> {
        let scenario = Self::parse(json)?;
        match scenario.problems().into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(scenario),
        }
    }

    /// Reads the fields of a scenario, each for itself: [`Scenario::problems`] tells whether they
    /// fit together.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, InputError> {
        from_json(text(json)?)
    }

    /// What one field alone does not show: ids that are there twice or name nothing, zones that
    /// do not exist, another tenant's sessions. Of the roster it is the first problem only.
    pub(crate) fn problems(&self) -> Vec<InputError> {
        let mut problems = Vec::new();
        problems.extend(self.roster.validate().err().map(|error| InputError {
            path: format!("roster.{}", error.path),
            ..error
        }));
        let agents: BTreeSet<&str> = ids(self.roster.agents.iter().map(|agent| &agent.id));
        let teams: BTreeSet<&str> = ids(self.roster.teams.iter().map(|team| &team.id));
        let mut seen = BTreeSet::new();
        for (place, session) in self.sessions.iter().enumerate() {
            let mut problem = |field: &str, code, message| {
                problems.push(InputError {
                    code,
                    path: format!("sessions[{place}].{field}"),
                    message,
                    position: None,
                });
            };
            if !seen.insert(&session.id) {
                let message = format!("{} is there twice", ticked(session.id.as_str()));
                problem("id", InputErrorCode::Duplicate, message);
            }
            let tenant = &self.roster.tenant_id;
            if session.tenant_id.as_ref().is_some_and(|id| id != tenant) {
                let message = format!(
                    "the roster is of tenant {}, and so must the session be",
                    ticked(tenant.as_str())
                );
                problem("tenantId", InputErrorCode::InvalidValue, message);
            }
            if let Some(team) = session.assigned_team_id.as_ref().map(AsRef::as_ref)
                && !teams.contains(team)
            {
                let message = format!("there is no team {}", ticked(team));
                problem("assignedTeamId", InputErrorCode::UnknownReference, message);
            }
            if let Some(agent) = session.assigned_agent_id.as_ref().map(AsRef::as_ref)
                && !agents.contains(agent)
            {
                let message = format!("there is no agent {}", ticked(agent));
                problem("assignedAgentId", InputErrorCode::UnknownReference, message);
            }
        }
        problems
    }

    /// The sessions that are decided on, in order.
    pub(crate) fn turns(&self) -> impl Iterator<Item = &ScenarioSession> {
        self.sessions
            .iter()
            .filter(|session| session.status == SessionStatus::Unassigned)
    }
}

fn ids<'a, T: AsRef<str> + 'a>(ids: impl Iterator<Item = &'a T>) -> BTreeSet<&'a str> {
    ids.map(AsRef::as_ref).collect()
}

/// A list of at most [`MAX_SESSIONS`]; reading stops at the first one too many.
fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX_SESSIONS} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                if list.len() == MAX_SESSIONS {
                    return Err(A::Error::custom(format_args!(
                        "the list is too long: at most {MAX_SESSIONS} items are allowed"
                    )));
                }
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(List(PhantomData))
}
