//! How large an input may be. Every limit is checked where input enters, before anything is
//! built from it; beyond one of them the input is refused with the path of the field.

/// Bytes of an id (session, tenant, team, agent, contact) in UTF-8. An id is never empty.
pub const MAX_ID_BYTES: usize = 128;
/// Bytes of a context key: `tenant` or `team` id, or what a host makes of both.
pub const MAX_CONTEXT_KEY_BYTES: usize = 256;
/// Bytes of a name (team, agent, rule) in UTF-8.
pub const MAX_NAME_BYTES: usize = 256;
/// Bytes of a message to a contact, or of an error message from a host.
pub const MAX_MESSAGE_BYTES: usize = 4_096;
/// Agents in one list of candidates, and in one team of a roster.
pub const MAX_CANDIDATES: usize = 10_000;
/// Agents in one roster, over all its teams.
pub const MAX_ROSTER_AGENTS: usize = 100_000;
/// Teams in one roster.
pub const MAX_TEAMS: usize = 1_000;
/// Shifts in one day of a schedule.
pub const MAX_SHIFTS_PER_DAY: usize = 24;
/// Rules in one pipeline.
pub const MAX_RULES: usize = 64;
/// Criteria in `routingConfig.priority`.
pub const MAX_CRITERIA: usize = 8;
/// An agent's weight in a rotation.
pub const MAX_WEIGHT: u32 = 1_000;
/// Candidates of one turn in a rotation that is kept in Redis, other than the counter: what one
/// script looks at must not hold up the server.
pub const MAX_SHARED_CANDIDATES: usize = 1_000;
/// Candidates of one reservation.
pub const MAX_RESERVE_CANDIDATES: usize = 200;
/// Bytes of one request or one set of facts as JSON.
pub const MAX_PAYLOAD_BYTES: usize = 4 * 1_024 * 1_024;
