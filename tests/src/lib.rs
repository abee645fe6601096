//! The behaviour of the engine as data, run against every implementation of it.
//!
//! A [`Case`] is read from `tests/cases` ([`load`]), a [`Subject`] runs it, and [`check`] compares
//! what came of it with what the case expects, field by field. `tests/README.md` describes the
//! format, which has nothing of Rust in it: the npm package runs the same files.

mod case;
mod check;
mod core_subject;
mod load;
mod native_subject;
mod redis_server;

pub use case::{Case, Change, Decided, End, Expected, Meanwhile, Overruled, Refusal, Script};
pub use check::{Asked, Observed, Report, Run, Subject, Unmet, check};
pub use core_subject::{CoreSubject, engine};
pub use load::{CaseError, cases_directory, documents, load, merge};
pub use native_subject::NativeSubject;
pub use redis_server::RedisServer;
