//! # What it does
//! Finds the members of the team who can take the session: online, and below the limit if the
//! team has one. `forceOverride` lets offline members take part; the limit holds all the same. If
//! nobody can, the no-agent fallback follows.
//!
//! # Why
//! Nobody may get more than they can carry, or what they cannot see.
//!
//! # Reads
//! The team's active members with their status and active counts, `maxLoad`, `forceOverride`, the
//! agents excluded by the request.
//!
//! # Answers
//! Continue: `agents_eligible`. Stop: `no_members`, `nobody_online`, `everybody_at_limit`,
//! `everybody_excluded`. Error: `duplicate_agent`. Of agents: `offline`, `at_limit`, `excluded`.
//!
//! # Example
//! `maxLoad` is 3. Anna is online with 3 sessions, Ben online with 2, Cleo offline: Ben is eligible.

use alloc::vec::Vec;

use super::no_agent_fallback::fall_back;
use crate::bench::{Bench, Source};
use crate::order::repeated;
use crate::roster::Candidate;
use crate::routing::Routing;
use crate::run::{Ask, Context, RuleOutcome, Verdict};
use crate::{Reason, RuleId};

pub(super) fn apply(context: &mut Context<'_>) -> Result<Verdict, Ask> {
    let routing = context.routing();
    let request = context.request;
    let source = source(context, &routing)?;

    if let (Source::Roster { team }, false, true) =
        (source, request.force_override, request.excluded.is_empty())
    {
        let line_up = context.team().and_then(|(_, team)| team.line_up(&routing));
        if let Some(best) = line_up.map(crate::roster::LineUp::best) {
            if best.is_none() {
                return nobody(context, &routing, source);
            }
            if context.traced() {
                let members = sift(context, &routing, source);
                note(context, &routing, source, members.len());
            }
            context.state.bench = Some(Bench::LineUp { team });
            return Ok(Verdict::go_on(Reason::AgentsEligible));
        }
    }

    if source == Source::Given && has_duplicates(context) {
        let message = "the list of agents names one twice".into();
        let reason = Reason::DuplicateAgent;
        return Ok(Verdict {
            answer: RuleOutcome::Error(message),
            reason,
        });
    }
    let members = sift(context, &routing, source);
    if members.is_empty() {
        return nobody(context, &routing, source);
    }
    note(context, &routing, source, members.len());
    context.state.bench = Some(Bench::Listed {
        source,
        members: members.into(),
    });
    Ok(Verdict::go_on(Reason::AgentsEligible))
}

/// Where the team's members are kept.
fn source(context: &Context<'_>, routing: &Routing) -> Result<Source, Ask> {
    if context.given_agents().is_some() {
        return Ok(Source::Given);
    }
    if let Some((team, _)) = context.team() {
        return Ok(Source::Roster { team });
    }
    if context.roster.is_some() && context.request.session.assigned_team_id.is_none() {
        // The roster knows all teams, and none has members.
        return Ok(Source::Roster { team: u32::MAX });
    }
    Err(Ask::Agents {
        counts_since: context.counts_since(routing.window),
    })
}

/// Why this agent cannot take the session, if so.
fn obstacle(context: &Context<'_>, routing: &Routing, agent: &Candidate<'_>) -> Option<Reason> {
    if !agent.online && !context.request.force_override {
        Some(Reason::Offline)
    } else if !routing.has_room(agent.active) {
        Some(Reason::AtLimit)
    } else if context.request.excluded.contains(agent.id) {
        Some(Reason::Excluded)
    } else {
        None
    }
}

/// The places of those who can take the session.
fn sift(context: &Context<'_>, routing: &Routing, source: Source) -> Vec<u32> {
    source
        .iter(context)
        .filter(|(_, agent)| obstacle(context, routing, agent).is_none())
        .map(|(place, _)| place)
        .collect()
}

/// Nobody can: says why, and falls back.
fn nobody(context: &mut Context<'_>, routing: &Routing, source: Source) -> Result<Verdict, Ask> {
    let mut reason = Reason::NoMembers;
    for (_, agent) in source.iter(context) {
        // Of several obstacles the one that was nearest to giving way says most.
        reason = match (reason, obstacle(context, routing, &agent)) {
            (_, Some(Reason::Excluded)) => Reason::EverybodyExcluded,
            (Reason::NoMembers | Reason::NobodyOnline, Some(Reason::AtLimit)) => {
                Reason::EverybodyAtLimit
            }
            (Reason::NoMembers, Some(Reason::Offline)) => Reason::NobodyOnline,
            (reason, _) => reason,
        };
    }
    let verdict = fall_back(context, reason)?;
    note(context, routing, source, 0);
    Ok(verdict)
}

/// Records the members and why those who are out are out.
fn note(context: &mut Context<'_>, routing: &Routing, source: Source, eligible: usize) {
    if !context.traced() {
        return;
    }
    let members = source.len(context);
    context.note("members", || members);
    context.note("eligible", || eligible);
    if let Some(limit) = routing.limit {
        context.note("limit", || limit.get());
    }
    for place in 0..members {
        if let Some(agent) = source.get(context, place)
            && let Some(reason) = obstacle(context, routing, &agent)
        {
            context.note_candidate(RuleId::Eligibility, reason, &agent);
        }
    }
}

fn has_duplicates(context: &Context<'_>) -> bool {
    let agents = context.given_agents().unwrap_or_default();
    repeated(&mut agents.iter().map(|agent| agent.id.as_str())).is_some()
}
