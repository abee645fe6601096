/// Why a roster refused a change; it is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// The roster has no such agent.
    #[error("the roster has no such agent")]
    UnknownAgent,
    /// The roster has no such team.
    #[error("the roster has no such team")]
    UnknownTeam,
    /// An agent of that id is there already.
    #[error("an agent of that id is in the roster already")]
    DuplicateAgent,
    /// A team of that id is there already.
    #[error("a team of that id is in the roster already")]
    DuplicateTeam,
    /// The agent is in the team already.
    #[error("the agent is in the team already")]
    AlreadyMember,
    /// The agent is not in the team.
    #[error("the agent is not in the team")]
    NotMember,
    /// One of the limits of [`crate::limits`] is reached.
    #[error("the roster is full: at most {limit} are allowed")]
    Full {
        /// The limit.
        limit: usize,
    },
}

impl RosterError {
    /// The stable text of the error's kind.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAgent => "unknown_agent",
            Self::UnknownTeam => "unknown_team",
            Self::DuplicateAgent => "duplicate_agent",
            Self::DuplicateTeam => "duplicate_team",
            Self::AlreadyMember => "already_member",
            Self::NotMember => "not_member",
            Self::Full { .. } => "full",
        }
    }
}
