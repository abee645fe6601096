use assignment_engine_core::{AgentId, SessionId, TeamId};

use crate::store::StoreError;

/// Why the service could not even ask the engine. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no such session.
    #[error("there is no session `{}`", .0.as_str().escape_debug())]
    UnknownSession(SessionId),
    /// There is no such team in the session's tenant.
    #[error("the tenant has no team `{}`", .0.as_str().escape_debug())]
    UnknownTeam(TeamId),
    /// The agent is in no active team of the tenant.
    #[error("the agent `{}` is in no active team of the tenant", .0.as_str().escape_debug())]
    UnknownAgent(AgentId),
    /// A transfer from an agent to the same one.
    #[error("the session is to go from the agent `{}` to the same one", .0.as_str().escape_debug())]
    SameAgent(AgentId),
    /// The text given as an id is none.
    #[error("{0}")]
    BadId(#[from] assignment_engine_core::IdError),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
}

impl ServiceError {
    /// The stable text of the error's kind; a store's failure has the store's code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownSession(_) => "unknown_session",
            Self::UnknownTeam(_) => "unknown_team",
            Self::UnknownAgent(_) => "unknown_agent",
            Self::SameAgent(_) => "invalid_value",
            Self::BadId(_) => "bad_id",
            Self::Store(error) => &error.code,
        }
    }
}
