use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assignment_engine::{
    Answered, ContextKey, Counted, Driver, FactSource, HeldPlace,
    InMemoryRoundRobinContextProvider, Place, ProviderError, ProviderErrorKind, Providing,
    RedisOptions, RedisRoundRobinContextProvider, Reservations, RoundRobinContextProvider,
    TurnRequest,
};
use assignment_engine_core::{
    Agent, Answer, Decision, Engine, Failure, Input, Need, NoAgentPolicy, Request, ReserveRequest,
    Reserved, ResumeError, RuleAnswer, ScheduleFact, StrategyFact, TenantId, Turn,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::case::{Case, Script};
use crate::check::{Asked, Observed, Run, Subject};
use crate::core_subject::{Told, ended, engine, refused};
use crate::load::CaseError;
use crate::redis_server::RedisServer;

/// The native crate's loop around the core. Facts come from the script, as from a database; each
/// index comes from a real provider, whose counter is put beforehand where the case wants it.
#[derive(Debug)]
pub struct NativeSubject {
    name: &'static str,
    rotation: Rotation,
    runtime: Runtime,
}

/// Where the rotation is kept.
#[derive(Debug)]
enum Rotation {
    Memory,
    Redis {
        server: RedisServer,
        provider: Box<RedisRoundRobinContextProvider>,
    },
}

impl NativeSubject {
    /// With counters in memory, new ones for each case.
    ///
    /// # Errors
    /// [`CaseError`] where no runtime can be had.
    pub fn with_memory() -> Result<Self, CaseError> {
        Self::new("native with memory", Rotation::Memory)
    }

    /// With counters in a Redis of its own.
    ///
    /// # Errors
    /// [`CaseError`] where no runtime or no server can be had.
    pub fn with_redis() -> Result<Self, CaseError> {
        let server = RedisServer::start()?;
        let options = RedisOptions::from_url(&server.url())
            .map_err(|error| CaseError::about("the server's address", error))?;
        // What is tested here is not how long it takes on a busy machine.
        let options = options.with_deadline(Duration::from_secs(30));
        let provider = RedisRoundRobinContextProvider::new(options);
        let provider = Box::new(provider);
        Self::new("native with Redis", Rotation::Redis { server, provider })
    }

    fn new(name: &'static str, rotation: Rotation) -> Result<Self, CaseError> {
        let runtime = Runtime::new().map_err(|error| CaseError::about("the runtime", error))?;
        Ok(Self {
            name,
            rotation,
            runtime,
        })
    }
}

impl Subject for NativeSubject {
    fn name(&self) -> &str {
        self.name
    }

    fn run(&mut self, case: &Case) -> Result<Run, CaseError> {
        if let Some(why) = case.answers.iter().find_map(impossible) {
            return Ok(Run::NotApplicable(why));
        }
        let engine = engine(case);
        let told = Told::new(case)?;
        let dialogue = Dialogue::new(&case.answers);
        let decision = match &self.rotation {
            Rotation::Memory => {
                let provider = InMemoryRoundRobinContextProvider::new();
                self.runtime.block_on(async {
                    for (key, count, index) in dialogue.indices()? {
                        for _ in 0..index {
                            let drawn = provider.get_next_index(&key, count).await;
                            drawn.map_err(|error| CaseError::about("drawing", error))?;
                        }
                    }
                    let provider = Heard(&dialogue, &provider);
                    Ok(dialogue.decide(&engine, told.input(case), &provider).await)
                })?
            }
            Rotation::Redis { server, provider } => {
                for (key, _, index) in dialogue.indices()? {
                    server.set(&format!("assignment:rr:{key}"), &index.to_string())?;
                }
                let provider = Heard(&dialogue, provider.as_ref());
                let decision = dialogue.decide(&engine, told.input(case), &provider);
                self.runtime.block_on(decision)
            }
        };
        let end = match decision {
            Ok(decision) => ended(case, decision)?,
            Err(error) => refused(&error),
        };
        let asked = dialogue.asked();
        Ok(Run::Observed(Observed { asked, end }))
    }
}

/// Why a driver cannot be brought to give this answer, if so.
fn impossible(script: &Script) -> Option<&'static str> {
    let kind = script.need.get("kind").and_then(Value::as_str);
    let fits = match &script.answer {
        Answer::Schedule(_) => kind == Some("schedule"),
        Answer::ContactAssigned(_) => kind == Some("contact_assigned"),
        Answer::Strategy(_) => kind == Some("strategy"),
        Answer::Agents(_) => kind == Some("agents"),
        Answer::NoAgentPolicy(_) => kind == Some("no_agent_policy"),
        Answer::Rule(_) => kind == Some("rule"),
        Answer::Reserved(_) => kind == Some("reserve"),
        Answer::NextIndex(index) => {
            let count = script.need.get("candidateCount").and_then(Value::as_u64);
            let among = script.need.get("candidates").and_then(Value::as_array);
            let count = count.or(among.map(|among| among.len() as u64));
            if count.is_some_and(|count| u64::from(*index) >= count) {
                return Some("no provider answers an index out of range");
            }
            matches!(kind, Some("next_index" | "turn"))
        }
        Answer::Failed(_) if matches!(kind, Some("next_index" | "turn" | "reserve")) => {
            return Some("the provider's failures have their own words");
        }
        Answer::Failed(_) => true,
    };
    if !fits {
        return Some("a driver gives no answer to another question");
    }
    (!script.meanwhile.is_nothing()).then_some("a driver holds its input still")
}

/// The script of a case, and what was asked of it so far.
struct Dialogue<'a> {
    script: &'a [Script],
    asked: Mutex<Vec<Asked>>,
}

impl<'a> Dialogue<'a> {
    fn new(script: &'a [Script]) -> Self {
        let asked = Mutex::new(Vec::new());
        Self { script, asked }
    }

    fn asked(self) -> Vec<Asked> {
        self.asked
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The indices that the rotation must deliver: key, candidates and index.
    fn indices(&self) -> Result<Vec<(ContextKey, u32, u32)>, CaseError> {
        let mut indices = Vec::new();
        for script in self.script {
            let Answer::NextIndex(index) = script.answer else {
                continue;
            };
            if script.need.get("candidateCount").is_none() {
                continue;
            }
            let text = |field: &str| script.need.get(field).cloned().unwrap_or_default();
            let key = text("contextKey");
            let key = ContextKey::new(key.as_str().unwrap_or_default())
                .map_err(|error| CaseError::about("contextKey", error))?;
            let count = text("candidateCount").as_u64().unwrap_or_default();
            let count = u32::try_from(count).map_err(|e| CaseError::about("candidateCount", e))?;
            indices.push((key, count, index));
        }
        Ok(indices)
    }

    async fn decide(
        &self,
        engine: &Engine,
        input: Input<'_>,
        provider: &dyn RoundRobinContextProvider,
    ) -> Result<Decision, ResumeError> {
        let driver = Driver {
            engine,
            source: self,
            provider,
            reservations: Some(self),
        };
        Ok(driver.decide(input).await?.0)
    }

    /// Keeps the question, and finds the script's answer to it.
    fn hear(&self, question: Asked) -> Result<Answer, Failure> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = self.script.get(asked.len()).map(|next| next.answer.clone());
        asked.push(question);
        match answer {
            Some(Answer::Failed(failure)) => Err(failure),
            Some(answer) => Ok(answer),
            None => Err(unexpected()),
        }
    }
}

impl FactSource for Dialogue<'_> {
    fn schedule<'a>(&'a self, _: &'a Request) -> Answered<'a, ScheduleFact> {
        Box::pin(async {
            match self.hear(Asked::Kind("schedule"))? {
                Answer::Schedule(fact) => Ok(*fact),
                _ => Err(unexpected()),
            }
        })
    }

    fn contact_assigned<'a>(&'a self, _: &'a Request) -> Answered<'a, bool> {
        Box::pin(async {
            match self.hear(Asked::Kind("contact_assigned"))? {
                Answer::ContactAssigned(assigned) => Ok(assigned),
                _ => Err(unexpected()),
            }
        })
    }

    fn strategy<'a>(&'a self, _: &'a Request) -> Answered<'a, StrategyFact> {
        Box::pin(async {
            match self.hear(Asked::Kind("strategy"))? {
                Answer::Strategy(fact) => Ok(fact),
                _ => Err(unexpected()),
            }
        })
    }

    fn agents<'a>(&'a self, _: &'a Request, need: &'a Need) -> Answered<'a, Vec<Agent>> {
        Box::pin(async {
            match self.hear(whole(need))? {
                Answer::Agents(agents) => Ok(agents),
                _ => Err(unexpected()),
            }
        })
    }

    fn no_agent_policy<'a>(&'a self, _: &'a Request) -> Answered<'a, NoAgentPolicy> {
        Box::pin(async {
            match self.hear(Asked::Kind("no_agent_policy"))? {
                Answer::NoAgentPolicy(policy) => Ok(policy),
                _ => Err(unexpected()),
            }
        })
    }

    fn rule<'a>(&'a self, _: &'a Request, need: &'a Need) -> Answered<'a, RuleAnswer> {
        Box::pin(async {
            match self.hear(whole(need))? {
                Answer::Rule(answer) => Ok(answer),
                _ => Err(unexpected()),
            }
        })
    }
}

/// Where reservations have to stand so that they answer a script, none can say: they have tests of
/// their own.
impl Reservations for Dialogue<'_> {
    fn reserve<'a>(&'a self, request: &'a ReserveRequest) -> Providing<'a, Reserved> {
        Box::pin(async {
            let need = Need::Reserve(Box::new(request.clone()));
            match self.hear(whole(&need)) {
                Ok(Answer::Reserved(reserved)) => Ok(*reserved),
                _ => Err(ProviderError::new(ProviderErrorKind::Other, "unexpected")),
            }
        })
    }

    fn confirm<'a>(&'a self, _: &'a Place) -> Providing<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn release<'a>(&'a self, _: &'a Place) -> Providing<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn held<'a>(&'a self, _: &'a TenantId) -> Providing<'a, Vec<HeldPlace>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A provider whose questions are kept too. Its answers are its own: the script's index only said
/// where its counter had to stand.
struct Heard<'a, P>(&'a Dialogue<'a>, &'a P);

impl<P: RoundRobinContextProvider> RoundRobinContextProvider for Heard<'_, P> {
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> assignment_engine::NextIndex<'a> {
        let need = serde_json::json!({
            "kind": "next_index",
            "contextKey": context_key,
            "candidateCount": candidate_count,
        });
        // A question too many is a difference of its own; the provider answers it all the same.
        let _ = self.0.hear(Asked::Whole(need));
        self.1.get_next_index(context_key, candidate_count)
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        let need = serde_json::json!({
            "kind": "turn",
            "contextKey": asked.context_key,
            "rotation": asked.rotation,
            "candidates": asked.candidates,
        });
        // Where a book has to stand so that it answers this, no script can say: the rotations have
        // tests of their own.
        let answer = self.0.hear(Asked::Whole(need));
        Box::pin(async move {
            match answer {
                Ok(Answer::NextIndex(index)) => Ok(Counted::shared(Turn {
                    index,
                    stamps: (0, 0),
                })),
                _ => self.1.take_turn(asked).await,
            }
        })
    }
}

fn whole(need: &Need) -> Asked {
    Asked::Whole(serde_json::to_value(need).unwrap_or_default())
}

fn unexpected() -> Failure {
    Failure {
        code: "unexpected".into(),
        message: "the case has no answer to this question".into(),
    }
}
