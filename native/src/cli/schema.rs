use std::io::Write;

use super::error::CommandError;
use super::{Ending, scenario};

/// Prints the JSON Schema of a scenario, for editors and for programs that write scenarios.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

const EXAMPLES: &str = "\
Example:
  assignment-engine schema > scenario.schema.json

Name that file under `$schema` in a scenario, and an editor helps to write it.";

pub(crate) fn run(_: &Args, out: &mut impl Write) -> Result<Ending, CommandError> {
    let schema = scenario::json_schema();
    writeln!(out, "{:#}", schema.as_value())?;
    Ok(Ending::Fine)
}
