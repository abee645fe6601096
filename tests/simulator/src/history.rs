//! What happened in a simulation, as the world outside the instances saw it.

use std::fmt;
use std::num::NonZeroU32;

use assignment_engine_core::{AgentId, MessageKind, SessionId};

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Milliseconds since the start.
    pub at: i64,
    /// What.
    pub event: Event,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A session began.
    Began(SessionId),
    /// An instance was called.
    Called(usize, String),
    /// It answered.
    Answered(usize, String),
    /// The store wrote an owner.
    Owner(Owner),
    /// The store said again that a claim was carried out, and wrote nothing.
    Repeated(usize, SessionId, AgentId),
    /// The store wrote team and context of a session that waits.
    Saved(SessionId),
    /// The store refused a claim.
    Refused(usize, SessionId, AgentId, &'static str),
    /// A message went to the session's contact.
    Sent(usize, SessionId, MessageKind),
    /// A session ended.
    Resolved(SessionId),
    /// A session went back to the queue.
    Requeued(SessionId),
    /// A call to the store or to the reservations failed; was it carried out all the same?
    Failed(usize, &'static str, bool),
    /// An instance stood still before or after a call.
    Paused(usize, &'static str, i64),
    /// An instance ended with so many calls under way, and started again.
    Crashed(usize, usize),
    /// The reservations lost what was written last.
    FailedOver,
    /// A place was held.
    Reserved(usize, SessionId, String),
}

/// A session's owner as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Owner {
    /// By which instance.
    pub by: usize,
    /// Of which session.
    pub session: SessionId,
    /// To whom it belongs now.
    pub agent: AgentId,
    /// Who is known to give it away: a transfer.
    pub from: Option<AgentId>,
    /// The fencing token it was claimed under.
    pub token: Option<u64>,
    /// Sessions the agent may have, by the session's team.
    pub limit: Option<NonZeroU32>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8} ms  {}", self.at, self.event)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began(session) => write!(f, "{session} begins"),
            Self::Called(by, what) => write!(f, "instance {by}: {what}"),
            Self::Answered(by, what) => write!(f, "instance {by}: answers {what}"),
            Self::Owner(owner) => {
                let Owner {
                    by, session, agent, ..
                } = owner;
                write!(f, "store: {session} is {agent}'s (instance {by}")?;
                if let Some(from) = &owner.from {
                    write!(f, ", from {from}")?;
                }
                if let Some(token) = owner.token {
                    write!(f, ", token {token}")?;
                }
                f.write_str(")")
            }
            Self::Repeated(by, session, agent) => {
                write!(f, "store: {session} went to {agent} before (instance {by})")
            }
            Self::Saved(session) => write!(f, "store: {session} is saved"),
            Self::Refused(by, session, agent, why) => {
                write!(
                    f,
                    "store: {session} is refused to {agent}: {why} (instance {by})"
                )
            }
            Self::Sent(by, session, kind) => {
                write!(f, "contact of {session}: {kind:?} (instance {by})")
            }
            Self::Resolved(session) => write!(f, "{session} is over"),
            Self::Requeued(session) => write!(f, "{session} goes back to the queue"),
            Self::Failed(by, what, done) => {
                let done = if *done {
                    "done all the same"
                } else {
                    "not done"
                };
                write!(f, "instance {by}: {what} fails, {done}")
            }
            Self::Paused(by, what, ms) => {
                write!(f, "instance {by}: stands still for {ms} ms at {what}")
            }
            Self::Crashed(by, calls) => write!(f, "instance {by}: crashes with {calls} calls"),
            Self::FailedOver => f.write_str("reservations: fail over, the last writes are lost"),
            Self::Reserved(by, session, what) => {
                write!(f, "reservations: {session}: {what} (instance {by})")
            }
        }
    }
}
