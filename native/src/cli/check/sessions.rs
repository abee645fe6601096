use std::collections::BTreeMap;

use assignment_engine_core::{SessionStatus, TeamConfig, Timestamp, default_team};
use serde_json::Value;

use super::lint::{Findings, Lint};
use crate::cli::output::ticked;
use crate::cli::scenario::{Scenario, ScenarioSession};

pub(super) fn look_at(scenario: &Scenario, findings: &mut Findings) {
    let teams = &scenario.roster.teams;
    let by_id: BTreeMap<&str, &TeamConfig> =
        teams.iter().map(|team| (team.id.as_str(), team)).collect();
    let default = default_team(teams.iter().map(|team| ((), team.standing())));
    let mut contacts = BTreeMap::new();
    let mut last: Option<Timestamp> = None;
    for (place, session) in scenario.sessions.iter().enumerate() {
        let path = format!("sessions[{place}]");
        let team = session.assigned_team_id.as_ref();
        let team = team.and_then(|id| by_id.get(id.as_str()).copied());
        owner(session, team, &path, findings);
        if session.contact_assigned.is_some() && session.contact_id.is_none() {
            let message = "without a contact the rule about other sessions does not apply";
            findings.add(
                Lint::ContactUnknown,
                format!("{path}.contactAssigned"),
                message,
            );
        }
        if session.status != SessionStatus::Resolved
            && let Some(contact) = &session.contact_id
            && let Some(other) = contacts.insert(contact, &session.id)
        {
            let (contact, other) = (ticked(contact.as_str()), ticked(other.as_str()));
            let message = format!("the contact {contact} has the session {other} too");
            findings.add(Lint::ContactTwice, format!("{path}.contactId"), message);
        }
        if session.status != SessionStatus::Unassigned {
            not_decided(session, &path, findings);
            continue;
        }
        if team.is_some_and(|team| !team.is_active) {
            let message = "the team is not active; the engine decides all the same";
            findings.add(
                Lint::TeamInactive,
                format!("{path}.assignedTeamId"),
                message,
            );
        }
        if session.assigned_team_id.is_none() && default.is_none() {
            let message = "the session has no team, and no active team has members";
            findings.add(Lint::NoTeamToGoTo, path.as_str(), message);
        }
        let now = session.at.unwrap_or(scenario.now);
        if let Some(before) = last.filter(|last| *last > now) {
            let message = format!("{now} lies before {before}, when the session before is decided");
            findings.add(Lint::BackInTime, format!("{path}.at"), message);
        }
        last = Some(now);
        context(session, now, &path, findings);
    }
}

/// Who has the session, against its status and its team.
fn owner(
    session: &ScenarioSession,
    team: Option<&TeamConfig>,
    path: &str,
    findings: &mut Findings,
) {
    let path = format!("{path}.assignedAgentId");
    match (session.status, &session.assigned_agent_id) {
        (SessionStatus::Assigned, None) => {
            let message = "the session is assigned, but to nobody";
            findings.add(Lint::AssignedToNobody, path, message);
        }
        (SessionStatus::Unassigned, Some(agent)) => {
            let agent = ticked(agent.as_str());
            let message = format!("the session is not assigned, so {agent} does not have it");
            findings.add(Lint::OwnerIgnored, path, message);
        }
        (SessionStatus::Assigned, Some(agent)) => {
            let outside = |team: &&TeamConfig| !team.members.contains(agent);
            if let Some(team) = team.filter(outside) {
                let (agent, team) = (ticked(agent.as_str()), ticked(team.id.as_str()));
                let message = format!("{agent} is not in the session's team {team}");
                findings.add(Lint::OwnerNotInTeam, path, message);
            }
        }
        (SessionStatus::Unassigned, None) | (SessionStatus::Resolved, _) => {}
    }
}

/// What is said about a decision that is not made.
fn not_decided(session: &ScenarioSession, path: &str, findings: &mut Findings) {
    let said = [
        ("at", session.at.is_some()),
        ("forceOverride", session.force_override),
        ("contactAssigned", session.contact_assigned.is_some()),
    ];
    for (field, _) in said.into_iter().filter(|(_, said)| *said) {
        let message = "the session has an owner, or is over: nothing is decided";
        findings.add(Lint::NotDecided, format!("{path}.{field}"), message);
    }
}

/// The entries of the context that the engine reads.
fn context(session: &ScenarioSession, now: Timestamp, path: &str, findings: &mut Findings) {
    let entry = |name: &str| {
        session
            .context
            .as_ref()
            .and_then(|context| context.get(name))
    };
    for name in ["oooLastSentAt", "noAgentLastSentAt"] {
        let path = format!("{path}.context.{name}");
        match entry(name).map(|value| value.as_str().and_then(Timestamp::parse)) {
            Some(None) if entry(name) != Some(&Value::Null) => {
                let message = "this is no instant, and counts as never";
                findings.add(Lint::StampUnreadable, path, message);
            }
            Some(Some(sent)) if sent > now => {
                let message = format!("{sent} lies after {now}, when the session is decided");
                findings.add(Lint::StampInFuture, path, message);
            }
            _ => {}
        }
    }
    if entry("account").is_some_and(|value| !value.is_string() && !value.is_null()) {
        let message = "messages go out without an account: this is no text";
        findings.add(
            Lint::AccountUnreadable,
            format!("{path}.context.account"),
            message,
        );
    }
}
