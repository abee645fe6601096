//! Rules of the host's own: what follows from what they say.

use alloc::boxed::Box;

use crate::routing::{Choice, Routing};
use crate::run::{Context, RuleOutcome, Settings, Verdict};
use crate::step::{RuleAnswer, RuleVerdict};
use crate::{Reason, RoutingConfig, RuleName, Strategy, Warning, Weights};

/// The settings in force.
pub(crate) fn settings(context: &Context<'_>) -> Option<RoutingConfig> {
    match &context.state.settings {
        Settings::None => None,
        Settings::OfStrategy => context.strategy().ok()?.config.cloned(),
        Settings::OfHost(config) => Some(config.as_ref().clone()),
    }
}

/// The agents' shares, as the settings in force have them.
pub(crate) fn weights(context: &Context<'_>) -> Weights {
    settings(context)
        .and_then(|config| config.weights)
        .unwrap_or_default()
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
    let old = context.routing();
    if let Some(keep) = &answer.agents
        && let Some(bench) = context.state.bench.take()
    {
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
            context.state.extras().warnings.push(Warning {
                code: "unknown_strategy".into(),
                message,
            });
        }
        context.note("strategy", || choice.strategy.name());
        if choice.strategy == Strategy::Manual {
            return Verdict::stop(Reason::ManualStrategy);
        }
        if let Some(config) = &answer.config {
            context.state.settings = Settings::OfHost(Box::new(config.clone()));
        }
        let new = Routing::new(choice.strategy, settings(context).as_ref());
        context.route_by(new);
    }
    Verdict::go_on(reason)
}
