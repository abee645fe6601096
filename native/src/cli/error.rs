use std::io;

use assignment_engine_core::InputError;

use super::output::printable;
use super::replay::ReplayError;

/// Why a command printed no result, or not all of it.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// Something is wrong with what the command was given.
    Refused(Refusal),
    /// The result could not be printed.
    Output(io::Error),
}

/// What is wrong, where, and what to do about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// A file, or a field of one.
    pub(crate) path: String,
    /// What is wrong with it.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl CommandError {
    /// The lines for standard error, each ended with a line feed. Nothing in them can steer a
    /// terminal.
    pub(crate) fn report(&self) -> String {
        match self {
            Self::Refused(Refusal {
                path,
                message,
                hint,
            }) => {
                let (path, message) = (printable(path), printable(message));
                let hint = hint.as_deref().map(printable);
                let hint = hint.map_or_else(String::new, |hint| format!("hint: {hint}\n"));
                format!("error: {path}: {message}\n{hint}")
            }
            Self::Output(error) => format!("error: standard output: {error}\n"),
        }
    }
}

impl From<InputError> for CommandError {
    fn from(error: InputError) -> Self {
        let hint = Some(error.hint().to_owned());
        Self::Refused(Refusal {
            message: error.located_message(),
            path: error.path,
            hint,
        })
    }
}

impl From<ReplayError> for CommandError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Io(error) => Self::Output(error),
            ReplayError::Json(error) if error.is_io() => Self::Output(error.into()),
            error => Self::Refused(Refusal {
                path: "replay".into(),
                message: error.to_string(),
                hint: None,
            }),
        }
    }
}

/// Commands read their input with functions of their own, so what `?` meets is the output.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
