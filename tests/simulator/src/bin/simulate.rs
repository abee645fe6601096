//! Simulates many seeds, and shows the history of those that fail.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use simulator::{Level, search};

/// Several instances of the service over one store, in virtual time, with faults from a seed.
#[derive(Parser)]
struct Arguments {
    /// l2, l1, l1+l2, no-claim, delete-at-confirm or no-fencing.
    #[arg(long, default_value = "l2", value_parser = level)]
    level: Level,
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// So many seeds between two lines of progress.
const STEP: u64 = 10_000;

fn level(name: &str) -> Result<Level, String> {
    let names = Level::ALL.map(Level::name).join(", ");
    Level::named(name).ok_or_else(|| format!("there is no level `{name}`, only {names}"))
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> std::io::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let (level, name) = (arguments.level, arguments.level.name());
    let end = arguments.from.saturating_add(arguments.seeds);
    let (mut at, mut owners) = (arguments.from, 0);
    while at < end {
        let until = end.min(at.saturating_add(STEP));
        let found = search(level, at..until)?;
        owners += found.owners;
        if let Some(report) = found.failed {
            writeln!(out, "{}", report.text())?;
            let seed = report.seed;
            writeln!(
                out,
                "failed: simulate --level {name} --seeds 1 --from {seed}"
            )?;
            return Ok(ExitCode::FAILURE);
        }
        at = until;
        let done = at - arguments.from;
        writeln!(
            out,
            "{name}: {done} of {} seeds, {owners} owners written",
            arguments.seeds
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
