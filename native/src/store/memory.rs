use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, ContactId, Session, SessionId, SessionStatus, TeamConfig, TeamId,
    TenantConfig, TenantId, Timestamp,
};

use super::{Claim, Expected, Refusal, SessionChanges, SessionStore, StoreError, Stored};

/// A store in this process, gone when it ends: for tests, demonstrations and services with nothing
/// to keep. One lock makes every method a transaction.
#[derive(Debug, Default)]
pub struct InMemorySessionStore {
    data: Mutex<Data>,
}

#[derive(Debug, Default)]
struct Data {
    tenants: BTreeMap<TenantId, TenantConfig>,
    teams: BTreeMap<TeamId, (TenantId, TeamConfig)>,
    agents: BTreeMap<AgentId, Agent>,
    sessions: BTreeMap<SessionId, Session>,
    /// The unassigned sessions of each tenant, oldest first.
    queues: BTreeMap<TenantId, BTreeSet<(Option<Timestamp>, SessionId)>>,
    /// The assigned sessions of each contact.
    contacts: BTreeMap<(TenantId, ContactId), BTreeSet<SessionId>>,
    /// Sessions each agent has.
    active: BTreeMap<AgentId, u32>,
    given: BTreeMap<AgentId, Given>,
}

/// The sessions an agent was given by this store.
#[derive(Debug, Default)]
struct Given {
    ever: u32,
    /// When, for those that a window of time can still reach.
    recent: VecDeque<Timestamp>,
}

impl Given {
    fn add(&mut self, at: Timestamp) {
        self.ever = self.ever.saturating_add(1);
        self.recent.push_back(at);
        while self
            .recent
            .front()
            .is_some_and(|oldest| at.since(*oldest) > LONGEST_WINDOW)
        {
            self.recent.pop_front();
        }
    }

    fn count(&self, since: Option<Timestamp>) -> u32 {
        let Some(since) = since else { return self.ever };
        let count = self.recent.iter().filter(|at| **at >= since).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Milliseconds: a month, with a day to spare on either side for time zones.
const LONGEST_WINDOW: i64 = 33 * 24 * 60 * 60 * 1_000;

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
        self.data().teams.insert(team.id.clone(), (tenant, team));
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
        self.data().forget(id)
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

impl Data {
    fn remember(&mut self, session: Session) {
        match (session.status, &session.assigned_agent_id) {
            (SessionStatus::Unassigned, _) => {
                let queue = self.queues.entry(session.tenant_id.clone()).or_default();
                queue.insert((session.created_at, session.id.clone()));
            }
            (SessionStatus::Assigned, Some(agent)) => {
                *self.active.entry(agent.clone()).or_default() += 1;
                if let Some(key) = contact_key(&session) {
                    self.contacts
                        .entry(key)
                        .or_default()
                        .insert(session.id.clone());
                }
            }
            _ => {}
        }
        self.sessions.insert(session.id.clone(), session);
    }

    fn forget(&mut self, id: &SessionId) -> Option<Session> {
        let session = self.sessions.remove(id)?;
        if let Some(queue) = self.queues.get_mut(&session.tenant_id) {
            queue.remove(&(session.created_at, session.id.clone()));
        }
        if let (SessionStatus::Assigned, Some(agent)) = (session.status, &session.assigned_agent_id)
            && let Some(active) = self.active.get_mut(agent)
        {
            *active = active.saturating_sub(1);
        }
        if let Some(key) = contact_key(&session)
            && let Some(sessions) = self.contacts.get_mut(&key)
        {
            sessions.remove(id);
            if sessions.is_empty() {
                self.contacts.remove(&key);
            }
        }
        Some(session)
    }

    fn active_of(&self, agent: &Agent) -> u32 {
        let own = self.active.get(&agent.id).copied().unwrap_or(0);
        own.saturating_add(agent.active)
    }

    fn claim(
        &mut self,
        id: &SessionId,
        agent: &AgentId,
        expected: &Expected,
        changes: &SessionChanges,
    ) -> Claim {
        let Some(session) = self.sessions.get(id) else {
            return Claim::Refused(Refusal::SessionGone);
        };
        if session.status != SessionStatus::Unassigned || session.assigned_agent_id.is_some() {
            return Claim::Refused(Refusal::SessionTaken);
        }
        if session.assigned_team_id != expected.team_id {
            return Claim::Refused(Refusal::SessionMoved);
        }
        let Some(record) = self.agents.get(agent) else {
            return Claim::Refused(Refusal::AgentGone);
        };
        if expected
            .max_load
            .is_some_and(|limit| self.active_of(record) >= limit.get())
        {
            return Claim::Refused(Refusal::AgentAtLimit);
        }
        let Some(mut session) = self.forget(id) else {
            return Claim::Refused(Refusal::SessionGone);
        };
        changes.apply(&mut session);
        session.status = SessionStatus::Assigned;
        session.assigned_agent_id = Some(agent.clone());
        session.assigned_at = changes.at;
        if let Some(at) = changes.at {
            self.given.entry(agent.clone()).or_default().add(at);
        }
        self.remember(session.clone());
        Claim::Claimed(session)
    }

    fn members(&self, team: &TeamId, since: Option<Timestamp>) -> Vec<Agent> {
        let members = self
            .teams
            .get(team)
            .map(|(_, team)| team.members.as_slice());
        let agents = members
            .unwrap_or_default()
            .iter()
            .filter_map(|id| self.agents.get(id));
        agents
            .map(|agent| {
                let total = self
                    .given
                    .get(&agent.id)
                    .map_or(0, |given| given.count(since));
                Agent {
                    active: self.active_of(agent),
                    total: agent.total.saturating_add(total),
                    ..agent.clone()
                }
            })
            .collect()
    }
}

fn contact_key(session: &Session) -> Option<(TenantId, ContactId)> {
    Some((session.tenant_id.clone(), session.contact_id.clone()?))
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

    fn members<'a>(
        &'a self,
        team: &'a TeamId,
        counts_since: Option<Timestamp>,
    ) -> Stored<'a, Vec<Agent>> {
        self.answer(|data| data.members(team, counts_since))
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig> {
        self.answer(|data| data.tenants.get(id).cloned().unwrap_or_default())
    }
}
