use std::fmt;

use assignment_engine_core::InputError;
use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// Worth knowing, and right for some.
    Note,
    /// Very likely not what was meant.
    Warning,
    /// Refused, or replaced by something else.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something about a scenario that should be looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// Stable, for programs.
    pub(crate) code: &'static str,
    /// The field.
    pub(crate) path: String,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

/// What was found, in the order in which it was looked for.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Notes down what a lint has to say about a field.
    pub(crate) fn add(&mut self, lint: Lint, path: impl Into<String>, message: impl Into<String>) {
        let (severity, code, hint) = lint.about();
        self.0.push(Finding {
            severity,
            code,
            path: path.into(),
            message: message.into(),
            hint,
        });
    }

    /// Notes down what the reader refuses.
    pub(crate) fn add_refusal(&mut self, error: InputError) {
        self.0.push(Finding {
            severity: Severity::Error,
            code: error.code.as_str(),
            hint: error.hint(),
            message: error.located_message(),
            path: error.path,
        });
    }

    /// The worst first, otherwise as they were noted down.
    pub(crate) fn sort(&mut self) {
        self.0
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// How bad the worst of them is.
    pub(crate) fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|finding| finding.severity).max()
    }
}

macro_rules! lints {
    ($($name:ident = $severity:ident $code:literal: $hint:literal,)*) => {
        /// What is looked for beyond what the reader refuses.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Lint {
            $($name,)*
        }

        impl Lint {
            /// How bad it is, its stable code, and what to do about it.
            const fn about(self) -> (Severity, &'static str, &'static str) {
                match self {
                    $(Self::$name => (Severity::$severity, $code, $hint),)*
                }
            }
        }
    };
}

lints! {
    // Strategies and their settings, of the tenant and of teams.
    UnknownStrategy = Error "unknown_strategy":
        "use round_robin, least_active, load_balanced, least_assigned, hybrid or manual",
    SettingIgnored = Warning "setting_ignored": "remove it, or choose the strategy it belongs to",
    LimitZero = Warning "limit_zero": "for no limit leave it out; to give nobody anything use the strategy manual",
    CriterionRepeated = Warning "criterion_repeated": "name each criterion once",
    NoCriterion = Note "no_criterion": "leave the list out, or fill it",
    SortByRandom = Note "sort_by_random": "it means the order of the ids, the same each time",
    CreatedAtUnknown = Note "created_at_unknown": "give every member a createdAt, or sort by name",

    // Messages.
    MessageBlank = Warning "message_blank": "write something, or leave it out",
    MessageUnused = Note "message_unused": "set noAgentAction to reply, or remove the message",
    TenantDisabled = Note "tenant_disabled": "enable the tenant's configuration, or leave its settings out",

    // Teams.
    NoTeam = Warning "no_team": "add a team with members",
    TeamWithoutMembers = Warning "team_without_members": "add agents to members, or remove the team",
    NobodyOnline = Warning "nobody_online": "set the status of at least one member to online",
    EverybodyAtLimit = Warning "everybody_at_limit": "raise the limit, or lower the counts",
    NameTwice = Warning "name_twice": "rename one of them",
    SeveralDefaultTeams = Warning "several_default_teams": "keep one default team",
    NoDefaultTeam = Warning "no_default_team": "mark one active team as isDefault",
    DefaultTeamInactive = Warning "default_team_inactive": "activate it, or make another team the default",

    // Opening hours.
    ScheduleDisabled = Note "schedule_disabled": "enable the schedule, or remove it",
    NeverOpen = Warning "never_open": "add shifts, or disable the schedule",
    ZoneUnknown = Warning "zone_unknown": "use an IANA name such as Europe/Vienna",
    ShiftsOverlap = Warning "shifts_overlap": "they count as one long shift; check the times",
    ShiftOfAFullDay = Warning "shift_of_a_full_day": "if a full day is meant, write 00:00 to 24:00",

    // Agents.
    AgentInNoTeam = Warning "agent_in_no_team": "add the agent to a team's members",
    AgentNameTwice = Note "agent_name_twice": "people will mix them up; the engine goes by ids",
    StatusMistyped = Warning "status_mistyped": "write it in small letters without blanks",
    StatusMissing = Note "status_missing": "say online or offline",

    // Sessions.
    ContactTwice = Note "contact_twice": "while one of them is assigned the other is left alone",
    BackInTime = Warning "back_in_time": "list the sessions in the order in which they are decided",
    AssignedToNobody = Warning "assigned_to_nobody": "name the agent in assignedAgentId",
    OwnerIgnored = Warning "owner_ignored": "set the status to assigned, or remove the agent",
    OwnerNotInTeam = Note "owner_not_in_team": "check the team, or the agent",
    TeamInactive = Note "team_inactive": "activate the team, or name another one",
    NoTeamToGoTo = Warning "no_team_to_go_to": "name a team, or add an active one with members",
    ContactUnknown = Warning "contact_unknown": "name the contact in contactId, or remove contactAssigned",
    StampUnreadable = Warning "stamp_unreadable": "write an instant like 2026-11-23T09:00:00Z",
    StampInFuture = Warning "stamp_in_future": "it keeps the contact from getting a message",
    AccountUnreadable = Warning "account_unreadable": "the account is a text",
    NotDecided = Note "not_decided": "only unassigned sessions are decided on",

    // Rotations.
    RotationOfNothing = Warning "rotation_of_nothing": "use the id of a team, or of the tenant",
}
