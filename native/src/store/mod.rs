//! Where sessions, teams and agents are stored: the seam, and a store in memory.

mod changes;
mod claim;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;

pub use changes::{SessionChanges, Stamp};
pub use claim::{Claim, ClaimRequest, Expected, Refusal};
pub use memory::InMemorySessionStore;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresSessionStore, PostgresTables};

use assignment_engine_core::{
    Agent, AgentId, ContactId, Failure, Session, SessionId, TeamConfig, TeamId, TenantConfig,
    TenantId, Timestamp,
};

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
    /// It succeeds only if the session is as `expected` and the agent has fewer sessions than the
    /// limit expected, those of every team counted. There is no other way to assign a session:
    /// people's choices and transfers are claims too.
    ///
    /// With a token, a claim that was carried out before (same session, agent and token) is
    /// answered `Claimed` again as long as the agent has the session: so one whose answer was lost
    /// can be repeated.
    fn claim<'a>(
        &'a self,
        session: &'a SessionId,
        agent: &'a AgentId,
        expected: &'a Expected,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Claim>;

    /// Many claims in their order, each with the answer that [`SessionStore::claim`] would give.
    /// After an error an unknown number of the first ones has been carried out.
    fn claim_many<'a>(&'a self, requests: &'a [ClaimRequest]) -> Stored<'a, Vec<Claim>> {
        Box::pin(async move {
            let mut claims = Vec::with_capacity(requests.len());
            for one in requests {
                let claim = self.claim(&one.session_id, &one.agent_id, &one.expected, &one.changes);
                claims.push(claim.await?);
            }
            Ok(claims)
        })
    }

    /// Changes a session without assigning it, if it is still unassigned; one that has an owner by
    /// now, or is over, stays as it is. The session as it is then.
    fn update<'a>(
        &'a self,
        session: &'a SessionId,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Session>;

    /// Puts the stamp into the context of a session that is still unassigned, if what stands there
    /// is what was seen, in one step; was it put there? Of those who saw the same, one gets a yes.
    /// Nothing else of the session changes, `updatedAt` neither.
    fn stamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool>;

    /// Takes a stamp back, whatever has become of the session: puts what was seen in its place, or
    /// nothing, if the stamp still stands there; did it? A context that is empty then is none.
    fn unstamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool>;

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

    /// The team's active members: with the sessions they have now, in any team, as `active`, and
    /// those they were given and still stand under their name, as many as `counts` asks for, as
    /// `total`.
    fn members<'a>(&'a self, team: &'a TeamId, counts: Counts) -> Stored<'a, Vec<Agent>>;

    /// The tenant's configuration, the one without a team.
    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig>;
}

/// Which of the sessions that agents were given are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counts {
    /// None: nobody looks at the number, which is 0.
    #[default]
    None,
    /// Those since that instant, itself included.
    Since(Timestamp),
    /// All of them.
    Ever,
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
