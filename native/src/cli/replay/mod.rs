//! `replay`: a record of real calls, routed again by the engine.

mod record;
mod report;
mod simulation;
mod statistics;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use assignment_engine_core::Rotation;

use crate::provider::{
    InMemoryRoundRobinContextProvider, RedisOptions, RedisRoundRobinContextProvider,
    RoundRobinContextProvider,
};
use report::Report;
use simulation::{Progress, Simulation};
use statistics::{Figures, course_of_record};

/// Routes the calls of a record again, one by one, and prints what would have become of them
/// beside what did.
///
/// Reads the tab-separated records of the "Anonymous Bank" call centre and a JSON-lines format of
/// its own, either of them gzipped or not. Each type of call is a team, each agent is a member of
/// the teams it served and takes one call at a time. The queue goes by priority, then by age. An
/// identified customer is not served twice at once. Who hung up unserved in the record hangs up
/// here after the same wait. Nothing is drawn by chance: equal input gives equal output.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The record of calls.
    pub(super) file: PathBuf,
    /// How an agent is chosen among those who are free.
    #[arg(long, value_name = "NAME", default_value = "round_robin",
          value_parser = ["round_robin", "least_active", "load_balanced", "least_assigned", "hybrid"])]
    strategy: String,
    /// How those take turns who are equally good: by a counter modulo their number, whoever was
    /// served longest ago, or whoever has had least of a share of every turn.
    #[arg(long, value_name = "NAME", default_value = "counter",
          value_parser = ["counter", "least_recent", "proportional"])]
    rotation: String,
    /// Count the rotation in this Redis, under keys of this run alone that expire by themselves.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  assignment-engine replay calls.tsv.gz
  assignment-engine replay calls.jsonl --strategy least_assigned --json
  assignment-engine replay calls.tsv.gz --redis redis://127.0.0.1:6379";

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The record cannot be read.
    #[error("{0}")]
    Record(#[from] record::RecordError),
    /// The simulation went wrong.
    #[error("{0}")]
    Simulation(#[from] simulation::SimulationError),
    /// The Redis cannot be used.
    #[error("redis: {0}")]
    Redis(#[from] crate::provider::ProviderError),
    /// No runtime, or standard output is gone.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The report is no JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<(), ReplayError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // clap takes no other name.
    let rotation = Rotation::named(&args.rotation).unwrap_or_default();
    let record = record::read(&args.file)?;
    let simulated = runtime.block_on(async {
        let provider = provider(args.redis.as_deref())?;
        let progress = Progress::on_terminal(record.calls.len());
        let scope = if args.redis.is_some() {
            own_scope()
        } else {
            String::new()
        };
        let simulation = Simulation::new(&record, &args.strategy, rotation, &scope)?;
        let course = simulation.run(provider.as_ref(), &progress).await?;
        Ok::<_, ReplayError>(Figures::of(&record, &course))
    })?;
    let recorded = Figures::of(&record, &course_of_record(&record));
    let counters = if args.redis.is_some() {
        "in Redis"
    } else {
        "in memory"
    };
    let settings = [
        ("strategy", args.strategy.clone()),
        ("rotation", args.rotation.clone()),
        ("counters", counters.into()),
    ];
    let file = args.file.display().to_string();
    let report = Report {
        file: &file,
        settings: &settings,
        record: &record,
        simulated: &simulated,
        recorded: &recorded,
    };
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report::json(&report))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report::text(&report))?;
    }
    Ok(())
}

fn provider(redis: Option<&str>) -> Result<Arc<dyn RoundRobinContextProvider>, ReplayError> {
    Ok(match redis {
        None => Arc::new(InMemoryRoundRobinContextProvider::new()),
        Some(url) => Arc::new(RedisRoundRobinContextProvider::new(RedisOptions::from_url(
            url,
        )?)),
    })
}

/// A prefix for this run's counters: they must start at zero, and must not be a real team's.
fn own_scope() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_nanos());
    format!("replay-{}-{now}-", std::process::id())
}
