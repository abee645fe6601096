//! The command line: what `assignment-engine` understands, what it prints, and how it ends.
//!
//! Every command writes its result to standard output and leaves the rest to this file: what went
//! wrong goes to standard error, and the exit code is 0 (fine), 1 (there are findings, or the input
//! is refused) or 2 (the command line is wrong).

mod check;
mod decide;
mod demo;
mod error;
mod explain;
mod output;
mod replay;
mod scenario;
mod schema;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CommandError;

/// Decides which support agent gets a conversation, and says why.
#[derive(Debug, Parser)]
#[command(
    name = "assignment-engine",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Decide(decide::Args),
    Explain(explain::Args),
    Check(check::Args),
    Replay(replay::Args),
    Schema(schema::Args),
}

/// How a command that printed its result ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Nothing to complain about.
    Fine,
    /// It found something that should be put right.
    Findings,
}

/// Parses the arguments, runs the command, and says with which code the process is to end.
pub fn main() -> ExitCode {
    // Clap prints help and usage errors itself, and ends the process with 0 or 2.
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let ending = run(&cli.command, &mut out);
    // What was printed before an error belongs before it.
    let flushed = out.flush().map_err(CommandError::Output);
    match ending.and_then(|ending| flushed.map(|()| ending)) {
        Ok(Ending::Fine) => ExitCode::SUCCESS,
        Ok(Ending::Findings) => ExitCode::from(1),
        // Whoever reads the output has read enough; `… | head` is no mistake.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            // There is nowhere left to say that standard error is gone.
            let _ = write!(io::stderr().lock(), "{}", error.report());
            ExitCode::from(1)
        }
    }
}

fn run(command: &Command, out: &mut impl Write) -> Result<Ending, CommandError> {
    match command {
        Command::Demo(args) => demo::run(args, out),
        Command::Decide(args) => decide::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Replay(args) => Ok(replay::run(args, out).map(|()| Ending::Fine)?),
        Command::Schema(args) => schema::run(args, out),
    }
}

const EXAMPLES: &str = "\
Examples:
  assignment-engine demo
  assignment-engine decide examples/support-team.json
  assignment-engine explain examples/support-team.json chat-5
  assignment-engine check examples/suspicious.json

Exit codes: 0 fine, 1 findings or a refused input, 2 wrong usage.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
