//! One tenant's teams and agents, kept in memory between decisions and updated in place.

mod config;
mod error;
mod line_up;
mod membership;
mod team;
mod tournament;

pub use config::{RosterConfig, TeamConfig, TenantConfig, TenantSettings};
pub use error::RosterError;
pub(crate) use line_up::{LineUp, turn_order};
pub use team::{Standing, default_team};
pub(crate) use team::{Team, TeamView};

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::{Agent, AgentId, AgentStatus, InputError, TeamId, TenantId, Timestamp};

/// One tenant's teams and agents: what a decision has to know of them, always in order.
///
/// A change of an agent's status or counts costs O(log n) in each of its teams; a change of
/// membership puts the team in order anew. A decision neither sorts nor copies.
///
/// Counts are the host's: a roster counts on from what it was told ([`Roster::assigned`],
/// [`Roster::released`]) and is told again when they change elsewhere. Where a strategy counts
/// over a window of time, the totals are as of the last [`Roster::set_total`].
#[derive(Debug, Clone)]
pub struct Roster {
    tenant_id: TenantId,
    tenant: TenantConfig,
    agents: Vec<Slot>,
    /// Places of agents who were removed.
    free: Vec<u32>,
    agent_slots: BTreeMap<Arc<str>, u32>,
    teams: Vec<Team>,
    team_slots: BTreeMap<Arc<str>, u32>,
    default_team: Option<u32>,
    version: u64,
}

/// An agent's place in one roster: finds the agent without a look-up by id. Of an agent who was
/// removed it finds nobody, even if another one has taken the place since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgentHandle {
    slot: u32,
    generation: u32,
}

impl AgentHandle {
    /// The agent's place in the roster: a number below that of all agents it ever had at once. The
    /// agents of a [`RosterConfig`] have their place in its list; a place that is free again goes to
    /// an agent who is added later.
    #[must_use]
    pub const fn place(self) -> u32 {
        self.slot
    }
}

#[derive(Debug, Clone)]
struct Slot {
    generation: u32,
    agent: Option<Record>,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    id: AgentId,
    name: String,
    created_at: Option<Timestamp>,
    online: bool,
    active: u32,
    /// Sessions given to the agent, for teams it joins later without a count of their own.
    total: u32,
    /// The teams the agent is in, and the place among their members.
    seats: Vec<Seat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seat {
    team: u32,
    member: u32,
}

/// An agent as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) id: &'a AgentId,
    pub(crate) name: &'a str,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) online: bool,
    pub(crate) active: u32,
    pub(crate) total: u32,
}

impl Roster {
    /// An empty roster.
    #[must_use]
    pub fn new(tenant_id: TenantId, tenant: TenantConfig) -> Self {
        Self {
            tenant_id,
            tenant,
            agents: Vec::new(),
            free: Vec::new(),
            agent_slots: BTreeMap::new(),
            teams: Vec::new(),
            team_slots: BTreeMap::new(),
            default_team: None,
            version: next_version(),
        }
    }

    /// A roster with all that `config` holds.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub fn from_config(config: RosterConfig) -> Result<Self, InputError> {
        config.validate()?;
        let mut roster = Self::new(config.tenant_id, config.tenant);
        for agent in config.agents {
            let (id, slot) = (agent.id.to_key(), roster.agents.len());
            roster.agents.push(Slot {
                generation: 0,
                agent: Some(Record::new(agent)),
            });
            roster.agent_slots.insert(id, number(slot));
        }
        for team in config.teams {
            // Nothing is left to go wrong: `validate` has looked at every id.
            let _ = roster.add_team(team);
        }
        Ok(roster)
    }

    /// Whose roster it is.
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Where the agent of that id is.
    #[must_use]
    pub fn agent(&self, id: &str) -> Option<AgentHandle> {
        let slot = *self.agent_slots.get(id)?;
        Some(AgentHandle {
            slot,
            generation: self.slot(slot)?.generation,
        })
    }

    /// The agent at a place, [`AgentHandle::place`] of its handle; `None` if nobody has it.
    #[must_use]
    pub fn agent_at(&self, place: u32) -> Option<AgentHandle> {
        let slot = self.slot(place).filter(|slot| slot.agent.is_some())?;
        Some(AgentHandle {
            slot: place,
            generation: slot.generation,
        })
    }

    /// The agent as it stands now, `total` being what it was added with and given since.
    #[must_use]
    pub fn snapshot(&self, agent: AgentHandle) -> Option<Agent> {
        let record = self.record(agent).ok()?;
        Some(Agent {
            id: record.id.clone(),
            name: record.name.clone(),
            created_at: record.created_at,
            status: if record.online {
                AgentStatus::Online
            } else {
                AgentStatus::Offline
            },
            active: record.active,
            total: record.total,
        })
    }

    /// Says whether the agent takes conversations now.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`].
    pub fn set_online(&mut self, agent: AgentHandle, online: bool) -> Result<(), RosterError> {
        self.change(agent, |record| record.online = online)
    }

    /// Sets how many sessions the agent has now.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`].
    pub fn set_active(&mut self, agent: AgentHandle, active: u32) -> Result<(), RosterError> {
        self.change(agent, |record| record.active = active)
    }

    /// Sets how many sessions the agent was given in the window that `team` counts.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`], [`RosterError::UnknownTeam`], [`RosterError::NotMember`].
    pub fn set_total(
        &mut self,
        team: &str,
        agent: AgentHandle,
        total: u32,
    ) -> Result<(), RosterError> {
        let team = self.team_slot(team)?;
        let seats = &self.record(agent)?.seats;
        let seat = seats
            .iter()
            .find(|seat| seat.team == team)
            .ok_or(RosterError::NotMember)?;
        let member = seat.member;
        if let Some(member) = self.team_mut(team).and_then(|team| team.member_mut(member)) {
            member.total = total;
        }
        self.refresh(agent.slot);
        Ok(())
    }

    /// Counts a session that the agent was given: one more now, one more in every total.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`].
    pub fn assigned(&mut self, agent: AgentHandle) -> Result<(), RosterError> {
        self.count(agent, |count| count.saturating_add(1))
    }

    /// Counts a session that the agent no longer has. Below zero it does not go.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`].
    pub fn released(&mut self, agent: AgentHandle) -> Result<(), RosterError> {
        self.change(agent, |record| {
            record.active = record.active.saturating_sub(1)
        })
    }

    /// Takes back [`Roster::assigned`]: one less now, and in every total.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`].
    pub fn unassigned(&mut self, agent: AgentHandle) -> Result<(), RosterError> {
        self.count(agent, |count| count.saturating_sub(1))
    }

    pub(crate) fn tenant(&self) -> &TenantConfig {
        &self.tenant
    }

    /// Changes with everything that could change a decision. No two rosters of a process have the
    /// same one unless one is a clone of the other and neither has changed since.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The place of the team that a session of `team_id` goes to; without one the default team's.
    pub(crate) fn team_for(&self, team_id: Option<&TeamId>) -> Option<u32> {
        match team_id {
            Some(id) => self.team_slots.get(id.as_str()).copied(),
            None => self.default_team,
        }
    }

    pub(crate) fn team_at(&self, team: u32) -> Option<&Team> {
        self.teams.get(usize::try_from(team).ok()?)
    }

    pub(crate) fn default_team(&self) -> Option<u32> {
        self.default_team
    }

    pub(crate) fn view(&self, team: u32) -> Option<TeamView<'_>> {
        Some(TeamView {
            agents: &self.agents,
            team: self.team_at(team)?,
        })
    }

    pub(crate) fn handle_of(&self, team: u32, member: u32) -> Option<AgentHandle> {
        let slot = self.team_at(team)?.member(member)?.agent;
        Some(AgentHandle {
            slot,
            generation: self.slot(slot)?.generation,
        })
    }

    fn slot(&self, slot: u32) -> Option<&Slot> {
        self.agents.get(usize::try_from(slot).ok()?)
    }

    fn record(&self, agent: AgentHandle) -> Result<&Record, RosterError> {
        self.slot(agent.slot)
            .filter(|slot| slot.generation == agent.generation)
            .and_then(|slot| slot.agent.as_ref())
            .ok_or(RosterError::UnknownAgent)
    }

    fn record_mut(&mut self, agent: AgentHandle) -> Result<&mut Record, RosterError> {
        usize::try_from(agent.slot)
            .ok()
            .and_then(|at| self.agents.get_mut(at))
            .filter(|slot| slot.generation == agent.generation)
            .and_then(|slot| slot.agent.as_mut())
            .ok_or(RosterError::UnknownAgent)
    }

    fn team_slot(&self, id: &str) -> Result<u32, RosterError> {
        self.team_slots
            .get(id)
            .copied()
            .ok_or(RosterError::UnknownTeam)
    }

    fn team_mut(&mut self, team: u32) -> Option<&mut Team> {
        self.teams.get_mut(usize::try_from(team).ok()?)
    }

    /// Changes all counts of the agent's in the same way.
    fn count(
        &mut self,
        agent: AgentHandle,
        by_one: impl Fn(u32) -> u32,
    ) -> Result<(), RosterError> {
        let record = self.record_mut(agent)?;
        record.active = by_one(record.active);
        record.total = by_one(record.total);
        let mut at = 0;
        while let Some(seat) = self.record(agent)?.seats.get(at).copied() {
            let team = self.team_mut(seat.team);
            if let Some(member) = team.and_then(|team| team.member_mut(seat.member)) {
                member.total = by_one(member.total);
            }
            at += 1;
        }
        self.refresh(agent.slot);
        Ok(())
    }

    fn change(
        &mut self,
        agent: AgentHandle,
        change: impl FnOnce(&mut Record),
    ) -> Result<(), RosterError> {
        change(self.record_mut(agent)?);
        self.refresh(agent.slot);
        Ok(())
    }

    /// Tells the agent's teams what changed about it.
    fn refresh(&mut self, slot: u32) {
        self.version = next_version();
        let agent = usize::try_from(slot)
            .ok()
            .and_then(|at| self.agents.get(at));
        let Some(record) = agent.and_then(|slot| slot.agent.as_ref()) else {
            return;
        };
        for seat in &record.seats {
            if let Some(team) = usize::try_from(seat.team)
                .ok()
                .and_then(|at| self.teams.get_mut(at))
            {
                team.refresh(seat.member, record);
            }
        }
    }
}

impl Record {
    fn new(agent: Agent) -> Self {
        Self {
            id: agent.id,
            name: agent.name,
            created_at: agent.created_at,
            online: agent.status == AgentStatus::Online,
            active: agent.active,
            total: agent.total,
            seats: Vec::new(),
        }
    }
}

impl<'a> From<&'a Agent> for Candidate<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            id: &agent.id,
            name: &agent.name,
            created_at: agent.created_at,
            online: agent.status == AgentStatus::Online,
            active: agent.active,
            total: agent.total,
        }
    }
}

/// Tells states of rosters apart; what number a state has decides nothing.
fn next_version() -> u64 {
    static VERSIONS: AtomicU64 = AtomicU64::new(0);
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}

/// A place in a list whose length the limits keep far below `u32::MAX`.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
