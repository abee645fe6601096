mod data;

use std::sync::{Mutex, MutexGuard, PoisonError};

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, ContactId, Session, SessionId, SessionStatus, TeamConfig, TeamId,
    TenantConfig, TenantId,
};

use super::{Claim, Counts, Expected, SessionChanges, SessionStore, Stamp, StoreError, Stored};
use data::Data;

/// A store in this process, gone when it ends: for tests, demonstrations and services with nothing
/// to keep. One lock makes every method a transaction.
#[derive(Debug, Default)]
pub struct InMemorySessionStore {
    data: Mutex<Data>,
}

impl InMemorySessionStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what holds for a tenant.
    pub fn put_tenant(&self, id: TenantId, config: TenantConfig) {
        self.data().tenants.insert(id, config);
    }

    /// Adds a team, or replaces the one of the same id.
    pub fn put_team(&self, tenant: TenantId, team: TeamConfig) {
        self.data().put_team(tenant, team);
    }

    /// Adds an agent, or replaces the one of the same id. Its counts are the store's own: those
    /// given here are added to them.
    pub fn put_agent(&self, agent: Agent) {
        self.data().agents.insert(agent.id.clone(), agent);
    }

    /// Says whether an agent takes conversations; `false` if there is no such agent.
    pub fn set_status(&self, agent: &AgentId, status: AgentStatus) -> bool {
        match self.data().agents.get_mut(agent) {
            Some(agent) => {
                agent.status = status;
                true
            }
            None => false,
        }
    }

    /// Adds a session, or replaces the one of the same id.
    pub fn put_session(&self, session: Session) {
        let mut data = self.data();
        data.forget(&session.id);
        data.remember(session);
    }

    /// Ends a session: its agent has one less. `false` if there is no such session.
    pub fn resolve(&self, id: &SessionId) -> bool {
        let mut data = self.data();
        let Some(mut session) = data.forget(id) else {
            return false;
        };
        session.status = SessionStatus::Resolved;
        data.remember(session);
        true
    }

    /// Removes a session; `None` if there is none of that id.
    pub fn remove(&self, id: &SessionId) -> Option<Session> {
        let mut data = self.data();
        data.fences.remove(id);
        data.forget(id)
    }

    /// Every session, by id.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        self.data().sessions.values().cloned().collect()
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        // Nothing in here panics half way, so the data behind a poisoned lock are whole.
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<T: Send + 'static>(&self, answer: impl FnOnce(&mut Data) -> T) -> Stored<'_, T> {
        let answer = answer(&mut self.data());
        Box::pin(async { Ok(answer) })
    }
}

impl SessionStore for InMemorySessionStore {
    fn session<'a>(&'a self, id: &'a SessionId) -> Stored<'a, Option<Session>> {
        self.answer(|data| data.sessions.get(id).cloned())
    }

    fn queue<'a>(
        &'a self,
        tenant: &'a TenantId,
        team: Option<&'a TeamId>,
        limit: usize,
    ) -> Stored<'a, Vec<Session>> {
        self.answer(|data| {
            let queue = data.queues.get(tenant).into_iter().flatten();
            queue
                .filter_map(|(_, id)| data.sessions.get(id))
                .filter(|session| team.is_none() || session.assigned_team_id.as_ref() == team)
                .take(limit)
                .cloned()
                .collect()
        })
    }

    fn claim<'a>(
        &'a self,
        session: &'a SessionId,
        agent: &'a AgentId,
        expected: &'a Expected,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Claim> {
        if let Err(error) = expected.check() {
            return Box::pin(async { Err(error) });
        }
        self.answer(|data| data.claim(session, agent, expected, changes))
    }

    fn update<'a>(
        &'a self,
        session: &'a SessionId,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Session> {
        let updated = {
            let mut data = self.data();
            data.sessions.get_mut(session).map(|session| {
                if session.status == SessionStatus::Unassigned {
                    changes.apply(session);
                }
                session.clone()
            })
        };
        Box::pin(async move {
            updated.ok_or_else(|| StoreError {
                code: "unknown_session".into(),
                message: format!("there is no session `{}`", session.as_str().escape_debug()),
            })
        })
    }

    fn stamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        self.answer(|data| data.stamp(session, stamp))
    }

    fn unstamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        self.answer(|data| data.unstamp(session, stamp))
    }

    fn contact_has_assigned_session<'a>(
        &'a self,
        tenant: &'a TenantId,
        contact: &'a ContactId,
        except: &'a SessionId,
    ) -> Stored<'a, bool> {
        self.answer(|data| {
            let sessions = data.contacts.get(&(tenant.clone(), contact.clone()));
            sessions.is_some_and(|sessions| sessions.iter().any(|session| session != except))
        })
    }

    fn teams<'a>(&'a self, tenant: &'a TenantId) -> Stored<'a, Vec<TeamConfig>> {
        self.answer(|data| {
            let teams = data.teams.values().filter(|(owner, _)| owner == tenant);
            teams.map(|(_, team)| team.clone()).collect()
        })
    }

    fn team<'a>(&'a self, id: &'a TeamId) -> Stored<'a, Option<(TenantId, TeamConfig)>> {
        self.answer(|data| data.teams.get(id).cloned())
    }

    fn members<'a>(&'a self, team: &'a TeamId, counts: Counts) -> Stored<'a, Vec<Agent>> {
        self.answer(|data| data.members(team, counts))
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig> {
        self.answer(|data| data.tenants.get(id).cloned().unwrap_or_default())
    }
}
