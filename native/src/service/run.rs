use std::num::NonZeroU64;
use std::sync::OnceLock;

use assignment_engine_core::{
    AgentId, Decision, Engine, Facts, Input, Outcome, Reason, Request, Session, SessionStatus,
    Source, Timestamp,
};

use super::AssignmentService;
use super::facts::StoredFacts;
use super::message::Performed;
use crate::driver::{Driver, STALE_READ, Taken, settle};
use crate::observe;
use crate::store::{Claim, Expected, Refusal, SessionChanges, StoreError};

/// How often the store may refuse before the run gives up. Each refusal leaves one agent out, or
/// sees a session that somebody else has just changed.
const MAX_TRIES: usize = 8;

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
        mut stored: Session,
        plan: Plan<'_>,
    ) -> Result<Attempt, StoreError> {
        let now = self.clock.now();
        let mut refused: Vec<(AgentId, Refusal)> = Vec::new();
        let mut last = None;
        for _ in 0..MAX_TRIES {
            let (decision, movable) = match self.try_once(&stored, &plan, now, &refused).await? {
                Round::Over(session, decision) => {
                    return Ok(self.done(session, decision, &refused));
                }
                Round::Refused(agent, refusal, decision) => {
                    observe::claim_refused(&stored.id, &agent, refusal);
                    refused.push((agent, refusal));
                    if is_the_agents(refusal) {
                        last = Some(decision);
                        continue;
                    }
                    (decision, refusal == Refusal::SessionMoved)
                }
                Round::Overtaken(decision) => (decision, true),
            };
            let session = self.store.session(&stored.id).await?;
            let waits = |session: &Session| session.status == SessionStatus::Unassigned;
            match session {
                Some(session) if movable && waits(&session) => stored = session,
                other => {
                    let session = other.unwrap_or(stored);
                    return Ok(self.done(session, taken(decision), &refused));
                }
            }
            last = Some(decision);
        }
        let code = Reason::ClaimsRefused;
        let message = format!("the store refused {MAX_TRIES} claims in a row");
        let mut decision = last.unwrap_or_else(|| Decision::failed(code.code(), &message));
        let outcome = Outcome::Error {
            code: code.code().into(),
            message,
        };
        decision.overrule(outcome, code);
        Ok(self.done(stored, decision, &refused))
    }

    /// Decides once on `stored`, and makes that true if the store lets it.
    async fn try_once(
        &self,
        stored: &Session,
        plan: &Plan<'_>,
        now: Timestamp,
        refused: &[(AgentId, Refusal)],
    ) -> Result<Round, StoreError> {
        let mut session = stored.clone();
        plan.changes.apply(&mut session);
        let excluded = refused
            .iter()
            .filter(|(_, refusal)| is_the_agents(*refusal));
        let request = Request {
            source: plan.source,
            force_override: plan.force_override,
            excluded: excluded.map(|(agent, _)| agent.clone()).collect(),
            reserve: self.reservations.is_some(),
            ..Request::new(session, now)
        };
        let (mut decision, taken_for_it) = self.decide(plan, &request).await;
        let performed = self
            .perform(stored, &request.session, &mut decision)
            .await?;
        let Performed::Done(entries) = performed else {
            return Ok(Round::Overtaken(decision));
        };
        let mut changes = SessionChanges {
            at: Some(now),
            ..plan.changes.clone()
        };
        changes.context.extend(entries);
        let agent = match &decision.outcome {
            Outcome::Assign { agent_id } => agent_id.clone(),
            Outcome::Error { .. } => return Ok(Round::Over(stored.clone(), decision)),
            Outcome::Skip | Outcome::Stop => {
                let session = self.save(stored.clone(), &changes).await?;
                let decision = match session.status {
                    SessionStatus::Unassigned => decision,
                    _ => taken(decision),
                };
                return Ok(Round::Over(session, decision));
            }
        };
        let expected = Expected {
            team_id: stored.assigned_team_id.clone(),
            max_load: decision.limit,
            token: decision.token.map(NonZeroU64::get),
            ..Expected::default()
        };
        let claim = self.store.claim(&stored.id, &agent, &expected, &changes);
        // After an error it is not known whether the session is the agent's: a turn stays spent
        // then, and a place is held until it lapses.
        let claim = claim.await?;
        let claimed = matches!(claim, Claim::Claimed(_));
        self.settle(taken_for_it, claimed).await;
        Ok(match claim {
            Claim::Claimed(session) => Round::Over(session, decision),
            Claim::Refused(refusal) => Round::Refused(agent, refusal, decision),
        })
    }

    async fn save(&self, stored: Session, changes: &SessionChanges) -> Result<Session, StoreError> {
        if changes.is_empty() {
            Ok(stored)
        } else {
            self.store.update(&stored.id, changes).await
        }
    }

    /// The decision, and what was taken for it.
    async fn decide(&self, plan: &Plan<'_>, request: &Request) -> (Decision, Option<Taken>) {
        let (decision, taken) = self.decide_once(plan, request).await;
        // Reading took so long that a reservation would not have counted all it has to.
        match &decision.outcome {
            Outcome::Error { code, .. } if code == STALE_READ => {
                self.decide_once(plan, request).await
            }
            _ => (decision, taken),
        }
    }

    async fn decide_once(&self, plan: &Plan<'_>, request: &Request) -> (Decision, Option<Taken>) {
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
            compares_totals: OnceLock::new(),
        };
        let driver = Driver {
            engine: plan.engine,
            source: &source,
            provider: self.provider.as_ref(),
            reservations: self.reservations.as_deref(),
        };
        match driver.decide(input).await {
            Ok(decided) => decided,
            Err(error) => (Decision::failed(error.code(), &error.to_string()), None),
        }
    }

    async fn settle(&self, taken: Option<Taken>, assigned: bool) {
        let provider = self.provider.as_ref();
        settle(taken, assigned, provider, self.reservations.as_deref()).await;
    }

    fn done(
        &self,
        session: Session,
        mut decision: Decision,
        refused: &[(AgentId, Refusal)],
    ) -> Attempt {
        observe::outcome(&session.id, &decision);
        let refused = refused.iter();
        decision.follow_refusals(refused.map(|(agent, refusal)| (agent, refusal.code())));
        Attempt { session, decision }
    }
}

/// What one decision came to.
#[expect(clippy::large_enum_variant, reason = "nearly every round is the last")]
enum Round {
    Over(Session, Decision),
    /// The store refused the claim.
    Refused(AgentId, Refusal, Decision),
    /// The session is not any more as it was when this was decided.
    Overtaken(Decision),
}

/// Is it for the agent's sake, so that another one can be chosen?
const fn is_the_agents(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::AgentAtLimit | Refusal::AgentGone)
}

/// Somebody else was quicker: the session is left as they have made it.
fn taken(mut decision: Decision) -> Decision {
    decision.overrule(Outcome::Skip, Reason::SessionTaken);
    decision
}
