//! Whose turn it was: missed turns and fair shares.

/// Keeps, over a sequence of picks, how each agent fared. An agent is concerned by a pick only if
/// it could have been chosen; then either it is, or it misses a turn. A run of missed turns goes
/// on over picks that do not concern the agent, so a night off ends none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fairness {
    agents: Vec<Turns>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Turns {
    missed: u64,
    longest_missed: u64,
    /// In parts of [`WHOLE`].
    fair_share: u128,
}

impl Fairness {
    /// No pick yet; agents are numbered from 0.
    pub(crate) fn new(agents: usize) -> Self {
        Self {
            agents: vec![Turns::default(); agents],
        }
    }

    /// One pick among the eligible agents, each named once, in any order. The chosen one counts as
    /// eligible whether it is named or not.
    pub(crate) fn pick(&mut self, eligible: &[u32], chosen: u32) {
        let others = eligible.iter().filter(|agent| **agent != chosen);
        let share = WHOLE / (others.clone().count() as u128 + 1);
        for other in others {
            if let Some(turns) = self.agents.get_mut(*other as usize) {
                turns.missed += 1;
                turns.longest_missed = turns.longest_missed.max(turns.missed);
                turns.fair_share += share;
            }
        }
        if let Some(turns) = self.agents.get_mut(chosen as usize) {
            turns.missed = 0;
            turns.fair_share += share;
        }
    }

    /// The agent's longest run of missed turns.
    pub(super) fn longest_missed(&self, agent: u32) -> u64 {
        self.turns(agent).longest_missed
    }

    /// The sum, over the agent's turns, of 1/n among n eligible; to a thousandth.
    pub(super) fn fair_share(&self, agent: u32) -> f64 {
        thousandths(self.turns(agent).fair_share)
    }

    /// By how much `calls` is more or less than the agent's fair share; to a thousandth.
    pub(super) fn distance_from_fair_share(&self, agent: u32, calls: u64) -> f64 {
        thousandths((u128::from(calls) * WHOLE).abs_diff(self.turns(agent).fair_share))
    }

    fn turns(&self, agent: u32) -> Turns {
        self.agents.get(agent as usize).copied().unwrap_or_default()
    }
}

fn thousandths(parts: u128) -> f64 {
    let thousandths = (parts * 1_000 + WHOLE / 2) / WHOLE;
    thousandths as f64 / 1_000.0
}

/// One turn. Divisible by every number up to 24 and many above, so that mostly nothing is lost;
/// what is lost in ten million picks stays far below a thousandth.
const WHOLE: u128 = 5_354_228_880 * 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn state(book: &Fairness, agent: u32) -> (u64, f64) {
        (book.longest_missed(agent), book.fair_share(agent))
    }

    #[test]
    fn a_turn_is_missed_only_by_those_who_could_have_had_it() {
        let mut book = Fairness::new(3);
        book.pick(&[0, 1, 2], 0);
        book.pick(&[1, 0], 0);
        // Does not concern 1 and does not end its run.
        book.pick(&[2], 2);
        book.pick(&[0, 1], 0);
        assert_eq!(state(&book, 1), (3, 1.333));
        book.pick(&[1, 2], 1);
        book.pick(&[1, 2], 2);
        assert_eq!(state(&book, 0), (0, 1.333));
        assert_eq!(state(&book, 1), (3, 2.333));
        assert_eq!(state(&book, 2), (1, 2.333));
        assert_eq!(book.distance_from_fair_share(0, 3), 1.667);
        assert_eq!(book.distance_from_fair_share(1, 1), 1.333);
    }

    #[test]
    fn the_chosen_one_is_eligible_in_any_case() {
        let mut book = Fairness::new(2);
        book.pick(&[1], 0);
        book.pick(&[], 0);
        assert_eq!((state(&book, 0), state(&book, 1)), ((0, 1.5), (1, 0.5)));
        // Numbers that do not exist change nothing.
        book.pick(&[7], 9);
        assert_eq!((state(&book, 0), state(&book, 7)), ((0, 1.5), (0, 0.0)));
    }

    #[test]
    fn shares_add_up_to_the_picks() {
        let mut book = Fairness::new(30);
        let all: Vec<u32> = (0..30).collect();
        for pick in 0..9_000_u32 {
            let eligible = &all[..(pick % 30 + 1) as usize];
            book.pick(eligible, eligible[0]);
        }
        let sum: u128 = book.agents.iter().map(|turns| turns.fair_share).sum();
        let lost = 9_000 * WHOLE - sum;
        assert!(lost * 1_000_000_000 < WHOLE, "{lost}");
    }
}
