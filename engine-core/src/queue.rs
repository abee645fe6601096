//! The order in which waiting sessions are tried.

use core::cmp::Ordering;
use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{Session, Timestamp};

/// The order of a queue. Ties go by id, byte by byte; a session whose beginning is unknown counts
/// as the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum QueueOrder {
    /// Oldest first, whatever the priority.
    #[default]
    FirstInFirstOut,
    /// By priority, and by age: a point of priority is worth `seconds_per_point` of waiting.
    ///
    /// A session of priority p is passed only by sessions of a priority q > p that begin less than
    /// (q - p) x `seconds_per_point` after it. So with priorities from 0 to P nobody is passed by
    /// anybody who begins P x `seconds_per_point` later, or more: no priority starves another. The
    /// order of two sessions never changes while they wait.
    Priority {
        /// Seconds of waiting that outweigh one point of priority.
        seconds_per_point: NonZeroU32,
    },
}

impl QueueOrder {
    /// The instant that a session is ordered by, in milliseconds since 1970: when it began, less
    /// what its priority is worth.
    #[must_use]
    pub fn rank(self, session: &Session) -> i128 {
        let began = session
            .created_at
            .map_or(i128::from(i64::MIN), |at| i128::from(at.as_millisecond()));
        match self {
            Self::FirstInFirstOut => began,
            Self::Priority { seconds_per_point } => {
                let worth = i128::from(seconds_per_point.get()) * 1_000;
                began - i128::from(session.priority) * worth
            }
        }
    }

    /// Which of two sessions is tried first.
    #[must_use]
    pub fn compare(self, a: &Session, b: &Session) -> Ordering {
        let age = |session: &Session| session.created_at.map(Timestamp::as_millisecond);
        (self.rank(a).cmp(&self.rank(b)))
            .then_with(|| age(a).cmp(&age(b)))
            .then_with(|| a.id.cmp(&b.id))
    }
}
