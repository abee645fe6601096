use assignment_engine_core::{
    AgentId, Decision, Effect, Engine, Facts, Input, Outcome, Reason, Request, Session,
    SessionStatus, Source,
};

use super::AssignmentService;
use super::facts::StoredFacts;
use crate::driver::decide;
use crate::observe;
use crate::store::{Claim, Expected, Refusal, SessionChanges, StoreError};

/// How often a claim may be refused before the run gives up. Each refusal leaves one agent out, or
/// sees a session that somebody else has just changed.
const MAX_CLAIMS: usize = 8;

/// What one try to assign a session came to.
pub(super) struct Attempt {
    /// The session as it is now: as stored, or unchanged after an error.
    pub(super) session: Session,
    pub(super) decision: Decision,
}

/// How a session is tried.
pub(super) struct Plan<'a> {
    pub(super) engine: &'a Engine,
    pub(super) source: Source,
    pub(super) force_override: bool,
    /// Changes that are stored together with whatever the decision is, unless it is an error.
    pub(super) changes: SessionChanges,
}

impl AssignmentService {
    /// Lets the engine decide on `stored`, and makes the decision true. The caller holds the
    /// session's lock.
    pub(super) async fn attempt(
        &self,
        stored: Session,
        plan: Plan<'_>,
    ) -> Result<Attempt, StoreError> {
        let now = self.clock.now();
        let mut stored = stored;
        let mut excluded: Vec<AgentId> = Vec::new();
        let mut refused = None;
        for _ in 0..MAX_CLAIMS {
            let mut session = stored.clone();
            plan.changes.apply(&mut session);
            let request = Request {
                source: plan.source,
                force_override: plan.force_override,
                excluded: excluded.clone(),
                ..Request::new(session, now)
            };
            let mut decision = self.decide(&plan, &request).await;
            let mut changes = SessionChanges {
                at: Some(now),
                ..plan.changes.clone()
            };
            self.perform(&request.session, &mut decision, &mut changes)
                .await;
            let agent = match &decision.outcome {
                Outcome::Assign { agent_id } => agent_id.clone(),
                Outcome::Error { .. } => return Ok(self.done(stored, decision)),
                Outcome::Skip | Outcome::Stop => {
                    let session = self.save(stored, &changes).await?;
                    if session.status != SessionStatus::Unassigned {
                        return Ok(self.taken(session, decision));
                    }
                    return Ok(self.done(session, decision));
                }
            };
            let expected = Expected {
                team_id: stored.assigned_team_id.clone(),
                max_load: decision.limit,
            };
            match self
                .store
                .claim(&stored.id, &agent, &expected, &changes)
                .await?
            {
                Claim::Claimed(session) => return Ok(self.done(session, decision)),
                Claim::Refused(refusal) => {
                    tracing::debug!(
                        sessionId = %observe::printable(stored.id.as_str()),
                        agentId = %observe::printable(agent.as_str()),
                        ?refusal,
                        "assignment_engine.claim_refused"
                    );
                    match refusal {
                        Refusal::AgentAtLimit | Refusal::AgentGone => excluded.push(agent),
                        Refusal::SessionMoved => match self.store.session(&stored.id).await? {
                            Some(moved) if moved.status == SessionStatus::Unassigned => {
                                stored = moved;
                            }
                            other => return Ok(self.taken(other.unwrap_or(stored), decision)),
                        },
                        Refusal::SessionTaken | Refusal::SessionGone => {
                            let session = self.store.session(&stored.id).await?.unwrap_or(stored);
                            return Ok(self.taken(session, decision));
                        }
                    }
                    refused = Some(decision);
                }
            }
        }
        let code = Reason::ClaimsRefused;
        let message = format!("the store refused {MAX_CLAIMS} claims in a row");
        let mut decision = refused.unwrap_or_else(|| Decision::failed(code.code(), &message));
        let outcome = Outcome::Error {
            code: code.code().into(),
            message,
        };
        decision.overrule(outcome, code);
        Ok(self.done(stored, decision))
    }

    async fn save(&self, stored: Session, changes: &SessionChanges) -> Result<Session, StoreError> {
        if changes.is_empty() {
            Ok(stored)
        } else {
            self.store.update(&stored.id, changes).await
        }
    }

    async fn decide(&self, plan: &Plan<'_>, request: &Request) -> Decision {
        let facts = Facts::default();
        let input = Input {
            request,
            facts: &facts,
            roster: None,
            trace: self.trace,
        };
        let source = StoredFacts {
            store: self.store.as_ref(),
            host_rules: self.host_rules.as_ref(),
        };
        match decide(plan.engine, input, &source, self.provider.as_ref()).await {
            Ok(decision) => decision,
            Err(error) => Decision::failed(error.code(), &error.to_string()),
        }
    }

    /// Does what the decision asks for: sends its message, and collects what is to be stored.
    async fn perform(
        &self,
        session: &Session,
        decision: &mut Decision,
        changes: &mut SessionChanges,
    ) {
        let mut failure = None;
        for effect in &decision.effects {
            match effect {
                Effect::SendMessage(message) => {
                    if let Err(why) = self.messenger.send(session, message).await {
                        failure = Some(why);
                        break;
                    }
                }
                Effect::MergeContext { entries } => changes.context.extend(entries.clone()),
            }
        }
        if let Some(why) = failure {
            decision.message_failed(&why);
        }
    }

    /// Somebody else was quicker: the session is left as they have made it.
    fn taken(&self, session: Session, mut decision: Decision) -> Attempt {
        decision.overrule(Outcome::Skip, Reason::SessionTaken);
        self.done(session, decision)
    }

    fn done(&self, session: Session, decision: Decision) -> Attempt {
        observe::outcome(&session.id, &decision);
        Attempt { session, decision }
    }
}
