//! # What it does
//! Chooses one of the eligible agents by the strategy in force. Where several are equally good,
//! the rotation says whose turn it is. Where the request wants a reservation, the choice is made
//! where reservations are kept, by the same strategy and rotation.
//!
//! # Why
//! Equal agents must get equal shares, whichever instance decides.
//!
//! # Reads
//! The eligible agents with their counts, the strategy and its settings, the rotation's next index
//! under the session's context key (its team, else its tenant); where equals take turns by another
//! rotation than the counter, whose turn it is among them; or the reservation.
//!
//! # Answers
//! Assign: `selected`, `already_reserved`. Stop: `no_candidate_left`, `everybody_reserved`. Of
//! agents: `selected`, `at_limit`, `more_active`, `more_assigned`, `not_their_turn`.
//!
//! # Example
//! `least_active`: Anna has 2 sessions, Ben and Cleo 1 each. The rotation counts over Ben and Cleo,
//! in order of their ids, and its index picks one.

use alloc::boxed::Box;

use super::no_agent_fallback::fall_back;
use crate::bench::{Bench, Best};
use crate::reservation::note_reservation;
use crate::routing::Routing;
use crate::run::{Ask, Context, RuleOutcome, Taking, Verdict};
use crate::{Reason, Reserved, Rotation, RuleId};

pub(super) fn apply(context: &mut Context<'_>) -> Result<Verdict, Ask> {
    let routing = context.routing();
    let Some(bench) = context.state.bench.clone() else {
        return fall_back(context, Reason::NoCandidateLeft);
    };
    let Some(best) = bench.best(context, &routing) else {
        return fall_back(context, Reason::NoCandidateLeft);
    };
    if context.request.reserve {
        reserve(context, &routing, &bench)
    } else {
        select(context, &routing, &bench, best)
    }
}

fn select(
    context: &mut Context<'_>,
    routing: &Routing,
    bench: &Bench,
    best: Best,
) -> Result<Verdict, Ask> {
    let (index, picked) = take_turn(context, routing, bench, best)?;
    let Some((member, agent)) = picked.and_then(|m| Some((m, bench.source().get(context, m)?)))
    else {
        return fall_back(context, Reason::NoCandidateLeft);
    };
    if context.traced() {
        context.note("strategy", || routing.strategy.name());
        if routing.rotation != Rotation::Counter {
            context.note("rotation", || routing.rotation.name());
        }
        context.note("equallyGood", || best.count.get());
        context.note("index", || index);
        for other in bench.members(context, routing) {
            let Some(candidate) = bench.source().get(context, other) else {
                continue;
            };
            let reason = if other == member {
                Reason::Selected
            } else {
                routing.behind(&candidate, &agent)
            };
            context.note_candidate(RuleId::Selector, reason, &candidate);
        }
    }
    let handle = bench.handle(context, member);
    let answer = RuleOutcome::Assign(agent.id.clone(), handle);
    Ok(Verdict {
        answer,
        reason: Reason::Selected,
    })
}

/// The place among the best of the one whose turn it is, and among the members.
fn take_turn(
    context: &mut Context<'_>,
    routing: &Routing,
    bench: &Bench,
    best: Best,
) -> Result<(u32, Option<u32>), Ask> {
    if routing.rotation == Rotation::Counter {
        let index = context.next_index(best.count)?;
        return Ok((index, bench.pick(context, routing, best, index)));
    }
    let ties = bench.ties(context, routing, best);
    let id = |member: &u32| Some(bench.source().get(context, *member)?.id.clone());
    let winner = context.state.turn.as_ref().and_then(|t| t.winner.as_ref());
    if let Some(winner) = winner {
        let found = (0..)
            .zip(&ties)
            .find(|(_, m)| id(m).as_ref() == Some(winner));
        if let Some((index, member)) = found {
            return Ok((index, Some(*member)));
        }
    }
    let candidates = ties.iter().filter_map(id).collect();
    context.state.turn = Some(Box::new(Taking {
        candidates,
        winner: None,
    }));
    Err(Ask::Turn(best.count))
}

fn reserve(context: &mut Context<'_>, routing: &Routing, bench: &Bench) -> Result<Verdict, Ask> {
    let reserved = context.state.reserved.as_deref().cloned();
    let reserved = reserved.ok_or(Ask::Reserve)?;
    let (agent_id, reason) = match &reserved {
        Reserved::Granted { agent_id, .. } => (agent_id, Reason::Selected),
        Reserved::AlreadyReserved { agent_id, .. } => (agent_id, Reason::AlreadyReserved),
        Reserved::Full { held } => {
            let verdict = fall_back(context, Reason::EverybodyReserved)?;
            note_reservation(context, routing, bench, held, None);
            return Ok(verdict);
        }
    };
    if let Some(held) = reserved.held() {
        note_reservation(context, routing, bench, held, Some(agent_id));
    }
    let roster = context.roster;
    let handle = roster.and_then(|roster| roster.agent(agent_id.as_str()));
    let answer = RuleOutcome::Assign(agent_id.clone(), handle);
    Ok(Verdict { answer, reason })
}
