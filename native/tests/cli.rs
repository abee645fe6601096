//! The command `assignment-engine`, run as people run it.
#![cfg(all(feature = "cli", feature = "redis", unix))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test may fail the test"
)]

#[path = "cli/check.rs"]
mod check;
#[path = "cli/decide.rs"]
mod decide;
#[path = "cli/input.rs"]
mod input;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/usage.rs"]
mod usage;

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// How a run of the command ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the command at the root of the repository, with nothing on its standard input.
fn run(args: &[&str]) -> Ran {
    run_with(args, b"")
}

fn run_with(args: &[&str], stdin: &[u8]) -> Ran {
    let mut child = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // Beside the reading of the output, or both would wait for each other. A command that has
    // seen enough need not read to the end.
    let writer = std::thread::spawn(move || input.write_all(&stdin).ok());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assignment-engine"));
    command
        .arg0("assignment-engine")
        .args(args)
        .current_dir(root());
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares with a file in `cli/expected`; with `UPDATE_EXPECTED` set, writes it instead.
fn expect(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/expected")
        .join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if let Some(line) = (1..)
        .zip(differences(&expected, actual))
        .find_map(|(line, (a, b))| (a != b).then_some((line, a, b)))
    {
        let (line, expected, actual) = line;
        panic!(
            "{name}, line {line}:\n  expected {expected:?}\n  actual   {actual:?}\n\
             if that is as it should be: UPDATE_EXPECTED=1 cargo test -p assignment-engine \
             --all-features --test cli"
        );
    }
}

/// The lines side by side, up to the end of the longer text.
fn differences<'a>(
    expected: &'a str,
    actual: &'a str,
) -> impl Iterator<Item = (Option<&'a str>, Option<&'a str>)> {
    let mut expected = expected.split_inclusive('\n');
    let mut actual = actual.split_inclusive('\n');
    std::iter::from_fn(move || {
        let pair = (expected.next(), actual.next());
        (pair != (None, None)).then_some(pair)
    })
}

/// A scenario that nothing is wrong with, to be spoilt.
fn clean() -> Value {
    serde_json::from_str(include_str!("cli/clean.json")).unwrap()
}

/// The scenario with another value at the place, which is made if its parent is there; `-` as the
/// last step appends to a list.
fn with(mut scenario: Value, pointer: &str, value: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match scenario.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(last.to_owned(), value);
        }
        Some(Value::Array(items)) if last == "-" => items.push(value),
        Some(Value::Array(items)) => {
            let place: usize = last.parse().unwrap();
            *items.get_mut(place).unwrap() = value;
        }
        _ => panic!("there is no {parent}"),
    }
    scenario
}

/// The scenario without what is at the place.
fn without(mut scenario: Value, pointer: &str) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let fields = scenario.pointer_mut(parent).unwrap();
    fields.as_object_mut().unwrap().remove(last).unwrap();
    scenario
}
