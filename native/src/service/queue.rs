use assignment_engine_core::{
    Outcome, ScheduleFact, Session, SessionStatus, Source, TeamId, TenantId,
};
use serde_json::Map;
use tracing::Instrument;

use super::run::Plan;
use super::{AssignmentService, ServiceError};
use crate::observe;
use crate::store::SessionChanges;

/// Sessions that one run over the queue takes on, unless said otherwise.
pub const DEFAULT_QUEUE_LIMIT: usize = 50;

/// How many sessions found an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Assigned {
    /// Sessions that were assigned by this call.
    pub assigned: usize,
}

/// A team that can take sessions from the queue now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamAvailability {
    /// The team.
    pub team_id: TeamId,
    /// Its name.
    pub name: String,
    /// Its active members, online or not.
    pub member_count: usize,
}

impl AssignmentService {
    /// Tries the tenant's queued sessions, or those of one team, oldest first, at most `limit` of
    /// them ([`DEFAULT_QUEUE_LIMIT`]). One session's error is logged and does not end the run.
    ///
    /// # Errors
    /// [`ServiceError`] if the queue itself cannot be read.
    pub async fn assign_queued_sessions_to_available_agents(
        &self,
        tenant: &TenantId,
        team: Option<&TeamId>,
        limit: Option<usize>,
    ) -> Result<Assigned, ServiceError> {
        let limit = limit.unwrap_or(DEFAULT_QUEUE_LIMIT);
        let span = tracing::debug_span!(
            "assignment_engine.assign_queue",
            tenantId = %observe::printable(tenant.as_str())
        );
        async {
            let queue = self.store.queue(tenant, team, limit).await?;
            let mut assigned = 0;
            for session in queue {
                assigned += usize::from(self.try_queued(&session, None, false).await);
            }
            Ok(Assigned { assigned })
        }
        .instrument(span)
        .await
    }

    /// Spreads the tenant's queue over `teams` in turn, oldest session first, at most
    /// [`DEFAULT_QUEUE_LIMIT`] sessions. A session moves to its team even if nobody there can take
    /// it yet. `force_override` skips schedules and lets offline agents take part.
    ///
    /// # Errors
    /// [`ServiceError`] if one of the teams is not the tenant's, or the queue cannot be read.
    pub async fn assign_queued_sessions_to_teams(
        &self,
        tenant: &TenantId,
        teams: &[TeamId],
        force_override: bool,
    ) -> Result<Assigned, ServiceError> {
        let known = self.store.teams(tenant).await?;
        if let Some(unknown) = teams
            .iter()
            .find(|id| !known.iter().any(|team| team.id == **id))
        {
            return Err(ServiceError::UnknownTeam(unknown.clone()));
        }
        let queue = self.store.queue(tenant, None, DEFAULT_QUEUE_LIMIT).await?;
        let mut assigned = 0;
        for (session, team) in queue.iter().zip(teams.iter().cycle()) {
            assigned += usize::from(self.try_queued(session, Some(team), force_override).await);
        }
        Ok(Assigned { assigned })
    }

    /// The tenant's active teams that are open now and have members, by name, ties by id.
    ///
    /// # Errors
    /// [`ServiceError`] if the store fails.
    pub async fn get_teams_available_for_queue(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<TeamAvailability>, ServiceError> {
        let now = self.clock.now();
        let mut available = Vec::new();
        for team in self.store.teams(tenant).await? {
            let schedule = ScheduleFact {
                schedule: team.schedule,
                ..ScheduleFact::default()
            };
            let open = schedule.availability_at(now).is_open;
            if team.is_active && !team.members.is_empty() && open {
                let member_count = team.members.len();
                available.push(TeamAvailability {
                    team_id: team.id,
                    name: team.name,
                    member_count,
                });
            }
        }
        available.sort_by(|a, b| (&a.name, &a.team_id).cmp(&(&b.name, &b.team_id)));
        Ok(available)
    }

    /// Tries one queued session; whether it was assigned. An error is logged.
    async fn try_queued(&self, queued: &Session, team: Option<&TeamId>, force: bool) -> bool {
        let _lock = self.locks.lock(&queued.id).await;
        let plan = Plan {
            engine: &self.engine,
            source: Source::Queue,
            force_override: force,
            changes: SessionChanges {
                team_id: team.cloned(),
                context: Map::new(),
                at: None,
            },
        };
        // The queue was read some time ago: what counts is how the session is now.
        let attempt = match self.load(&queued.id).await {
            Ok(session) if session.status != SessionStatus::Unassigned => return false,
            Ok(session) => self
                .attempt(session, plan)
                .await
                .map_err(ServiceError::from),
            Err(error) => Err(error),
        };
        let session_id = observe::printable(queued.id.as_str());
        match attempt {
            Ok(attempt) => match attempt.decision.outcome {
                Outcome::Assign { .. } => true,
                Outcome::Error { code, message } => {
                    let (code, error) = (observe::printable(&code), observe::printable(&message));
                    tracing::warn!(sessionId = %session_id, %code, %error, "assignment_engine.queued_session_failed");
                    false
                }
                Outcome::Skip | Outcome::Stop => false,
            },
            Err(error) => {
                let code = observe::printable(error.code());
                let error = observe::printable(&error.to_string());
                tracing::warn!(sessionId = %session_id, %code, %error, "assignment_engine.queued_session_failed");
                false
            }
        }
    }
}
