//! # What it does
//! Serves whoever has had least of what was due.
//!
//! # Why
//! Presence should count: who is there half the time should get half as much. This is the carpool
//! problem, and the greedy answer to it: each turn is due in parts to all candidates, by weight;
//! the one to whom most is due takes it. With equal weights nobody is ever further than (N-1)/2
//! turns from the fair share.
//!
//! # Reads
//! What is due to each agent, in whole parts of a turn, and when the agent was last a candidate.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Instants, Opened, Turn, TurnCandidate, candidate, entrance};
use crate::{AgentId, Timestamp};

/// The parts of a turn. Whole numbers, so that every machine agrees to the last one; a multiple of
/// all numbers up to 16, so that small teams divide a turn without a remainder; and small enough
/// that the sums over [`MAX_SHARED_CANDIDATES`](crate::limits::MAX_SHARED_CANDIDATES) agents are
/// exact in the floating-point numbers of Redis' scripts.
const TURN: i64 = 720_720 * 1_024;

/// The book of `proportional`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proportional {
    opened: Opened,
    agents: BTreeMap<AgentId, Account>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Account {
    due: i64,
    seen: Timestamp,
}

impl Proportional {
    pub(super) fn take(&mut self, candidates: &[TurnCandidate], now: Timestamp) -> Option<Turn> {
        if candidates.is_empty() {
            return None;
        }
        let at = self.opened.open(now);
        self.agents.retain(|_, account| !at.forgotten(account.seen));
        self.enter(candidates, at);
        let mut most: Option<(i64, usize)> = None;
        for ((n, who), share) in candidates.iter().enumerate().zip(shares(candidates)) {
            let account = self.agents.get_mut(&who.agent_id)?;
            account.due += share;
            account.seen = at.now;
            if most.is_none_or(|(due, _)| account.due > due) {
                most = Some((account.due, n));
            }
        }
        let (_, n) = most?;
        self.agents.get_mut(&candidates.get(n)?.agent_id)?.due -= TURN;
        Some(Turn {
            index: u32::try_from(n).ok()?,
            stamps: (0, 0),
        })
    }

    /// Newcomers are owed what the others are owed on average, which is nothing as long as nobody
    /// leaves; who has been away for long is not owed more than that.
    fn enter(&mut self, candidates: &[TurnCandidate], at: Instants) {
        let mut staying = (0_i128, 0_i128);
        let mut known = (0_i128, 0_i128);
        let mut entering: Vec<(i64, usize)> = Vec::new();
        for (n, who) in candidates.iter().enumerate() {
            match self.agents.get(&who.agent_id) {
                None => entering.push((i64::MAX, n)),
                Some(account) => {
                    known = (known.0 + i128::from(account.due), known.1 + 1);
                    if at.away(account.seen) {
                        entering.push((account.due, n));
                    } else {
                        staying = (staying.0 + i128::from(account.due), staying.1 + 1);
                    }
                }
            }
        }
        let (sum, count) = if staying.1 > 0 { staying } else { known };
        let average = sum
            .checked_div_euclid(count)
            .and_then(|due| i64::try_from(due).ok());
        for who in entrance(&mut entering).filter_map(|n| candidates.get(n)) {
            let due = match (self.agents.get(&who.agent_id), average) {
                (Some(account), _) if staying.1 == 0 => account.due,
                (Some(account), Some(average)) => account.due.min(average),
                (_, average) => average.unwrap_or(0),
            };
            let account = Account { due, seen: at.now };
            self.agents.insert(who.agent_id.clone(), account);
        }
    }

    pub(super) fn give_back(&mut self, candidates: &[TurnCandidate], turn: &Turn) {
        for (who, share) in candidates.iter().zip(shares(candidates)) {
            if let Some(account) = self.agents.get_mut(&who.agent_id) {
                account.due -= share;
            }
        }
        let winner = candidate(candidates, turn);
        if let Some(account) = winner.and_then(|who| self.agents.get_mut(&who.agent_id)) {
            account.due += TURN;
        }
    }
}

/// The candidates' parts of one turn, by weight; together they are the whole turn. The remainder of
/// the division goes to those who are first, a part each.
fn shares(candidates: &[TurnCandidate]) -> impl Iterator<Item = i64> {
    let weight = |who: &TurnCandidate| i64::from(who.weight.get());
    let sum: i64 = candidates.iter().map(weight).sum();
    let part = move |who: &TurnCandidate| (TURN * weight(who)).checked_div(sum).unwrap_or(0);
    let remainder = TURN - candidates.iter().map(part).sum::<i64>();
    (0..)
        .zip(candidates)
        .map(move |(n, who)| part(who) + i64::from(n < remainder))
}
