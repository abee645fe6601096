//! Prints runs made at random, one a line:  random_runs FIRST COUNT
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a tool for tests may stop where it goes wrong"
)]

mod runs;

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = || {
        let next = numbers.next().expect("usage: random_runs FIRST COUNT");
        next.expect("FIRST and COUNT are whole numbers")
    };
    let (first, count) = (number(), number());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for run in first..first + count {
        writeln!(out, "{}", runs::random_run(run))?;
    }
    out.flush()
}
