//! The morning that the demonstration tells: who works where, who writes when, who finishes when.

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, Days, IdError, RoutingConfig, ScheduleConfig, Shift, TeamConfig,
    TeamId, TenantId, TimeOfDay,
};

use Event::{Comes, Finishes, Goes, Opens, Writes};

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// A contact writes: a new chat, for this team or for whichever is there.
    Writes(&'static str, Option<&'static str>),
    /// An agent is done with the chat of this contact.
    Finishes(&'static str, &'static str),
    /// An agent begins to take chats.
    Comes(&'static str),
    /// An agent takes no more chats.
    Goes(&'static str),
    /// The team opens: what waits for it is tried.
    Opens(&'static str),
}

/// When, and what. The first is a Saturday, the others are the Monday after.
pub(super) const EVENTS: [(&str, Event); 25] = [
    ("2026-11-21T20:10:00Z", Writes("Ida", Some("Support"))),
    ("2026-11-23T08:50:00Z", Writes("Max", Some("Support"))),
    ("2026-11-23T09:00:00Z", Opens("Support")),
    ("2026-11-23T09:02:00Z", Writes("Lea", Some("Support"))),
    ("2026-11-23T09:05:00Z", Writes("Tom", Some("Support"))),
    ("2026-11-23T09:08:00Z", Writes("Kim", Some("Sales"))),
    ("2026-11-23T09:10:00Z", Writes("Zoe", Some("Support"))),
    ("2026-11-23T09:14:00Z", Finishes("Ben", "Max")),
    ("2026-11-23T09:18:00Z", Writes("Ida", Some("Support"))),
    ("2026-11-23T09:22:00Z", Writes("Uma", Some("Sales"))),
    ("2026-11-23T09:31:00Z", Finishes("Anna", "Ida")),
    ("2026-11-23T09:40:00Z", Writes("Finn", Some("Support"))),
    ("2026-11-23T10:00:00Z", Comes("Cleo")),
    ("2026-11-23T10:06:00Z", Finishes("Ben", "Tom")),
    ("2026-11-23T10:10:00Z", Writes("Nora", None)),
    ("2026-11-23T10:15:00Z", Finishes("Anna", "Lea")),
    ("2026-11-23T10:20:00Z", Writes("Otto", Some("Support"))),
    ("2026-11-23T10:25:00Z", Finishes("Emil", "Uma")),
    ("2026-11-23T10:30:00Z", Goes("Emil")),
    ("2026-11-23T10:34:00Z", Writes("Pia", Some("Sales"))),
    ("2026-11-23T10:38:00Z", Finishes("Anna", "Ida")),
    ("2026-11-23T10:41:00Z", Finishes("Cleo", "Finn")),
    ("2026-11-23T10:45:00Z", Writes("Ravi", Some("Support"))),
    ("2026-11-23T10:48:00Z", Writes("Sam", Some("Support"))),
    ("2026-11-23T10:52:00Z", Writes("Vera", Some("Support"))),
];

/// The contact whose decision is told in full at the end.
pub(super) const TOLD_IN_FULL: &str = "Sam";

/// Chats an agent of Support has at once, at most.
const LIMIT: u32 = 2;

/// The teams and who is in them.
const TEAMS: [(&str, &[&str]); 2] = [
    ("Support", &["Anna", "Ben", "Cleo"]),
    ("Sales", &["Dora", "Emil"]),
];

/// Who is not there when the morning begins.
const LATE: &str = "Cleo";

/// What a newcomer must know to follow.
pub(super) const INTRODUCTION: &str = "\
Two teams, five people. Anna, Ben and Cleo are Support: they take turns (`round_robin`), have at
most 2 chats each, and open Monday to Friday at 09:00. Cleo comes at 10:00. Dora and Emil are Sales:
whoever has fewer chats gets the next one (`least_active`). Emil works until 10:30.";

pub(super) fn tenant() -> Result<TenantId, IdError> {
    TenantId::new("acme")
}

pub(super) fn teams() -> Result<Vec<TeamConfig>, IdError> {
    let team = |(name, people): (&str, &[&str])| {
        let members: Result<_, _> = people.iter().copied().map(agent_id).collect();
        let support = name == "Support";
        let strategy = if support {
            "round_robin"
        } else {
            "least_active"
        };
        Ok(TeamConfig {
            name: name.into(),
            is_default: support,
            routing_strategy: Some(strategy.into()),
            routing_config: support.then(|| RoutingConfig {
                max_load: Some(LIMIT),
                ..RoutingConfig::default()
            }),
            schedule: if support { Some(office_hours()) } else { None },
            members: members?,
            ..TeamConfig::new(team_id(name)?)
        })
    };
    TEAMS.into_iter().map(team).collect()
}

pub(super) fn agents() -> Result<Vec<Agent>, IdError> {
    let agent = |name: &&str| {
        let status = if *name == LATE {
            AgentStatus::Offline
        } else {
            AgentStatus::Online
        };
        Ok(Agent {
            name: (*name).into(),
            status,
            ..Agent::online(agent_id(name)?)
        })
    };
    TEAMS
        .iter()
        .flat_map(|(_, people)| people.iter())
        .map(agent)
        .collect()
}

pub(super) fn agent_id(name: &str) -> Result<AgentId, IdError> {
    AgentId::new(name.to_lowercase())
}

pub(super) fn team_id(name: &str) -> Result<TeamId, IdError> {
    TeamId::new(name.to_lowercase())
}

/// Nine to five on weekdays. In November London's clock shows UTC, so that the times of the table
/// are those of the explanation.
fn office_hours() -> ScheduleConfig {
    let shift = || {
        let start = TimeOfDay::new(9, 0)?;
        let end = TimeOfDay::new(17, 0)?;
        Some(Shift { start, end })
    };
    let shifts = || Vec::from_iter(shift());
    ScheduleConfig {
        enabled: true,
        timezone: Some("Europe/London".into()),
        days: Days {
            monday: shifts(),
            tuesday: shifts(),
            wednesday: shifts(),
            thursday: shifts(),
            friday: shifts(),
            ..Days::default()
        },
        out_of_office_message: Some("We are back on Monday at nine.".into()),
        ..ScheduleConfig::default()
    }
}

/// A name as people write it, from the id that was made of it.
pub(super) fn spelled(id: &str) -> String {
    let names = TEAMS
        .iter()
        .flat_map(|(team, people)| std::iter::once(team).chain(people.iter()));
    let mut names = names.filter(|name| name.to_lowercase() == id);
    names.next().map_or_else(|| id.into(), ToString::to_string)
}
