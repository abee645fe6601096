use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{Rotation, Turn, TurnCandidate, least_recent, proportional};
use crate::{AgentId, Timestamp};

/// The book of one rotation under one context key: what the agents have had so far.
///
/// A book of a rotation that is kept elsewhere, in Redis for instance, can be read, moved on here
/// for as many picks as there are, and written back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnBook {
    rotation: Rotation,
    /// When it was last opened: rotations must not be thrown by a host whose clock is behind.
    opened: Option<Timestamp>,
    /// Of `least_recent` the newest stamp, of `counter` the number of turns taken.
    pub(super) newest: i64,
    pub(super) agents: BTreeMap<AgentId, BookEntry>,
}

/// What a book knows of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookEntry {
    /// In `least_recent` the agent's stamp, in `proportional` what is due, in parts of a turn.
    pub number: i64,
    /// When the agent was last a candidate.
    pub seen: Timestamp,
}

impl TurnBook {
    /// An empty book.
    #[must_use]
    pub const fn new(rotation: Rotation) -> Self {
        Self {
            rotation,
            opened: None,
            newest: 0,
            agents: BTreeMap::new(),
        }
    }

    /// A book with what [`TurnBook::opened`], [`TurnBook::newest`] and [`TurnBook::entries`] have
    /// told of it.
    #[must_use]
    pub fn from_parts(
        rotation: Rotation,
        opened: Option<Timestamp>,
        newest: i64,
        entries: impl IntoIterator<Item = (AgentId, BookEntry)>,
    ) -> Self {
        Self {
            rotation,
            opened,
            newest,
            agents: entries.into_iter().collect(),
        }
    }

    /// The rotation whose book it is.
    #[must_use]
    pub const fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// When a turn was last taken; never for a counter, which has no use for it.
    #[must_use]
    pub const fn opened(&self) -> Option<Timestamp> {
        self.opened
    }

    /// Of `least_recent` the newest stamp, of `counter` the number of turns taken.
    #[must_use]
    pub const fn newest(&self) -> i64 {
        self.newest
    }

    /// What it knows of each agent, by id.
    pub fn entries(&self) -> impl Iterator<Item = (&AgentId, &BookEntry)> {
        self.agents.iter()
    }

    /// Takes the next turn among `candidates`, who must differ from each other, at `now`. Where two
    /// are alike, the one who is first in the list has it. `None` if there is nobody.
    pub fn take(&mut self, candidates: &[TurnCandidate], now: Timestamp) -> Option<Turn> {
        let count = NonZeroU32::new(u32::try_from(candidates.len()).ok()?)?;
        let take = match self.rotation {
            Rotation::Counter => {
                let (index, stamps) = (self.count_on(count), (0, 0));
                return Some(Turn { index, stamps });
            }
            Rotation::LeastRecent => least_recent::take,
            Rotation::Proportional => proportional::take,
        };
        let at = self.open(now);
        take(self, candidates, at)
    }

    /// The next index of a counter; `None` for the other rotations, which have to know who the
    /// candidates are.
    pub fn next_index(&mut self, candidate_count: NonZeroU32) -> Option<u32> {
        (self.rotation == Rotation::Counter).then(|| self.count_on(candidate_count))
    }

    /// Undoes a turn that was taken among the same `candidates` and came to nothing. Turns taken
    /// since stay as they are. A counter does not go back: the position is passed over.
    pub fn give_back(&mut self, candidates: &[TurnCandidate], turn: &Turn) {
        match self.rotation {
            Rotation::Counter => {}
            Rotation::LeastRecent => least_recent::give_back(self, candidates, turn),
            Rotation::Proportional => proportional::give_back(self, candidates, turn),
        }
    }

    fn count_on(&mut self, count: NonZeroU32) -> u32 {
        let index = position(self.newest, count);
        self.newest = self.newest.wrapping_add(1);
        index
    }

    /// Opens it, and forgets whoever has been away for too long.
    fn open(&mut self, now: Timestamp) -> Instants {
        let last = self.opened.unwrap_or(now);
        let now = now.max(last);
        self.opened = Some(now);
        self.agents
            .retain(|_, entry| now.since(entry.seen) < FORGOTTEN_AFTER_MS);
        Instants { now, last }
    }

    pub(super) fn enter(&mut self, who: &TurnCandidate, number: i64, seen: Timestamp) {
        let entry = BookEntry { number, seen };
        self.agents.insert(who.agent_id.clone(), entry);
    }

    pub(super) fn winner(
        &mut self,
        candidates: &[TurnCandidate],
        turn: &Turn,
    ) -> Option<&mut BookEntry> {
        let who = candidates.get(usize::try_from(turn.index).ok()?)?;
        self.agents.get_mut(&who.agent_id)
    }
}

/// The position in a ring of so many that a counter means after `taken` turns. Any number gives a
/// valid one, negative and extreme ones included, and the next number the next position.
#[must_use]
pub fn position(taken: i64, count: NonZeroU32) -> u32 {
    // Below a u32 and not negative, so the conversion cannot fail.
    u32::try_from(taken.rem_euclid(i64::from(count.get()))).unwrap_or(0)
}

/// Milliseconds after which an agent who was not among the candidates counts as away: who comes
/// back enters like a newcomer. A day, so that a night at home or a lunch break changes nothing.
pub const AWAY_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

/// Milliseconds after which an agent who was not among the candidates is forgotten: a week, the
/// time to live of a rotation's key.
pub const FORGOTTEN_AFTER_MS: i64 = 7 * AWAY_AFTER_MS;

/// The two instants a take goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instants {
    pub(super) now: Timestamp,
    last: Timestamp,
}

impl Instants {
    /// Had the agent been absent for long when the book was last opened? Measured up to then, so that
    /// a team whose conversations are days apart takes nobody for a returner.
    pub(super) fn away(self, seen: Timestamp) -> bool {
        self.last.since(seen) >= AWAY_AFTER_MS
    }
}

/// Those who enter, in the order in which they do: who is known by number, smallest first, then the
/// others as they are listed.
pub(super) fn entering<'c>(
    book: &TurnBook,
    candidates: &'c [TurnCandidate],
    at: Instants,
) -> Vec<&'c TurnCandidate> {
    let number = |who: &TurnCandidate| match book.agents.get(&who.agent_id) {
        None => Some(i64::MAX),
        Some(entry) => at.away(entry.seen).then_some(entry.number),
    };
    let mut entering: Vec<(i64, usize)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(place, who)| Some((number(who)?, place)))
        .collect();
    entering.sort_unstable();
    let places = entering.into_iter();
    places
        .filter_map(|(_, place)| candidates.get(place))
        .collect()
}
