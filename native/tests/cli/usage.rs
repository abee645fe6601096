//! The command line itself: help, wrong usage, exit codes, a reader who has seen enough.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;

use super::{Ran, clean, command, expect, run, run_with, with};

#[test]
fn help_is_no_error() {
    let Ran { code, out, err } = run(&["--help"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for command in ["demo", "decide", "explain", "check", "replay", "schema"] {
        assert!(out.contains(&format!("\n  {command} ")), "{out}");
        let Ran { code, out, err } = run(&[command, "--help"]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(
            out.contains(&format!("Usage: assignment-engine {command}")),
            "{out}"
        );
    }
    let Ran { code, out, .. } = run(&["--version"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        concat!("assignment-engine ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_usage_ends_with_2_and_prints_nothing_to_read_on() {
    for args in [
        &[][..],
        &["dance"],
        &["demo", "--fast"],
        &["demo", "file"],
        &["decide"],
        &["decide", "a", "b"],
        &["explain", "examples/support-team.json"],
        &["check", "--json"],
        &["replay"],
        &["schema", "file"],
    ] {
        let Ran { code, out, err } = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("Usage:"), "{args:?}: {err}");
    }
}

#[test]
fn the_demonstration_tells_its_story() {
    let Ran { code, out, err } = run(&["demo"]);
    assert_eq!((code, err.as_str()), (0, ""));
    expect("demo.txt", &out);
    assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
    assert!(
        !out.contains('\u{1b}'),
        "no colours where there is no terminal"
    );
    assert_eq!(run(&["demo"]).out, out, "the same each time");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let session = |n: u32| json!({ "id": format!("s{n}"), "assignedTeamId": "support" });
    let many = with(clean(), "/sessions", (0..5_000).map(session).collect());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("many-sessions.json");
    std::fs::write(&path, many.to_string()).unwrap();
    let mut child = command(&["decide", "--trace", path.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with(r#"{"sessionId":"s0""#), "{line}");
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command(&["demo"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.starts_with("error: standard output: "), "{err}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn nothing_from_a_file_steers_the_terminal() {
    let evil = "\u{1b}[31m\u{9b}2J\r\u{202e}x\u{7f}\n";
    let spoilt = [
        with(clean(), "/roster/teams/0/name", json!(evil)),
        with(clean(), "/roster/agents/0/name", json!(evil)),
        with(clean(), "/roster/teams/0/routingStrategy", json!(evil)),
        with(clean(), "/roster/teams/0/schedule/timezone", json!(evil)),
        with(clean(), "/roster/teams/0/members/0", json!(evil)),
        with(
            clean(),
            "/roster/tenant/settings/waterfall/noAgentMessage",
            json!(evil),
        ),
        with(clean(), "/sessions/0/id", json!(evil)),
        with(clean(), "/sessions/0/assignedTeamId", json!(evil)),
        with(clean(), "/sessions/0/channel", json!({ (evil): 1 })),
        with(clean(), "/sessions/0/source", json!(evil)),
        with(clean(), &format!("/{evil}"), json!(1)),
        with(clean(), &format!("/rotation/{evil}"), json!(1)),
    ];
    for scenario in spoilt {
        let scenario = scenario.to_string();
        for args in [
            &["decide", "--trace", "-"][..],
            &["explain", "-", "s1"],
            &["explain", "-", evil],
            &["check", "-"],
            &["check", "--json", "-"],
        ] {
            let Ran { code, out, err } = run_with(args, scenario.as_bytes());
            assert!((0..=1).contains(&code), "{args:?}: {err}");
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(
                !out.contains(steers) && !err.contains(steers),
                "{args:?}\n{out}\n{err}"
            );
        }
    }
}
