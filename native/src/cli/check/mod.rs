//! `check`: what is wrong or suspicious about a scenario.

mod agents;
mod lint;
mod routing;
mod schedule;
mod sessions;
mod teams;
mod tenant;

use std::io::Write;

use serde_json::Value;

use super::Ending;
use super::error::CommandError;
use super::output::{printable, write_json_line};
use super::scenario::{Scenario, ScenarioFile, text};
use lint::{Finding, Findings, Lint, Severity};

/// Says what is wrong or suspicious about a scenario, one finding a line.
///
/// A line is `severity path: message (hint)`. An error is refused by the other commands, or the
/// engine puts something else in its place; a warning is very likely not what was meant; a note is
/// worth knowing, and right for some. If a field cannot be read at all, it is the only finding.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    file: ScenarioFile,
    /// Print each finding as a JSON object with severity, code, path, message and hint.
    #[arg(long)]
    json: bool,
    /// Let notes count: the exit code is 1 if there is any finding at all.
    #[arg(long)]
    strict: bool,
}

const AFTER: &str = "\
Examples:
  assignment-engine check examples/suspicious.json
  assignment-engine check --json scenario.json | jq -r .code

Exit codes: 0 no errors and no warnings (with --strict no notes either), 1 findings or an
unreadable file, 2 wrong usage.";

pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<Ending, CommandError> {
    let findings = look_at(&args.file.bytes()?);
    for finding in findings.iter() {
        if args.json {
            write_json_line(out, finding)?;
        } else {
            let Finding {
                severity,
                path,
                message,
                hint,
                ..
            } = finding;
            let (path, message) = (printable(path), printable(message));
            writeln!(out, "{severity} {path}: {message} ({hint})")?;
        }
    }
    if findings.worst().is_none() && !args.json {
        writeln!(out, "no findings")?;
    }
    let bearable = if args.strict {
        None
    } else {
        Some(Severity::Note)
    };
    Ok(if findings.worst() > bearable {
        Ending::Findings
    } else {
        Ending::Fine
    })
}

/// Everything there is to say about a document, the worst first.
fn look_at(document: &[u8]) -> Findings {
    let mut findings = Findings::default();
    match Scenario::parse(document) {
        Err(error) => findings.add_refusal(error),
        Ok(scenario) => {
            for problem in scenario.problems() {
                findings.add_refusal(problem);
            }
            // Some texts are read as something simpler; what was written there is seen only here.
            let written = text(document)
                .ok()
                .and_then(|text| serde_json::from_slice(text).ok());
            let written = written.unwrap_or(Value::Null);
            tenant::look_at(&scenario.roster.tenant, &mut findings);
            teams::look_at(&scenario, &mut findings);
            agents::look_at(&scenario, &written, &mut findings);
            sessions::look_at(&scenario, &mut findings);
            rotations(&scenario, &mut findings);
        }
    }
    findings.sort();
    findings
}

fn rotations(scenario: &Scenario, findings: &mut Findings) {
    let roster = &scenario.roster;
    for key in scenario.rotation.keys() {
        let of_team = roster.teams.iter().any(|team| team.id.as_str() == key);
        if !of_team && roster.tenant_id.as_str() != key {
            let message = "this is neither a team nor the tenant: nothing counts here";
            findings.add(Lint::RotationOfNothing, format!("rotation.{key}"), message);
        }
    }
}
