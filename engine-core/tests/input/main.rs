//! The edge where JSON comes in: every kind of mistake is refused with its code and the path of the
//! field, every limit holds on both sides, and nothing panics.
#![expect(clippy::unwrap_used, reason = "a test may stop where it goes wrong")]

mod anything;
mod limits;
mod mistakes;

use assignment_engine_core::{Facts, InputError, InputErrorCode as Code, Request, RosterConfig};

pub(crate) const REQUEST: &str =
    r#"{"session":{"id":"s1","tenantId":"acme"},"now":"2026-11-23T09:00:00Z"}"#;

/// The request with this put before the last field of its session.
pub(crate) fn session(field: &str) -> String {
    REQUEST.replace(r#""tenantId""#, &format!(r#"{field},"tenantId""#))
}

/// The request with this put before its last field.
pub(crate) fn request(field: &str) -> String {
    REQUEST.replace(r#""now""#, &format!(r#"{field},"now""#))
}

pub(crate) fn monday(shifts: &str) -> String {
    format!(r#"{{"schedule":{{"schedule":{{"enabled":true,"days":{{"monday":{shifts}}}}}}}}}"#)
}

pub(crate) fn routing(config: &str) -> String {
    format!(r#"{{"strategy":{{"config":{config}}}}}"#)
}

pub(crate) fn roster(fields: &str) -> String {
    format!(r#"{{"tenantId":"acme",{fields}}}"#)
}

fn kind(error: InputError) -> (Code, String) {
    (error.code, error.path)
}

pub(crate) fn of_request(json: impl AsRef<[u8]>) -> Option<(Code, String)> {
    Request::from_json(json.as_ref()).err().map(kind)
}

pub(crate) fn of_facts(json: impl AsRef<[u8]>) -> Option<(Code, String)> {
    Facts::from_json(json.as_ref()).err().map(kind)
}

pub(crate) fn of_roster(json: impl AsRef<[u8]>) -> Option<(Code, String)> {
    RosterConfig::from_json(json.as_ref()).err().map(kind)
}

#[track_caller]
pub(crate) fn refused(got: Option<(Code, String)>, code: Code, path: &str) {
    assert_eq!(got, Some((code, path.to_owned())));
}
