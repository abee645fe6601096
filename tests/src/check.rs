use std::fmt;

use serde_json::{Map, Value};

use crate::case::{Case, Decided, End, Expected};
use crate::load::CaseError;

/// An implementation of the engine that cases are run against.
pub trait Subject {
    /// What it is called in reports.
    fn name(&self) -> &str;

    /// Runs a case: asks the implementation for a decision, and answers it by the script.
    ///
    /// # Errors
    /// [`CaseError`] where the case, or what the subject needs around it, is broken. Whatever
    /// the implementation does wrong belongs into [`Observed`].
    fn run(&mut self, case: &Case) -> Result<Run, CaseError>;
}

/// What became of a case.
#[derive(Debug, Clone)]
pub enum Run {
    /// It ran.
    Observed(Observed),
    /// This subject has nothing that could do what the case asks for, for this reason.
    NotApplicable(&'static str),
}

/// What a subject did.
#[derive(Debug, Clone)]
pub struct Observed {
    /// What was asked, in order.
    pub asked: Vec<Asked>,
    /// How it ended.
    pub end: End,
}

/// A question, as far as the subject can see it.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Whole.
    Whole(Value),
    /// Its kind only.
    Kind(&'static str),
}

/// What came of all cases.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Who was asked.
    pub subject: String,
    /// How many did as expected.
    pub met: usize,
    /// Cases that are not for this subject, and why.
    pub not_applicable: Vec<(String, &'static str)>,
    /// Cases that did not do as expected.
    pub unmet: Vec<Unmet>,
}

/// A case that did not do as expected.
#[derive(Debug, Clone)]
pub struct Unmet {
    /// The case.
    pub case: String,
    /// Each difference on a line.
    pub differences: Vec<String>,
    /// What came of it, to look at.
    pub got: String,
}

/// Runs every case and compares what came of it with what it expects.
pub fn check(subject: &mut dyn Subject, cases: &[Case]) -> Report {
    let mut report = Report {
        subject: subject.name().to_owned(),
        ..Report::default()
    };
    for case in cases {
        let (differences, got) = match subject.run(case) {
            Ok(Run::NotApplicable(why)) => {
                report.not_applicable.push((case.name.clone(), why));
                continue;
            }
            Ok(Run::Observed(observed)) => (compare(case, &observed), show(&observed.end)),
            Err(error) => (vec![error.to_string()], "nothing".to_owned()),
        };
        if differences.is_empty() {
            report.met += 1;
        } else {
            report.unmet.push(Unmet {
                case: case.name.clone(),
                differences,
                got,
            });
        }
    }
    report
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unmet in &self.unmet {
            writeln!(f, "\n{}", unmet.case)?;
            for difference in &unmet.differences {
                writeln!(f, "    {difference}")?;
            }
            writeln!(f, "    got {}", unmet.got)?;
        }
        write!(
            f,
            "{}: {} as expected, {} not, {} not applicable",
            self.subject,
            self.met,
            self.unmet.len(),
            self.not_applicable.len()
        )
    }
}

/// The differences between what a case expects and what was observed, one on a line.
fn compare(case: &Case, observed: &Observed) -> Vec<String> {
    let mut differences = Vec::new();
    for (at, script) in case.answers.iter().enumerate() {
        let path = format!("answers[{at}].need");
        match observed.asked.get(at) {
            Some(Asked::Whole(need)) => diff(&path, &script.need, need, &mut differences),
            Some(Asked::Kind(kind)) => {
                let expected = script.need.get("kind").unwrap_or(&Value::Null);
                let kind = Value::from(*kind);
                diff(&format!("{path}.kind"), expected, &kind, &mut differences);
            }
            None => differences.push(format!("{path}: expected {}, was not asked", script.need)),
        }
    }
    for asked in observed.asked.iter().skip(case.answers.len()) {
        differences.push(match asked {
            Asked::Whole(need) => format!("asked without an answer in the case: {need}"),
            Asked::Kind(kind) => format!("asked without an answer in the case: {kind}"),
        });
    }
    match (&case.expect, &observed.end) {
        (Expected::Decision(expected), End::Decision { json, explain }) => {
            compare_decisions(expected, json, explain, &mut differences);
            if json.get("trace").is_some() != case.traced {
                differences.push(format!(
                    "trace: expected one only if traced ({})",
                    case.traced
                ));
            }
        }
        (Expected::Refused(expected), End::Refused(refusal)) => {
            if expected != refusal {
                differences.push(format!("expected {expected:?}"));
            }
        }
        (Expected::Decision(_), _) => differences.push("expected a decision".to_owned()),
        (Expected::Refused(expected), _) => differences.push(format!("expected {expected:?}")),
    }
    differences
}

fn compare_decisions(
    expected: &Decided,
    got: &Value,
    explain: &[String],
    differences: &mut Vec<String>,
) {
    let mut whole = Map::from_iter([
        ("outcome".to_owned(), expected.outcome.clone()),
        ("rule".to_owned(), expected.rule.as_str().into()),
        ("reason".to_owned(), expected.reason.as_str().into()),
        ("effects".to_owned(), expected.effects.clone().into()),
        ("warnings".to_owned(), expected.warnings.clone().into()),
    ]);
    if let Some(at) = &expected.next_check_at {
        whole.insert("nextCheckAt".to_owned(), at.as_str().into());
    }
    if let Some(token) = expected.token {
        whole.insert("token".to_owned(), token.into());
    }
    if let Some(limit) = expected.limit {
        whole.insert("limit".to_owned(), limit.into());
    }
    let mut got = got.clone();
    let trace = got.as_object_mut().and_then(|got| got.remove("trace"));
    diff("", &Value::Object(whole), &got, differences);

    let part = |name: &str| trace.as_ref().and_then(|trace| trace.get(name));
    for (path, expected, got) in [
        ("trace", &expected.trace, trace.as_ref()),
        ("rules", &expected.rules, part("rules")),
        ("candidates", &expected.candidates, part("candidates")),
    ] {
        if let Some(expected) = expected {
            diff(path, expected, got.unwrap_or(&Value::Null), differences);
        }
    }
    if let Some(expected) = &expected.explain {
        let lines = |lines: &[String]| Value::from(lines.to_vec());
        diff("explain", &lines(expected), &lines(explain), differences);
    }
}

/// Adds each difference between two values to `differences`, with its path.
fn diff(path: &str, expected: &Value, got: &Value, differences: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(a), Value::Object(b)) => {
            let of = |key: &str| {
                if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                }
            };
            for (key, expected) in a {
                match b.get(key) {
                    Some(got) => diff(&of(key), expected, got, differences),
                    None => {
                        differences.push(format!("{}: expected {expected}, is absent", of(key)))
                    }
                }
            }
            for (key, got) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                differences.push(format!("{}: got {got}, expected nothing", of(key)));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for (at, (expected, got)) in a.iter().zip(b).enumerate() {
                diff(&format!("{path}[{at}]"), expected, got, differences);
            }
            for (at, missing) in a.iter().enumerate().skip(b.len()) {
                differences.push(format!("{path}[{at}]: expected {missing}, is absent"));
            }
            for (at, more) in b.iter().enumerate().skip(a.len()) {
                differences.push(format!("{path}[{at}]: got {more}, expected nothing"));
            }
        }
        _ if expected == got => {}
        _ => differences.push(format!("{path}: expected {expected}, got {got}")),
    }
}

fn show(end: &End) -> String {
    match end {
        End::Decision { json, explain } => {
            format!("{json}\n    in words {}", Value::from(explain.clone()))
        }
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_difference_is_named_with_its_path() {
        let mut found = Vec::new();
        let expected = json!({"a": {"b": 1, "c": [1, 2, 3]}, "d": "x", "same": [null]});
        let got = json!({"a": {"b": 2, "c": [1, 5]}, "e": true, "same": [null]});
        diff("", &expected, &got, &mut found);
        assert_eq!(
            found,
            [
                "a.b: expected 1, got 2",
                "a.c[1]: expected 2, got 5",
                "a.c[2]: expected 3, is absent",
                "d: expected \"x\", is absent",
                "e: got true, expected nothing",
            ]
        );
    }

    #[test]
    fn a_question_too_many_and_one_too_few_are_differences() {
        let case: Case = serde_json::from_value(json!({
            "name": "n", "request": {},
            "answers": [{"need": {"kind": "agents"}, "answer": {"agents": []}}],
            "expect": {"outcome": {"kind": "stop"}, "rule": "r", "reason": "x"}
        }))
        .unwrap();
        let end = End::Decision {
            json: json!({"outcome": {"kind": "stop"}, "rule": "r", "reason": "x", "effects": [],
                "warnings": [], "trace": {}}),
            explain: Vec::new(),
        };
        let differences = |asked: &[&'static str]| {
            let asked = asked.iter().map(|kind| Asked::Kind(kind)).collect();
            compare(
                &case,
                &Observed {
                    asked,
                    end: end.clone(),
                },
            )
        };
        assert_eq!(differences(&["agents"]), [""; 0]);
        assert_eq!(differences(&[]).len(), 1);
        assert_eq!(differences(&["schedule"]).len(), 1);
        assert_eq!(differences(&["agents", "agents"]).len(), 1);
    }
}
