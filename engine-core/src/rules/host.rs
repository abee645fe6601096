//! Rules of the host's own: what follows from what they say.

use alloc::boxed::Box;

use crate::routing::{Choice, Routing};
use crate::run::{Context, RuleOutcome, Verdict};
use crate::step::{RuleAnswer, RuleVerdict};
use crate::{Reason, RoutingConfig, RuleName, Strategy, Warning};

/// The settings in force, once there is a strategy to have them.
pub(crate) fn settings(context: &Context<'_>) -> Option<RoutingConfig> {
    let own = || {
        context
            .strategy()
            .ok()
            .filter(|_| context.state.routing.is_some())?
            .config
            .cloned()
    };
    context.state.config.as_deref().cloned().or_else(own)
}

/// Does what a rule of the host says.
pub(crate) fn heed(context: &mut Context<'_>, name: &RuleName, answer: &RuleAnswer) -> Verdict {
    let reason = Reason::HostRule;
    let answer_of = |answer| Verdict { answer, reason };
    match &answer.verdict {
        RuleVerdict::Continue => {}
        RuleVerdict::Skip => return answer_of(RuleOutcome::Skip),
        RuleVerdict::Stop => return answer_of(RuleOutcome::Stop),
        RuleVerdict::Assign { agent_id } => {
            let handle = context
                .roster
                .and_then(|roster| roster.agent(agent_id.as_str()));
            return answer_of(RuleOutcome::Assign(agent_id.clone(), handle));
        }
        RuleVerdict::Error { message } => return answer_of(RuleOutcome::Error(message.clone())),
    }
    let old = context
        .state
        .routing
        .unwrap_or_else(|| Routing::new(Strategy::RoundRobin, None));
    if let (Some(keep), Some(bench)) = (&answer.agents, context.state.bench.take()) {
        let (narrowed, removed) = bench.narrowed(context, &old, keep);
        let left = removed.len();
        context.note("removed", || left);
        for member in removed {
            if let Some(agent) = bench.source().get(context, member) {
                context.note_candidate(name.clone(), Reason::RemovedByRule, &agent);
            }
        }
        context.state.bench = Some(narrowed);
    }
    if answer.strategy.is_some() || answer.config.is_some() {
        let choice = Choice::new(answer.strategy.as_deref(), Some(old.strategy.name()));
        if let Some(unknown) = choice.unknown {
            let name = unknown.escape_debug();
            let message = alloc::format!("there is no strategy `{name}`: round robin");
            context.state.warnings.push(Warning {
                code: "unknown_strategy",
                message,
            });
        }
        if answer.config.is_some() {
            context.state.config = answer.config.clone().map(Box::new);
        }
        let new = Routing::new(choice.strategy, settings(context).as_ref());
        let bench = context.state.bench.take();
        context.state.bench = bench.map(|bench| bench.for_routing(context, &old, &new));
        context.state.routing = Some(new);
        context.note("strategy", || new.strategy.name());
    }
    Verdict::go_on(reason)
}
