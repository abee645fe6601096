//! What went wrong, as a code and a sentence of our own: what a server or a driver says can hold
//! data, so of its words only those about names of tables and columns are passed on.

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::observe;
use crate::store::StoreError;

pub(super) fn error(code: &str, message: impl Into<String>) -> StoreError {
    StoreError {
        code: code.into(),
        message: message.into(),
    }
}

/// No answer within the deadline.
pub(super) fn timeout(what: &str) -> StoreError {
    error("timeout", format!("postgresql did not {what} in time"))
}

pub(super) fn of_pool(failure: &PoolError) -> StoreError {
    match failure {
        PoolError::Timeout(TimeoutType::Wait) => error(
            "overloaded",
            "no connection to postgresql became free in time",
        ),
        PoolError::Timeout(_) => timeout("let us in"),
        PoolError::Backend(failure) => of_driver(failure),
        PoolError::Closed => error("unreachable", "the connections to postgresql are closed"),
        _ => error("other", "no connection to postgresql could be had"),
    }
}

pub(super) fn of_driver(failure: &Error) -> StoreError {
    let Some(told) = failure.as_db_error() else {
        return of_line(failure);
    };
    let state = told.code();
    let code = of_state(state);
    let state = observe::printable(state.code());
    let message = match code {
        "timeout" => "postgresql gave up: a lock or a statement took too long".to_owned(),
        "deadlock" => "postgresql ended a deadlock at our expense".to_owned(),
        "serialization" => "postgresql could not order us among others".to_owned(),
        "authentication" => "postgresql refuses the user, the password or the database".to_owned(),
        "not_permitted" => "a right is missing to a table of postgresql".to_owned(),
        "read_only" => "this postgresql is a replica, or in recovery".to_owned(),
        "unavailable" => "postgresql cannot serve now".to_owned(),
        "constraint" => "a constraint of the tables forbids it".to_owned(),
        "invalid_value" => "a value does not fit its column".to_owned(),
        // Names of tables and columns, no data.
        "schema" => format!(
            "the tables are not as expected: {}",
            observe::printable(told.message())
        ),
        _ => "postgresql refuses".to_owned(),
    };
    error(code, format!("{message} (sqlstate {state})"))
}

/// An error of the line between us and the server, or of the driver's own.
fn of_line(failure: &Error) -> StoreError {
    // The only way to tell the driver's kinds apart is their text, which is constant.
    let kind = failure.to_string();
    if kind.contains("TLS") {
        return error(
            "tls",
            "postgresql and we do not agree on TLS, or on its certificate",
        );
    }
    if kind.contains("authentication") {
        return error("authentication", "postgresql and we found no way to log in");
    }
    if kind.contains("configuration") || kind.contains("connection string") {
        return error("configuration", "the postgresql URL makes no sense");
    }
    if kind.contains("deserializ") || kind.contains("serializ") || kind.contains("column") {
        return error(
            "schema",
            "a column of postgresql has another type than expected",
        );
    }
    if kind.contains("timeout") {
        return timeout("let us in");
    }
    error(
        "unreachable",
        "the line to postgresql could not be made, or broke",
    )
}

fn of_state(state: &SqlState) -> &'static str {
    match *state {
        SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE => return "timeout",
        SqlState::T_R_DEADLOCK_DETECTED => return "deadlock",
        SqlState::T_R_SERIALIZATION_FAILURE => return "serialization",
        SqlState::INSUFFICIENT_PRIVILEGE => return "not_permitted",
        SqlState::READ_ONLY_SQL_TRANSACTION => return "read_only",
        SqlState::INVALID_CATALOG_NAME => return "authentication",
        _ => {}
    }
    match state.code().get(..2) {
        Some("28") => "authentication",
        Some("42") => "schema",
        Some("22") => "invalid_value",
        Some("23") => "constraint",
        Some("53" | "57" | "58" | "08") => "unavailable",
        _ => "other",
    }
}

/// Was the transaction rolled back for the sake of others, so that it can be tried again?
pub(super) fn may_try_again(error: &StoreError) -> bool {
    matches!(error.code.as_str(), "deadlock" | "serialization")
}
