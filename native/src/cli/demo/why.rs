//! A decision in a few words, as they fit into a line of the table.

use assignment_engine_core::{CandidateTrace, Decision, Reason, Session, Strategy, Timestamp};

/// Why the chat of this contact, who may have another one with `talks_to`, went where it went.
pub(super) fn why(
    decision: &Decision,
    contact: &str,
    talks_to: Option<&str>,
    now: Timestamp,
) -> String {
    match decision.reason {
        Reason::OpensSoon | Reason::OutOfOffice => {
            let opens = decision.next_check_at;
            let opens = opens.map(|opens| match opens.since(now) > DAY {
                true => format!("{} {}", weekday(opens), hour_and_minute(opens)),
                false => hour_and_minute(opens),
            });
            format!("closed until {}", opens.unwrap_or_default())
        }
        Reason::ContactAlreadyAssigned => match talks_to {
            Some(agent) => format!("{contact} already talks to {agent}"),
            None => format!("{contact} already talks to somebody"),
        },
        Reason::EverybodyAtLimit => unavailable(decision),
        Reason::Selected => selected(decision),
        // The story has no other ends; if it had, the long form would do.
        _ => decision.explain().into_iter().next().unwrap_or_default(),
    }
}

/// How long a chat waited that has found an agent now.
pub(super) fn waited(session: &Session, now: Timestamp) -> String {
    let since = session.created_at.unwrap_or(now);
    let minutes = now.since(since) / MINUTE;
    let waited = if minutes < 100 {
        format!("{minutes} minutes")
    } else {
        format!("{} hours", minutes / 60)
    };
    format!("from the queue, after {waited}")
}

/// `Sat 20:10`; of the Monday only the time.
pub(super) fn clock_time(at: Timestamp) -> String {
    match weekday(at) {
        "Mon" => hour_and_minute(at),
        day => format!("{day} {}", hour_and_minute(at)),
    }
}

fn selected(decision: &Decision) -> String {
    let Some(winner) = of(decision, Reason::Selected).next() else {
        return String::new();
    };
    let equal: Vec<&CandidateTrace> = decision
        .trace
        .iter()
        .flat_map(|trace| &trace.candidates)
        .filter(|agent| matches!(agent.reason, Reason::Selected | Reason::NotTheirTurn))
        .collect();
    let busier: Vec<String> = of(decision, Reason::MoreActive)
        .map(|agent| format!("{} {}", agent.name, agent.active))
        .collect();
    let rest = unavailable(decision);
    let rest = if rest.is_empty() {
        rest
    } else {
        format!(" ({rest})")
    };
    let name = &winner.name;
    match (equal.as_slice(), busier.is_empty()) {
        ([_], true) => format!("the only one left{rest}"),
        ([_], false) => format!(
            "{name} has {}, {}{rest}",
            chats(winner.active),
            busier.join(", ")
        ),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|agent| agent.name.as_str()).collect();
            let strategy = decision.trace.iter().flat_map(|trace| &trace.rules);
            let strategy = strategy
                .filter_map(|rule| rule.values.get("strategy")?.as_str())
                .next_back();
            let level = match strategy {
                Some(name) if name == Strategy::LeastActive.name() => {
                    format!("{} each; ", chats(winner.active))
                }
                _ => String::new(),
            };
            format!("{level}{name}'s turn among {}{rest}", names.join(", "))
        }
    }
}

/// Who cannot take the chat, and why.
fn unavailable(decision: &Decision) -> String {
    let full = of(decision, Reason::AtLimit).map(|agent| format!("{} is full", agent.name));
    let away = of(decision, Reason::Offline).map(|agent| format!("{} is offline", agent.name));
    full.chain(away).collect::<Vec<_>>().join(", ")
}

fn of(decision: &Decision, reason: Reason) -> impl Iterator<Item = &CandidateTrace> {
    let candidates = decision.trace.iter().flat_map(|trace| &trace.candidates);
    candidates.filter(move |candidate| candidate.reason == reason)
}

fn chats(number: u32) -> String {
    match number {
        1 => "1 chat".into(),
        number => format!("{number} chats"),
    }
}

/// The part of `2026-11-23T09:00:00.000Z` that a clock shows.
fn hour_and_minute(at: Timestamp) -> String {
    at.to_string().get(11..16).unwrap_or_default().into()
}

fn weekday(at: Timestamp) -> &'static str {
    // 1970-01-01 was a Thursday.
    let days = at.as_millisecond().div_euclid(DAY) + 3;
    match days.rem_euclid(7) {
        0 => "Mon",
        1 => "Tue",
        2 => "Wed",
        3 => "Thu",
        4 => "Fri",
        5 => "Sat",
        _ => "Sun",
    }
}

/// Milliseconds.
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
