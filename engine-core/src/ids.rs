use alloc::string::String;
use alloc::sync::Arc;
use core::borrow::Borrow;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{MAX_CONTEXT_KEY_BYTES, MAX_ID_BYTES};

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// An id names something, so it has at least one byte.
    #[error("the id is empty")]
    Empty,
    /// Longer than [`MAX_ID_BYTES`], or for a context key than [`MAX_CONTEXT_KEY_BYTES`].
    #[error("the id has {bytes} bytes, at most {limit} are allowed")]
    TooLong {
        /// Length of the text, in bytes of UTF-8.
        bytes: usize,
        /// The limit, in bytes of UTF-8.
        limit: usize,
    },
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $limit:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes any text that is not empty and not longer than the limit. Ids are compared
            /// byte by byte: nothing is trimmed, folded or normalised. A clone shares the text.
            ///
            /// # Errors
            /// [`IdError`] when the text is empty or too long.
            pub fn new(text: impl AsRef<str>) -> Result<Self, IdError> {
                let text = text.as_ref();
                match text.len() {
                    0 => Err(IdError::Empty),
                    bytes if bytes > $limit => Err(IdError::TooLong { bytes, limit: $limit }),
                    _ => Ok(Self(Arc::from(text))),
                }
            }

            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = IdError;

            fn try_from(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> alloc::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": $limit })
            }
        }
    };
}

id!(
    /// A conversation.
    SessionId, MAX_ID_BYTES
);
id!(
    /// A customer of the platform; no decision reads or changes another tenant's data.
    TenantId, MAX_ID_BYTES
);
id!(
    /// A group of agents with its own schedule and routing.
    TeamId, MAX_ID_BYTES
);
id!(
    /// A support agent.
    AgentId, MAX_ID_BYTES
);
id!(
    /// The person who wrote or called.
    ContactId, MAX_ID_BYTES
);
id!(
    /// What a rotation counts under: the session's team, else its tenant.
    ContextKey, MAX_CONTEXT_KEY_BYTES
);

/// The texts of both, shared: one kind of map holds agents and teams.
macro_rules! key {
    ($($name:ident),*) => {
        $(impl $name {
            pub(crate) fn to_key(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        })*
    };
}

key!(AgentId, TeamId);

impl From<&TeamId> for ContextKey {
    fn from(id: &TeamId) -> Self {
        Self(Arc::clone(&id.0))
    }
}

impl From<&TenantId> for ContextKey {
    fn from(id: &TenantId) -> Self {
        Self(Arc::clone(&id.0))
    }
}
