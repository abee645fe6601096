use assignment_engine_core::{AgentId, Session, SessionId};
use tracing::Instrument;

use super::facts::team_of;
use super::{AssignmentService, ServiceError};
use crate::observe;
use crate::store::{Claim, Expected, Refusal, SessionChanges};

/// What a transfer came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Transfer {
    /// The session is the other agent's; as it is stored now.
    Transferred(Session),
    /// Nothing was changed.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The session as it is now; `None` if it is gone.
        session: Option<Session>,
    },
}

impl AssignmentService {
    /// Passes a session on from the agent who has it to another one. No rule is asked, but the
    /// limit of the session's team holds for whoever gets it.
    ///
    /// # Errors
    /// [`ServiceError`] if there is no such session, both agents are the same, or the store fails.
    pub async fn transfer_session(
        &self,
        session: &SessionId,
        from: &AgentId,
        to: &AgentId,
    ) -> Result<Transfer, ServiceError> {
        let span = tracing::debug_span!(
            "assignment_engine.transfer_session",
            sessionId = %observe::printable(session.as_str())
        );
        self.transfer(session, from, to).instrument(span).await
    }

    async fn transfer(
        &self,
        id: &SessionId,
        from: &AgentId,
        to: &AgentId,
    ) -> Result<Transfer, ServiceError> {
        if from == to {
            return Err(ServiceError::SameAgent(to.clone()));
        }
        let _lock = self.locks.lock(id).await;
        let stored = self.load(id).await?;
        let team = match &stored.assigned_team_id {
            Some(team) => team_of(self.store.as_ref(), &stored.tenant_id, team).await?,
            None => None,
        };
        let config = team.and_then(|team| team.routing_config);
        let expected = Expected {
            team_id: stored.assigned_team_id,
            owner: Some(from.clone()),
            max_load: config.and_then(|config| config.limit()),
            token: None,
        };
        let changes = SessionChanges {
            at: Some(self.clock.now()),
            ..SessionChanges::default()
        };
        match self.store.claim(id, to, &expected, &changes).await? {
            Claim::Claimed(session) => Ok(Transfer::Transferred(session)),
            Claim::Refused(refusal) => {
                observe::claim_refused(id, to, refusal);
                let session = self.store.session(id).await?;
                Ok(Transfer::Refused { refusal, session })
            }
        }
    }
}
