//! A roster that is updated.

use std::collections::BTreeMap;

use assignment_engine_core::{
    Agent, AgentHandle, AgentId, AgentStatus, Answer, Engine, Facts, Input, Need, Outcome, Request,
    Roster, RosterConfig, Session, Step, TeamConfig, TenantConfig, Timestamp,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::config;
use crate::generate::{agent, agents, count, details, id, instant, json, routing, strategy};
use crate::oracle::decide;

/// What a host knows of its two teams, kept in plain maps.
#[derive(Debug, Clone)]
struct Model {
    tenant_strategy: Option<String>,
    teams: Vec<TeamConfig>,
    agents: BTreeMap<AgentId, Agent>,
    /// Members of each team, with what they were given in it.
    members: Vec<BTreeMap<AgentId, u32>>,
}

#[derive(Debug, Clone)]
enum Update {
    Online(Index, bool),
    Active(Index, u32),
    Total(Index, Index, u32),
    Assigned(Index),
    Released(Index),
    Join(Index, Index, u32),
    Leave(Index, Index),
    Add(Box<Agent>),
    Remove(Index),
    AddTeam(Box<TeamConfig>),
}

fn update() -> impl Strategy<Value = Update> {
    let pick = any::<Index>;
    prop_oneof![
        3 => (pick(), any::<bool>()).prop_map(|(a, online)| Update::Online(a, online)),
        2 => (pick(), count()).prop_map(|(a, count)| Update::Active(a, count)),
        2 => (pick(), pick(), count()).prop_map(|(t, a, count)| Update::Total(t, a, count)),
        3 => pick().prop_map(Update::Assigned),
        2 => pick().prop_map(Update::Released),
        3 => (pick(), pick(), count()).prop_map(|(t, a, count)| Update::Join(t, a, count)),
        2 => (pick(), pick()).prop_map(|(t, a)| Update::Leave(t, a)),
        1 => (id(), details()).prop_map(|(id, details)| Update::Add(Box::new(agent(id, details)))),
        1 => pick().prop_map(Update::Remove),
        1 => team().prop_map(|team| Update::AddTeam(Box::new(team))),
    ]
}

prop_compose! {
    fn team()(
        n in 0..6_u32,
        is_active in prop::bool::weighted(0.8),
        is_default in prop::bool::weighted(0.3),
        created_at in option::of(instant()),
        routing_strategy in strategy(),
        routing_config in option::of(routing()),
    ) -> TeamConfig {
        TeamConfig {
            is_active, is_default, created_at, routing_strategy, routing_config,
            ..TeamConfig::new(format!("t{n}").as_str().try_into().unwrap())
        }
    }
}

prop_compose! {
    fn model()(
        agents in agents(12),
        teams in vec(team(), 1..4),
        seats in vec((any::<Index>(), any::<Index>(), count()), 0..16),
        tenant_strategy in strategy(),
    ) -> Model {
        let mut model = Model {
            tenant_strategy,
            teams: Vec::new(),
            agents: agents.into_iter().map(|agent| (agent.id.clone(), agent)).collect(),
            members: Vec::new(),
        };
        for team in teams {
            model.apply(&Update::AddTeam(Box::new(team)));
        }
        for (team, agent, total) in seats {
            model.apply(&Update::Join(team, agent, total));
        }
        model
    }
}

impl Model {
    fn team(&self, team: &Index) -> usize {
        team.index(self.teams.len())
    }

    fn agent(&self, agent: &Index) -> Option<AgentId> {
        let ids: Vec<&AgentId> = self.agents.keys().collect();
        (!ids.is_empty()).then(|| (*agent.get(&ids)).clone())
    }

    /// Applies an update; what it does not apply to stays as it is.
    fn apply(&mut self, update: &Update) {
        let of = |model: &Self, agent: &Index| model.agent(agent);
        match update {
            Update::Online(agent, online) => {
                let Some(id) = of(self, agent) else { return };
                let status = if *online {
                    AgentStatus::Online
                } else {
                    AgentStatus::Offline
                };
                self.agents.get_mut(&id).unwrap().status = status;
            }
            Update::Active(agent, active) => {
                let Some(id) = of(self, agent) else { return };
                self.agents.get_mut(&id).unwrap().active = *active;
            }
            Update::Total(team, agent, total) => {
                let (Some(id), team) = (of(self, agent), self.team(team)) else {
                    return;
                };
                if let Some(old) = self.members[team].get_mut(&id) {
                    *old = *total;
                }
            }
            Update::Assigned(agent) => {
                let Some(id) = of(self, agent) else { return };
                let active = &mut self.agents.get_mut(&id).unwrap().active;
                *active = active.saturating_add(1);
                for total in self.members.iter_mut().filter_map(|team| team.get_mut(&id)) {
                    *total = total.saturating_add(1);
                }
            }
            Update::Released(agent) => {
                let Some(id) = of(self, agent) else { return };
                let active = &mut self.agents.get_mut(&id).unwrap().active;
                *active = active.saturating_sub(1);
            }
            Update::Join(team, agent, total) => {
                let (Some(id), team) = (of(self, agent), self.team(team)) else {
                    return;
                };
                self.members[team].entry(id).or_insert(*total);
            }
            Update::Leave(team, agent) => {
                let (Some(id), team) = (of(self, agent), self.team(team)) else {
                    return;
                };
                self.members[team].remove(&id);
            }
            Update::Add(agent) => {
                self.agents
                    .entry(agent.id.clone())
                    .or_insert_with(|| agent.as_ref().clone());
            }
            Update::Remove(agent) => {
                let Some(id) = of(self, agent) else { return };
                self.agents.remove(&id);
                for team in &mut self.members {
                    team.remove(&id);
                }
            }
            Update::AddTeam(team) => {
                if self.teams.iter().all(|other| other.id != team.id) {
                    self.teams.push(team.as_ref().clone());
                    self.members.push(BTreeMap::new());
                }
            }
        }
    }

    /// Applies the same update to a roster; who is meant is looked up in the model as it was.
    fn apply_to(&self, roster: &mut Roster, update: &Update) {
        let handle = |roster: &Roster, agent: &Index| -> Option<AgentHandle> {
            let id = self.agent(agent)?;
            Some(roster.agent(id.as_str()).unwrap())
        };
        let team = |team: &Index| self.teams[self.team(team)].id.clone();
        let member = |of: &Index, agent: &Index| {
            let id = self.agent(agent);
            id.is_some_and(|id| self.members[self.team(of)].contains_key(&id))
        };
        match update {
            Update::Online(agent, online) => {
                let Some(agent) = handle(roster, agent) else {
                    return;
                };
                roster.set_online(agent, *online).unwrap();
            }
            Update::Active(agent, active) => {
                let Some(agent) = handle(roster, agent) else {
                    return;
                };
                roster.set_active(agent, *active).unwrap();
            }
            Update::Total(of, agent, total) => {
                let Some(known) = handle(roster, agent) else {
                    return;
                };
                let result = roster.set_total(team(of).as_str(), known, *total);
                assert_eq!(result.is_ok(), member(of, agent));
            }
            Update::Assigned(agent) => {
                let Some(agent) = handle(roster, agent) else {
                    return;
                };
                roster.assigned(agent).unwrap();
            }
            Update::Released(agent) => {
                let Some(agent) = handle(roster, agent) else {
                    return;
                };
                roster.released(agent).unwrap();
            }
            Update::Join(of, agent, total) => {
                let Some(known) = handle(roster, agent) else {
                    return;
                };
                let result = roster.join(team(of).as_str(), known, *total);
                assert_eq!(result.is_ok(), !member(of, agent));
            }
            Update::Leave(of, agent) => {
                let Some(known) = handle(roster, agent) else {
                    return;
                };
                let result = roster.leave(team(of).as_str(), known);
                assert_eq!(result.is_ok(), member(of, agent));
            }
            Update::Add(agent) => {
                let result = roster.add_agent(agent.as_ref().clone());
                assert_eq!(result.is_ok(), !self.agents.contains_key(&agent.id));
            }
            Update::Remove(agent) => {
                let Some(agent) = handle(roster, agent) else {
                    return;
                };
                roster.remove_agent(agent).unwrap();
                assert!(
                    roster.snapshot(agent).is_none(),
                    "a handle outlives its agent"
                );
            }
            Update::AddTeam(team) => {
                let result = roster.add_team(team.as_ref().clone());
                let known = self.teams.iter().any(|other| other.id == team.id);
                assert_eq!(result.is_ok(), !known);
            }
        }
    }

    /// A roster built anew from what the model knows.
    fn roster(&self) -> Roster {
        let tenant = TenantConfig {
            strategy: self.tenant_strategy.clone(),
            ..TenantConfig::default()
        };
        let config = RosterConfig {
            tenant_id: "acme".try_into().unwrap(),
            tenant,
            teams: self.teams.clone(),
            agents: self.agents.values().cloned().collect(),
        };
        let mut roster = Roster::from_config(config).unwrap();
        for (team, members) in self.teams.iter().zip(&self.members) {
            for (id, total) in members {
                let agent = roster.agent(id.as_str()).unwrap();
                roster.join(team.id.as_str(), agent, *total).unwrap();
            }
        }
        roster
    }

    /// Sessions of every team, and of none; forced as well.
    fn requests(&self) -> Vec<Request> {
        let teams = self.teams.iter().map(|team| Some(team.id.clone()));
        let mut requests = Vec::new();
        for (team, force_override) in teams
            .chain([None])
            .flat_map(|t| [(t.clone(), false), (t, true)])
        {
            let mut session = Session::new("s1".try_into().unwrap(), "acme".try_into().unwrap());
            session.assigned_team_id = team;
            requests.push(Request {
                force_override,
                ..Request::new(session, Timestamp::EPOCH)
            });
        }
        requests
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_updated_roster_decides_like_a_new_one(
        model in model(),
        updates in vec(update(), 0..30),
        turn in any::<u32>(),
    ) {
        let (mut model, mut roster) = (model.clone(), model.roster());
        for update in &updates {
            model.apply_to(&mut roster, update);
            model.apply(update);
        }
        let (new, facts) = (model.roster(), Facts::default());
        for request in model.requests() {
            let (updated, asked) = decide(&request, &facts, Some(&roster), turn);
            let (anew, expected) = decide(&request, &facts, Some(&new), turn);
            prop_assert_eq!(asked, expected);
            prop_assert_eq!(json(&updated), json(&anew));
            // The handle is the chosen agent's.
            if let Outcome::Assign { agent_id } = &updated.outcome {
                let chosen = roster.snapshot(updated.agent.unwrap()).unwrap();
                prop_assert_eq!(&chosen.id, agent_id);
            }
        }
    }

    /// A run that waited while the roster changed comes to what a run comes to that starts now.
    #[test]
    fn a_waiting_run_is_decided_on_what_holds_in_the_end(
        model in model(),
        updates in vec(update(), 1..6),
        which in any::<Index>(),
        anew in any::<bool>(),
        turn in any::<u32>(),
    ) {
        let (mut changed, before) = (model.clone(), model.roster());
        let mut roster = before.clone();
        let request = which.get(&model.requests()).clone();
        let facts = Facts::default();
        let engine = Engine::default();
        let input = |roster| Input { request: &request, facts: &facts, roster, trace: true };
        let step = engine.start(input(Some(&before)));
        let Step::Need(Need::NextIndex { candidate_count, .. }, run) = step else {
            return Ok(());
        };
        for update in &updates {
            changed.apply_to(&mut roster, update);
            changed.apply(update);
        }
        let later = if anew { changed.roster() } else { roster };
        let (input, index) = (input(Some(&later)), turn % candidate_count);
        let step = engine.resume(run, input, Answer::NextIndex(index)).unwrap();
        let Step::Done(decision) = step else { panic!("the rotation is asked once: {step:?}") };
        prop_assert_eq!(json(&decision), json(&decide(&request, &facts, Some(&later), index).0));
    }
}
