//! The loop between a run of the engine and the world.

use std::future::Future;
use std::pin::Pin;

use assignment_engine_core::limits::MAX_CANDIDATES;
use assignment_engine_core::{
    Agent, Answer, Decision, Engine, Failure, Input, Need, NoAgentPolicy, Outcome, Request,
    ReserveRequest, Reserved, ResumeError, RuleAnswer, RuleId, ScheduleFact, Step, StrategyFact,
    Turn,
};
use tokio::time::Instant;

use crate::observe::RuleTimer;
use crate::provider::{
    Counted, ProviderError, ProviderErrorKind, RoundRobinContextProvider, TurnRequest,
};
use crate::reservations::{Place, Reservations};

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
    let driver = Driver {
        engine,
        source,
        provider,
        reservations: None,
    };
    let (decision, _) = driver.decide(input).await?;
    Ok(decision)
}

/// Runs the engine, and keeps what a run has taken until it is known whether the decision has come
/// true.
#[derive(Clone, Copy)]
pub struct Driver<'a> {
    /// The rules.
    pub engine: &'a Engine,
    /// Answers what the rules need to know.
    pub source: &'a dyn FactSource,
    /// Says whose turn it is.
    pub provider: &'a dyn RoundRobinContextProvider,
    /// Holds places, for requests that want one.
    pub reservations: Option<&'a dyn Reservations>,
}

/// What a run has taken for its decision: a turn in a rotation other than the counter, or a place.
#[derive(Debug, Clone)]
#[must_use = "it stays taken until it is settled"]
pub enum Taken {
    /// A turn. Unless it is given back, it is spent.
    Turn(Box<TurnRequest>, Counted<Turn>),
    /// A place. Unless it is confirmed or released, it lapses with its lease.
    Place(Place),
}

impl Driver<'_> {
    /// Runs the engine to its decision. Second, what was taken for it: to be settled once the store
    /// has spoken.
    ///
    /// # Errors
    /// As [`decide`].
    pub async fn decide(&self, input: Input<'_>) -> Result<(Decision, Option<Taken>), ResumeError> {
        let mut course = Course {
            since: Instant::now(),
            taken: None,
            from_memory: None,
        };
        let mut timer = RuleTimer::default();
        let mut step = self.engine.start_observed(input, &mut timer);
        loop {
            let (need, run) = match step {
                Step::Done(mut decision) => {
                    if !matches!(decision.outcome, Outcome::Assign { .. }) {
                        self.give_back(course.taken.take()).await;
                    }
                    if let Some(why) = course.from_memory {
                        mark(&mut decision, why);
                    }
                    return Ok((decision, course.taken));
                }
                Step::Need(need, run) => (need, run),
            };
            let answer = self.answer(input.request, need, &mut course).await;
            let answer = answer.unwrap_or_else(Answer::Failed);
            step = self
                .engine
                .resume_observed(run, input, answer, &mut timer)?;
        }
    }

    async fn give_back(&self, taken: Option<Taken>) {
        settle(taken, false, self.provider, self.reservations).await;
    }

    async fn answer(
        &self,
        request: &Request,
        need: Need,
        course: &mut Course,
    ) -> Result<Answer, Failure> {
        let source = self.source;
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
                    return Err(failure("too_many_agents", message));
                }
                Answer::Agents(agents)
            }
            Need::NoAgentPolicy { .. } => {
                Answer::NoAgentPolicy(source.no_agent_policy(request).await?)
            }
            Need::Rule { .. } => Answer::Rule(source.rule(request, &need).await?),
            Need::NextIndex {
                context_key,
                candidate_count,
            } => {
                let count = candidate_count.get();
                let counted = self.provider.next_counted(&context_key, count).await;
                let index = course.keep(counted.map_err(failed)?);
                Answer::NextIndex(below(index, count)?)
            }
            Need::Turn {
                context_key,
                rotation,
                candidates,
            } => {
                let asked = TurnRequest {
                    context_key,
                    rotation,
                    candidates,
                    now: request.now,
                };
                Answer::NextIndex(self.turn(asked, course).await?)
            }
            Need::Reserve(asked) => {
                Answer::Reserved(Box::new(self.reservation(*asked, course).await?))
            }
        })
    }

    async fn turn(&self, asked: TurnRequest, course: &mut Course) -> Result<u32, Failure> {
        // Whose turn it was can no longer take it.
        self.give_back(course.taken.take()).await;
        let counted = self.provider.take_turn(&asked).await.map_err(failed)?;
        let turn = course.keep(counted);
        let count = u32::try_from(asked.candidates.len()).unwrap_or(u32::MAX);
        let index = below(turn.index, count)?;
        course.taken = Some(Taken::Turn(Box::new(asked), counted));
        Ok(index)
    }

    async fn reservation(
        &self,
        asked: ReserveRequest,
        course: &mut Course,
    ) -> Result<Reserved, Failure> {
        let reservations = self.reservations.ok_or_else(|| {
            let message = "the request wants a reservation, and there is nowhere to make one";
            failure("unsupported", message.into())
        })?;
        if course.since.elapsed() > reservations.read_window() {
            let message = "what was read is older than reservations allow";
            return Err(failure(STALE_READ, message.into()));
        }
        let reserved = reservations.reserve(&asked).await.map_err(failed)?;
        course.taken = reserved.token().map(|token| {
            Taken::Place(Place {
                tenant_id: asked.tenant_id,
                session_id: asked.session_id,
                token,
            })
        });
        Ok(reserved)
    }
}

/// How far a run has come.
struct Course {
    /// What is read from the store is no older.
    since: Instant,
    taken: Option<Taken>,
    /// The rotation was asked, and answered from memory, because of this.
    from_memory: Option<ProviderErrorKind>,
}

impl Course {
    fn keep<T>(&mut self, counted: Counted<T>) -> T {
        self.from_memory = counted.from_memory;
        counted.value
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

/// Tells what became of a decision: a turn is given back and a place released if the session was
/// not assigned. That this fails is harmless: a turn stays spent, a place lapses.
pub async fn settle(
    taken: Option<Taken>,
    assigned: bool,
    provider: &dyn RoundRobinContextProvider,
    reservations: Option<&dyn Reservations>,
) {
    match (taken, reservations) {
        (Some(Taken::Turn(asked, turn)), _) if !assigned => {
            provider.give_back(&asked, turn).await;
        }
        (Some(Taken::Place(place)), Some(reservations)) => {
            let settled = if assigned {
                reservations.confirm(&place).await
            } else {
                reservations.release(&place).await
            };
            if let Err(error) = settled {
                tracing::debug!(code = error.code(), "assignment_engine.place_not_settled");
            }
        }
        _ => {}
    }
}

/// The code of a decision that was made on facts too old for a reservation: decide again.
pub(crate) const STALE_READ: &str = "stale_read";

fn failed(error: ProviderError) -> Failure {
    failure(error.code(), error.to_string())
}

fn below(index: u32, count: u32) -> Result<u32, Failure> {
    if index < count {
        return Ok(index);
    }
    let message = format!("the provider answered {index} for {count} candidates");
    Err(failure("index_out_of_range", message))
}

fn failure(code: &str, message: String) -> Failure {
    Failure {
        code: code.into(),
        message,
    }
}
