//! # What it does
//! Finds the strategy in force: the team's, else the tenant's, else round robin. A name that no
//! strategy has means round robin, with a warning. `manual` ends the run.
//!
//! # Why
//! Teams differ: some want equal turns, some equal load, some want to choose for themselves.
//!
//! # Reads
//! The team's `routingStrategy` and `routingConfig`, the tenant's `strategy`.
//!
//! # Answers
//! Continue: `team_strategy`, `tenant_strategy`, `default_strategy`, `unknown_strategy`. Stop:
//! `manual_strategy`.
//!
//! # Example
//! Team `sales` says nothing, its tenant says `load_balanced`: the least busy agent is chosen.

use alloc::format;

use crate::routing::ChoiceSource;
use crate::run::{Ask, Context, Settings, StrategyInForce, Verdict};
use crate::{Reason, Strategy, Warning};

pub(super) fn apply(context: &mut Context<'_>) -> Result<Verdict, Ask> {
    let StrategyInForce {
        choice, routing, ..
    } = context.strategy()?;
    context.note("strategy", || choice.strategy.name());
    if choice.strategy == Strategy::Manual {
        return Ok(Verdict::stop(Reason::ManualStrategy));
    }
    context.route_by(routing);
    context.state.settings = Settings::OfStrategy;
    if let Some(name) = choice.unknown {
        context.note("unknownStrategy", || name);
        context.state.extras().warnings.push(Warning {
            code: "unknown_strategy".into(),
            message: format!(
                "there is no strategy `{}`: round robin",
                name.escape_debug()
            ),
        });
        return Ok(Verdict::go_on(Reason::UnknownStrategy));
    }
    Ok(Verdict::go_on(match choice.source {
        ChoiceSource::Team => Reason::TeamStrategy,
        ChoiceSource::Tenant => Reason::TenantStrategy,
        ChoiceSource::Default => Reason::DefaultStrategy,
    }))
}
