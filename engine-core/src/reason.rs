use core::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::MAX_NAME_BYTES;
use crate::text::bounded_string;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a rule answered what it did, or why an agent was not the one. The codes are
        /// stable: hosts may store and count them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            const CODES: &'static [&'static str] = &[$($code,)*];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

reasons! {
    // The schedule.
    /// The schedule was skipped because the request forces the assignment.
    Forced = "forced",
    /// The session has no team, so no schedule applies.
    NoTeam = "no_team",
    /// The team has no schedule.
    NoSchedule = "no_schedule",
    /// The team's schedule is switched off.
    ScheduleDisabled = "schedule_disabled",
    /// A shift is under way.
    Open = "open",
    /// Closed, and open again within 24 hours: the session waits.
    OpensSoon = "opens_soon",
    /// Closed for longer: the contact is told.
    OutOfOffice = "out_of_office",
    /// Closed for longer, and the contact was told less than 24 hours ago.
    OutOfOfficeSentRecently = "out_of_office_sent_recently",

    // The contact's other sessions.
    /// The session names no contact.
    NoContact = "no_contact",
    /// The contact has no other session that is assigned.
    ContactFree = "contact_free",
    /// The contact has another session that is assigned.
    ContactAlreadyAssigned = "contact_already_assigned",

    // The strategy.
    /// The team names the strategy.
    TeamStrategy = "team_strategy",
    /// The tenant names the strategy.
    TenantStrategy = "tenant_strategy",
    /// Nobody names a strategy: round robin.
    DefaultStrategy = "default_strategy",
    /// The strategy named does not exist: round robin.
    UnknownStrategy = "unknown_strategy",
    /// People take conversations themselves.
    ManualStrategy = "manual_strategy",

    // Who is eligible.
    /// At least one agent can take the session.
    AgentsEligible = "agents_eligible",
    /// There is no team, or nobody is in it.
    NoMembers = "no_members",
    /// No member is online.
    NobodyOnline = "nobody_online",
    /// Everybody who could take it has as many sessions as allowed.
    EverybodyAtLimit = "everybody_at_limit",
    /// Everybody who could take it is excluded by the request.
    EverybodyExcluded = "everybody_excluded",
    /// The list of agents names one twice.
    DuplicateAgent = "duplicate_agent",

    // The choice.
    /// This agent gets the session.
    Selected = "selected",
    /// The session has a place already, held by whoever tried it at the same time or before.
    AlreadyReserved = "already_reserved",
    /// With the sessions that are being assigned elsewhere, everybody is at the limit.
    EverybodyReserved = "everybody_reserved",
    /// No agent was left to choose from.
    NoCandidateLeft = "no_candidate_left",

    // Why an agent was not the one.
    /// The agent is not online.
    Offline = "offline",
    /// The agent has as many sessions as allowed.
    AtLimit = "at_limit",
    /// The request excludes the agent.
    Excluded = "excluded",
    /// A rule of the host took the agent off the list.
    RemovedByRule = "removed_by_rule",
    /// The agent has more sessions than the one selected.
    MoreActive = "more_active",
    /// The agent was given more sessions than the one selected.
    MoreAssigned = "more_assigned",
    /// It was another one's turn.
    NotTheirTurn = "not_their_turn",

    // When nobody can take the session.
    /// The contact is told that all agents are busy.
    NoAgentReply = "no_agent_reply",
    /// The contact was told so less than 24 hours ago.
    NoAgentReplySentRecently = "no_agent_reply_sent_recently",
    /// The session waits in the queue without a word.
    LeftInQueue = "left_in_queue",

    // The pipeline.
    /// A rule of the host said so.
    HostRule = "host_rule",
    /// No rule decided.
    RulesExhausted = "rules_exhausted",
    /// A fact could not be had.
    FactUnavailable = "fact_unavailable",
    /// The rotation could not be had.
    IndexUnavailable = "index_unavailable",
    /// A message that had to be sent was not.
    MessageFailed = "message_failed",

    // The store's last word.
    /// The session had an owner already, or was over.
    SessionTaken = "session_taken",
    /// The store refused one agent after the other.
    ClaimsRefused = "claims_refused",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = bounded_string::<_, MAX_NAME_BYTES>(deserializer)?;
        let known = Self::ALL.iter().find(|reason| reason.code() == code);
        known
            .copied()
            .ok_or_else(|| D::Error::unknown_variant(&code, Self::CODES))
    }
}
