//! The loop between a run of the engine and the world.

use std::future::Future;
use std::pin::Pin;

use assignment_engine_core::limits::MAX_CANDIDATES;
use assignment_engine_core::{
    Agent, Answer, Decision, Engine, Failure, Input, Need, NoAgentPolicy, Request, ResumeError,
    RuleAnswer, RuleId, ScheduleFact, Step, StrategyFact,
};

use crate::observe::RuleTimer;
use crate::provider::{ProviderErrorKind, RoundRobinContextProvider};

/// A future that can be sent to another thread, behind `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers what a run needs to know. Each method is called at most once in a run, and only if no
/// fact of the [`Input`] answers it already; what a source has no answer for, it fails.
///
/// The request says whom it is about: the team is `request.session.assigned_team_id`, and where
/// there is none, the one that [`assignment_engine_core::default_team`] finds.
pub trait FactSource: Send + Sync {
    /// The opening hours of the session's team.
    fn schedule<'a>(&'a self, request: &'a Request) -> Answered<'a, ScheduleFact>;

    /// Has the session's contact another assigned session in the tenant?
    fn contact_assigned<'a>(&'a self, request: &'a Request) -> Answered<'a, bool>;

    /// How the team, else the tenant, wants conversations routed.
    fn strategy<'a>(&'a self, request: &'a Request) -> Answered<'a, StrategyFact>;

    /// The team's active members; `need` is [`Need::Agents`] and says since when to count.
    fn agents<'a>(&'a self, request: &'a Request, need: &'a Need) -> Answered<'a, Vec<Agent>>;

    /// What to do when nobody can take the session.
    fn no_agent_policy<'a>(&'a self, request: &'a Request) -> Answered<'a, NoAgentPolicy>;

    /// What a rule of the host's says; `need` is [`Need::Rule`]. Fails unless implemented.
    fn rule<'a>(&'a self, _request: &'a Request, need: &'a Need) -> Answered<'a, RuleAnswer> {
        let name = match need {
            Need::Rule { name, .. } => name.to_string(),
            _ => String::new(),
        };
        let message = format!("nobody answers for the rule `{}`", name.escape_debug());
        Box::pin(async {
            Err(Failure {
                code: "unknown_rule".into(),
                message,
            })
        })
    }
}

/// An answer on its way.
pub type Answered<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// Runs the engine to its decision, answering what it needs from `source` and `provider`.
///
/// # Errors
/// [`ResumeError`] cannot come from a sound [`FactSource`]; whatever a source or the provider
/// fails to answer is a decision with the outcome `error`.
pub async fn decide(
    engine: &Engine,
    input: Input<'_>,
    source: &dyn FactSource,
    provider: &dyn RoundRobinContextProvider,
) -> Result<Decision, ResumeError> {
    let mut timer = RuleTimer::default();
    let mut from_memory = None;
    let mut step = engine.start_observed(input, &mut timer);
    loop {
        let (need, run) = match step {
            Step::Done(mut decision) => {
                if let Some(why) = from_memory {
                    mark(&mut decision, why);
                }
                return Ok(decision);
            }
            Step::Need(need, run) => (need, run),
        };
        let answer = answer(input.request, &need, source, provider, &mut from_memory).await;
        let answer = answer.unwrap_or_else(Answer::Failed);
        step = engine.resume_observed(run, input, answer, &mut timer)?;
    }
}

/// Whoever reads the trace must see that the turn was not one of the shared rotation.
fn mark(decision: &mut Decision, why: ProviderErrorKind) {
    let Some(trace) = &mut decision.trace else {
        return;
    };
    let selector = RuleId::Selector.name();
    if let Some(rule) = trace
        .rules
        .iter_mut()
        .rfind(|rule| rule.rule.as_str() == selector)
    {
        rule.values.insert("store".into(), "memory".into());
        rule.values.insert("storeError".into(), why.code().into());
    }
}

/// `from_memory` is set if the provider says so of the turn.
async fn answer(
    request: &Request,
    need: &Need,
    source: &dyn FactSource,
    provider: &dyn RoundRobinContextProvider,
    from_memory: &mut Option<ProviderErrorKind>,
) -> Result<Answer, Failure> {
    Ok(match need {
        Need::Schedule { .. } => Answer::Schedule(Box::new(source.schedule(request).await?)),
        Need::ContactAssigned { .. } => {
            Answer::ContactAssigned(source.contact_assigned(request).await?)
        }
        Need::Strategy { .. } => Answer::Strategy(source.strategy(request).await?),
        Need::Agents { .. } => {
            let agents = source.agents(request, need).await?;
            if agents.len() > MAX_CANDIDATES {
                let message = format!("{} agents, at most {MAX_CANDIDATES}", agents.len());
                return Err(Failure {
                    code: "too_many_agents".into(),
                    message,
                });
            }
            Answer::Agents(agents)
        }
        Need::NoAgentPolicy { .. } => Answer::NoAgentPolicy(source.no_agent_policy(request).await?),
        Need::Rule { .. } => Answer::Rule(source.rule(request, need).await?),
        Need::NextIndex {
            context_key,
            candidate_count,
        } => {
            let count = candidate_count.get();
            let turn = provider.take_turn(context_key, count).await;
            let turn = turn.map_err(|error| Failure {
                code: error.code().into(),
                message: error.to_string(),
            })?;
            *from_memory = turn.from_memory;
            let index = turn.index;
            if index >= count {
                let message = format!("the provider answered {index} for {count} candidates");
                return Err(Failure {
                    code: "index_out_of_range".into(),
                    message,
                });
            }
            Answer::NextIndex(index)
        }
    })
}
