use std::collections::{BTreeMap, BTreeSet};

use assignment_engine_core::{
    Answer, ContactId, ContextKey, Decision, Engine, Facts, Failure, Input, InputError, Need,
    Roster, Rotation, SessionStatus, Step, Timestamp, TurnBook,
};

use super::{Counters, Scenario, ScenarioSession};

/// What a scenario has come to so far: the roster stays in memory and moves on from decision to
/// decision, as it does in a service that keeps one.
pub(crate) struct World {
    engine: Engine,
    roster: Roster,
    counters: Counters,
    /// Of the other rotations.
    books: BTreeMap<(ContextKey, Rotation), TurnBook>,
    /// Who has a session that is assigned.
    contacts: BTreeSet<ContactId>,
    now: Timestamp,
}

impl World {
    /// The world before the first decision.
    ///
    /// # Errors
    /// [`InputError`] if the roster makes no sense.
    pub(crate) fn new(scenario: &Scenario) -> Result<Self, InputError> {
        let mut world = Self {
            engine: Engine::default(),
            roster: Roster::from_config(scenario.roster.clone())?,
            counters: scenario.rotation.clone(),
            books: BTreeMap::new(),
            contacts: BTreeSet::new(),
            now: scenario.now,
        };
        let assigned = |session: &&ScenarioSession| session.status == SessionStatus::Assigned;
        for session in scenario.sessions.iter().filter(assigned) {
            let agent = session.assigned_agent_id.as_ref();
            if let Some(agent) = agent.and_then(|id| world.roster.agent(id.as_str())) {
                world.roster.assigned(agent).ok();
            }
            world.contacts.extend(session.contact_id.clone());
        }
        Ok(world)
    }

    /// Decides on a session, and moves on: an assignment counts, a pick turns the rotation.
    pub(crate) fn decide(&mut self, session: &ScenarioSession, trace: bool) -> Decision {
        let request = session.request(self.roster.tenant_id(), self.now);
        let told = session.contact_assigned;
        let contact = session.contact_id.as_ref();
        let known = contact.is_some_and(|contact| self.contacts.contains(contact));
        let facts = Facts {
            contact_assigned: Some(told.unwrap_or(known)),
            ..Facts::default()
        };
        let input = Input {
            request: &request,
            facts: &facts,
            roster: Some(&self.roster),
            trace,
        };
        let mut step = self.engine.start(input);
        let decision = loop {
            let (need, run) = match step {
                Step::Done(decision) => break decision,
                Step::Need(need, run) => (need, run),
            };
            let answer = match need {
                Need::NextIndex {
                    context_key,
                    candidate_count,
                } => {
                    let count = candidate_count.get();
                    Answer::NextIndex(self.counters.take_turn(&context_key, count))
                }
                Need::Turn {
                    context_key,
                    rotation,
                    candidates,
                } => {
                    let book = self.books.entry((context_key, rotation));
                    let book = book.or_insert_with(|| TurnBook::new(rotation));
                    let turn = book.take(&candidates, request.now);
                    Answer::NextIndex(turn.map_or(0, |turn| turn.index))
                }
                // The roster answers everything else: a scenario names no team it does not hold.
                _ => Answer::Failed(Failure {
                    code: "not_in_scenario".into(),
                    message: "the scenario does not say".into(),
                }),
            };
            step = match self.engine.resume(run, input, answer) {
                Ok(step) => step,
                Err(error) => break Decision::failed(error.code(), &error.to_string()),
            };
        };
        if let Some(agent) = decision.agent {
            self.roster.assigned(agent).ok();
            self.contacts.extend(session.contact_id.clone());
        }
        decision
    }

    /// When a session is decided on.
    pub(crate) fn instant_of(&self, session: &ScenarioSession) -> Timestamp {
        session.at.unwrap_or(self.now)
    }
}
