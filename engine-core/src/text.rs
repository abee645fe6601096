//! Reading texts and lists whose size is limited before they are kept, and showing them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// An optional text of at most `MAX` bytes.
pub(crate) fn bounded_text<'de, D: Deserializer<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    match text {
        Some(text) if text.len() > MAX => Err(too_long(text.len(), MAX)),
        text => Ok(text),
    }
}

/// A text of at most `MAX` bytes.
pub(crate) fn bounded_string<'de, D: Deserializer<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > MAX {
        Err(too_long(text.len(), MAX))
    } else {
        Ok(text)
    }
}

/// A list of at most `MAX` items; reading stops at the first one too many.
pub(crate) fn bounded_list<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Bounded<T, const MAX: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Bounded<T, MAX> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                if list.len() == MAX {
                    return Err(A::Error::custom(format_args!(
                        "the list is too long: at most {MAX} items are allowed"
                    )));
                }
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(Bounded::<T, MAX>(PhantomData))
}

/// The same, or null.
pub(crate) fn bounded_option<'de, D, T, const MAX: usize>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T, const MAX: usize>(Vec<T>);

    impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            bounded_list::<_, _, MAX>(deserializer).map(Self)
        }
    }

    let list = Option::<List<T, MAX>>::deserialize(deserializer)?;
    Ok(list.map(|list| list.0))
}

fn too_long<E: Error>(bytes: usize, max: usize) -> E {
    E::custom(format_args!(
        "the text is too long: {bytes} bytes, at most {max} are allowed"
    ))
}

/// Text from outside, with whatever could forge a line or hide one escaped.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|char| {
            let escape = char.is_control() || BIDI.contains(&char);
            let shown = if escape {
                char.escape_unicode().to_string()
            } else {
                char.to_string()
            };
            shown.chars().collect::<Vec<_>>()
        })
        .collect()
}

/// Marks that turn the direction of writing.
const BIDI: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];
