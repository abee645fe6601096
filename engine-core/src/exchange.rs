//! Between a run and the world: what a rule lacks becomes a need, an answer becomes what is known.

use alloc::boxed::Box;

use crate::TurnCandidate;
use crate::limits::MAX_CANDIDATES;
use crate::pipeline::Rule;
use crate::reservation::reserve_request;
use crate::rules::{settings, weights};
use crate::run::{Ask, Context};
use crate::step::{Answer, Need, ResumeError, Suspended};

/// Keeps an answer for the rule that asked.
pub(crate) fn take(run: &mut Suspended, answer: Answer) -> Result<(), ResumeError> {
    let Suspended {
        ask, state, known, ..
    } = run;
    match (*ask, answer) {
        (Ask::NextIndex(count), Answer::NextIndex(index)) => {
            if index >= count.get() {
                return Err(ResumeError::IndexOutOfRange {
                    index,
                    count: count.get(),
                });
            }
            state.index = Some((index, count));
        }
        (Ask::Turn(count), Answer::NextIndex(index)) => {
            let taking = state.turn.get_or_insert_default();
            let winner = usize::try_from(index)
                .ok()
                .and_then(|at| taking.candidates.get(at));
            let Some(winner) = winner.cloned() else {
                let count = count.get();
                return Err(ResumeError::IndexOutOfRange { index, count });
            };
            taking.winner = Some(winner);
        }
        (Ask::Reserve, Answer::Reserved(reserved)) => state.reserved = Some(reserved),
        (Ask::Agents { .. }, Answer::Agents(agents)) => {
            if agents.len() > MAX_CANDIDATES {
                let (given, limit) = (agents.len(), MAX_CANDIDATES);
                return Err(ResumeError::TooManyAgents { given, limit });
            }
            known.get_or_insert_default().facts.agents = Some(agents);
        }
        (Ask::Schedule, Answer::Schedule(fact)) => {
            known.get_or_insert_default().facts.schedule = Some(*fact);
        }
        (Ask::ContactAssigned, Answer::ContactAssigned(assigned)) => {
            known.get_or_insert_default().facts.contact_assigned = Some(assigned);
        }
        (Ask::Strategy, Answer::Strategy(fact)) => {
            known.get_or_insert_default().facts.strategy = Some(fact);
        }
        (Ask::NoAgentPolicy, Answer::NoAgentPolicy(policy)) => {
            known.get_or_insert_default().facts.no_agent = Some(policy);
        }
        (Ask::Rule, Answer::Rule(answer)) => {
            let rules = &mut known.get_or_insert_default().rules;
            rules.push((state.cursor, answer));
        }
        (ask, answer) => {
            return Err(ResumeError::WrongAnswer {
                needed: ask.name(),
                given: answer.name(),
            });
        }
    }
    Ok(())
}

/// The need behind an ask.
pub(crate) fn need(context: &Context<'_>, ask: Ask, rule: &Rule) -> Need {
    let session = &context.request.session;
    let tenant_id = || session.tenant_id.clone();
    let team_id = || session.assigned_team_id.clone();
    let strategy = || Need::Strategy {
        tenant_id: tenant_id(),
        team_id: team_id(),
    };
    match ask {
        Ask::NextIndex(candidate_count) => Need::NextIndex {
            context_key: session.context_key(),
            candidate_count,
        },
        Ask::Turn(_) => {
            let weights = weights(context);
            let taking = context.state.turn.as_deref();
            let candidates = taking.map_or(&[][..], |taking| &taking.candidates);
            let candidates = candidates.iter().map(|agent_id| TurnCandidate {
                agent_id: agent_id.clone(),
                weight: weights.of(agent_id),
            });
            Need::Turn {
                context_key: session.context_key(),
                rotation: context.routing().rotation,
                candidates: candidates.collect(),
            }
        }
        Ask::Reserve => Need::Reserve(Box::new(reserve_request(context))),
        // These two are asked for only where there is a team, and a contact.
        Ask::Schedule => team_id().map_or_else(strategy, |team_id| Need::Schedule { team_id }),
        Ask::ContactAssigned => match session.contact_id.clone() {
            Some(contact_id) => Need::ContactAssigned {
                tenant_id: tenant_id(),
                contact_id,
                exclude_session_id: session.id.clone(),
            },
            None => strategy(),
        },
        Ask::Strategy => strategy(),
        Ask::Agents { counts_since } => Need::Agents {
            tenant_id: tenant_id(),
            team_id: team_id(),
            include_offline: context.request.force_override,
            counts_since,
        },
        Ask::NoAgentPolicy => Need::NoAgentPolicy {
            tenant_id: tenant_id(),
        },
        Ask::Rule => {
            let routing = context.state.routing.as_ref();
            let bench = context.state.bench.as_ref();
            let agents = bench.map(|bench| bench.ids(context, &context.routing()));
            Need::Rule {
                name: rule.name(),
                strategy: routing.map(|routing| routing.strategy.name()),
                config: settings(context),
                agents,
            }
        }
    }
}

impl Ask {
    const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "a schedule",
            Self::ContactAssigned => "whether the contact is assigned",
            Self::Strategy => "a strategy",
            Self::Agents { .. } => "agents",
            Self::NoAgentPolicy => "a no-agent policy",
            Self::NextIndex(_) | Self::Turn(_) => "an index",
            Self::Reserve => "a reservation",
            Self::Rule => "a rule's answer",
        }
    }
}
