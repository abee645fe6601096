//! Holds rules, cases, codes and documentation together: what exists in one place exists in all.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assignment_engine_core::{InputErrorCode, Reason, Rotation, RuleId, Strategy};
use conformance::{cases_directory, documents};
use serde_json::Value;

/// Folders of cases that are about more than one rule.
const WHOLE: [&str; 1] = ["engine"];
/// Rules' files that are no rules of the pipeline: what two rules end in, and the host's.
const OTHERS: [&str; 2] = ["no_agent_fallback", "host"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn names_in(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| stem(entry.unwrap().path())).collect()
}

/// `contactAlreadyAssigned` as a file is named.
fn file_name(id: &str) -> String {
    id.chars()
        .flat_map(|char| {
            let low = char.to_ascii_lowercase();
            char.is_ascii_uppercase()
                .then_some('_')
                .into_iter()
                .chain([low])
        })
        .collect()
}

fn set<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    texts.into_iter().map(str::to_owned).collect()
}

/// Every text that stands under one of `keys`, anywhere in the value.
fn under(value: &Value, keys: &[&str], found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let (true, Some(text)) = (keys.contains(&key.as_str()), value.as_str()) {
                    found.insert(text.to_owned());
                }
                under(value, keys, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| under(item, keys, found)),
        _ => {}
    }
}

fn in_cases(keys: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, document) in documents().unwrap() {
        under(&document, keys, &mut found);
    }
    found
}

/// What the cases expect, each text under one of `keys`.
fn expected(keys: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, document) in documents().unwrap() {
        for case in document["cases"].as_array().unwrap() {
            under(&case["expect"], keys, &mut found);
        }
    }
    found
}

/// The words in backticks of a text.
fn ticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_rule_has_its_file_and_its_cases() {
    let mut rules: BTreeSet<String> = RuleId::ALL.iter().map(|id| file_name(id.name())).collect();
    rules.extend(set(OTHERS));
    let mut files = names_in(&root().join("engine-core/src/rules"));
    assert!(files.remove("mod"));
    assert_eq!(files, rules, "files of engine-core/src/rules");
    let mut folders = rules;
    folders.extend(set(WHOLE));
    assert_eq!(
        names_in(&cases_directory()),
        folders,
        "folders of tests/cases"
    );
}

#[test]
fn every_rule_names_the_reasons_that_its_cases_expect() {
    for (file, document) in documents().unwrap() {
        let folder = file.split('/').next().unwrap();
        if WHOLE.contains(&folder) || folder == "host" {
            continue;
        }
        let source = read(&format!("engine-core/src/rules/{folder}.rs"));
        let rule = RuleId::ALL.iter().find(|id| file_name(id.name()) == folder);
        let name = rule.map_or("noAgentFallback", |id| id.name());
        for case in document["cases"].as_array().unwrap() {
            let Some(rules) = case["expect"].get("rules").and_then(Value::as_array) else {
                continue;
            };
            for answer in rules.iter().filter(|answer| answer["rule"] == name) {
                let reason = answer["reason"].as_str().unwrap();
                let general = ["fact_unavailable", "index_unavailable", "message_failed"];
                assert!(
                    general.contains(&reason) || source.contains(&format!("`{reason}`")),
                    "{folder}.rs does not name `{reason}` among its answers"
                );
            }
        }
    }
}

#[test]
fn every_reason_occurs_in_a_case() {
    let known = set(Reason::ALL.iter().map(|reason| reason.code()));
    assert_eq!(expected(&["reason"]), known);
}

#[test]
fn every_reason_is_explained_to_people() {
    let page = read("docs/REASONS.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let listed: Vec<&str> = rows.map(|row| ticked(row).next().unwrap()).collect();
    let known: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(listed, known, "the rows of docs/REASONS.md, in order");
}

#[test]
fn every_refusal_of_an_answer_occurs_in_a_case_or_a_test() {
    let source = read("engine-core/src/step.rs");
    let codes = source.split("pub const fn code(").nth(1).unwrap();
    let codes = codes.split("\n    }").next().unwrap();
    let codes = set(codes.split('"').skip(1).step_by(2));
    assert!(codes.contains("wrong_answer"), "{codes:?}");
    let mut tested = expected(&["code"]);
    if read("tests/tests/limits.rs").contains("\"too_many_agents\"") {
        tested.insert("too_many_agents".to_owned());
    }
    assert_eq!(codes.difference(&tested).count(), 0, "{codes:?} {tested:?}");
}

#[test]
fn every_kind_of_mistake_in_an_input_occurs_in_a_test() {
    let tests =
        read("engine-core/tests/input/mistakes.rs") + &read("engine-core/tests/input/limits.rs");
    for code in InputErrorCode::ALL {
        assert!(tests.contains(&format!("Code::{code:?}")), "{code:?}");
    }
}

#[test]
fn every_warning_occurs_in_a_case() {
    // The documentation of the field is the list.
    let source = read("engine-core/src/decision.rs");
    let list = source.split("A stable code:").nth(1).unwrap();
    let codes = set(ticked(list.split("pub code").next().unwrap()));
    assert!(codes.contains("unknown_strategy"), "{codes:?}");
    let mut warned = BTreeSet::new();
    for (_, document) in documents().unwrap() {
        for case in document["cases"].as_array().unwrap() {
            under(&case["expect"]["warnings"], &["code"], &mut warned);
        }
    }
    assert_eq!(warned, codes);
}

#[test]
fn every_name_that_configurations_can_hold_occurs_in_a_case() {
    let strategies = in_cases(&["teamStrategy", "tenantStrategy"]);
    for (name, _) in Strategy::NAMES {
        assert!(strategies.contains(name), "{name}");
    }
    assert_eq!(in_cases(&["sortBy"]), set(["name", "created_at", "random"]));
    let rotations = Rotation::ALL.map(Rotation::name);
    assert_eq!(in_cases(&["rotation"]), set(rotations));
    let windows = ["shift", "day", "week", "month", "all_time"];
    assert_eq!(in_cases(&["timeWindow"]), set(windows));
    assert_eq!(in_cases(&["noAgentAction"]), set(["reply", "queue"]));
    assert_eq!(in_cases(&["source"]), set(["handover", "queue"]));
}
