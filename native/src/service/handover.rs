use assignment_engine_core::{
    Availability, Decision, Outcome, Reason, ScheduleFact, Session, SessionId, SessionStatus,
    Source, Standing, TeamId, TenantId, default_team,
};
use serde_json::{Map, Value};
use tracing::Instrument;

use super::facts::{default_team_of, team_of};
use super::run::{Attempt, Plan};
use super::{AssignmentService, ServiceError};
use crate::observe;
use crate::store::SessionChanges;

/// What a handover came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Handover {
    /// The session as it is now.
    pub session: Session,
    /// What was decided about it, and why.
    pub decision: Decision,
}

impl Handover {
    /// Who got the session, or why nobody did.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.decision.outcome
    }
}

impl From<Attempt> for Handover {
    fn from(attempt: Attempt) -> Self {
        Self {
            session: attempt.session,
            decision: attempt.decision,
        }
    }
}

impl AssignmentService {
    /// Hands a session over to people: moves it to `team` (blank counts as none), or to the
    /// tenant's default team, merges `context` into the session's, and lets the engine decide.
    ///
    /// Team, context and owner are stored together; after an outcome `error` none of them is. A
    /// session that has an owner is left alone.
    ///
    /// # Errors
    /// [`ServiceError`] if there is no such session or team, or the store fails. What fails while
    /// the engine decides is the outcome `error`.
    pub async fn request_assignment(
        &self,
        session: &SessionId,
        team: Option<&str>,
        context: Map<String, Value>,
    ) -> Result<Handover, ServiceError> {
        let span = tracing::debug_span!(
            "assignment_engine.request_assignment",
            sessionId = %observe::printable(session.as_str())
        );
        self.hand_over(session, team, context)
            .instrument(span)
            .await
    }

    async fn hand_over(
        &self,
        id: &SessionId,
        team: Option<&str>,
        context: Map<String, Value>,
    ) -> Result<Handover, ServiceError> {
        let _lock = self.locks.lock(id).await;
        let stored = self.load(id).await?;
        if stored.status != SessionStatus::Unassigned {
            let mut decision = Decision::failed("", "");
            decision.overrule(Outcome::Skip, Reason::SessionTaken);
            observe::outcome(id, &decision);
            return Ok(Handover {
                session: stored,
                decision,
            });
        }
        let team_id = self.effective_team(&stored.tenant_id, team).await?;
        let plan = Plan {
            engine: &self.engine,
            source: Source::Handover,
            force_override: false,
            changes: SessionChanges {
                team_id,
                context,
                at: None,
            },
        };
        Ok(self.attempt(stored, plan).await?.into())
    }

    /// Chooses an agent by the team's strategy and assigns the session: no schedule, no look at
    /// the contact's other sessions. The session as it is stored then, or `None` if nobody got it.
    ///
    /// # Errors
    /// [`ServiceError`] if there is no such session, or the store fails.
    pub async fn assign_session(&self, id: &SessionId) -> Result<Option<Session>, ServiceError> {
        let _lock = self.locks.lock(id).await;
        let stored = self.load(id).await?;
        if stored.status != SessionStatus::Unassigned {
            return Ok(None);
        }
        let plan = Plan {
            engine: &self.dispatch,
            source: Source::Handover,
            force_override: false,
            changes: SessionChanges::default(),
        };
        let attempt = self.attempt(stored, plan).await?;
        let assigned = matches!(attempt.decision.outcome, Outcome::Assign { .. });
        Ok(assigned.then_some(attempt.session))
    }

    /// Is the team open now, and if not, when is it next, and what does a contact hear?
    ///
    /// # Errors
    /// [`ServiceError`] if there is no such team, or the store fails.
    pub async fn check_schedule_availability(
        &self,
        team: &TeamId,
    ) -> Result<Availability, ServiceError> {
        let found = self.store.team(team).await?;
        let (tenant, config) = found.ok_or_else(|| ServiceError::UnknownTeam(team.clone()))?;
        let tenant = self.store.tenant(&tenant).await?;
        let fact = ScheduleFact {
            schedule: config.schedule,
            availability: None,
            tenant_message: tenant.out_of_office_message().map(Into::into),
        };
        Ok(fact.availability_at(self.clock.now()))
    }

    pub(super) async fn load(&self, id: &SessionId) -> Result<Session, ServiceError> {
        let session = self.store.session(id).await?;
        session.ok_or_else(|| ServiceError::UnknownSession(id.clone()))
    }

    /// The team asked for, else the one for sessions without a team, else, if no team has
    /// members, the default team itself.
    async fn effective_team(
        &self,
        tenant: &TenantId,
        asked: Option<&str>,
    ) -> Result<Option<TeamId>, ServiceError> {
        if let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty()) {
            let id = TeamId::new(asked)?;
            return match team_of(self.store.as_ref(), tenant, &id).await? {
                Some(team) => Ok(Some(team.id)),
                None => Err(ServiceError::UnknownTeam(id)),
            };
        }
        if let Some(team) = default_team_of(self.store.as_ref(), tenant).await? {
            return Ok(Some(team.id));
        }
        let teams = self.store.teams(tenant).await?;
        let defaults = teams.iter().filter(|team| team.is_default);
        let as_if_with_members = defaults.map(|team| {
            let has_members = true;
            (
                &team.id,
                Standing {
                    has_members,
                    ..team.standing()
                },
            )
        });
        Ok(default_team(as_if_with_members).cloned())
    }
}
