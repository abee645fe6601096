//! The loop between a run of the engine and the world.

use std::future::Future;
use std::pin::Pin;

use assignment_engine_core::limits::MAX_CANDIDATES;
use assignment_engine_core::{
    Agent, Answer, Decision, Engine, Failure, Input, Need, NoAgentPolicy, Outcome, Request,
    ResumeError, RuleAnswer, ScheduleFact, Step, StrategyFact, Turn,
};

use crate::observe::RuleTimer;
use crate::provider::{ProviderError, RoundRobinContextProvider, TurnRequest};

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
    let (decision, _) = decide_with_turn(engine, input, source, provider).await?;
    Ok(decision)
}

/// A turn that a run has taken, in a rotation other than the counter.
///
/// Whoever cannot make the decision true gives it back, and it is another one's turn still.
#[derive(Debug, Clone)]
pub struct Taken {
    asked: TurnRequest,
    turn: Turn,
}

impl Taken {
    /// Gives the turn back.
    pub async fn give_back(self, provider: &dyn RoundRobinContextProvider) {
        provider.give_back(&self.asked, self.turn).await;
    }
}

/// [`decide`], with the turn that was taken for the decision, if one was.
///
/// # Errors
/// As [`decide`].
pub async fn decide_with_turn(
    engine: &Engine,
    input: Input<'_>,
    source: &dyn FactSource,
    provider: &dyn RoundRobinContextProvider,
) -> Result<(Decision, Option<Taken>), ResumeError> {
    let mut taken: Option<Taken> = None;
    let mut timer = RuleTimer::default();
    let mut step = engine.start_observed(input, &mut timer);
    loop {
        let (need, run) = match step {
            Step::Done(decision) => {
                if !matches!(decision.outcome, Outcome::Assign { .. })
                    && let Some(taken) = taken.take()
                {
                    taken.give_back(provider).await;
                }
                return Ok((decision, taken));
            }
            Step::Need(need, run) => (need, run),
        };
        let answer = answer(input.request, need, source, provider, &mut taken).await;
        let answer = answer.unwrap_or_else(Answer::Failed);
        step = engine.resume_observed(run, input, answer, &mut timer)?;
    }
}

async fn take_turn(
    asked: &TurnRequest,
    provider: &dyn RoundRobinContextProvider,
) -> Result<Turn, Failure> {
    let turn = provider.take_turn(asked).await.map_err(failed)?;
    let count = u32::try_from(asked.candidates.len()).unwrap_or(u32::MAX);
    below(turn.index, count)?;
    Ok(turn)
}

fn failed(error: ProviderError) -> Failure {
    Failure {
        code: error.code().into(),
        message: error.to_string(),
    }
}

fn below(index: u32, count: u32) -> Result<u32, Failure> {
    if index < count {
        return Ok(index);
    }
    let message = format!("the provider answered {index} for {count} candidates");
    Err(Failure {
        code: "index_out_of_range".into(),
        message,
    })
}

async fn answer(
    request: &Request,
    need: Need,
    source: &dyn FactSource,
    provider: &dyn RoundRobinContextProvider,
    taken: &mut Option<Taken>,
) -> Result<Answer, Failure> {
    Ok(match need {
        Need::Schedule { .. } => Answer::Schedule(Box::new(source.schedule(request).await?)),
        Need::ContactAssigned { .. } => {
            Answer::ContactAssigned(source.contact_assigned(request).await?)
        }
        Need::Strategy { .. } => Answer::Strategy(source.strategy(request).await?),
        Need::Agents { .. } => {
            let agents = source.agents(request, &need).await?;
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
        Need::Rule { .. } => Answer::Rule(source.rule(request, &need).await?),
        Need::NextIndex {
            context_key,
            candidate_count,
        } => {
            let count = candidate_count.get();
            let index = provider.get_next_index(&context_key, count).await;
            Answer::NextIndex(below(index.map_err(failed)?, count)?)
        }
        Need::Turn {
            context_key,
            rotation,
            candidates,
        } => {
            // Whose turn it was can no longer take it.
            if let Some(taken) = taken.take() {
                taken.give_back(provider).await;
            }
            let asked = TurnRequest {
                context_key,
                rotation,
                candidates,
                now: request.now,
            };
            let turn = take_turn(&asked, provider).await?;
            *taken = Some(Taken { asked, turn });
            Answer::NextIndex(turn.index)
        }
    })
}
