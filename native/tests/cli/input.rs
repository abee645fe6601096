//! Files that are none, or hold something else than a scenario.

use std::fs;
use std::path::PathBuf;

use super::{Ran, clean, run, run_with};

/// Every command that reads a scenario, on this one.
fn all(file: &str, stdin: &[u8]) -> [Ran; 3] {
    [
        run_with(&["decide", file], stdin),
        run_with(&["explain", file, "s1"], stdin),
        run_with(&["check", file], stdin),
    ]
}

fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let hint = "hint: name a scenario file, or `-` for standard input\n";
    for (name, reason) in [
        (
            "examples/nothing.json",
            "No such file or directory (os error 2)",
        ),
        ("examples", "Is a directory (os error 21)"),
        (
            "examples/support-team.json/x",
            "Not a directory (os error 20)",
        ),
    ] {
        for Ran { code, out, err } in all(name, b"") {
            assert_eq!((code, out.as_str()), (1, ""));
            assert_eq!(err, format!("error: {name}: {reason}\n{hint}"));
        }
    }
}

#[test]
fn a_document_that_is_no_scenario_is_refused_as_a_whole() {
    let syntax = "the text must be one complete JSON value";
    let large = vec![b' '; 5 * 1_024 * 1_024];
    let mut text_and_more = clean().to_string().into_bytes();
    text_and_more.extend(b" x");
    let cases: [(&str, &[u8], &str, &str); 5] = [
        ("empty.json", b"", "the document is empty", syntax),
        ("blank.json", b" \n\t ", "the document is empty", syntax),
        (
            "latin-1.json",
            b"{\"now\": \"\xe4\"}",
            "the document is not UTF-8 from byte 9 on",
            syntax,
        ),
        (
            "large.json",
            &large,
            "the document has more than 4194304 bytes",
            "see the limits in the documentation, and send less at a time",
        ),
        (
            "more.json",
            &text_and_more,
            &format!(
                "trailing characters at line 1 column {}",
                text_and_more.len()
            ),
            syntax,
        ),
    ];
    for (name, content, message, hint) in cases {
        let path = file(name, content);
        let from_file = all(path.to_str().unwrap(), b"");
        let from_stdin = all("-", content);
        for [decide, explain, check] in [from_file, from_stdin] {
            for Ran { code, out, err } in [decide, explain] {
                assert_eq!((code, out.as_str()), (1, ""), "{name}");
                assert_eq!(
                    err,
                    format!("error: $: {message}\nhint: {hint}\n"),
                    "{name}"
                );
            }
            // To `check` it is a finding like others.
            assert_eq!((check.code, check.err.as_str()), (1, ""), "{name}");
            assert_eq!(
                check.out,
                format!("error $: {message} ({hint})\n"),
                "{name}"
            );
        }
    }
}

#[test]
fn a_document_that_ends_early_says_where() {
    let text = clean().to_string();
    let cut = text.get(..text.len() / 2).unwrap();
    let Ran { code, err, .. } = run_with(&["decide", "-"], cut.as_bytes());
    assert_eq!(code, 1);
    assert!(
        err.contains("EOF while parsing") && err.contains("column"),
        "{err}"
    );
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let scenario = clean().to_string();
    let marked = format!("\u{feff}{scenario}");
    let plain = run_with(&["decide", "-"], scenario.as_bytes());
    let Ran { code, out, err } = run_with(&["decide", "-"], marked.as_bytes());
    assert_eq!((code, out, err), (0, plain.out, plain.err));
    let Ran { code, out, .. } = run_with(&["check", "-"], marked.as_bytes());
    assert_eq!((code, out.as_str()), (0, "no findings\n"));
}

#[test]
fn a_file_and_standard_input_are_read_alike() {
    let path = "examples/support-team.json";
    let content = fs::read(super::root().join(path)).unwrap();
    for args in [&["decide"][..], &["check"]] {
        let from_file = run(&[args, &[path]].concat());
        let from_stdin = run_with(&[args, &["-"]].concat(), &content);
        assert_eq!(from_file.code, 0);
        assert_eq!(from_file.out, from_stdin.out);
    }
}
