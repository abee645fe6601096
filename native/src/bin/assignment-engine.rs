//! The command `assignment-engine`.

use std::process::ExitCode;

fn main() -> ExitCode {
    assignment_engine::cli::main()
}
