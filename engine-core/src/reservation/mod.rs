//! Reservations: whoever is about to assign a session says so first, in one place that all
//! instances share, and everybody's load counts what is under way.

mod ask;
mod book;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use crate::limits::MAX_RESERVE_CANDIDATES;
use crate::text::bounded_list;
use crate::{AgentId, ContextKey, Criterion, Rotation, SessionId, TenantId, Weight};
pub(crate) use ask::{note_reservation, reserve_request};
pub use book::{ReservationBook, ReservationTerms};

/// Choose one of these for the session, and hold the place, in one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReserveRequest {
    /// Whose session it is; all that is kept for one tenant is kept together.
    pub tenant_id: TenantId,
    /// The session.
    pub session_id: SessionId,
    /// What the rotation counts under.
    pub context_key: ContextKey,
    /// How equals take turns.
    pub rotation: Rotation,
    /// Sessions an agent may have at most, those under way included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<NonZeroU32>,
    /// What is compared, the most important first; nothing where all are equal.
    #[serde(deserialize_with = "bounded_list::<_, _, 2>")]
    pub order: Vec<Criterion>,
    /// Who can take the session, in the order in which equals take turns; at most
    /// [`MAX_RESERVE_CANDIDATES`].
    #[serde(deserialize_with = "bounded_list::<_, _, MAX_RESERVE_CANDIDATES>")]
    pub candidates: Vec<ReserveCandidate>,
}

/// One who can take the session, as the store knows the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReserveCandidate {
    /// Who.
    pub agent_id: AgentId,
    /// The agent's share in the rotation `proportional`.
    pub weight: Weight,
    /// Sessions the agent has.
    pub active: u32,
    /// Sessions the agent was given.
    pub total: u32,
}

/// What came of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Reserved {
    /// The place is held.
    Granted {
        /// Whose.
        agent_id: AgentId,
        /// Greater than every token the tenant was given before: the store refuses a claim that
        /// comes with an older one than it has seen for the session.
        token: NonZeroU64,
        /// Sessions under way, of those candidates who have any, this one not included.
        held: BTreeMap<AgentId, u32>,
    },
    /// The session has a place already: somebody tries it at the same time, or tried it before and
    /// did not hear the answer.
    AlreadyReserved {
        /// Whose.
        agent_id: AgentId,
        /// As it was given then.
        token: NonZeroU64,
    },
    /// With what is under way everybody is at the limit. Nothing is held.
    Full {
        /// Sessions under way, of those candidates who have any.
        held: BTreeMap<AgentId, u32>,
    },
}

impl Reserved {
    /// The token, where a place is held.
    #[must_use]
    pub const fn token(&self) -> Option<NonZeroU64> {
        match self {
            Self::Granted { token, .. } | Self::AlreadyReserved { token, .. } => Some(*token),
            Self::Full { .. } => None,
        }
    }

    /// Sessions under way by agent, where the answer tells of them.
    #[must_use]
    pub const fn held(&self) -> Option<&BTreeMap<AgentId, u32>> {
        match self {
            Self::Granted { held, .. } | Self::Full { held } => Some(held),
            Self::AlreadyReserved { .. } => None,
        }
    }
}
