//! Whose turn it is among equals: the rotations, and the book each keeps under one context key.

mod book;
mod least_recent;
mod proportional;
mod weights;

use serde::{Deserialize, Serialize};

use crate::AgentId;
pub use book::{AWAY_AFTER_MS, BookEntry, FORGOTTEN_AFTER_MS, TurnBook, position};
pub use weights::{Weight, Weights};

/// How equals take turns.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Rotation {
    /// By a shared counter, modulo their number. Even while the list of equals stays the same; where
    /// it changes, somebody can wait for ever.
    #[default]
    Counter,
    /// Whoever was served longest ago. Nobody waits longer than one round.
    LeastRecent,
    /// Whoever has had least of what was due: each turn is due in equal parts, or by weight, to all
    /// who could have taken it.
    Proportional,
}

impl Rotation {
    /// Every rotation.
    pub const ALL: [Self; 3] = [Self::Counter, Self::LeastRecent, Self::Proportional];

    /// Its name in settings and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::LeastRecent => "least_recent",
            Self::Proportional => "proportional",
        }
    }

    /// The rotation of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// One of those who are equally good, in a rotation other than the counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TurnCandidate {
    /// Who.
    pub agent_id: AgentId,
    /// The agent's share of the turns in `proportional`.
    pub weight: Weight,
}

/// A turn that was taken.
///
/// It is spent unless it is given back, which whoever took it does if the session could not be
/// assigned. The two stamps are the rotation's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whose it is, by the place among the candidates.
    pub index: u32,
    /// What the agent's stamp has become, and what it was.
    pub stamps: (i64, i64),
}
