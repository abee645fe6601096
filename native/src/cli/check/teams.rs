use std::collections::{BTreeMap, BTreeSet};

use assignment_engine_core::{Agent, AgentStatus, SessionStatus, TeamConfig, default_team};

use super::lint::{Findings, Lint};
use super::{routing, schedule};
use crate::cli::output::ticked;
use crate::cli::scenario::Scenario;

pub(super) fn look_at(scenario: &Scenario, findings: &mut Findings) {
    let teams = &scenario.roster.teams;
    if teams.is_empty() {
        let message = "without a team nobody gets anything";
        findings.add(Lint::NoTeam, "roster.teams", message);
    }
    default_teams(teams, findings);
    let loads = loads(scenario);
    let mut names = BTreeSet::new();
    for (place, team) in teams.iter().enumerate() {
        let path = format!("roster.teams[{place}]");
        let name = team.name.trim().to_lowercase();
        if !name.is_empty() && !names.insert(name) {
            let message = format!("another team is named {} too", ticked(&team.name));
            findings.add(Lint::NameTwice, format!("{path}.name"), message);
        }
        members(team, &path, &loads, findings);
        routing::look_at(team, &path, scenario, findings);
        if let Some(schedule) = &team.schedule {
            schedule::look_at(schedule, &format!("{path}.schedule"), findings);
        }
    }
}

/// Every agent by id, with the sessions the agent has at the beginning.
type Loads<'a> = BTreeMap<&'a str, (&'a Agent, u32)>;

fn loads(scenario: &Scenario) -> Loads<'_> {
    let agents = scenario.roster.agents.iter();
    let mut loads: Loads<'_> = agents
        .map(|agent| (agent.id.as_str(), (agent, agent.active)))
        .collect();
    for session in &scenario.sessions {
        let owner = session.assigned_agent_id.as_ref();
        let owner = owner.filter(|_| session.status == SessionStatus::Assigned);
        if let Some((_, load)) = owner.and_then(|id| loads.get_mut(id.as_str())) {
            *load = load.saturating_add(1);
        }
    }
    loads
}

fn members(team: &TeamConfig, path: &str, loads: &Loads<'_>, findings: &mut Findings) {
    let path = format!("{path}.members");
    let members = team.members.iter();
    let members: Vec<_> = members.filter_map(|id| loads.get(id.as_str())).collect();
    let online: Vec<_> = members
        .iter()
        .filter(|(agent, _)| agent.status == AgentStatus::Online)
        .collect();
    let limit = team
        .routing_config
        .as_ref()
        .and_then(|config| config.limit());
    let full = |limit: u32| online.iter().all(|(_, load)| *load >= limit);
    if team.members.is_empty() {
        findings.add(Lint::TeamWithoutMembers, path, "nobody is in the team");
    } else if online.is_empty() {
        findings.add(Lint::NobodyOnline, path, "nobody in the team is online");
    } else if let Some(limit) = limit.filter(|limit| full(limit.get())) {
        let message = format!("everybody who is online has reached the limit of {limit} already");
        findings.add(Lint::EverybodyAtLimit, path, message);
    }
}

/// Which team gets the sessions without one, if that is not plain.
fn default_teams(teams: &[TeamConfig], findings: &mut Findings) {
    let places = || teams.iter().enumerate();
    let chosen = default_team(places().map(|(_, team)| (team, team.standing())));
    let marked: Vec<_> = places().filter(|(_, team)| team.is_default).collect();
    for (place, team) in &marked {
        let path = format!("roster.teams[{place}].isDefault");
        if !team.is_active {
            let message = "the team is not active, so it is not the default";
            findings.add(Lint::DefaultTeamInactive, path, message);
        } else if marked.len() > 1
            && let Some(chosen) = chosen.filter(|chosen| chosen.id != team.id)
        {
            let chosen = ticked(chosen.id.as_str());
            let message = format!("sessions without a team go to {chosen}, not here");
            findings.add(Lint::SeveralDefaultTeams, path, message);
        }
    }
    let candidates = teams
        .iter()
        .filter(|team| team.is_active && !team.members.is_empty());
    if let (true, Some(chosen)) = (marked.is_empty() && candidates.count() > 1, chosen) {
        let chosen = ticked(chosen.id.as_str());
        let message = format!("no team is the default: sessions without one go to {chosen}");
        findings.add(Lint::NoDefaultTeam, "roster.teams", message);
    }
}
