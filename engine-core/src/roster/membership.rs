//! Who is in a roster, and in which of its teams.

use alloc::vec::Vec;

use super::{
    AgentHandle, Record, Roster, RosterError, Seat, Slot, Team, TeamConfig, default_team,
    next_version, number,
};
use crate::limits::{MAX_CANDIDATES, MAX_ROSTER_AGENTS, MAX_TEAMS};
use crate::order::repeated;
use crate::{Agent, AgentId};

impl Roster {
    /// Adds an agent, in no team yet.
    ///
    /// # Errors
    /// [`RosterError::DuplicateAgent`], [`RosterError::Full`].
    pub fn add_agent(&mut self, agent: Agent) -> Result<AgentHandle, RosterError> {
        if self.agent_slots.contains_key(agent.id.as_str()) {
            return Err(RosterError::DuplicateAgent);
        }
        if self.agent_slots.len() >= MAX_ROSTER_AGENTS {
            return Err(RosterError::Full {
                limit: MAX_ROSTER_AGENTS,
            });
        }
        self.version = next_version();
        let id = agent.id.to_key();
        let slot = self.free.pop().and_then(|slot| usize::try_from(slot).ok());
        let slot = slot.unwrap_or(self.agents.len());
        match self.agents.get_mut(slot) {
            Some(free) => free.agent = Some(Record::new(agent)),
            None => self.agents.push(Slot {
                generation: 0,
                agent: Some(Record::new(agent)),
            }),
        }
        let slot = number(slot);
        self.agent_slots.insert(id, slot);
        let generation = self.slot(slot).map_or(0, |slot| slot.generation);
        Ok(AgentHandle { slot, generation })
    }

    /// Removes an agent from the roster and from all its teams.
    ///
    /// # Errors
    /// [`RosterError::UnknownAgent`].
    pub fn remove_agent(&mut self, agent: AgentHandle) -> Result<(), RosterError> {
        while let Some(seat) = self.record(agent)?.seats.last().copied() {
            self.vacate(agent.slot, seat);
        }
        let id = self.record(agent)?.id.to_key();
        self.agent_slots.remove(&id);
        if let Some(slot) = usize::try_from(agent.slot)
            .ok()
            .and_then(|at| self.agents.get_mut(at))
        {
            slot.agent = None;
            slot.generation = slot.generation.wrapping_add(1);
        }
        self.free.push(agent.slot);
        self.settle();
        Ok(())
    }

    /// Adds a team and its members, with the totals the agents have. A schedule without a usable time zone is taken as it is: the
    /// team then counts as closed, and every decision says so.
    ///
    /// # Errors
    /// [`RosterError::DuplicateTeam`], [`RosterError::UnknownAgent`],
    /// [`RosterError::AlreadyMember`] if an agent is named twice, [`RosterError::Full`].
    pub fn add_team(&mut self, config: TeamConfig) -> Result<(), RosterError> {
        if self.team_slots.contains_key(config.id.as_str()) {
            return Err(RosterError::DuplicateTeam);
        }
        if self.teams.len() >= MAX_TEAMS {
            return Err(RosterError::Full { limit: MAX_TEAMS });
        }
        if config.members.len() > MAX_CANDIDATES {
            return Err(RosterError::Full {
                limit: MAX_CANDIDATES,
            });
        }
        let mut slots = Vec::with_capacity(config.members.len());
        for id in &config.members {
            slots.push(
                *self
                    .agent_slots
                    .get(id.as_str())
                    .ok_or(RosterError::UnknownAgent)?,
            );
        }
        if repeated(&mut config.members.iter().map(AgentId::as_str)).is_some() {
            return Err(RosterError::AlreadyMember);
        }
        let at = number(self.teams.len());
        let members = (0..).zip(slots);
        self.team_slots.insert(config.id.to_key(), at);
        self.teams.push(Team::new(config, &self.tenant));
        for (member, slot) in members {
            let agent = usize::try_from(slot)
                .ok()
                .and_then(|slot| self.agents.get(slot));
            let total = agent.and_then(|slot| Some(slot.agent.as_ref()?.total));
            self.take_seat(slot, Seat { team: at, member }, total.unwrap_or(0));
        }
        self.put_in_order(at);
        self.settle();
        Ok(())
    }

    /// Puts an agent into a team, with the sessions given to it in the window the team counts.
    ///
    /// # Errors
    /// [`RosterError::UnknownTeam`], [`RosterError::UnknownAgent`],
    /// [`RosterError::AlreadyMember`], [`RosterError::Full`].
    pub fn join(&mut self, team: &str, agent: AgentHandle, total: u32) -> Result<(), RosterError> {
        let team = self.team_slot(team)?;
        if self
            .record(agent)?
            .seats
            .iter()
            .any(|seat| seat.team == team)
        {
            return Err(RosterError::AlreadyMember);
        }
        let members = self.team_at(team).map_or(0, Team::len);
        if members >= MAX_CANDIDATES {
            return Err(RosterError::Full {
                limit: MAX_CANDIDATES,
            });
        }
        self.take_seat(
            agent.slot,
            Seat {
                team,
                member: number(members),
            },
            total,
        );
        self.put_in_order(team);
        self.settle();
        Ok(())
    }

    /// Takes an agent out of a team.
    ///
    /// # Errors
    /// [`RosterError::UnknownTeam`], [`RosterError::UnknownAgent`], [`RosterError::NotMember`].
    pub fn leave(&mut self, team: &str, agent: AgentHandle) -> Result<(), RosterError> {
        let team = self.team_slot(team)?;
        let seats = &self.record(agent)?.seats;
        let seat = *seats
            .iter()
            .find(|seat| seat.team == team)
            .ok_or(RosterError::NotMember)?;
        self.vacate(agent.slot, seat);
        self.settle();
        Ok(())
    }

    fn take_seat(&mut self, slot: u32, seat: Seat, total: u32) {
        if let Some(team) = self.team_mut(seat.team) {
            team.push(slot, total);
        }
        let agent = usize::try_from(slot)
            .ok()
            .and_then(|at| self.agents.get_mut(at));
        if let Some(record) = agent.and_then(|slot| slot.agent.as_mut()) {
            record.seats.push(seat);
        }
    }

    /// Takes the agent off its seat; the team's last member moves there.
    fn vacate(&mut self, slot: u32, seat: Seat) {
        let moved = self
            .team_mut(seat.team)
            .and_then(|team| team.remove(seat.member));
        let last = self.team_at(seat.team).map_or(0, |team| number(team.len()));
        for (slot, from, to) in [
            (Some(slot), seat.member, None),
            (moved, last, Some(seat.member)),
        ] {
            let Some(at) = slot.and_then(|slot| usize::try_from(slot).ok()) else {
                continue;
            };
            let Some(record) = self.agents.get_mut(at).and_then(|slot| slot.agent.as_mut()) else {
                continue;
            };
            let old = Seat {
                team: seat.team,
                member: from,
            };
            match to {
                Some(member) => {
                    for seat in record.seats.iter_mut().filter(|seat| **seat == old) {
                        seat.member = member;
                    }
                }
                None => record.seats.retain(|seat| *seat != old),
            }
        }
        self.put_in_order(seat.team);
    }

    fn put_in_order(&mut self, team: u32) {
        let agents = &self.agents;
        if let Some(team) = usize::try_from(team)
            .ok()
            .and_then(|at| self.teams.get_mut(at))
        {
            team.put_in_order(agents);
        }
    }

    /// Finds the default team again, after teams or memberships changed.
    fn settle(&mut self) {
        self.version = next_version();
        let default_team = default_team(
            (0..)
                .zip(&self.teams)
                .map(|(at, team)| (at, team.standing())),
        );
        if default_team == self.default_team {
            return;
        }
        let (agents, tenant) = (&self.agents, &self.tenant);
        for (at, team) in (0..).zip(&mut self.teams) {
            team.serve_tenant(Some(at) == default_team, tenant, agents);
        }
        self.default_team = default_team;
    }
}
