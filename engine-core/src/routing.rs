//! How a team chooses among its agents.

use alloc::vec;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::Reason;
use crate::calendar::{Date, weekday};
use crate::limits::MAX_CRITERIA;
use crate::roster::Candidate;
use crate::rotation::{Rotation, Weights};
use crate::text::bounded_option;
use crate::time::{DAY, Timestamp};
use crate::zone::Zone;

/// How the agent is chosen among those who are eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Each in turn.
    RoundRobin,
    /// Whoever has the fewest sessions now.
    LeastActive,
    /// Whoever was given the fewest sessions in a stretch of time.
    LeastAssigned,
    /// By several criteria, the first that tells two agents apart.
    Hybrid,
    /// Nobody: people take conversations themselves.
    Manual,
}

impl Strategy {
    /// Every strategy by the name that teams and tenants store, `load_balanced` being another
    /// name of `least_active`.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("round_robin", Self::RoundRobin),
        ("least_active", Self::LeastActive),
        ("load_balanced", Self::LeastActive),
        ("least_assigned", Self::LeastAssigned),
        ("hybrid", Self::Hybrid),
        ("manual", Self::Manual),
    ];

    /// The strategy of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, strategy)| *strategy)
    }

    /// The name it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastActive => "least_active",
            Self::LeastAssigned => "least_assigned",
            Self::Hybrid => "hybrid",
            Self::Manual => "manual",
        }
    }
}

/// Which strategy is in force, and who said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice<'a> {
    pub(crate) strategy: Strategy,
    pub(crate) source: ChoiceSource,
    /// The name that was asked for, if there is no such strategy.
    pub(crate) unknown: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChoiceSource {
    Team,
    Tenant,
    Default,
}

impl<'a> Choice<'a> {
    /// The team's strategy, else the tenant's, else `round_robin`; an empty name is none, an
    /// unknown one means `round_robin`.
    pub(crate) fn new(team: Option<&'a str>, tenant: Option<&'a str>) -> Self {
        let named = |name: Option<&'a str>| name.filter(|name| !name.is_empty());
        let (source, name) = match (named(team), named(tenant)) {
            (Some(name), _) => (ChoiceSource::Team, Some(name)),
            (None, Some(name)) => (ChoiceSource::Tenant, Some(name)),
            (None, None) => (ChoiceSource::Default, None),
        };
        let strategy = name.and_then(Strategy::named);
        Self {
            strategy: strategy.unwrap_or(Strategy::RoundRobin),
            source,
            unknown: name.filter(|_| strategy.is_none()),
        }
    }
}

/// A team's settings for its strategy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingConfig {
    /// The order of the ring for `round_robin`; by name unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<SortBy>,
    /// What `least_assigned` counts; everything unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_window: Option<TimeWindow>,
    /// The criteria of `hybrid`; `least_active`, then `least_assigned`, unless said.
    #[serde(
        default,
        deserialize_with = "bounded_option::<_, _, MAX_CRITERIA>",
        skip_serializing_if = "Option::is_none"
    )]
    pub priority: Option<Vec<Criterion>>,
    /// Sessions an agent may have at once; 0 means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_load: Option<u32>,
    /// How equals take turns; by a counter unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Agents' shares in the rotation `proportional`; everybody 1 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
}

impl RoutingConfig {
    /// The limit, if there is one.
    #[must_use]
    pub fn limit(&self) -> Option<NonZeroU32> {
        self.max_load.and_then(NonZeroU32::new)
    }
}

/// The order of a round-robin ring; ties go by id, byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SortBy {
    /// By name: ASCII letters without regard to case, everything else byte by byte in UTF-8.
    #[default]
    Name,
    /// Oldest first.
    CreatedAt,
    /// By id, which says nothing about the agent.
    Random,
}

/// The stretch of time `least_assigned` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TimeWindow {
    /// The last twelve hours.
    Shift,
    /// Since midnight in the team's zone.
    Day,
    /// Since Monday, midnight in the team's zone.
    Week,
    /// Since the first of the month, midnight in the team's zone.
    Month,
    /// Everything.
    #[default]
    AllTime,
}

impl TimeWindow {
    /// Its first instant as seen at `now`; `None` for everything.
    pub(crate) fn start(self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Shift => Some(now.saturating_add(-DAY / 2)),
            Self::Day => Some(zone.start_of_day(now, |today| today)),
            Self::Week => Some(zone.start_of_day(now, |today| today - weekday(today))),
            Self::Month => {
                Some(zone.start_of_day(now, |today| today + 1 - Date::of_day(today).day))
            }
            Self::AllTime => None,
        }
    }
}

/// One of the things `hybrid` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Criterion {
    /// Fewest sessions now.
    #[serde(alias = "load_balanced")]
    LeastActive,
    /// Fewest sessions given, over all time.
    LeastAssigned,
}

/// What a strategy and its settings come down to: which agents may have how many sessions, what
/// is compared, and the order in which equals take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Routing {
    pub(crate) strategy: Strategy,
    pub(crate) limit: Option<NonZeroU32>,
    pub(crate) order: SortBy,
    pub(crate) window: TimeWindow,
    pub(crate) rotation: Rotation,
    criteria: Criteria,
}

/// At most two things can be compared; which comes first is all that can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Criteria {
    Nothing,
    Active,
    Total,
    ActiveThenTotal,
    TotalThenActive,
}

impl Routing {
    pub(crate) fn new(strategy: Strategy, config: Option<&RoutingConfig>) -> Self {
        let default = RoutingConfig::default();
        let config = config.unwrap_or(&default);
        let (criteria, order, window) = match strategy {
            Strategy::RoundRobin | Strategy::Manual => (
                Criteria::Nothing,
                config.sort_by.unwrap_or_default(),
                TimeWindow::AllTime,
            ),
            Strategy::LeastActive => (Criteria::Active, SortBy::Random, TimeWindow::AllTime),
            Strategy::LeastAssigned => (
                Criteria::Total,
                SortBy::Random,
                config.time_window.unwrap_or_default(),
            ),
            Strategy::Hybrid => {
                let criteria = hybrid(config.priority.as_deref().unwrap_or_default());
                (criteria, SortBy::Random, TimeWindow::AllTime)
            }
        };
        Self {
            strategy,
            limit: config.limit(),
            order,
            window,
            rotation: config.rotation.unwrap_or_default(),
            criteria,
        }
    }

    /// What the strategy compares, smaller is better; equal classes take turns. Always below
    /// `u64::MAX`.
    pub(crate) fn class(&self, active: u32, total: u32) -> u64 {
        let (active, total) = (
            u64::from(active.min(MAX_COUNT)),
            u64::from(total.min(MAX_COUNT)),
        );
        match self.criteria {
            Criteria::Nothing => 0,
            Criteria::Active => active,
            Criteria::Total => total,
            Criteria::ActiveThenTotal => (active << 32) | total,
            Criteria::TotalThenActive => (total << 32) | active,
        }
    }

    pub(crate) fn has_room(&self, active: u32) -> bool {
        self.limit.is_none_or(|limit| active < limit.get())
    }

    /// Why `other` was not chosen and `chosen` was.
    pub(crate) fn behind(&self, other: &Candidate<'_>, chosen: &Candidate<'_>) -> Reason {
        let counts = |agent: &Candidate<'_>| (agent.active, agent.total);
        let class = |agent: &Candidate<'_>| self.class(agent.active, agent.total);
        if class(other) == class(chosen) {
            Reason::NotTheirTurn
        } else if self.tells_apart_by_total(counts(chosen), counts(other)) {
            Reason::MoreAssigned
        } else {
            Reason::MoreActive
        }
    }

    /// What is compared, the most important first.
    pub(crate) fn order_of_criteria(&self) -> Vec<Criterion> {
        use Criterion::{LeastActive, LeastAssigned};
        match self.criteria {
            Criteria::Nothing => Vec::new(),
            Criteria::Active => vec![LeastActive],
            Criteria::Total => vec![LeastAssigned],
            Criteria::ActiveThenTotal => vec![LeastActive, LeastAssigned],
            Criteria::TotalThenActive => vec![LeastAssigned, LeastActive],
        }
    }

    /// Which of the compared counts first tells the two apart, `active` or `total`.
    fn tells_apart_by_total(&self, chosen: (u32, u32), other: (u32, u32)) -> bool {
        match self.criteria {
            Criteria::Total => true,
            Criteria::Nothing | Criteria::Active => false,
            Criteria::ActiveThenTotal => chosen.0 == other.0,
            Criteria::TotalThenActive => chosen.1 != other.1,
        }
    }
}

/// Counts are compared up to here, so that two of them fit a class.
const MAX_COUNT: u32 = u32::MAX - 1;

fn hybrid(priority: &[Criterion]) -> Criteria {
    let Some(first) = priority.first() else {
        return Criteria::ActiveThenTotal;
    };
    // A criterion named again compares what is already equal.
    let second = priority.iter().any(|criterion| criterion != first);
    match (first, second) {
        (Criterion::LeastActive, false) => Criteria::Active,
        (Criterion::LeastAssigned, false) => Criteria::Total,
        (Criterion::LeastActive, true) => Criteria::ActiveThenTotal,
        (Criterion::LeastAssigned, true) => Criteria::TotalThenActive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn windows_begin_at_local_midnight() {
        let vienna = Zone::named(Some("Europe/Vienna")).unwrap();
        // Wednesday 2026-04-01, half past midnight in Vienna, still March in UTC.
        let now = at("2026-03-31T22:30:00Z");
        let start = |window: TimeWindow| window.start(now, &vienna);
        assert_eq!(start(TimeWindow::Day), Some(at("2026-03-31T22:00:00Z")));
        assert_eq!(start(TimeWindow::Week), Some(at("2026-03-29T22:00:00Z")));
        assert_eq!(start(TimeWindow::Month), Some(at("2026-03-31T22:00:00Z")));
        assert_eq!(start(TimeWindow::Shift), Some(at("2026-03-31T10:30:00Z")));
        assert_eq!(start(TimeWindow::AllTime), None);
        // The day of the change began in winter time.
        let later = TimeWindow::Day.start(at("2026-03-29T20:00:00Z"), &vienna);
        assert_eq!(later, Some(at("2026-03-28T23:00:00Z")));
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_begins_after_the_gap() {
        // Cairo goes to summer time at midnight: 2026-04-24 begins at 01:00 local.
        let cairo = Zone::named(Some("Africa/Cairo")).unwrap();
        let start = TimeWindow::Day.start(at("2026-04-24T10:00:00Z"), &cairo);
        assert_eq!(start, Some(at("2026-04-23T22:00:00Z")));
    }

    #[test]
    fn hybrid_compares_in_the_order_asked_for() {
        let class = |priority: Option<Vec<Criterion>>, active, total| {
            let config = RoutingConfig {
                priority,
                ..RoutingConfig::default()
            };
            Routing::new(Strategy::Hybrid, Some(&config)).class(active, total)
        };
        use Criterion::{LeastActive as A, LeastAssigned as T};
        assert!(class(None, 1, 9) < class(None, 2, 0));
        assert!(class(Some(alloc::vec![A, T]), 1, 3) < class(Some(alloc::vec![A, T]), 1, 4));
        assert!(class(Some(alloc::vec![T, A]), 9, 1) < class(Some(alloc::vec![T, A]), 0, 2));
        assert_eq!(
            class(Some(alloc::vec![T, T]), 9, 1),
            class(Some(alloc::vec![T]), 0, 1)
        );
        assert!(class(None, u32::MAX, u32::MAX) < u64::MAX);
    }
}
