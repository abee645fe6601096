use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::text::printable;
use crate::{
    CandidateTrace, Decision, Effect, MessageKind, Outcome, Reason, RuleId, RuleTrace, Trace,
    TraceAnswer,
};

impl Decision {
    /// The decision in a few lines of plain English, for the people who ask why. With a trace it
    /// tells the whole story, without one only its end.
    #[must_use]
    pub fn explain(&self) -> Vec<String> {
        let mut lines = alloc::vec![self.headline()];
        if let Some(trace) = &self.trace {
            lines.extend(trace.rules.iter().filter_map(|rule| story(trace, rule)));
        }
        for effect in &self.effects {
            if let Effect::SendMessage(message) = effect {
                let about = match message.about {
                    MessageKind::OutOfOffice => "The contact is told that nobody is there",
                    MessageKind::NoAgent => "The contact is told to wait",
                };
                lines.push(format!("{about}: {}.", quoted(&message.text)));
            }
        }
        if let Some(next) = self.next_check_at {
            lines.push(format!("Another try makes sense at {next}."));
        }
        lines.extend(
            self.warnings
                .iter()
                .map(|warning| format!("Warning: {}.", warning.message)),
        );
        lines
    }

    fn headline(&self) -> String {
        let trace = self.trace.as_deref();
        let session = trace.map_or_else(
            || String::from("The session"),
            |trace| format!("Session {}", ticked(trace.session_id.as_str())),
        );
        match &self.outcome {
            Outcome::Assign { agent_id } => {
                let known = trace.and_then(|trace| {
                    trace
                        .candidates
                        .iter()
                        .find(|candidate| candidate.agent_id == *agent_id)
                });
                let agent = known.map_or_else(|| ticked(agent_id.as_str()), person);
                format!("{session} goes to {agent}.")
            }
            Outcome::Skip | Outcome::Stop => {
                let by = &self.rule;
                let why = match self.reason {
                    Reason::HostRule => format!("the rule {} says so", ticked(by.as_str())),
                    reason => phrase(reason).into(),
                };
                let what = if self.outcome == Outcome::Skip {
                    "is left alone"
                } else {
                    "stays unassigned"
                };
                format!("{session} {what}: {why}.")
            }
            Outcome::Error { code, message } => {
                let (code, message) = (printable(code), printable(message));
                format!(
                    "{session} could not be decided, nothing was changed: {} ({code}: {message}).",
                    phrase(self.reason)
                )
            }
        }
    }
}

/// What one rule adds to the story. A rule that only let the session pass adds nothing.
fn story(trace: &Trace, rule: &RuleTrace) -> Option<String> {
    let name = rule.rule.as_str();
    if name == RuleId::Schedule.name() {
        return match rule.reason {
            Reason::Open => {
                let team = trace.team_id.as_ref()?;
                Some(format!("Its team {} is open.", ticked(team.as_str())))
            }
            Reason::Forced => Some(
                "The assignment is forced: the schedule does not count, and offline agents do."
                    .into(),
            ),
            Reason::OpensSoon | Reason::OutOfOffice | Reason::OutOfOfficeSentRecently => Some(
                rule.values
                    .get("nextOpening")
                    .and_then(|at| at.as_str())
                    .map_or_else(
                        || "The team has no next opening.".into(),
                        |at| format!("The team opens at {at}."),
                    ),
            ),
            _ => None,
        };
    }
    if name == RuleId::Strategy.name() && rule.answer == TraceAnswer::Continue {
        let strategy = ticked(rule.values.get("strategy")?.as_str()?);
        return Some(match (rule.reason, &trace.team_id) {
            (Reason::TeamStrategy, _) => format!("The team chooses by {strategy}."),
            (Reason::TenantStrategy, Some(_)) => {
                format!("The team follows its tenant and chooses by {strategy}.")
            }
            (Reason::TenantStrategy, None) => {
                format!("It has no team, so its tenant's choice counts: {strategy}.")
            }
            _ => format!("No known strategy is set, so the choice is by {strategy}."),
        });
    }
    if name == RuleId::Eligibility.name() {
        return eligible(trace, rule);
    }
    if name == RuleId::Selector.name() && rule.answer == TraceAnswer::Assign {
        return choice(trace, rule);
    }
    if rule.reason == Reason::HostRule {
        let removed =
            of(trace, Reason::RemovedByRule).filter(|candidate| candidate.rule == rule.rule);
        let removed: Vec<String> = removed.map(person).collect();
        let name = ticked(name);
        return (!removed.is_empty())
            .then(|| format!("The rule {name} leaves out {}.", list(&removed)));
    }
    match rule.reason {
        Reason::ClaimsRefused if rule.answer == TraceAnswer::Continue => {
            let value = |name: &str| rule.values.get(name).and_then(|value| value.as_str());
            let (agent, refusal) = (value("agentId")?, value("refusal")?);
            Some(format!(
                "The store refused {}: {}.",
                ticked(agent),
                printable(refusal)
            ))
        }
        Reason::NoAgentReplySentRecently => {
            Some("The contact was told less than 24 hours ago, and is not told again.".into())
        }
        Reason::LeftInQueue => Some("It waits in the queue; the contact is not told.".into()),
        _ => None,
    }
}

fn eligible(trace: &Trace, rule: &RuleTrace) -> Option<String> {
    let number = |name: &str| rule.values.get(name).and_then(|value| value.as_u64());
    let (members, eligible) = (number("members")?, number("eligible")?);
    let out: Vec<String> = [Reason::Offline, Reason::AtLimit, Reason::Excluded]
        .into_iter()
        .flat_map(|reason| of(trace, reason))
        .filter(|agent| agent.rule == rule.rule)
        .map(|agent| match agent.reason {
            Reason::AtLimit => {
                let limit = number("limit").unwrap_or_default();
                format!(
                    "{} has {} of at most {limit} sessions",
                    person(agent),
                    agent.active
                )
            }
            Reason::Excluded => format!("{} was just refused by the store", person(agent)),
            _ => format!("{} is not online", person(agent)),
        })
        .collect();
    let why = if out.is_empty() {
        String::new()
    } else {
        format!(": {}", list(&out))
    };
    Some(match members {
        0 => "Nobody is in the team.".into(),
        _ => format!("{eligible} of {members} members can take it{why}."),
    })
}

fn choice(trace: &Trace, rule: &RuleTrace) -> Option<String> {
    if rule.reason == Reason::AlreadyReserved {
        return Some("A place was reserved for it before, and is the same again.".into());
    }
    let winner = of(trace, Reason::Selected).next()?;
    let index = rule.values.get("index")?.as_u64()?;
    let rotation = rule.values.get("rotation").and_then(Value::as_str);
    let why = match rotation {
        Some("least_recent") => "served longest ago".into(),
        Some("proportional") => "furthest below the fair share".into(),
        _ => format!("index {index}"),
    };
    let equal: Vec<String> = trace
        .candidates
        .iter()
        .filter(|agent| matches!(agent.reason, Reason::Selected | Reason::NotTheirTurn))
        .map(person)
        .collect();
    let more_active = of(trace, Reason::MoreActive).count();
    let more_assigned = of(trace, Reason::MoreAssigned).count();
    let mut line = match (equal.len(), more_active + more_assigned) {
        (1, 0) => format!("{} is the only one.", person(winner)),
        (1, _) => format!(
            "{} comes first, with {}.",
            person(winner),
            counts(rule, winner)
        ),
        (n, 0) => format!("It is {}'s turn among {n} ({why}).", name(winner)),
        (n, _) => format!(
            "{} come first, with {} each; among these {n} it is {}'s turn ({why}).",
            list(&equal),
            counts(rule, winner),
            name(winner)
        ),
    };
    for (others, what) in [
        (more_active, "more sessions now"),
        (more_assigned, "been given more"),
    ] {
        if others > 0 {
            let have = if others == 1 { "has" } else { "have" };
            line.push_str(&format!(" {others} {have} {what}."));
        }
    }
    let full: Vec<String> = of(trace, Reason::AtLimit)
        .filter(|agent| agent.rule == rule.rule)
        .map(person)
        .collect();
    if !full.is_empty() {
        let are = if full.len() == 1 { "is" } else { "are" };
        line.push_str(&format!(" {} {are} at the limit.", list(&full)));
    }
    let under_way = rule.values.get("underWay").and_then(Value::as_u64);
    if let Some(under_way) = under_way.filter(|count| *count > 0) {
        let are = if under_way == 1 { "is" } else { "are" };
        line.push_str(&format!(
            " {under_way} {are} being assigned elsewhere at this moment, which counts."
        ));
    }
    Some(line)
}

fn counts(rule: &RuleTrace, agent: &CandidateTrace) -> String {
    let (active, total) = (agent.active, agent.total);
    match rule.values.get("strategy").and_then(|name| name.as_str()) {
        Some("least_assigned") => format!("{total} given"),
        Some("hybrid") => format!("{active} now and {total} given"),
        _ => format!("{active} now"),
    }
}

const fn phrase(reason: Reason) -> &'static str {
    match reason {
        Reason::ContactAlreadyAssigned => "its contact has another session that is assigned",
        Reason::OpensSoon => "its team is closed, and opens within 24 hours",
        Reason::OutOfOffice => "its team is closed",
        Reason::OutOfOfficeSentRecently => {
            "its team is closed, and the contact was told less than 24 hours ago"
        }
        Reason::ManualStrategy => "its team takes conversations by hand",
        Reason::NoMembers => "nobody is in its team",
        Reason::NobodyOnline => "nobody in its team is online",
        Reason::EverybodyReserved => {
            "with the sessions that are being assigned elsewhere, everybody is at the limit"
        }
        Reason::EverybodyAtLimit => "everybody who is there has as many sessions as allowed",
        Reason::EverybodyExcluded => "everybody who could take it was refused by the store",
        Reason::NoCandidateLeft => "nobody was left to choose from",
        Reason::RulesExhausted => "no rule decided",
        Reason::FactUnavailable => "something it depends on could not be found out",
        Reason::IndexUnavailable => "the rotation could not be asked",
        Reason::MessageFailed => "the message to the contact could not be sent",
        Reason::DuplicateAgent => "the list of agents is wrong",
        Reason::HostRule => "a rule of the host failed",
        Reason::SessionTaken => "somebody else was faster",
        Reason::ClaimsRefused => "the store refused one agent after the other",
        _ => "of its configuration",
    }
}

fn of(trace: &Trace, reason: Reason) -> impl Iterator<Item = &CandidateTrace> {
    trace
        .candidates
        .iter()
        .filter(move |candidate| candidate.reason == reason)
}

fn person(agent: &CandidateTrace) -> String {
    let id = ticked(agent.agent_id.as_str());
    if agent.name.is_empty() {
        id
    } else {
        format!("{} ({id})", printable(&agent.name))
    }
}

fn name(agent: &CandidateTrace) -> String {
    if agent.name.is_empty() {
        person(agent)
    } else {
        printable(&agent.name)
    }
}

/// "a, b and c"; of a long list the first few, and how many more.
fn list(items: &[String]) -> String {
    const SHOWN: usize = 6;
    match items {
        [] => String::new(),
        [one] => one.clone(),
        items if items.len() > SHOWN => {
            let shown: Vec<&str> = items.iter().take(SHOWN - 1).map(String::as_str).collect();
            format!(
                "{} and {} more",
                shown.join(", "),
                items.len() - shown.len()
            )
        }
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(String::as_str).collect();
            format!("{} and {last}", first.join(", "))
        }
    }
}

fn ticked(text: &str) -> String {
    format!("`{}`", printable(text))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Engine, Facts, Input, Request, Step};
    use alloc::string::ToString;

    fn explained(request: &str, facts: &str, index: u32) -> String {
        let request = Request::from_json(request.as_bytes()).unwrap();
        let facts = Facts::from_json(facts.as_bytes()).unwrap();
        let input = Input {
            request: &request,
            facts: &facts,
            roster: None,
            trace: true,
        };
        let engine = Engine::default();
        let decision = match engine.start(input) {
            Step::Done(decision) => decision,
            Step::Need(_, run) => {
                match engine.resume(run, input, Answer::NextIndex(index)).unwrap() {
                    Step::Done(decision) => decision,
                    Step::Need(need, _) => panic!("{need:?}"),
                }
            }
        };
        decision.explain().join("\n")
    }

    const REQUEST: &str = r#"{"session":{"id":"s1","tenantId":"acme","contactId":"c1",
        "assignedTeamId":"sales"},"now":"2026-11-23T09:00:00Z"}"#;

    #[test]
    fn an_assignment_names_everybody_who_matters() {
        let facts = r#"{
            "schedule":{"availability":{"isOpen":true}}, "contactAssigned":false,
            "strategy":{"teamStrategy":"least_active","config":{"maxLoad":3}},
            "agents":[
                {"id":"a1","name":"Anna","status":"online","active":1},
                {"id":"b1","name":"Ben","status":"online","active":1},
                {"id":"c1","name":"Cleo","status":"online","active":2},
                {"id":"d1","name":"Dora","status":"away"},
                {"id":"e1","name":"Eve","status":"online","active":3}]}"#;
        assert_eq!(
            explained(REQUEST, facts, 1),
            "Session `s1` goes to Ben (`b1`).\n\
             Its team `sales` is open.\n\
             The team chooses by `least_active`.\n\
             3 of 5 members can take it: Dora (`d1`) is not online and Eve (`e1`) has 3 of at most 3 sessions.\n\
             Anna (`a1`) and Ben (`b1`) come first, with 1 now each; among these 2 it is Ben's turn (index 1). 1 has more sessions now."
        );
    }

    #[test]
    fn a_closed_team_says_when_it_opens_and_what_the_contact_hears() {
        let facts = r#"{"schedule":{"availability":
            {"isOpen":false,"nextOpen":"2026-11-30T08:00:00Z","message":"Back on Monday."}}}"#;
        assert_eq!(
            explained(REQUEST, facts, 0),
            "Session `s1` stays unassigned: its team is closed.\n\
             The team opens at 2026-11-30T08:00:00.000Z.\n\
             The contact is told that nobody is there: \"Back on Monday.\".\n\
             Another try makes sense at 2026-11-30T08:00:00.000Z."
        );
    }

    #[test]
    fn nobody_there_says_why_for_each() {
        let facts = r#"{"schedule":{}, "contactAssigned":false, "strategy":{}, "noAgent":{"noAgentAction":"queue"},
            "agents":[{"id":"d1","name":"Dora\nSession `s1` goes to Eve","status":"away"}]}"#;
        assert_eq!(
            explained(REQUEST, facts, 0),
            "Session `s1` stays unassigned: nobody in its team is online.\n\
             No known strategy is set, so the choice is by `round_robin`.\n\
             0 of 1 members can take it: Dora\\u{a}Session `s1` goes to Eve (`d1`) is not online.\n\
             It waits in the queue; the contact is not told."
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        assert_eq!(list(&names), "0, 1, 2, 3, 4 and 4 more");
        assert_eq!(list(&names[..3]), "0, 1 and 2");
    }
}
