//! Many seeds on all processors.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::level::Level;
use crate::run::{Report, simulate};

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Found {
    /// The lowest seed that failed.
    pub failed: Option<Report>,
    /// How often an owner was written, in the seeds that did not fail.
    pub owners: usize,
}

/// Simulates seeds, upwards, until one has failed.
///
/// # Errors
/// As [`simulate`].
pub fn search(level: Level, seeds: Range<u64>) -> std::io::Result<Found> {
    let next = AtomicU64::new(seeds.start);
    // Whoever finds a failure ends the search above it; what is below is still looked at.
    let end = AtomicU64::new(seeds.end);
    let work = || -> std::io::Result<Found> {
        let mut found = Found::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end.load(Ordering::Relaxed) {
                return Ok(found);
            }
            let report = simulate(level, seed)?;
            if report.violations.is_empty() {
                found.owners += report.owners();
            } else {
                end.fetch_min(seed, Ordering::Relaxed);
                found.failed = Some(report);
                return Ok(found);
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Found::default();
        for worker in workers {
            let panicked = |_| std::io::Error::other("a simulation panicked");
            let found = worker.join().map_err(panicked)??;
            all.owners += found.owners;
            let lowest = |report: &Report| report.seed;
            all.failed = all
                .failed
                .into_iter()
                .chain(found.failed)
                .min_by_key(lowest);
        }
        Ok(all)
    })
}
