use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::exchange::{need, take};
use crate::pipeline::{PIPELINE, Pipeline, Rule, RuleName};
use crate::rules::{NO_AGENT_FALLBACK, heed};
use crate::run::{Ask, Context, Extras, Input, RuleOutcome, State, Verdict, stamp};
use crate::step::{Answer, Failure, Known, Need, ResumeError, Step, Suspended};
use crate::{AgentHandle, Decision, Outcome, Reason, Roster, RuleTrace, TraceAnswer};

/// Decides which agent gets a session.
///
/// An engine is a pipeline of rules and nothing else: it holds no state between runs, so one
/// engine serves any number of runs at once.
#[derive(Debug, Clone)]
pub struct Engine {
    pipeline: Pipeline,
}

/// Is told when a rule begins and ends, so that a host can measure what it costs; the engine has
/// no clock. A rule that waits for an answer has not ended; rules begin again when a run is decided
/// afresh.
pub trait RuleObserver {
    /// The rule begins.
    fn entered(&mut self, rule: &str) {
        let _ = rule;
    }

    /// The rule has answered.
    fn left(&mut self, rule: &str) {
        let _ = rule;
    }
}

impl RuleObserver for () {}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Pipeline::standard())
    }
}

impl Engine {
    /// An engine that asks these rules.
    #[must_use]
    pub const fn new(pipeline: Pipeline) -> Self {
        Self { pipeline }
    }

    /// The rules it asks.
    #[must_use]
    pub const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Starts a run.
    pub fn start(&self, input: Input<'_>) -> Step {
        self.start_observed(input, &mut ())
    }

    /// Starts a run, telling `observer` of its rules.
    pub fn start_observed(&self, input: Input<'_>, observer: &mut impl RuleObserver) -> Step {
        let mut run = Suspended {
            session_id: input.request.session.id.clone(),
            ask: Ask::Rule,
            state: State::new(&input),
            known: None,
        };
        match self.drive(input, &mut run, true, observer) {
            Progress::Waits(need) => Step::Need(need, run),
            Progress::Ends(decision) => Step::Done(decision),
        }
    }

    /// Goes on with a run, now that what it needed is known.
    ///
    /// If the roster or the agents given have changed since, the run is decided afresh on what
    /// they are now; what it was told before still counts, and nothing is asked twice.
    ///
    /// # Errors
    /// [`ResumeError`] if the answer does not fit what was asked.
    pub fn resume(
        &self,
        run: Suspended,
        input: Input<'_>,
        answer: Answer,
    ) -> Result<Step, ResumeError> {
        self.resume_observed(run, input, answer, &mut ())
    }

    /// Goes on with a run, telling `observer` of its rules.
    ///
    /// # Errors
    /// [`ResumeError`] if the answer does not fit what was asked.
    pub fn resume_observed(
        &self,
        mut run: Suspended,
        input: Input<'_>,
        answer: Answer,
        observer: &mut impl RuleObserver,
    ) -> Result<Step, ResumeError> {
        if run.session_id != input.request.session.id {
            return Err(ResumeError::OtherSession {
                session_id: run.session_id,
            });
        }
        if let Answer::Failed(failure) = answer {
            return Ok(Step::Done(self.fail(input, run, failure, observer)));
        }
        take(&mut run, answer)?;
        // Places in a list of agents are worth nothing once the list can be another one.
        let fresh = run.state.roster_version == input.roster.map(Roster::version)
            && run.state.agents_stamp == stamp(input.facts.agents.as_deref());
        if !fresh {
            if let Some(rule) = self.pipeline.rules().get(run.state.cursor) {
                observer.left(rule.as_str());
            }
            let State {
                index,
                ref mut turn,
                ref mut reserved,
                ..
            } = run.state;
            let (turn, reserved) = (turn.take(), reserved.take());
            run.state = State {
                index,
                turn,
                reserved,
                ..State::new(&input)
            };
        }
        Ok(match self.drive(input, &mut run, !fresh, observer) {
            Progress::Waits(need) => Step::Need(need, run),
            Progress::Ends(decision) => Step::Done(decision),
        })
    }

    /// Asks rule after rule until one decides or has to wait. `entering` is false where the rule
    /// under way has been entered before.
    fn drive(
        &self,
        input: Input<'_>,
        run: &mut Suspended,
        mut entering: bool,
        observer: &mut impl RuleObserver,
    ) -> Progress {
        while let Some(rule) = self.pipeline.rules().get(run.state.cursor) {
            if entering {
                observer.entered(rule.as_str());
            }
            if let Some(draft) = &mut run.state.draft {
                draft.values.clear();
            }
            let told = run.known.as_deref().unwrap_or(Known::NOTHING);
            let mut context = Context::new(&input, told, &mut run.state);
            let verdict = match rule {
                Rule::BuiltIn(id) => id.apply(&mut context),
                Rule::Host(name) => told
                    .rules
                    .iter()
                    .find(|(place, _)| *place == context.state.cursor)
                    .map(|(_, answer)| heed(&mut context, name, answer))
                    .ok_or(Ask::Rule),
            };
            let verdict = match verdict {
                Ok(verdict) => verdict,
                Err(ask) => {
                    let need = need(&context, ask, rule);
                    run.ask = ask;
                    return Progress::Waits(need);
                }
            };
            observer.left(rule.as_str());
            entering = true;
            if run.state.draft.is_some() {
                record(&mut run.state, rule, &verdict);
            }
            if matches!(verdict.answer, RuleOutcome::Continue) {
                run.state.cursor += 1;
                continue;
            }
            let (outcome, agent) = outcome(verdict.answer, verdict.reason);
            let state = &mut run.state;
            return Progress::Ends(decide(state, rule.name(), verdict.reason, outcome, agent));
        }
        let rule = RuleName::built_in(PIPELINE);
        Progress::Ends(decide(
            &mut run.state,
            rule,
            Reason::RulesExhausted,
            Outcome::Stop,
            None,
        ))
    }

    /// Ends the run under way with an error.
    fn fail(
        &self,
        input: Input<'_>,
        run: Suspended,
        failure: Failure,
        observer: &mut impl RuleObserver,
    ) -> Decision {
        // A run waits only inside a rule, so there is one at its cursor.
        let Some(rule) = self.pipeline.rules().get(run.state.cursor) else {
            let outcome = Outcome::Error {
                code: failure.code,
                message: failure.message,
            };
            let rule = RuleName::built_in(PIPELINE);
            let mut state = State::new(&input);
            return decide(&mut state, rule, Reason::FactUnavailable, outcome, None);
        };
        observer.left(rule.as_str());
        let reason = match run.ask {
            Ask::NextIndex(_) | Ask::Turn(_) | Ask::Reserve => Reason::IndexUnavailable,
            _ => Reason::FactUnavailable,
        };
        let State { draft, extras, .. } = run.state;
        let mut state = State {
            draft,
            ..State::new(&input)
        };
        state.extras().warnings = extras.unwrap_or_default().warnings;
        if let Some(draft) = &mut state.draft {
            draft.values.clear();
            draft
                .values
                .insert("failure".into(), failure.code.as_str().into());
        }
        let answer = RuleOutcome::Error(failure.message.clone());
        record(&mut state, rule, &Verdict { answer, reason });
        let outcome = Outcome::Error {
            code: failure.code,
            message: failure.message,
        };
        decide(&mut state, rule.name(), reason, outcome, None)
    }
}

/// How far a run has come.
enum Progress {
    Waits(Need),
    Ends(Decision),
}

/// Writes a rule's answer into the trace.
fn record(state: &mut State, rule: &Rule, verdict: &Verdict) {
    let Some(draft) = &mut state.draft else {
        return;
    };
    let answer = match &verdict.answer {
        RuleOutcome::Continue => TraceAnswer::Continue,
        RuleOutcome::Skip => TraceAnswer::Skip,
        RuleOutcome::Stop => TraceAnswer::Stop,
        RuleOutcome::Assign(..) => TraceAnswer::Assign,
        RuleOutcome::Error(_) => TraceAnswer::Error,
    };
    let values = core::mem::take(&mut draft.values);
    let rule = rule.name();
    draft.trace.rules.push(RuleTrace {
        rule,
        answer,
        reason: verdict.reason,
        values,
    });
    if let Some(reason) = state.extras.as_ref().and_then(|extras| extras.fallback) {
        let (rule, answer) = (RuleName::built_in(NO_AGENT_FALLBACK), TraceAnswer::Stop);
        draft.trace.rules.push(RuleTrace {
            rule,
            answer,
            reason,
            values: Default::default(),
        });
    }
}

/// How the run ends with this answer.
fn outcome(answer: RuleOutcome, reason: Reason) -> (Outcome, Option<AgentHandle>) {
    match answer {
        RuleOutcome::Skip => (Outcome::Skip, None),
        RuleOutcome::Continue | RuleOutcome::Stop => (Outcome::Stop, None),
        RuleOutcome::Assign(agent_id, handle) => (Outcome::Assign { agent_id }, handle),
        RuleOutcome::Error(message) => {
            let code = reason.code().to_string();
            (Outcome::Error { code, message }, None)
        }
    }
}

fn decide(
    state: &mut State,
    rule: RuleName,
    reason: Reason,
    outcome: Outcome,
    agent: Option<AgentHandle>,
) -> Decision {
    let extras = state
        .extras
        .take()
        .map_or_else(Extras::default, |extras| *extras);
    // After an error nothing is done, and nothing saved.
    let failed = matches!(outcome, Outcome::Error { .. });
    let assigned = matches!(outcome, Outcome::Assign { .. });
    Decision {
        outcome,
        rule,
        reason,
        effects: if failed { Vec::new() } else { extras.effects },
        warnings: extras.warnings,
        next_check_at: extras.next_check_at,
        trace: state.draft.take().map(|draft| Box::new(draft.finish())),
        limit: state
            .routing
            .and_then(|routing| routing.limit)
            .filter(|_| assigned),
        token: state
            .reserved
            .take()
            .filter(|_| assigned)
            .and_then(|reserved| reserved.token()),
        agent,
    }
}
