//! Who gets a session: what a claim asks, what it is answered, and the rule that every store keeps.

use std::num::NonZeroU32;

use assignment_engine_core::{AgentId, Session, SessionId, SessionStatus, TeamId};

use super::{SessionChanges, StoreError};

/// What must still hold when a session is claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The session's team when the decision was made, before [`SessionChanges`]: a decision made
    /// for another team is void.
    pub team_id: Option<TeamId>,
    /// Who has the session now and gives it away; `None` if nobody may have it.
    pub owner: Option<AgentId>,
    /// Sessions the agent may have at most, this one included; no limit if absent.
    pub max_load: Option<NonZeroU32>,
    /// A fencing token, at most [`MAX_TOKEN`](Self::MAX_TOKEN), that grows from claim to claim of
    /// a tenant: whoever comes with one that is not higher than that of an earlier claim of the
    /// session has been overtaken.
    pub token: Option<u64>,
}

impl Expected {
    /// The highest token: what a `bigint` of PostgreSQL holds.
    pub const MAX_TOKEN: u64 = i64::MAX as u64;

    /// Refuses a token that could not be stored.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.token {
            Some(token) if token > Self::MAX_TOKEN => Err(StoreError {
                code: "invalid_value".into(),
                message: format!("expected.token: `{token}` is above 2^63 - 1"),
            }),
            _ => Ok(()),
        }
    }
}

/// One claim of many.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRequest {
    /// The session that is claimed.
    pub session_id: SessionId,
    /// Who is to get it.
    pub agent_id: AgentId,
    /// What must still hold.
    pub expected: Expected,
    /// What is stored together with the owner.
    pub changes: SessionChanges,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every claim is granted")]
pub enum Claim {
    /// The session is the agent's; as it is stored now.
    Claimed(Session),
    /// Nothing was changed.
    Refused(Refusal),
}

/// Why a claim was refused. Of several reasons the first of these is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// There is no such session any more.
    SessionGone,
    /// The session was claimed under a token that is as high, or higher.
    StaleToken,
    /// The session has another owner than expected, or is over.
    SessionTaken,
    /// The session has moved to another team.
    SessionMoved,
    /// There is no such agent any more in the session's tenant.
    AgentGone,
    /// The agent has as many sessions as allowed.
    AgentAtLimit,
}

impl Refusal {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SessionGone => "session_gone",
            Self::StaleToken => "stale_token",
            Self::SessionTaken => "session_taken",
            Self::SessionMoved => "session_moved",
            Self::AgentGone => "agent_gone",
            Self::AgentAtLimit => "agent_at_limit",
        }
    }
}

/// What a store sees, under its locks, of a session that is claimed.
pub(super) struct View<'a> {
    pub(super) session: Option<&'a Session>,
    /// The highest token the session was claimed under, and for whom.
    pub(super) fenced: Option<(u64, &'a AgentId)>,
    /// The sessions the agent has; `None` if there is no such agent in the session's tenant.
    pub(super) active: Option<u32>,
}

/// What becomes of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Grant,
    /// It was carried out before and asked for again, because its answer was lost.
    Repeat,
    Refuse(Refusal),
}

impl View<'_> {
    /// The rule of every store, in one place.
    pub(super) fn judge(&self, agent: &AgentId, expected: &Expected) -> Verdict {
        let Some(session) = self.session else {
            return Verdict::Refuse(Refusal::SessionGone);
        };
        let owner = session.assigned_agent_id.as_ref();
        if let (Some(token), Some((highest, holder))) = (expected.token, self.fenced)
            && token <= highest
        {
            let again = token == highest && holder == agent;
            let has_it = session.status == SessionStatus::Assigned && owner == Some(agent);
            return if again && has_it {
                Verdict::Repeat
            } else {
                Verdict::Refuse(Refusal::StaleToken)
            };
        }
        let status = match expected.owner {
            None => SessionStatus::Unassigned,
            Some(_) => SessionStatus::Assigned,
        };
        if session.status != status || owner != expected.owner.as_ref() {
            return Verdict::Refuse(Refusal::SessionTaken);
        }
        if session.assigned_team_id != expected.team_id {
            return Verdict::Refuse(Refusal::SessionMoved);
        }
        let Some(active) = self.active else {
            return Verdict::Refuse(Refusal::AgentGone);
        };
        // Whoever has the session already does not have one more by getting it.
        let others = active.saturating_sub(u32::from(owner == Some(agent)));
        match expected.max_load {
            Some(limit) if others >= limit.get() => Verdict::Refuse(Refusal::AgentAtLimit),
            _ => Verdict::Grant,
        }
    }
}
