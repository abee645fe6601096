use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::wrong::Step;

/// A place in a text: both count from 1, the column in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    pub(super) fn of_error(error: &serde_json::Error) -> Self {
        Self {
            line: error.line(),
            column: error.column(),
        }
    }

    /// Where the value at `path` ends in a text that is JSON. The text is read a second time, up to
    /// there: only who made a mistake pays for it.
    pub(super) fn of_path(json: &[u8], path: &[Step]) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let found = Target(path).deserialize(&mut deserializer);
        found.err().as_ref().map(Self::of_error)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Reads on to the value at this path, and fails there.
struct Target<'p>(&'p [Step]);

impl<'de> DeserializeSeed<'de> for Target<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0.is_empty() {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Err(D::Error::custom("here"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Target<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value on the way")
    }

    // A text or a number on the way: it is the place then.

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (mut at, rest) = match self.0 {
            [Step::Item(at), rest @ ..] => (*at, rest),
            _ => return Ok(()),
        };
        while at > 0 && items.next_element::<IgnoredAny>()?.is_some() {
            at -= 1;
        }
        items.next_element_seed(Target(rest)).map(drop)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let (name, rest) = match self.0 {
            [Step::Field(name), rest @ ..] => (name, rest),
            _ => return Ok(()),
        };
        while let Some(next) = fields.next_key::<alloc::string::String>()? {
            if next == *name {
                return fields.next_value_seed(Target(rest));
            }
            fields.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
