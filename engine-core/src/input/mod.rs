//! The edge where JSON comes in: everything is checked here, so that inside nothing can be wrong.

mod position;
mod reader;
mod tree;
mod wrong;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed};

use crate::limits::MAX_PAYLOAD_BYTES;
use crate::text::printable;
use crate::{Facts, Request, RosterConfig};
use reader::Reader;
use tree::{Branch, Tree};
use wrong::{Wrong, written};

pub use position::Position;

/// An input that is refused: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// What kind of mistake it is.
    pub code: InputErrorCode,
    /// The field, `teams[0].schedule.timezone` for instance; `$` for the whole document.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// Where that is in the text, if it is one place.
    pub position: Option<Position>,
}

/// The kinds of mistakes in an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputErrorCode {
    /// Not JSON.
    Syntax,
    /// More bytes, items or characters than are allowed.
    TooLarge,
    /// A field that does not exist.
    UnknownField,
    /// A field that must be there is not.
    MissingField,
    /// A field or an id that is there twice.
    Duplicate,
    /// A number where a text belongs, say.
    WrongType,
    /// The right type, but no value that makes sense there.
    InvalidValue,
    /// A time zone that is missing, or not in the bundled database.
    UnknownTimeZone,
    /// An id that names nothing in the document.
    UnknownReference,
}

impl InputErrorCode {
    /// Every code.
    pub const ALL: [Self; 9] = [
        Self::Syntax,
        Self::TooLarge,
        Self::UnknownField,
        Self::MissingField,
        Self::Duplicate,
        Self::WrongType,
        Self::InvalidValue,
        Self::UnknownTimeZone,
        Self::UnknownReference,
    ];

    /// The stable text of the code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::TooLarge => "too_large",
            Self::UnknownField => "unknown_field",
            Self::MissingField => "missing_field",
            Self::Duplicate => "duplicate",
            Self::WrongType => "wrong_type",
            Self::InvalidValue => "invalid_value",
            Self::UnknownTimeZone => "unknown_time_zone",
            Self::UnknownReference => "unknown_reference",
        }
    }

    /// What to do about a mistake of this kind.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Syntax => "the text must be one complete JSON value",
            Self::TooLarge => "see the limits in the documentation, and send less at a time",
            Self::UnknownField => "check the spelling; field names are in camelCase",
            Self::MissingField => "add the field",
            Self::Duplicate => "keep one of them",
            Self::WrongType => "give a value of the type the message names",
            Self::InvalidValue => "give one of the values the message allows",
            Self::UnknownTimeZone => "use an IANA name such as `Europe/Vienna`",
            Self::UnknownReference => "add what the id names, or remove the id",
        }
    }
}

impl InputError {
    pub(crate) fn new(
        code: InputErrorCode,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            path: path.into(),
            message: message.into(),
            position: None,
        }
    }

    /// The message, and where in the text that is.
    #[must_use]
    pub fn located_message(&self) -> String {
        match &self.position {
            Some(position) => alloc::format!("{} at {position}", self.message),
            None => self.message.clone(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        self.code.hint()
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message can repeat what was in the input: no control character gets out raw.
        write!(f, "{}: {}", printable(&self.path), printable(&self.message))?;
        match &self.position {
            Some(position) => write!(f, " at {position}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for InputError {}

impl Request {
    /// Reads a request from JSON.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, InputError> {
        from_json(json)
    }
}

impl Facts {
    /// Reads facts from JSON.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, InputError> {
        let facts: Self = from_json(json)?;
        facts.validate()?;
        Ok(facts)
    }
}

impl RosterConfig {
    /// Reads a roster's configuration from JSON.
    ///
    /// # Errors
    /// [`InputError`] with the path of the first field that is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, InputError> {
        let config: Self = from_json(json)?;
        config.validate()?;
        Ok(config)
    }
}

/// Reads any of the engine's types, or one that is made of them, from JSON of at most
/// [`MAX_PAYLOAD_BYTES`]. Checks that need more than one field are left to the type.
///
/// # Errors
/// [`InputError`] with the path of the first field that is wrong.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, InputError> {
    let tree = parse(json)?;
    T::deserialize(Reader(&tree)).map_err(|wrong| refused(wrong, json))
}

#[cold]
fn refused(wrong: Wrong, json: &[u8]) -> InputError {
    let (message, steps) = wrong.into_parts();
    // serde names the kind of a mistake by how its message begins, and only there.
    let kind = KINDS
        .iter()
        .find(|(beginning, _)| message.starts_with(beginning));
    InputError {
        code: kind.map_or(InputErrorCode::InvalidValue, |(_, code)| *code),
        path: written(&steps),
        message,
        position: Position::of_path(json, &steps),
    }
}

/// Reads the text, which may be any JSON.
fn parse(json: &[u8]) -> Result<Tree, InputError> {
    if json.len() > MAX_PAYLOAD_BYTES {
        let message = alloc::format!(
            "the document has {} bytes, at most {MAX_PAYLOAD_BYTES} are allowed",
            json.len()
        );
        return Err(InputError::new(InputErrorCode::TooLarge, "$", message));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let mut path = Vec::new();
    let root = Branch {
        path: &mut path,
        at: None,
    };
    let read = root.deserialize(&mut deserializer);
    let read = read.and_then(|tree| deserializer.end().map(|()| tree));
    read.map_err(|error| {
        path.reverse();
        // What it says without the position, which stands beside it.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        InputError {
            position: Some(Position::of_error(&error)),
            ..InputError::new(InputErrorCode::Syntax, written(&path), message)
        }
    })
}

const KINDS: [(&str, InputErrorCode); 9] = [
    ("unknown field", InputErrorCode::UnknownField),
    ("missing field", InputErrorCode::MissingField),
    ("duplicate field", InputErrorCode::Duplicate),
    ("duplicate id", InputErrorCode::Duplicate),
    ("invalid type", InputErrorCode::WrongType),
    ("the list is too long", InputErrorCode::TooLarge),
    ("the text is too long", InputErrorCode::TooLarge),
    ("the id has", InputErrorCode::TooLarge),
    ("unknown variant", InputErrorCode::InvalidValue),
];
