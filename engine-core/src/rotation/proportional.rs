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

use super::book::{Instants, TurnBook, entering};
use super::{Turn, TurnCandidate};

/// The parts of a turn. Whole numbers, so that every machine agrees to the last one; a multiple of
/// all numbers up to 16, so that small teams divide a turn without a remainder; and small enough
/// that the sums over [`MAX_SHARED_CANDIDATES`](crate::limits::MAX_SHARED_CANDIDATES) agents are
/// exact in the floating-point numbers of Redis' scripts.
const TURN: i64 = 720_720 * 1_024;

pub(super) fn take(
    book: &mut TurnBook,
    candidates: &[TurnCandidate],
    at: Instants,
) -> Option<Turn> {
    enter(book, candidates, at);
    let mut most: Option<(i64, usize)> = None;
    for ((place, who), share) in candidates.iter().enumerate().zip(shares(candidates)) {
        let entry = book.agents.get_mut(&who.agent_id)?;
        entry.number = entry.number.saturating_add(share);
        entry.seen = at.now;
        if most.is_none_or(|(due, _)| entry.number > due) {
            most = Some((entry.number, place));
        }
    }
    let (_, place) = most?;
    let turn = Turn {
        index: u32::try_from(place).ok()?,
        stamps: (0, 0),
    };
    let entry = book.winner(candidates, &turn)?;
    entry.number = entry.number.saturating_sub(TURN);
    Some(turn)
}

/// Newcomers are owed what the others are owed on average, which is nothing as long as nobody
/// leaves; who has been away for long is not owed more than that.
fn enter(book: &mut TurnBook, candidates: &[TurnCandidate], at: Instants) {
    let (mut staying, mut known) = ((0_i128, 0_i128), (0_i128, 0_i128));
    for entry in candidates
        .iter()
        .filter_map(|who| book.agents.get(&who.agent_id))
    {
        let add = |sum: (i128, i128)| (sum.0 + i128::from(entry.number), sum.1 + 1);
        known = add(known);
        if !at.away(entry.seen) {
            staying = add(staying);
        }
    }
    let nobody_stays = staying.1 == 0;
    let (sum, count) = if nobody_stays { known } else { staying };
    let average = sum
        .checked_div_euclid(count)
        .and_then(|due| i64::try_from(due).ok())
        .unwrap_or(0);
    for who in entering(book, candidates, at) {
        let due = match book.agents.get(&who.agent_id) {
            Some(entry) if nobody_stays => entry.number,
            Some(entry) => entry.number.min(average),
            None => average,
        };
        book.enter(who, due, at.now);
    }
}

pub(super) fn give_back(book: &mut TurnBook, candidates: &[TurnCandidate], turn: &Turn) {
    for (who, share) in candidates.iter().zip(shares(candidates)) {
        if let Some(entry) = book.agents.get_mut(&who.agent_id) {
            entry.number = entry.number.saturating_sub(share);
        }
    }
    if let Some(entry) = book.winner(candidates, turn) {
        entry.number = entry.number.saturating_add(TURN);
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
