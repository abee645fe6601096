use std::rc::Rc;

use assignment_engine_core::{self as core, Pipeline, RuleId, from_json};
use wasm_bindgen::prelude::*;

use crate::error::refused;
use crate::{Roster, Run};

/// A pipeline of rules. It holds no state: one engine serves any number of runs at once.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    pub(crate) core: Rc<core::Engine>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine that asks these rules, a JSON list of ids and `{ "host": name }`; the standard
    /// ones unless said.
    ///
    /// # Errors
    /// An `Error` with `code` and `path` if there are no such rules.
    #[wasm_bindgen(constructor)]
    pub fn new(pipeline: Option<String>) -> Result<Engine, JsValue> {
        let pipeline: Pipeline = match pipeline {
            Some(json) => from_json(json.as_bytes()).map_err(|e| refused("rules", &e))?,
            None => Pipeline::standard(),
        };
        Ok(Self {
            core: Rc::new(core::Engine::new(pipeline)),
        })
    }

    /// Starts a run: `request` and `facts` are JSON.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint` for what cannot be read.
    pub fn start(&self, request: &str, facts: &str, trace: bool) -> Result<Run, JsValue> {
        Run::start(Rc::clone(&self.core), request, facts, None, trace)
    }

    /// The same, on a resident roster.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint` for what cannot be read.
    #[wasm_bindgen(js_name = startOn)]
    pub fn start_on(
        &self,
        roster: &Roster,
        request: &str,
        facts: &str,
        trace: bool,
    ) -> Result<Run, JsValue> {
        let roster = Some(Rc::clone(&roster.core));
        Run::start(Rc::clone(&self.core), request, facts, roster, trace)
    }
}

/// The ids of the engine's own rules, in the order of the standard pipeline.
#[wasm_bindgen(js_name = ruleNames)]
#[must_use]
pub fn rule_names() -> Vec<String> {
    RuleId::ALL.iter().map(|id| id.name().to_owned()).collect()
}
