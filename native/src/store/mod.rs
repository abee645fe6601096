//! Where sessions, teams and agents are stored: the seam, and a store in memory.

mod memory;

pub use memory::InMemorySessionStore;

use std::num::NonZeroU32;

use assignment_engine_core::{
    Agent, AgentId, ContactId, Failure, Session, SessionId, TeamConfig, TeamId, TenantConfig,
    TenantId, Timestamp,
};
use serde_json::{Map, Value};

use crate::driver::BoxFuture;

/// What a store method comes to.
pub type Stored<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Sessions, teams and agents of any number of tenants.
///
/// Reads may be stale; [`SessionStore::claim`] has the last word. Every method either does all
/// that it says or nothing.
pub trait SessionStore: Send + Sync {
    /// The session of that id.
    fn session<'a>(&'a self, id: &'a SessionId) -> Stored<'a, Option<Session>>;

    /// The unassigned sessions of the tenant, or of one of its teams, oldest first, ties by id;
    /// at most `limit`.
    fn queue<'a>(
        &'a self,
        tenant: &'a TenantId,
        team: Option<&'a TeamId>,
        limit: usize,
    ) -> Stored<'a, Vec<Session>>;

    /// Gives the session to the agent, in one transaction together with `changes`.
    ///
    /// It succeeds only if the session is unassigned and as `expected`, and the agent has fewer
    /// sessions than the limit expected. There is no other way to assign a session.
    fn claim<'a>(
        &'a self,
        session: &'a SessionId,
        agent: &'a AgentId,
        expected: &'a Expected,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Claim>;

    /// Changes a session without assigning it, if it is still unassigned; one that has an owner by
    /// now, or is over, stays as it is. The session as it is then.
    fn update<'a>(
        &'a self,
        session: &'a SessionId,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Session>;

    /// Has the contact an assigned session in this tenant, other than `except`?
    fn contact_has_assigned_session<'a>(
        &'a self,
        tenant: &'a TenantId,
        contact: &'a ContactId,
        except: &'a SessionId,
    ) -> Stored<'a, bool>;

    /// The tenant's teams with the ids of their active members.
    fn teams<'a>(&'a self, tenant: &'a TenantId) -> Stored<'a, Vec<TeamConfig>>;

    /// The team of that id and the tenant it belongs to.
    fn team<'a>(&'a self, id: &'a TeamId) -> Stored<'a, Option<(TenantId, TeamConfig)>>;

    /// The team's active members: with the sessions they have now, in any team, and those they
    /// were given since `counts_since`, or ever.
    fn members<'a>(
        &'a self,
        team: &'a TeamId,
        counts_since: Option<Timestamp>,
    ) -> Stored<'a, Vec<Agent>>;

    /// The tenant's configuration, the one without a team.
    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig>;
}

/// What must still hold when a session is claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The session's team when the decision was made, before [`SessionChanges`]: a decision made
    /// for another team is void.
    pub team_id: Option<TeamId>,
    /// Sessions the agent may have at most, this one included; no limit if absent.
    pub max_load: Option<NonZeroU32>,
}

/// What to change about a session. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionChanges {
    /// The team it moves to.
    pub team_id: Option<TeamId>,
    /// Entries of its context, over older ones of the same name.
    pub context: Map<String, Value>,
    /// When the change is made: `assignedAt` of a claim, `updatedAt`.
    pub at: Option<Timestamp>,
}

impl SessionChanges {
    /// Does it change anything but the time?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.team_id.is_none() && self.context.is_empty()
    }

    /// Makes the changes to a session in memory.
    pub fn apply(&self, session: &mut Session) {
        if let Some(team) = &self.team_id {
            session.assigned_team_id = Some(team.clone());
        }
        if !self.context.is_empty() {
            let context = session.context.get_or_insert_default();
            context.extend(self.context.clone());
        }
        if self.at.is_some() {
            session.updated_at = self.at;
        }
    }
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every claim is granted")]
pub enum Claim {
    /// The session is the agent's; as it is stored now.
    Claimed(Session),
    /// Nothing was changed.
    Refused(Refusal),
}

/// Why a claim was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The session has an owner, or is over.
    SessionTaken,
    /// The session has moved to another team.
    SessionMoved,
    /// There is no such session any more.
    SessionGone,
    /// The agent has as many sessions as allowed.
    AgentAtLimit,
    /// There is no such agent any more.
    AgentGone,
}

/// Why a store could not do what it was asked. Nothing has changed, as far as it knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// A stable code of the store's, `timeout` for instance.
    pub code: String,
    /// For people; it goes into outcomes and logs and must not hold secrets.
    pub message: String,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self {
            code: error.code,
            message: error.message,
        }
    }
}
