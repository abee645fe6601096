//! # What it does
//! Serves whoever was served longest ago.
//!
//! # Why
//! Nobody may wait for ever. While an agent is among the candidates and loses, the winner's stamp
//! becomes newer than the agent's, so nobody wins twice over the same waiting agent; newcomers and
//! returners enter with newer stamps still. Among N agents one loses at most N-1 times in a row.
//!
//! # Reads
//! A stamp for each agent, and when the agent was last a candidate.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Opened, Turn, TurnCandidate, candidate, entrance};
use crate::{AgentId, Timestamp};

/// The book of `least_recent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LeastRecent {
    opened: Opened,
    /// The newest stamp. Each entrance and each turn makes a new one, so no two agents share one.
    newest: u64,
    agents: BTreeMap<AgentId, Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    stamp: u64,
    seen: Timestamp,
}

impl LeastRecent {
    pub(super) fn take(&mut self, candidates: &[TurnCandidate], now: Timestamp) -> Option<Turn> {
        if candidates.is_empty() {
            return None;
        }
        let at = self.opened.open(now);
        self.agents.retain(|_, place| !at.forgotten(place.seen));
        // Whoever has been away goes to the back, in the order they had; then the newcomers.
        let mut entering: Vec<(i64, usize)> = candidates
            .iter()
            .enumerate()
            .filter_map(|(n, who)| match self.agents.get(&who.agent_id) {
                None => Some((i64::MAX, n)),
                Some(place) if at.away(place.seen) => {
                    Some((i64::try_from(place.stamp).unwrap_or(i64::MAX), n))
                }
                Some(_) => None,
            })
            .collect();
        for who in entrance(&mut entering).filter_map(|n| candidates.get(n)) {
            self.newest += 1;
            let (stamp, seen) = (self.newest, at.now);
            let place = Place { stamp, seen };
            self.agents.insert(who.agent_id.clone(), place);
        }
        let mut oldest: Option<(u64, usize)> = None;
        for (n, who) in candidates.iter().enumerate() {
            let place = self.agents.get_mut(&who.agent_id)?;
            place.seen = at.now;
            if oldest.is_none_or(|(stamp, _)| place.stamp < stamp) {
                oldest = Some((place.stamp, n));
            }
        }
        let (was, n) = oldest?;
        self.newest += 1;
        self.agents.get_mut(&candidates.get(n)?.agent_id)?.stamp = self.newest;
        Some(Turn {
            index: u32::try_from(n).ok()?,
            stamps: (self.newest, was),
        })
    }

    pub(super) fn give_back(&mut self, candidates: &[TurnCandidate], turn: &Turn) {
        let Some(who) = candidate(candidates, turn) else {
            return;
        };
        if let Some(place) = self.agents.get_mut(&who.agent_id) {
            // Served again since: the later turn counts.
            if place.stamp == turn.stamps.0 {
                place.stamp = turn.stamps.1;
            }
        }
    }
}
