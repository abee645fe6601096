use std::num::NonZeroU32;

use assignment_engine_core::position;

/// Turns of a counter that were taken together, to be used one after the other. What is left over
/// is passed over, which is harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tickets {
    next: i64,
    left: u32,
}

impl Tickets {
    /// `count` turns; `first` is how many were taken before them.
    #[must_use]
    pub const fn new(first: i64, count: NonZeroU32) -> Self {
        Self {
            next: first,
            left: count.get(),
        }
    }

    /// The next of them as a position in `[0, candidate_count)`; nothing once all are used.
    pub fn next_index(&mut self, candidate_count: NonZeroU32) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let index = position(self.next, candidate_count);
        self.next = self.next.wrapping_add(1);
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ticket_is_a_valid_position_and_they_end() {
        let three = NonZeroU32::new(3).unwrap();
        for first in [i64::MIN, -4, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            let mut tickets = Tickets::new(first, three);
            let used: Vec<u32> = std::iter::from_fn(|| tickets.next_index(three)).collect();
            assert_eq!(used.len(), 3, "{first}");
            assert!(used.iter().all(|index| *index < 3), "{first}");
        }
        let mut tickets = Tickets::new(4, three);
        assert_eq!(tickets.next_index(three), Some(1));
        assert_eq!(tickets.next_index(NonZeroU32::new(4).unwrap()), Some(1));
    }
}
