use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use super::{ReserveCandidate, ReserveRequest, Reserved};
use crate::{
    AgentId, ContextKey, Criterion, Rotation, SessionId, Timestamp, Turn, TurnBook, TurnCandidate,
};

/// How long a reservation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservationTerms {
    /// Milliseconds until a reservation that is neither confirmed nor released lapses. Longer than
    /// the store's time limit for a claim, and twice the read window.
    pub lease_ms: i64,
    /// Milliseconds a confirmed reservation still counts: the largest age of what anybody has read
    /// from the store when it reserves. Within it a reader may not see the assignment yet, so the
    /// reservation must; the assignment counts twice meanwhile, which costs a place and no promise.
    pub read_window_ms: i64,
}

impl Default for ReservationTerms {
    fn default() -> Self {
        Self {
            lease_ms: 15_000,
            read_window_ms: 2_000,
        }
    }
}

/// One tenant's reservations. This is the meaning of the script that keeps them in Redis, and
/// keeps them where there is one process.
#[derive(Debug, Clone, Default)]
pub struct ReservationBook {
    terms: ReservationTerms,
    newest_token: u64,
    sessions: BTreeMap<SessionId, Held>,
    /// When the reservations of each agent lapse.
    agents: BTreeMap<AgentId, BTreeMap<SessionId, Timestamp>>,
    turns: BTreeMap<(ContextKey, Rotation), TurnBook>,
    /// How many sessions there may be before lapsed ones are looked for.
    sweep_at: usize,
}

#[derive(Debug, Clone)]
struct Held {
    agent_id: AgentId,
    token: NonZeroU64,
    until: Timestamp,
    /// The turn that goes back if this is released.
    spent: Option<Spent>,
}

#[derive(Debug, Clone)]
struct Spent {
    book: (ContextKey, Rotation),
    candidates: Vec<TurnCandidate>,
    turn: Turn,
}

impl ReservationBook {
    /// An empty book.
    #[must_use]
    pub fn new(terms: ReservationTerms) -> Self {
        Self {
            terms,
            ..Self::default()
        }
    }

    /// Chooses a candidate and holds the place until the lease ends.
    ///
    /// Of those below the limit, with what is under way counted into both counts, the best by
    /// `order`; among equals the one whose turn it is.
    pub fn reserve(&mut self, request: &ReserveRequest, now: Timestamp) -> Reserved {
        self.sweep(now);
        if let Some(held) = self.sessions.get(&request.session_id) {
            if held.until > now {
                return Reserved::AlreadyReserved {
                    agent_id: held.agent_id.clone(),
                    token: held.token,
                };
            }
            self.drop_session(&request.session_id);
        }
        let mut held = BTreeMap::new();
        for candidate in &request.candidates {
            let count = self.held_by(&candidate.agent_id, now);
            if count > 0 {
                held.insert(candidate.agent_id.clone(), count);
            }
        }
        let ties = best(request, &held);
        let candidates: Vec<TurnCandidate> = ties
            .iter()
            .map(|candidate| TurnCandidate {
                agent_id: candidate.agent_id.clone(),
                weight: candidate.weight,
            })
            .collect();
        let book = (request.context_key.clone(), request.rotation);
        let turns = self.turns.entry(book.clone());
        let turns = turns.or_insert_with(|| TurnBook::new(request.rotation));
        let turn = turns.take(&candidates, now);
        let winner = turn.and_then(|turn| {
            let at = usize::try_from(turn.index).ok()?;
            Some((turn, candidates.get(at)?.agent_id.clone()))
        });
        let Some((turn, agent_id)) = winner else {
            return Reserved::Full { held };
        };
        let token = self.next_token(now);
        let until = now.saturating_add(self.terms.lease_ms);
        let session = request.session_id.clone();
        let places = self.agents.entry(agent_id.clone()).or_default();
        places.insert(session.clone(), until);
        let spent = Some(Spent {
            book,
            candidates,
            turn,
        });
        let place = Held {
            agent_id: agent_id.clone(),
            token,
            until,
            spent,
        };
        self.sessions.insert(session, place);
        Reserved::Granted {
            agent_id,
            token,
            held,
        }
    }

    /// The store has the assignment: the reservation counts for the read window more. False if it is
    /// another one's by now, or has lapsed.
    pub fn confirm(&mut self, session: &SessionId, token: NonZeroU64, now: Timestamp) -> bool {
        let until = now.saturating_add(self.terms.read_window_ms);
        let Some(held) = self.sessions.get_mut(session) else {
            return false;
        };
        if held.token != token || held.until <= now {
            return false;
        }
        held.until = until;
        held.spent = None;
        if let Some(places) = self.agents.get_mut(&held.agent_id) {
            places.insert(session.clone(), until);
        }
        true
    }

    /// The store refused: the place is free again, and the turn another one's still. False if the
    /// reservation is another one's by now, was confirmed, or has lapsed.
    pub fn release(&mut self, session: &SessionId, token: NonZeroU64, now: Timestamp) -> bool {
        let held = self.sessions.get(session);
        let ours = held
            .is_some_and(|held| held.token == token && held.until > now && held.spent.is_some());
        if !ours {
            return false;
        }
        let spent = self.drop_session(session).and_then(|held| held.spent);
        if let Some(spent) = spent
            && let Some(turns) = self.turns.get_mut(&spent.book)
        {
            turns.give_back(&spent.candidates, &spent.turn);
        }
        true
    }

    /// Everything that is held at `now`: session, agent, token, and whether it was confirmed. For
    /// comparing with the store.
    pub fn held(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&SessionId, &AgentId, NonZeroU64, bool)> {
        let live = self
            .sessions
            .iter()
            .filter(move |(_, held)| held.until > now);
        live.map(|(session, held)| (session, &held.agent_id, held.token, held.spent.is_none()))
    }

    fn held_by(&mut self, agent: &AgentId, now: Timestamp) -> u32 {
        let Some(places) = self.agents.get_mut(agent) else {
            return 0;
        };
        places.retain(|_, until| *until > now);
        u32::try_from(places.len()).unwrap_or(u32::MAX)
    }

    /// Grows with the clock too, so that a book that was lost does not give old tokens again.
    fn next_token(&mut self, now: Timestamp) -> NonZeroU64 {
        let clock = u64::try_from(now.as_millisecond()).unwrap_or(0) * 1_000;
        self.newest_token = clock.max(self.newest_token + 1);
        NonZeroU64::new(self.newest_token).unwrap_or(NonZeroU64::MIN)
    }

    fn drop_session(&mut self, session: &SessionId) -> Option<Held> {
        let held = self.sessions.remove(session)?;
        if let Some(places) = self.agents.get_mut(&held.agent_id) {
            places.remove(session);
        }
        Some(held)
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.sessions.len() < self.sweep_at {
            return;
        }
        self.sessions.retain(|_, held| held.until > now);
        self.agents.retain(|_, places| {
            places.retain(|_, until| *until > now);
            !places.is_empty()
        });
        self.sweep_at = self.sessions.len() * 2 + 1_000;
    }
}

/// Those of the candidates who have room and compare best, in their order.
fn best<'r>(
    request: &'r ReserveRequest,
    held: &BTreeMap<AgentId, u32>,
) -> Vec<&'r ReserveCandidate> {
    let class = |candidate: &ReserveCandidate| {
        let held = held.get(&candidate.agent_id).copied().unwrap_or(0);
        let active = candidate.active.saturating_add(held);
        let full = request.limit.is_some_and(|limit| active >= limit.get());
        let compared = |criterion: &Criterion| match criterion {
            Criterion::LeastActive => active,
            Criterion::LeastAssigned => candidate.total.saturating_add(held),
        };
        let mut order = request.order.iter().map(compared);
        (!full).then(|| (order.next(), order.next()))
    };
    let Some(least) = request.candidates.iter().filter_map(class).min() else {
        return Vec::new();
    };
    let ties = request.candidates.iter();
    ties.filter(|candidate| class(candidate) == Some(least))
        .collect()
}
