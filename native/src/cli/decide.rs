use std::io::Write;

use assignment_engine_core::{Decision, SessionId, TeamId, Timestamp};
use serde::Serialize;

use super::Ending;
use super::error::CommandError;
use super::output::write_json_line;
use super::scenario::{ScenarioFile, World};

/// Decides on a scenario's sessions, one JSON object a line.
///
/// The unassigned sessions are decided on in the order of the list, and what was decided counts
/// for the sessions after: an assignment is one session more for its agent, and every pick turns
/// the rotation. Sessions that are assigned or resolved already get no line.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    file: ScenarioFile,
    /// Tell how each decision came about: what every rule answered, and why each agent was or was
    /// not the one.
    #[arg(long)]
    trace: bool,
}

const EXAMPLES: &str = "\
Examples:
  assignment-engine decide examples/support-team.json
  assignment-engine decide --trace examples/support-team.json | jq .trace.candidates
  cat examples/support-team.json | assignment-engine decide -";

pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<Ending, CommandError> {
    let scenario = args.file.scenario()?;
    let mut world = World::new(&scenario)?;
    for session in scenario.turns() {
        let decision = world.decide(session, args.trace);
        let line = Line {
            session_id: &session.id,
            team_id: session.assigned_team_id.as_ref(),
            now: world.instant_of(session),
            decision: &decision,
        };
        write_json_line(out, &line)?;
    }
    Ok(Ending::Fine)
}

/// A decision, and what it is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    session_id: &'a SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a TeamId>,
    now: Timestamp,
    #[serde(flatten)]
    decision: &'a Decision,
}
