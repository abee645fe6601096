use std::cell::RefCell;
use std::rc::Rc;

use assignment_engine_core::{
    self as core, Answer, Decision, Facts, Input, Need, Request, RuleObserver, Step, Suspended,
    from_json,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::Roster;
use crate::error::{error, refused, resume};

/// A run of the engine, with everything it was told.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Run {
    engine: Rc<core::Engine>,
    request: Request,
    facts: Facts,
    roster: Option<Rc<RefCell<core::Roster>>>,
    trace: bool,
    at: At,
    rules: Rules,
}

/// How far it has come.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every run waits, and none is moved once it is made"
)]
enum At {
    Waits(Need, Suspended),
    Done(Box<Decision>),
    /// An answer was refused.
    Over,
}

/// The rules that have answered since somebody last asked.
#[derive(Debug, Default)]
struct Rules(Vec<String>);

impl RuleObserver for Rules {
    fn left(&mut self, rule: &str) {
        self.0.push(rule.to_owned());
    }
}

impl Run {
    pub(crate) fn start(
        engine: Rc<core::Engine>,
        request: &str,
        facts: &str,
        roster: Option<Rc<RefCell<core::Roster>>>,
        trace: bool,
    ) -> Result<Self, JsValue> {
        let request = read_request(request)?;
        let facts = read_facts(facts)?;
        let mut run = Self {
            engine,
            request,
            facts,
            roster,
            trace,
            at: At::Over,
            rules: Rules::default(),
        };
        run.advance(|engine, input, rules| Ok(engine.start_observed(input, rules)))?;
        Ok(run)
    }

    pub(crate) fn asks(&self) -> Option<&Need> {
        match &self.at {
            At::Waits(need, _) => Some(need),
            At::Done(_) | At::Over => None,
        }
    }

    /// Goes on with an answer. A run whose answer is refused is over.
    pub(crate) fn resume(&mut self, answer: Answer) -> Result<(), JsValue> {
        match std::mem::replace(&mut self.at, At::Over) {
            At::Waits(_, suspended) => self.advance(|engine, input, rules| {
                engine.resume_observed(suspended, input, answer, rules)
            }),
            done @ At::Done(_) => {
                self.at = done;
                Err(over())
            }
            At::Over => Err(over()),
        }
    }

    fn advance(
        &mut self,
        step: impl FnOnce(&core::Engine, Input<'_>, &mut Rules) -> Result<Step, core::ResumeError>,
    ) -> Result<(), JsValue> {
        let roster = self.roster.as_ref().map(|roster| roster.borrow());
        let input = Input {
            request: &self.request,
            facts: &self.facts,
            roster: roster.as_deref(),
            trace: self.trace,
        };
        self.at = match step(&self.engine, input, &mut self.rules) {
            Ok(Step::Need(need, suspended)) => At::Waits(need, suspended),
            Ok(Step::Done(decision)) => At::Done(Box::new(decision)),
            Err(refusal) => return Err(resume(&refusal)),
        };
        Ok(())
    }
}

#[wasm_bindgen]
impl Run {
    /// What it needs to know, as JSON; nothing once it is done.
    #[must_use]
    pub fn need(&self) -> Option<String> {
        self.asks().map(json)
    }

    /// The decision, as JSON, once it is done.
    #[must_use]
    pub fn decision(&self) -> Option<String> {
        match &self.at {
            At::Done(decision) => Some(json(decision)),
            At::Waits(..) | At::Over => None,
        }
    }

    /// Takes an answer: JSON with one field that says what it is, `{ "agents": […] }` for instance.
    ///
    /// # Errors
    /// An `Error` with `code`. After an answer that cannot be read the run still waits; after one to
    /// another question it is over.
    pub fn answer(&mut self, answer: &str) -> Result<(), JsValue> {
        let answer = from_json(answer.as_bytes()).map_err(|e| refused("answer", &e))?;
        self.resume(answer)
    }

    /// Takes the next index of the rotation.
    ///
    /// # Errors
    /// An `Error` with `code`; the run is over then.
    #[wasm_bindgen(js_name = answerIndex)]
    pub fn answer_index(&mut self, index: u32) -> Result<(), JsValue> {
        self.resume(Answer::NextIndex(index))
    }

    /// Replaces what is known beforehand; counts from the next answer on.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint` for what cannot be read.
    #[wasm_bindgen(js_name = setFacts)]
    pub fn set_facts(&mut self, facts: &str) -> Result<(), JsValue> {
        self.facts = read_facts(facts)?;
        Ok(())
    }

    /// Replaces the request; counts from the next answer on.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint` for what cannot be read.
    #[wasm_bindgen(js_name = setRequest)]
    pub fn set_request(&mut self, request: &str) -> Result<(), JsValue> {
        self.request = read_request(request)?;
        Ok(())
    }

    /// Puts another roster in the place of the one there was.
    #[wasm_bindgen(js_name = setRoster)]
    pub fn set_roster(&mut self, roster: &Roster) {
        self.roster = Some(Rc::clone(&roster.core));
    }

    /// The rules that have answered since this was last asked, in order.
    #[wasm_bindgen(js_name = rulesLeft)]
    pub fn rules_left(&mut self) -> Vec<String> {
        std::mem::take(&mut self.rules.0)
    }
}

fn read_request(json: &str) -> Result<Request, JsValue> {
    Request::from_json(json.as_bytes()).map_err(|e| refused("request", &e))
}

fn read_facts(json: &str) -> Result<Facts, JsValue> {
    Facts::from_json(json.as_bytes()).map_err(|e| refused("facts", &e))
}

/// What the core writes always can be written: its maps have texts for keys.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn over() -> JsValue {
    error(
        "run_over",
        "the run is over",
        None,
        Some("start another one"),
    )
}
