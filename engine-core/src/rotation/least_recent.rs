//! # What it does
//! Serves whoever was served longest ago.
//!
//! # Why
//! Nobody may wait for ever. While an agent is among the candidates and loses, the winner's stamp
//! becomes newer than the agent's, so nobody wins twice over the same waiting agent; newcomers and
//! returners enter with newer stamps still. Among N agents one loses at most N-1 times in a row.
//!
//! # Reads
//! A stamp for each agent, and when the agent was last a candidate. Each entrance and each turn
//! makes a new stamp, so no two agents share one.

use super::book::{Instants, TurnBook, entering};
use super::{Turn, TurnCandidate};

pub(super) fn take(
    book: &mut TurnBook,
    candidates: &[TurnCandidate],
    at: Instants,
) -> Option<Turn> {
    // Whoever has been away goes to the back, in the order they had; then the newcomers.
    for who in entering(book, candidates, at) {
        let stamp = next_stamp(book);
        book.enter(who, stamp, at.now);
    }
    let mut oldest: Option<(i64, usize)> = None;
    for (place, who) in candidates.iter().enumerate() {
        let entry = book.agents.get_mut(&who.agent_id)?;
        entry.seen = at.now;
        if oldest.is_none_or(|(stamp, _)| entry.number < stamp) {
            oldest = Some((entry.number, place));
        }
    }
    let (was, place) = oldest?;
    let stamp = next_stamp(book);
    let turn = Turn {
        index: u32::try_from(place).ok()?,
        stamps: (stamp, was),
    };
    book.winner(candidates, &turn)?.number = stamp;
    Some(turn)
}

pub(super) fn give_back(book: &mut TurnBook, candidates: &[TurnCandidate], turn: &Turn) {
    let (became, was) = turn.stamps;
    // Served again since: the later turn counts.
    if let Some(entry) = book
        .winner(candidates, turn)
        .filter(|entry| entry.number == became)
    {
        entry.number = was;
    }
}

fn next_stamp(book: &mut TurnBook) -> i64 {
    book.newest = book.newest.saturating_add(1);
    book.newest
}
