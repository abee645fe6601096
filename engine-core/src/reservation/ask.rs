//! The selector's question for a reservation, and what it makes of the answer.

use super::{ReserveCandidate, ReserveRequest};
use crate::bench::Bench;
use crate::limits::MAX_RESERVE_CANDIDATES;
use crate::order::sorted;
use crate::roster::{Candidate, turn_order};
use crate::routing::Routing;
use crate::rules::weights;
use crate::run::Context;
use crate::{AgentId, Reason, RuleId};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The request for a place among the eligible.
pub(crate) fn reserve_request(context: &Context<'_>) -> ReserveRequest {
    let session = &context.request.session;
    let routing = context.routing();
    let weights = weights(context);
    let bench = context.state.bench.as_ref();
    let eligible = bench.map_or_else(Vec::new, |bench| eligible(context, &routing, bench));
    let candidates = shortened(eligible, &routing, session.id.as_str());
    ReserveRequest {
        tenant_id: session.tenant_id.clone(),
        session_id: session.id.clone(),
        context_key: session.context_key(),
        rotation: routing.rotation,
        limit: routing.limit,
        order: routing.order_of_criteria(),
        candidates: candidates
            .into_iter()
            .map(|agent| ReserveCandidate {
                agent_id: agent.id.clone(),
                weight: weights.of(agent.id),
                active: agent.active,
                total: agent.total,
            })
            .collect(),
    }
}

fn eligible<'a>(context: &Context<'a>, routing: &Routing, bench: &Bench) -> Vec<Candidate<'a>> {
    let members = bench.members(context, routing);
    let source = bench.source();
    let agents: Vec<Candidate<'a>> = members
        .into_iter()
        .filter_map(|member| source.get(context, member))
        .collect();
    in_turn(&agents, routing)
}

fn in_turn<'a>(agents: &[Candidate<'a>], routing: &Routing) -> Vec<Candidate<'a>> {
    let sorted = sorted(agents, &|a, b| turn_order(routing.order, a, b));
    sorted.into_iter().copied().collect()
}

/// At most as many as a reservation may have: the best. Of those who are equal where the line is
/// drawn it depends on the session who is in, so that nobody is always out.
fn shortened<'a>(
    agents: Vec<Candidate<'a>>,
    routing: &Routing,
    session: &str,
) -> Vec<Candidate<'a>> {
    if agents.len() <= MAX_RESERVE_CANDIDATES {
        return agents;
    }
    let class = |agent: &Candidate<'_>| routing.class(agent.active, agent.total);
    let by_class = sorted(&agents, &|a, b| class(a).cmp(&class(b)));
    let worst = by_class.get(MAX_RESERVE_CANDIDATES - 1);
    let line = worst.map_or(u64::MAX, |agent| class(agent));
    let (mut best, equal): (Vec<_>, Vec<_>) = agents
        .iter()
        .copied()
        .filter(|agent| class(agent) <= line)
        .partition(|agent| class(agent) < line);
    let hash = session
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let start = u64::try_from(equal.len())
        .ok()
        .and_then(|count| hash.checked_rem(count))
        .and_then(|start| usize::try_from(start).ok());
    let missing = MAX_RESERVE_CANDIDATES.saturating_sub(best.len());
    let from_start = equal.iter().cycle().skip(start.unwrap_or(0));
    best.extend(from_start.take(missing.min(equal.len())).copied());
    in_turn(&best, routing)
}

/// Records what became of the eligible, with what is under way counted in.
pub(crate) fn note_reservation(
    context: &mut Context<'_>,
    routing: &Routing,
    bench: &Bench,
    held: &BTreeMap<AgentId, u32>,
    winner: Option<&AgentId>,
) {
    if !context.traced() {
        return;
    }
    let under_way: u64 = held.values().map(|count| u64::from(*count)).sum();
    context.note("strategy", || routing.strategy.name());
    context.note("underWay", || under_way);
    let loaded: Vec<Candidate<'_>> = eligible(context, routing, bench)
        .into_iter()
        .map(|agent| {
            let held = held.get(agent.id).copied().unwrap_or(0);
            Candidate {
                active: agent.active.saturating_add(held),
                total: agent.total.saturating_add(held),
                ..agent
            }
        })
        .collect();
    let class = |agent: &Candidate<'_>| routing.class(agent.active, agent.total);
    let chosen = winner.and_then(|winner| loaded.iter().find(|agent| agent.id == winner));
    let chosen = chosen.copied();
    if let Some(chosen) = &chosen {
        let has_room = |agent: &&Candidate<'_>| routing.has_room(agent.active);
        let mut equal = loaded.iter().filter(has_room);
        let equal: Vec<&AgentId> = equal
            .by_ref()
            .filter(|agent| class(agent) == class(chosen))
            .map(|agent| agent.id)
            .collect();
        let index = equal.iter().position(|id| *id == chosen.id);
        context.note("equallyGood", || equal.len());
        context.note("index", || index);
    }
    for agent in &loaded {
        let reason = match &chosen {
            Some(chosen) if chosen.id == agent.id => Reason::Selected,
            _ if !routing.has_room(agent.active) => Reason::AtLimit,
            Some(chosen) => routing.behind(agent, chosen),
            None => Reason::NotTheirTurn,
        };
        context.note_candidate(RuleId::Selector, reason, agent);
    }
}
