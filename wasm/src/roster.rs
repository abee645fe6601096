use std::cell::{Cell, RefCell};
use std::rc::Rc;

use assignment_engine_core::{
    self as core, Agent, AgentHandle, Ordinary, RosterConfig, RosterError, TeamConfig, TeamId,
    TeamPlace, Timestamp, from_json,
};
use wasm_bindgen::prelude::*;

use crate::Engine;
use crate::error::{refused, roster as changed};

/// One tenant's teams and agents, kept in the memory of the module.
///
/// Agents are named by their place ([`Roster::agent`]), teams by theirs ([`Roster::team`]): ids stay
/// with the caller, since a text across the border costs more than a decision.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Roster {
    pub(crate) core: Rc<RefCell<core::Roster>>,
    /// Of the last [`Roster::turn`].
    until: Cell<f64>,
    limit: Cell<u32>,
}

/// Stands for a place that is none: nobody, or the team for conversations without one.
const NONE: u32 = u32::MAX;

#[wasm_bindgen]
impl Roster {
    /// A roster with all that `config`, JSON, holds.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint`.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Roster, JsValue> {
        let wrong = |e| refused("roster", &e);
        let config = RosterConfig::from_json(config.as_bytes()).map_err(wrong)?;
        let core = core::Roster::from_config(config).map_err(wrong)?;
        Ok(Self {
            core: Rc::new(RefCell::new(core)),
            until: Cell::new(0.0),
            limit: Cell::new(0),
        })
    }

    /// The place of the agent of that id.
    #[must_use]
    pub fn agent(&self, id: &str) -> Option<u32> {
        self.core.borrow().agent(id).map(AgentHandle::place)
    }

    /// The place of the team of that id.
    #[must_use]
    pub fn team(&self, id: &str) -> Option<u32> {
        match self
            .core
            .borrow()
            .team_place(Some(&TeamId::new(id).ok()?))?
        {
            TeamPlace::Team(at) => Some(at),
            TeamPlace::Default => None,
        }
    }

    /// The ordinary course of a decision, its first half: how many agents are equally good at `now`
    /// (milliseconds since 1970); 0 where a run has to be started. `team` is a place, or 2^32 - 1
    /// for a session without a team.
    #[must_use]
    pub fn turn(&self, engine: &Engine, team: u32, now: f64) -> u32 {
        let Some(ordinary) = self.ordinary(engine, team, now) else {
            return 0;
        };
        self.until.set(ordinary.until.as_millisecond() as f64);
        self.limit
            .set(ordinary.limit.map_or(0, |limit| limit.get()));
        ordinary.candidate_count.get()
    }

    /// Until when the last [`Roster::turn`] holds if nothing changes, in milliseconds since 1970.
    #[must_use]
    pub fn until(&self) -> f64 {
        self.until.get()
    }

    /// The limit of the last [`Roster::turn`]; 0 for none.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.get()
    }

    /// Its second half: the place of the agent whom this index means; 2^32 - 1 for nobody.
    #[must_use]
    pub fn pick(&self, team: u32, index: u32) -> u32 {
        let picked = self.core.borrow().ordinary_pick(place(team), index);
        picked.map_or(NONE, AgentHandle::place)
    }

    /// The ordinary course for one session after the other: session `i` is of the team at
    /// `teams[i]` and takes its index from the counter `counters[i]`, of which `turns` holds the next
    /// turn. The agents' counts move on with each. Answers the places of the agents, and stops
    /// before the first session for which a run has to be started.
    #[must_use]
    pub fn fill(
        &self,
        engine: &Engine,
        teams: &[u32],
        counters: &[u32],
        turns: Vec<f64>,
        now: f64,
    ) -> Vec<u32> {
        let mut turns = turns;
        let mut picked = Vec::with_capacity(teams.len());
        for (team, counter) in teams.iter().zip(counters) {
            if self.ordinary(engine, *team, now).is_none() {
                break;
            }
            let turn = usize::try_from(*counter)
                .ok()
                .and_then(|at| turns.get_mut(at));
            let Some(turn) = turn else { break };
            let mut roster = self.core.borrow_mut();
            // Turns are whole and below 2^53.
            let next_index = |count| Some(core::position(*turn as i64, count));
            let Some(agent) = roster.ordinary_assign(place(*team), next_index) else {
                break;
            };
            *turn += 1.0;
            picked.push(agent.place());
        }
        picked
    }

    /// Says whether the agent takes conversations now.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`.
    #[wasm_bindgen(js_name = setOnline)]
    pub fn set_online(&self, agent: u32, online: bool) -> Result<(), JsValue> {
        self.change(agent, |roster, agent| roster.set_online(agent, online))
    }

    /// Sets how many sessions the agent has now.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`.
    #[wasm_bindgen(js_name = setActive)]
    pub fn set_active(&self, agent: u32, active: u32) -> Result<(), JsValue> {
        self.change(agent, |roster, agent| roster.set_active(agent, active))
    }

    /// Sets how many sessions the agent was given in the window that the team counts.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`, `unknown_team`, `not_member`.
    #[wasm_bindgen(js_name = setTotal)]
    pub fn set_total(&self, team: &str, agent: u32, total: u32) -> Result<(), JsValue> {
        self.change(agent, |roster, agent| roster.set_total(team, agent, total))
    }

    /// Counts a session that the agent was given.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`.
    pub fn assigned(&self, agent: u32) -> Result<(), JsValue> {
        self.change(agent, core::Roster::assigned)
    }

    /// Counts a session that the agent no longer has.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`.
    pub fn released(&self, agent: u32) -> Result<(), JsValue> {
        self.change(agent, core::Roster::released)
    }

    /// Adds an agent, JSON, in no team yet; its place.
    ///
    /// # Errors
    /// An `Error` with `code`: that of a refused input, `duplicate_agent`, `full`.
    #[wasm_bindgen(js_name = addAgent)]
    pub fn add_agent(&self, agent: &str) -> Result<u32, JsValue> {
        let agent: Agent = from_json(agent.as_bytes()).map_err(|e| refused("agent", &e))?;
        let added = self.core.borrow_mut().add_agent(agent);
        added.map(AgentHandle::place).map_err(|e| changed(&e))
    }

    /// Removes an agent from the roster and from all its teams.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`.
    #[wasm_bindgen(js_name = removeAgent)]
    pub fn remove_agent(&self, agent: u32) -> Result<(), JsValue> {
        self.change(agent, core::Roster::remove_agent)
    }

    /// Adds a team, JSON, and its members, who must be in the roster.
    ///
    /// # Errors
    /// An `Error` with `code`: that of a refused input, `duplicate_team`, `unknown_agent`,
    /// `already_member`, `full`.
    #[wasm_bindgen(js_name = addTeam)]
    pub fn add_team(&self, team: &str) -> Result<(), JsValue> {
        let team: TeamConfig = from_json(team.as_bytes()).map_err(|e| refused("team", &e))?;
        let added = self.core.borrow_mut().add_team(team);
        added.map_err(|e| changed(&e))
    }

    /// Makes the agent a member of the team, with this total in the window that it counts.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`, `unknown_team`, `already_member`, `full`.
    pub fn join(&self, team: &str, agent: u32, total: u32) -> Result<(), JsValue> {
        self.change(agent, |roster, agent| roster.join(team, agent, total))
    }

    /// Takes the agent out of the team.
    ///
    /// # Errors
    /// An `Error` with `code`: `unknown_agent`, `unknown_team`, `not_member`.
    pub fn leave(&self, team: &str, agent: u32) -> Result<(), JsValue> {
        self.change(agent, |roster, agent| roster.leave(team, agent))
    }
}

impl Roster {
    fn ordinary(&self, engine: &Engine, team: u32, now: f64) -> Option<Ordinary> {
        // A time that is none is told by the run that is started then.
        let now = Timestamp::from_millisecond(now as i64)?;
        engine.core.ordinary(&self.core.borrow(), place(team), now)
    }

    fn change(
        &self,
        agent: u32,
        change: impl FnOnce(&mut core::Roster, AgentHandle) -> Result<(), RosterError>,
    ) -> Result<(), JsValue> {
        let result = {
            let mut roster = self.core.borrow_mut();
            let agent = roster.agent_at(agent).ok_or(RosterError::UnknownAgent);
            agent.and_then(|agent| change(&mut roster, agent))
        };
        result.map_err(|e| changed(&e))
    }
}

fn place(team: u32) -> TeamPlace {
    match team {
        NONE => TeamPlace::Default,
        at => TeamPlace::Team(at),
    }
}
