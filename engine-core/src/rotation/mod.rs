//! Whose turn it is among equals: the rotations, and the book each keeps under one context key.

mod least_recent;
mod proportional;
mod weights;

use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{AgentId, Timestamp};
pub use least_recent::LeastRecent;
pub use proportional::Proportional;
pub use weights::Weights;

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
}

/// One of those who are equally good, in a rotation other than the counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TurnCandidate {
    /// Who.
    pub agent_id: AgentId,
    /// The agent's share of the turns in `proportional`, relative to the others'; at most
    /// [`crate::limits::MAX_WEIGHT`].
    pub weight: NonZeroU32,
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
    pub stamps: (u64, u64),
}

/// The book of one rotation under one context key: what the agents have had so far.
///
/// A book of a rotation that is kept elsewhere, in Redis for instance, can be read, moved on here
/// for as many picks as there are, and written back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnBook {
    /// The number of turns taken so far.
    Counter(u64),
    /// See [`LeastRecent`].
    LeastRecent(LeastRecent),
    /// See [`Proportional`].
    Proportional(Proportional),
}

impl TurnBook {
    /// An empty book.
    #[must_use]
    pub fn new(rotation: Rotation) -> Self {
        match rotation {
            Rotation::Counter => Self::Counter(0),
            Rotation::LeastRecent => Self::LeastRecent(LeastRecent::default()),
            Rotation::Proportional => Self::Proportional(Proportional::default()),
        }
    }

    /// The rotation whose book it is.
    #[must_use]
    pub const fn rotation(&self) -> Rotation {
        match self {
            Self::Counter(_) => Rotation::Counter,
            Self::LeastRecent(_) => Rotation::LeastRecent,
            Self::Proportional(_) => Rotation::Proportional,
        }
    }

    /// Takes the next turn among `candidates`, who must differ from each other, at `now`. Where two
    /// are alike, the one who is first in the list has it. `None` if there is nobody.
    pub fn take(&mut self, candidates: &[TurnCandidate], now: Timestamp) -> Option<Turn> {
        match self {
            Self::Counter(taken) => {
                let count = u64::try_from(candidates.len()).ok()?;
                let index = taken.checked_rem(count)?;
                *taken = taken.wrapping_add(1);
                let index = u32::try_from(index).ok()?;
                let stamps = (0, 0);
                Some(Turn { index, stamps })
            }
            Self::LeastRecent(book) => book.take(candidates, now),
            Self::Proportional(book) => book.take(candidates, now),
        }
    }

    /// Undoes a turn that was taken among the same `candidates` and came to nothing. Turns taken
    /// since stay as they are. A counter does not go back: the position is passed over.
    pub fn give_back(&mut self, candidates: &[TurnCandidate], turn: &Turn) {
        match self {
            Self::Counter(_) => {}
            Self::LeastRecent(book) => book.give_back(candidates, turn),
            Self::Proportional(book) => book.give_back(candidates, turn),
        }
    }
}

/// Milliseconds after which an agent who was not among the candidates counts as away: who comes
/// back enters like a newcomer. A day, so that a night at home or a lunch break changes nothing.
pub const AWAY_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

/// Milliseconds after which an agent who was not among the candidates is forgotten: a week, the
/// time to live of a rotation's key.
pub const FORGOTTEN_AFTER_MS: i64 = 7 * AWAY_AFTER_MS;

/// When the book was last opened: rotations must not be thrown by a host whose clock is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Opened(Option<Timestamp>);

/// The two instants a take goes by.
#[derive(Debug, Clone, Copy)]
struct Instants {
    now: Timestamp,
    last: Timestamp,
}

impl Opened {
    fn open(&mut self, now: Timestamp) -> Instants {
        let last = self.0.unwrap_or(now);
        let now = now.max(last);
        self.0 = Some(now);
        Instants { now, last }
    }
}

impl Instants {
    /// Had the agent been absent for long when the book was last opened? Measured up to then, so that
    /// a team whose conversations are days apart takes nobody for a returner.
    fn away(self, seen: Timestamp) -> bool {
        self.last.since(seen) >= AWAY_AFTER_MS
    }

    fn forgotten(self, seen: Timestamp) -> bool {
        self.now.since(seen) >= FORGOTTEN_AFTER_MS
    }
}

fn candidate<'c>(candidates: &'c [TurnCandidate], turn: &Turn) -> Option<&'c TurnCandidate> {
    candidates.get(usize::try_from(turn.index).ok()?)
}

/// The places of those who enter, in the order in which they do: who is known by `rank`, smallest
/// first, then the others as they are listed.
fn entrance(ranks: &mut [(i64, usize)]) -> impl Iterator<Item = usize> {
    ranks.sort_unstable();
    ranks.iter().map(|(_, at)| *at)
}
