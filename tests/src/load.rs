use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Case;

/// A case, or a file of cases, that cannot be read or run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError(pub String);

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CaseError {}

impl CaseError {
    /// An error about `subject`.
    pub(crate) fn about(subject: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self(format!("{subject}: {error}"))
    }
}

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// What the cases are about, for the reader.
    #[serde(rename = "about")]
    _about: String,
    /// What they have in common: each case is merged over it.
    #[serde(default)]
    base: Value,
    cases: Vec<Value>,
}

/// One of several ways to tell an engine the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    way: String,
    facts: Option<Value>,
    roster: Option<Value>,
    answers: Option<Value>,
}

/// Where the cases are: one folder for each rule, and `engine` for what is more than a rule.
#[must_use]
pub fn cases_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// The files of cases below [`cases_directory`], in order of their names: folder and name without
/// ending, and content.
///
/// # Errors
/// [`CaseError`] for a file that cannot be read or is no JSON.
pub fn documents() -> Result<Vec<(String, Value)>, CaseError> {
    let mut documents = Vec::new();
    for folder in sorted(&cases_directory())? {
        for file in sorted(&folder)? {
            let name = [&folder, &file].map(|path| {
                let stem = path.file_stem().unwrap_or_default();
                stem.to_string_lossy().into_owned()
            });
            let name = name.join("/");
            if file.extension().is_none_or(|ending| ending != "json") {
                return Err(CaseError::about(file.display(), "is no .json file"));
            }
            let text = fs::read(&file).map_err(|error| CaseError::about(&name, error))?;
            let json =
                serde_json::from_slice(&text).map_err(|error| CaseError::about(&name, error))?;
            documents.push((name, json));
        }
    }
    Ok(documents)
}

/// Every case, each way of telling it a case of its own.
///
/// # Errors
/// [`CaseError`] for the first file or case that does not hold to the format, or a name that is
/// there twice.
pub fn load() -> Result<Vec<Case>, CaseError> {
    let mut cases: Vec<Case> = Vec::new();
    for (file, json) in documents()? {
        let document =
            Document::deserialize(json).map_err(|error| CaseError::about(&file, error))?;
        for case in document.cases {
            for case in expand(&document.base, case).map_err(|e| CaseError::about(&file, e))? {
                let name = format!("{file}: {}", case.name);
                if cases.iter().any(|other| other.name == name) {
                    return Err(CaseError::about(&name, "is there twice"));
                }
                cases.push(Case { name, ..case });
            }
        }
    }
    Ok(cases)
}

/// The case merged over its file's base, and each of its ways over that.
fn expand(base: &Value, case: Value) -> Result<Vec<Case>, CaseError> {
    let name = case
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or("a case without a name")
        .to_owned();
    let wrong = |error: serde_json::Error| CaseError::about(&name, error);
    let mut whole = base.clone();
    merge(&mut whole, &case);
    let ways = whole.as_object_mut().and_then(|whole| whole.remove("ways"));
    let Some(ways) = ways else {
        return Ok(vec![Case::deserialize(whole).map_err(wrong)?]);
    };
    let mut cases = Vec::new();
    for way in Vec::<Way>::deserialize(ways).map_err(wrong)? {
        let told = [
            ("facts", way.facts),
            ("roster", way.roster),
            ("answers", way.answers),
        ];
        let mut case = whole.clone();
        for (field, value) in told {
            if let Some(value) = value {
                merge(
                    &mut case,
                    &Value::Object(Map::from_iter([(field.into(), value)])),
                );
            }
        }
        let mut case = Case::deserialize(case).map_err(wrong)?;
        case.name = format!("{name} ({})", way.way);
        cases.push(case);
    }
    Ok(cases)
}

/// Merges `patch` over `target` as RFC 7396 says: objects field by field, `null` removes, and
/// anything else takes the old one's place.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

fn sorted(directory: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let wrong = |error: std::io::Error| CaseError::about(directory.display(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(wrong)? {
        paths.push(entry.map_err(wrong)?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merges_as_the_rfc_says() {
        let mut target = json!({"a": {"b": 1, "c": [1, 2]}, "d": 4});
        merge(
            &mut target,
            &json!({"a": {"b": null, "c": [3], "e": {"f": null}}, "d": {"g": 1}}),
        );
        assert_eq!(target, json!({"a": {"c": [3], "e": {}}, "d": {"g": 1}}));
    }

    #[test]
    fn a_case_is_refused_for_what_the_format_does_not_have() {
        let whole = json!({"name": "n", "request": {}, "expect":
            {"outcome": {"kind": "stop"}, "rule": "r", "reason": "x"}});
        assert_eq!(expand(&Value::Null, whole.clone()).unwrap().len(), 1);
        for (patch, complaint) in [
            (json!({"fact": {}}), "unknown field `fact`"),
            (
                json!({"expect": {"reasons": "x"}}),
                "unknown field `reasons`",
            ),
            (
                json!({"answers": [{"need": {}, "answer": {"index": 1}}]}),
                "unknown variant `index`",
            ),
            (
                json!({"ways": [{"way": "w", "expect": {}}]}),
                "unknown field `expect`",
            ),
            (
                json!({"pipeline": [{"hosts": "a"}]}),
                "a rule is the id of one of the engine's",
            ),
        ] {
            let mut case = whole.clone();
            merge(&mut case, &patch);
            let error = expand(&Value::Null, case).unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }
}
