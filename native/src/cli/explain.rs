use std::io::Write;

use assignment_engine_core::SessionStatus;

use super::Ending;
use super::error::{CommandError, Refusal};
use super::output::{list, ticked};
use super::scenario::{Scenario, ScenarioFile, World};

/// Says in words who gets a session of a scenario, or why nobody does.
///
/// The sessions before it are decided on first, so that it is told as it is at its turn.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    file: ScenarioFile,
    /// The id of the session.
    session: String,
}

const EXAMPLES: &str = "\
Examples:
  assignment-engine explain examples/support-team.json chat-5
  cat examples/support-team.json | assignment-engine explain - chat-5";

pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<Ending, CommandError> {
    let scenario = args.file.scenario()?;
    let mut world = World::new(&scenario)?;
    for session in scenario.turns() {
        let asked_for = session.id.as_str() == args.session;
        let decision = world.decide(session, asked_for);
        if asked_for {
            for line in decision.explain() {
                writeln!(out, "{line}")?;
            }
            return Ok(Ending::Fine);
        }
    }
    Err(CommandError::Refused(nothing_to_explain(
        &scenario,
        &args.session,
    )))
}

/// Why there is no decision to explain.
fn nothing_to_explain(scenario: &Scenario, asked: &str) -> Refusal {
    let sessions = &scenario.sessions;
    if let Some((place, session)) = (0..).zip(sessions).find(|(_, s)| s.id.as_str() == asked) {
        let state = match session.status {
            SessionStatus::Resolved => "resolved",
            _ => "assigned",
        };
        let place: usize = place;
        return Refusal {
            path: format!("sessions[{place}]"),
            message: format!("{} is {state} already: nothing is decided", ticked(asked)),
            hint: Some("only sessions with the status `unassigned` are decided on".into()),
        };
    }
    let ids = || scenario.turns().map(|session| session.id.as_str());
    let near = near_matches(asked, ids());
    let hint = match (near.is_empty(), ids().next()) {
        (false, _) => format!("near to it: {}", list(near)),
        (true, Some(_)) => format!("the sessions to decide on are {}", list(ids())),
        (true, None) => "the scenario has no session to decide on".into(),
    };
    Refusal {
        path: "sessions".into(),
        message: format!("there is no session {}", ticked(asked)),
        hint: Some(hint),
    }
}

/// The ids that are nearest to what was asked for, if they differ from it in few letters.
pub(crate) fn near_matches<'a>(asked: &str, ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let asked = asked.to_lowercase();
    let mut nearest = 1 + asked.chars().count() / 4;
    let mut near = Vec::new();
    for id in ids {
        let distance = distance(&asked, &id.to_lowercase());
        if distance < nearest {
            near.clear();
            nearest = distance;
        }
        if distance == nearest {
            near.push(id);
        }
    }
    near
}

/// How many letters must be put in, left out or exchanged to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // Of each beginning of `b`: the distance to the beginning of `a` that was looked at last.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row
            .iter_mut()
            .zip(std::iter::once(None).chain(b.iter().map(Some)))
        {
            let Some(to) = to else {
                *cell = left;
                continue;
            };
            let change = diagonal + usize::from(from != *to);
            diagonal = *cell;
            left = change.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_letters_that_differ() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("chat-1", "chat-11", 1),
            ("ä", "a", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn lists_the_nearest() {
        let ids = ["chat-1", "chat-2", "chat-12", "mail-1"];
        let near = |asked| near_matches(asked, ids.into_iter());
        assert_eq!(near("chat-13"), ["chat-1", "chat-12"]);
        assert_eq!(near("CHAT-2"), ["chat-2"]);
        assert_eq!(near("chat"), ["chat-1", "chat-2"]);
        assert_eq!(near("x"), [] as [&str; 0]);
    }
}
