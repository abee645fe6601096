//! Holds docs/RELIABILITY.md to the code: its codes exist, and so does the test of each line.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

use std::fs;
use std::path::Path;

use assignment_engine::ProviderErrorKind;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table under a heading, each by its cells.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = read("../docs/RELIABILITY.md");
    let section = page
        .split("\n## ")
        .find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no heading {heading}"));
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    rows.map(cells).collect()
}

fn ticked(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_code_has_its_line() {
    let rows = rows("Codes\n");
    let listed: Vec<&str> = rows.iter().map(|cells| ticked(&cells[0])[0]).collect();
    let known: Vec<&str> = ProviderErrorKind::ALL
        .iter()
        .map(|kind| kind.code())
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn every_line_names_a_test_that_exists() {
    let (start, faults) = (rows("At the start\n"), rows("Rust, fault by fault\n"));
    assert!(start.len() >= 10 && faults.len() >= 30);
    for row in start.iter().chain(&faults) {
        let (file, name) = ticked(row.last().unwrap())[0].split_once("::").unwrap();
        let source = read(&format!("tests/{file}"));
        assert!(
            tests_of(&source).contains(&name),
            "no test `{name}` in {file}"
        );
    }
}

/// The names of the functions after the attribute that makes them tests.
fn tests_of(source: &str) -> Vec<&str> {
    let lines: Vec<&str> = source.lines().collect();
    let names = lines.windows(2).filter_map(|pair| {
        let is_test = pair[0] == "#[test]" || pair[0].starts_with("#[tokio::test");
        let head = pair[1].trim_start_matches("async ").strip_prefix("fn ")?;
        head.split('(').next().filter(|_| is_test)
    });
    names.collect()
}

#[test]
fn every_code_of_a_fault_is_known() {
    for row in rows("Rust, fault by fault\n") {
        for code in ticked(&row[1]) {
            assert!(
                ProviderErrorKind::ALL
                    .iter()
                    .any(|kind| kind.code() == code),
                "{code}"
            );
        }
    }
}
