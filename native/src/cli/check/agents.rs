use std::collections::BTreeSet;

use serde_json::Value;

use super::lint::{Findings, Lint};
use crate::cli::output::ticked;
use crate::cli::scenario::Scenario;

/// `written` is the document as it stands: a status is read as online or not, and only the text
/// tells a slip from an intention.
pub(super) fn look_at(scenario: &Scenario, written: &Value, findings: &mut Findings) {
    let roster = &scenario.roster;
    let members: BTreeSet<&str> = roster
        .teams
        .iter()
        .flat_map(|team| team.members.iter().map(AsRef::as_ref))
        .collect();
    let mut names = BTreeSet::new();
    for (place, agent) in roster.agents.iter().enumerate() {
        let path = format!("roster.agents[{place}]");
        if !members.contains(agent.id.as_str()) {
            let message = format!("{} is in no team", ticked(agent.id.as_str()));
            findings.add(Lint::AgentInNoTeam, path.as_str(), message);
        }
        let name = agent.name.trim().to_lowercase();
        if !name.is_empty() && !names.insert(name) {
            let message = format!("another agent is named {} too", ticked(&agent.name));
            findings.add(Lint::AgentNameTwice, format!("{path}.name"), message);
        }
        let pointer = format!("/roster/agents/{place}/status");
        let path = format!("{path}.status");
        match written.pointer(&pointer).and_then(Value::as_str) {
            None => {
                let message = "an agent without a status counts as offline";
                findings.add(Lint::StatusMissing, path, message);
            }
            Some("online") => {}
            Some(status) if status.trim().eq_ignore_ascii_case("online") => {
                let message = format!("{} is not `online`: the agent gets nothing", ticked(status));
                findings.add(Lint::StatusMistyped, path, message);
            }
            Some(_) => {}
        }
    }
}
