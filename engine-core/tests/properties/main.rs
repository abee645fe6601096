//! What holds for every input. Seeds that failed are kept beside each file, in `*.regressions`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

mod choice;
mod generate;
#[path = "../oracle/mod.rs"]
mod oracle;
mod ordinary;
mod runs;
mod updates;

use proptest::test_runner::{Config, FileFailurePersistence};

fn config() -> Config {
    Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}
