//! What the store in memory holds, with the indexes that its questions need.

use std::collections::{BTreeMap, BTreeSet};

use assignment_engine_core::{
    Agent, AgentId, ContactId, Session, SessionId, SessionStatus, TeamConfig, TeamId, TenantConfig,
    TenantId, Timestamp,
};
use serde_json::Value;

use crate::store::claim::{Verdict, View};
use crate::store::{Claim, Counts, Expected, Refusal, SessionChanges, Stamp};

#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) tenants: BTreeMap<TenantId, TenantConfig>,
    pub(super) teams: BTreeMap<TeamId, (TenantId, TeamConfig)>,
    pub(super) agents: BTreeMap<AgentId, Agent>,
    /// The teams each agent is in; one who is in none may work for any tenant.
    pub(super) homes: BTreeMap<AgentId, BTreeSet<(TenantId, TeamId)>>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    /// The unassigned sessions of each tenant, oldest first.
    pub(super) queues: BTreeMap<TenantId, BTreeSet<(Option<Timestamp>, SessionId)>>,
    /// The assigned sessions of each contact.
    pub(super) contacts: BTreeMap<(TenantId, ContactId), BTreeSet<SessionId>>,
    /// Sessions each agent has.
    pub(super) active: BTreeMap<AgentId, u32>,
    /// The sessions under each agent's name, those that are over included, by when they were given.
    pub(super) held: BTreeMap<AgentId, BTreeSet<(Option<Timestamp>, SessionId)>>,
    /// The highest token each session was claimed under, and for whom.
    pub(super) fences: BTreeMap<SessionId, (u64, AgentId)>,
}

impl Data {
    pub(super) fn put_team(&mut self, tenant: TenantId, team: TeamConfig) {
        if let Some((tenant, old)) = self.teams.remove(&team.id) {
            let home = (tenant, old.id);
            for member in &old.members {
                if let Some(homes) = self.homes.get_mut(member) {
                    homes.remove(&home);
                }
            }
        }
        let home = (tenant.clone(), team.id.clone());
        for member in &team.members {
            let homes = self.homes.entry(member.clone()).or_default();
            homes.insert(home.clone());
        }
        self.teams.insert(team.id.clone(), (tenant, team));
    }

    pub(super) fn remember(&mut self, session: Session) {
        if let Some(agent) = &session.assigned_agent_id {
            let held = self.held.entry(agent.clone()).or_default();
            held.insert((session.assigned_at, session.id.clone()));
        }
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

    pub(super) fn forget(&mut self, id: &SessionId) -> Option<Session> {
        let session = self.sessions.remove(id)?;
        if let Some(queue) = self.queues.get_mut(&session.tenant_id) {
            queue.remove(&(session.created_at, session.id.clone()));
        }
        if let Some(agent) = &session.assigned_agent_id
            && let Some(held) = self.held.get_mut(agent)
        {
            held.remove(&(session.assigned_at, session.id.clone()));
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

    /// The sessions of an agent of this tenant, if there is such an agent.
    fn active_in(&self, tenant: &TenantId, agent: &AgentId) -> Option<u32> {
        let homes = self.homes.get(agent).filter(|homes| !homes.is_empty());
        let at_home = homes.is_none_or(|homes| homes.iter().any(|(home, _)| home == tenant));
        let record = self.agents.get(agent).filter(|_| at_home)?;
        Some(self.active_of(record))
    }

    pub(super) fn claim(
        &mut self,
        id: &SessionId,
        agent: &AgentId,
        expected: &Expected,
        changes: &SessionChanges,
    ) -> Claim {
        let session = self.sessions.get(id);
        let fence = self.fences.get(id);
        let view = View {
            session,
            fenced: fence.map(|(token, agent)| (*token, agent)),
            active: session.and_then(|session| self.active_in(&session.tenant_id, agent)),
        };
        match (view.judge(agent, expected), session) {
            (Verdict::Grant, _) => {}
            (Verdict::Repeat, Some(session)) => return Claim::Claimed(session.clone()),
            (Verdict::Repeat, None) => return Claim::Refused(Refusal::SessionGone),
            (Verdict::Refuse(refusal), _) => return Claim::Refused(refusal),
        }
        let Some(mut session) = self.forget(id) else {
            return Claim::Refused(Refusal::SessionGone);
        };
        changes.apply(&mut session);
        if session.status == SessionStatus::Assigned {
            // Whoever takes a session over has not accepted it yet.
            session.accepted_at = None;
        }
        session.status = SessionStatus::Assigned;
        session.assigned_agent_id = Some(agent.clone());
        session.assigned_at = changes.at;
        if let Some(token) = expected.token {
            self.fences.insert(id.clone(), (token, agent.clone()));
        }
        self.remember(session.clone());
        Claim::Claimed(session)
    }

    pub(super) fn stamp(&mut self, id: &SessionId, stamp: &Stamp) -> bool {
        let Some(session) = self.sessions.get_mut(id) else {
            return false;
        };
        let now = session.context.as_ref().and_then(|map| map.get(&stamp.key));
        if session.status != SessionStatus::Unassigned || !stamp.fits(now) {
            return false;
        }
        let context = session.context.get_or_insert_default();
        context.insert(stamp.key.clone(), stamp.text.clone().into());
        true
    }

    pub(super) fn unstamp(&mut self, id: &SessionId, stamp: &Stamp) -> bool {
        let session = self.sessions.get_mut(id);
        let Some(context) = session.map(|session| &mut session.context) else {
            return false;
        };
        let Some(entries) = context else { return false };
        if entries.get(&stamp.key).and_then(Value::as_str) != Some(&stamp.text) {
            return false;
        }
        match &stamp.seen {
            Some(seen) => entries.insert(stamp.key.clone(), seen.clone()),
            None => entries.remove(&stamp.key),
        };
        if entries.is_empty() {
            *context = None;
        }
        true
    }

    pub(super) fn members(&self, team: &TeamId, counts: Counts) -> Vec<Agent> {
        let members = self
            .teams
            .get(team)
            .map(|(_, team)| team.members.as_slice());
        let agents = members
            .unwrap_or_default()
            .iter()
            .filter_map(|id| self.agents.get(id));
        agents
            .map(|agent| Agent {
                active: self.active_of(agent),
                total: self.total_of(agent, counts),
                ..agent.clone()
            })
            .collect()
    }

    fn total_of(&self, agent: &Agent, counts: Counts) -> u32 {
        let held = self.held.get(&agent.id).into_iter().flatten();
        let count = match counts {
            Counts::None => return 0,
            Counts::Ever => held.count(),
            Counts::Since(since) => held
                .rev()
                .take_while(|(at, _)| at.is_some_and(|at| at >= since))
                .count(),
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        agent.total.saturating_add(count)
    }
}

fn contact_key(session: &Session) -> Option<(TenantId, ContactId)> {
    Some((session.tenant_id.clone(), session.contact_id.clone()?))
}
