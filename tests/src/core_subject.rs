use assignment_engine_core::{
    AgentHandle, Decision, Engine, Facts, Input, Request, ResumeError, Roster, RosterConfig,
    RosterError, Step,
};
use serde_json::Value;

use crate::case::{Case, Change, End, Meanwhile, Refusal};
use crate::check::{Asked, Observed, Run, Subject};
use crate::load::{CaseError, merge};

/// The core by itself, answered by the script.
#[derive(Debug, Clone, Copy, Default)]
pub struct CoreSubject;

impl Subject for CoreSubject {
    fn name(&self) -> &str {
        "core"
    }

    fn run(&mut self, case: &Case) -> Result<Run, CaseError> {
        let engine = engine(case);
        let mut told = Told::new(case)?;
        let mut asked = Vec::new();
        let mut script = case.answers.iter();
        let mut step = engine.start(told.input(case));
        let end = loop {
            let (need, run) = match step {
                Step::Done(decision) => break ended(case, decision)?,
                Step::Need(need, run) => (need, run),
            };
            let json = serde_json::to_value(&need);
            asked.push(Asked::Whole(
                json.map_err(|e| CaseError::about("the need", e))?,
            ));
            let Some(next) = script.next() else {
                break End::Unanswered;
            };
            told.change(&next.meanwhile)?;
            match engine.resume(run, told.input(case), next.answer.clone()) {
                Ok(next) => step = next,
                Err(error) => break refused(&error),
            }
        };
        Ok(Run::Observed(Observed { asked, end }))
    }
}

/// What an engine is told in a case, ready to be borrowed.
pub(crate) struct Told {
    request: (Value, Request),
    facts: (Value, Facts),
    roster: Option<Roster>,
}

impl Told {
    pub(crate) fn new(case: &Case) -> Result<Self, CaseError> {
        let facts = Value::Object(case.facts.clone());
        Ok(Self {
            request: (case.request.clone(), request(&case.request)?),
            facts: (facts.clone(), self::facts(&facts)?),
            roster: case.roster.as_ref().map(roster).transpose()?,
        })
    }

    pub(crate) fn input(&self, case: &Case) -> Input<'_> {
        Input {
            request: &self.request.1,
            facts: &self.facts.1,
            roster: self.roster.as_ref(),
            trace: case.traced,
        }
    }

    fn change(&mut self, meanwhile: &Meanwhile) -> Result<(), CaseError> {
        if let Some(patch) = &meanwhile.request {
            merge(&mut self.request.0, patch);
            self.request.1 = request(&self.request.0)?;
        }
        if let Some(patch) = &meanwhile.facts {
            merge(&mut self.facts.0, patch);
            self.facts.1 = facts(&self.facts.0)?;
        }
        if let Some(json) = &meanwhile.roster {
            self.roster = Some(roster(json)?);
        }
        for change in &meanwhile.roster_changes {
            let roster = self.roster.as_mut();
            let roster = roster.ok_or_else(|| CaseError("there is no roster to change".into()))?;
            apply(roster, change).map_err(|error| CaseError(format!("{change:?}: {error}")))?;
        }
        Ok(())
    }
}

/// The engine that a case asks for.
#[must_use]
pub fn engine(case: &Case) -> Engine {
    case.pipeline
        .clone()
        .map_or_else(Engine::default, Engine::new)
}

/// A decision as a case sees it, after what the case says became of it.
pub(crate) fn ended(case: &Case, mut decision: Decision) -> Result<End, CaseError> {
    if let Some(why) = &case.message_failed {
        decision.message_failed(why);
    }
    if let Some(overruled) = &case.overruled {
        decision.overrule(overruled.outcome.clone(), overruled.reason);
    }
    Ok(End::Decision {
        json: serde_json::to_value(&decision)
            .map_err(|error| CaseError::about("the decision", error))?,
        explain: decision.explain(),
    })
}

/// The refusal of an answer as a case sees it.
pub(crate) fn refused(error: &ResumeError) -> End {
    End::Refused(Refusal {
        code: error.code().to_owned(),
        message: error.to_string(),
    })
}

// Through bytes, so that what the engine refuses at its edge is refused here too.
fn request(json: &Value) -> Result<Request, CaseError> {
    Request::from_json(&bytes(json)).map_err(|error| CaseError::about("request", error))
}

fn facts(json: &Value) -> Result<Facts, CaseError> {
    Facts::from_json(&bytes(json)).map_err(|error| CaseError::about("facts", error))
}

fn roster(json: &Value) -> Result<Roster, CaseError> {
    let wrong = |error| CaseError::about("roster", error);
    let config = RosterConfig::from_json(&bytes(json)).map_err(wrong)?;
    Roster::from_config(config).map_err(wrong)
}

fn bytes(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

fn apply(roster: &mut Roster, change: &Change) -> Result<(), RosterError> {
    let known = |roster: &Roster, id: &str| -> Result<AgentHandle, RosterError> {
        roster.agent(id).ok_or(RosterError::UnknownAgent)
    };
    match change {
        Change::SetOnline { agent_id, online } => {
            roster.set_online(known(roster, agent_id)?, *online)
        }
        Change::SetActive { agent_id, active } => {
            roster.set_active(known(roster, agent_id)?, *active)
        }
        Change::SetTotal {
            team_id,
            agent_id,
            total,
        } => roster.set_total(team_id, known(roster, agent_id)?, *total),
        Change::Assigned { agent_id } => roster.assigned(known(roster, agent_id)?),
        Change::Released { agent_id } => roster.released(known(roster, agent_id)?),
        Change::AddAgent { agent } => roster.add_agent((**agent).clone()).map(drop),
        Change::RemoveAgent { agent_id } => roster.remove_agent(known(roster, agent_id)?),
        Change::AddTeam { team } => roster.add_team(team.as_ref().clone()),
        Change::Join {
            team_id,
            agent_id,
            total,
        } => roster.join(team_id, known(roster, agent_id)?, *total),
        Change::Leave { team_id, agent_id } => roster.leave(team_id, known(roster, agent_id)?),
    }
}
