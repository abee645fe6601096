//! Reads a history and says what must not have happened.

use std::collections::{BTreeMap, BTreeSet};

use assignment_engine_core::{AgentId, Session, SessionId, SessionStatus};

use crate::history::{Entry, Event, Owner};
use crate::world::Plan;

/// Something that must not happen, and did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A session was given to somebody while it was another one's.
    DoubleOwner(SessionId),
    /// A session that was over was given to somebody.
    Reopened(SessionId),
    /// An agent got more sessions than the limit.
    OverLimit(SessionId, AgentId, u32),
    /// Somebody wrote who had been overtaken: the token was not higher than an earlier one.
    Overtaken(SessionId, u64),
    /// The contact got a message of one kind twice in a day.
    MessageTwice(SessionId),
    /// The store has a session otherwise than its history says, or not at all.
    Lost(SessionId),
    /// A session is stored in part: its status without the owner, its context without the team.
    HalfSaved(SessionId),
    /// A session waits, though the faults are over and somebody has room.
    Forgotten(SessionId),
    /// So many calls never ended.
    Stuck(usize),
}

#[derive(Default)]
struct World {
    owners: BTreeMap<SessionId, AgentId>,
    over: BTreeSet<SessionId>,
    tokens: BTreeMap<SessionId, u64>,
    sent: BTreeSet<(SessionId, &'static str)>,
    found: Vec<Violation>,
}

impl World {
    fn load(&self, agent: &AgentId) -> u32 {
        let theirs = self.owners.iter().filter(|(_, owner)| *owner == agent);
        u32::try_from(theirs.count()).unwrap_or(u32::MAX)
    }

    fn owned(&mut self, owner: &Owner) {
        let Owner { session, agent, .. } = owner;
        let before = self.owners.get(session).cloned();
        let same = before.as_ref() == Some(agent);
        if self.over.contains(session) {
            self.found.push(Violation::Reopened(session.clone()));
        }
        if before.is_some() && !same && before != owner.from {
            self.found.push(Violation::DoubleOwner(session.clone()));
        }
        if let Some(token) = owner.token {
            let highest = self.tokens.get(session).copied().unwrap_or(0);
            if token < highest || (token == highest && !same) {
                self.found
                    .push(Violation::Overtaken(session.clone(), token));
            }
            self.tokens.insert(session.clone(), highest.max(token));
        }
        self.owners.insert(session.clone(), agent.clone());
        let load = self.load(agent);
        if let Some(limit) = owner.limit.filter(|limit| !same && load > limit.get()) {
            let over = load.saturating_sub(limit.get());
            let (session, agent) = (session.clone(), agent.clone());
            self.found.push(Violation::OverLimit(session, agent, over));
        }
    }

    fn see(&mut self, event: &Event) {
        match event {
            Event::Owner(owner) => self.owned(owner),
            Event::Resolved(session) => {
                self.owners.remove(session);
                self.over.insert(session.clone());
            }
            Event::Requeued(session) => {
                self.owners.remove(session);
            }
            // Simulations are over within minutes: one day.
            Event::Sent(_, session, kind) => {
                let kind = match kind {
                    assignment_engine_core::MessageKind::OutOfOffice => "out of office",
                    assignment_engine_core::MessageKind::NoAgent => "no agent",
                };
                if !self.sent.insert((session.clone(), kind)) {
                    self.found.push(Violation::MessageTwice(session.clone()));
                }
            }
            _ => {}
        }
    }

    /// Is the session as the history has left it, and whole?
    fn compare(&mut self, plan: &Plan, id: &SessionId, stored: Option<&Session>) {
        let Some(session) = stored else {
            self.found.push(Violation::Lost(id.clone()));
            return;
        };
        let owner = self.owners.get(id);
        let expected = match (owner, self.over.contains(id)) {
            (Some(_), _) => SessionStatus::Assigned,
            (None, true) => SessionStatus::Resolved,
            (None, false) => SessionStatus::Unassigned,
        };
        let has_owner = session.assigned_agent_id.as_ref();
        if session.status != expected || (expected == SessionStatus::Assigned && has_owner != owner)
        {
            self.found.push(Violation::Lost(id.clone()));
        }
        let told = session
            .context
            .as_ref()
            .is_some_and(|map| map.contains_key("topic"));
        let ownerless = expected == SessionStatus::Unassigned && has_owner.is_some();
        if ownerless || (told && session.assigned_team_id.is_none()) {
            self.found.push(Violation::HalfSaved(id.clone()));
        }
        let team = plan.team(session.assigned_team_id.as_ref());
        let limit = plan.limit_of(session.assigned_team_id.as_ref());
        if let (SessionStatus::Unassigned, Some(team), Some(limit)) = (expected, team, limit)
            && team.schedule.is_none()
            && team
                .members
                .iter()
                .any(|agent| self.load(agent) < limit.get())
        {
            self.found.push(Violation::Forgotten(id.clone()));
        }
    }
}

/// What must not have happened and did, in its order.
pub(crate) fn check(plan: &Plan, history: &[Entry], stored: &[Session]) -> Vec<Violation> {
    let mut world = World::default();
    for entry in history {
        world.see(&entry.event);
    }
    for id in &plan.sessions {
        world.compare(plan, id, stored.iter().find(|session| session.id == *id));
    }
    world.found
}
