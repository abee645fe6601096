//! The figures: how long callers waited, and how evenly the work was spread.
//!
//! Counted the same way for the simulation and for what really happened, so that the two can stand
//! side by side. Everything is summed and sorted as whole numbers; only a final ratio becomes a
//! fraction, rounded to a fixed number of digits, so that the same input prints the same bytes.

mod recorded;
mod turns;
mod waits;

use serde::Serialize;

pub(crate) use self::recorded::course_of_record;
pub(crate) use self::turns::Fairness;
pub(crate) use self::waits::Waits;
use super::record::Record;

/// What became of every call of a record, and whose turn it was at every assignment.
#[derive(Debug)]
pub(crate) struct Course {
    /// In the order of [`Record::calls`].
    fates: Vec<Fate>,
    /// To be told of every assignment, in their order.
    pub(crate) turns: Fairness,
}

/// What became of one call. A wait begins at the arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// An agent took it. Instants are milliseconds since the Unix epoch.
    Served {
        /// Place in [`Record::agents`].
        agent: u32,
        /// Until the agent took it.
        waited_ms: u64,
        /// When the agent took it.
        started_ms: i64,
        /// When the agent was free again.
        ended_ms: i64,
    },
    /// The caller hung up.
    Abandoned {
        /// Until then.
        waited_ms: u64,
    },
    /// Nobody took it although the caller never hung up.
    Waiting {
        /// Until nothing more could happen.
        waited_ms: u64,
    },
}

impl Course {
    /// All calls are waiting, since no time at all.
    pub(crate) fn new(record: &Record) -> Self {
        Self {
            fates: vec![Fate::Waiting { waited_ms: 0 }; record.calls.len()],
            turns: Fairness::new(record.agents.len()),
        }
    }

    /// Writes down what became of a call, given its place in [`Record::calls`].
    pub(crate) fn settle(&mut self, call: u32, fate: Fate) {
        if let Some(place) = self.fates.get_mut(call as usize) {
            *place = fate;
        }
    }
}

/// The figures of one course of events. Ratios are `None` where there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// Calls that arrived.
    pub(crate) offered: u64,
    /// Calls that an agent took.
    pub(crate) served: u64,
    /// Calls whose callers hung up.
    pub(crate) abandoned: u64,
    /// `abandoned` in `offered`, from 0 to 1.
    pub(crate) abandoned_share: Option<f64>,
    /// Calls still in the queue at the end.
    pub(crate) waiting_at_end: u64,
    /// Waits of the calls served.
    pub(crate) wait_of_served: Waits,
    /// Waits of all calls: until served, until hanging up, or until the end.
    pub(crate) wait_of_all: Waits,
    /// Sum of the service times. An agent who is in two calls at once counts twice.
    pub(crate) talk_ms: u64,
    /// Sum of the shifts.
    pub(crate) duty_ms: u64,
    /// `talk_ms` in `duty_ms`.
    pub(crate) occupancy: Option<f64>,
    /// Calls of the agent who took the most, minus calls of the one who took the fewest.
    pub(crate) calls_gap: u64,
    /// Jain's index of the agents' calls: 1 if all took the same number, 1/n if one took all.
    pub(crate) jain_of_calls: Option<f64>,
    /// Jain's index of the calls per hour on duty, over the agents with any duty.
    pub(crate) jain_of_calls_per_duty_hour: Option<f64>,
    /// The longest run of missed turns of any agent: times in a row that the agent could have been
    /// chosen and another was.
    pub(crate) longest_missed_turns: u64,
    /// How far the calls of any agent are from its fair share (see
    /// [`AgentFigures::fair_share`]), at most.
    pub(crate) furthest_from_fair_share: f64,
    /// Everybody, in the order of [`Record::agents`].
    pub(crate) agents: Vec<AgentFigures>,
}

/// The figures of one agent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AgentFigures {
    /// Who.
    pub(crate) agent: String,
    /// Calls taken.
    pub(crate) served: u64,
    /// Sum of the service times, also of what lies after the end of a shift.
    pub(crate) talk_ms: u64,
    /// Sum of the shifts.
    pub(crate) duty_ms: u64,
    /// `talk_ms` in `duty_ms`; above 1 where calls overlap or outlast the shift.
    pub(crate) occupancy: Option<f64>,
    /// Calls taken per hour on duty.
    pub(crate) calls_per_duty_hour: Option<f64>,
    /// Most times in a row that the agent could have been chosen and another was.
    pub(crate) longest_missed_turns: u64,
    /// Calls that fell to the agent if every call were shared evenly between those who could have
    /// been chosen for it: the sum of 1/n over them.
    pub(crate) fair_share: f64,
}

impl Figures {
    /// Counts what happened to the calls of the record.
    pub(crate) fn of(record: &Record, course: &Course) -> Self {
        let agents = agents(record, course);
        let mut of_served = Vec::new();
        let mut of_others = Vec::new();
        let mut abandoned = 0;
        for fate in &course.fates {
            match *fate {
                Fate::Served { waited_ms, .. } => of_served.push(waited_ms),
                Fate::Abandoned { waited_ms } => {
                    abandoned += 1;
                    of_others.push(waited_ms);
                }
                Fate::Waiting { waited_ms } => of_others.push(waited_ms),
            }
        }
        let offered = course.fates.len() as u64;
        let served = of_served.len() as u64;
        let waiting_at_end = of_others.len() as u64 - abandoned;
        let mut of_all = of_others;
        of_all.extend_from_slice(&of_served);

        let talk_ms = agents.iter().map(|agent| agent.talk_ms).sum();
        let duty_ms = agents.iter().map(|agent| agent.duty_ms).sum();
        let calls = || agents.iter().map(|agent| agent.served);
        let rates = agents
            .iter()
            .filter_map(|agent| milli_calls_per_hour(agent.served, agent.duty_ms));
        let distance = (0_u32..)
            .zip(&agents)
            .map(|(number, agent)| course.turns.distance_from_fair_share(number, agent.served));
        Self {
            offered,
            served,
            abandoned,
            abandoned_share: share(abandoned.into(), offered.into()),
            waiting_at_end,
            wait_of_served: Waits::of(of_served),
            wait_of_all: Waits::of(of_all),
            talk_ms,
            duty_ms,
            occupancy: share(talk_ms.into(), duty_ms.into()),
            calls_gap: calls().max().unwrap_or(0) - calls().min().unwrap_or(0),
            jain_of_calls: jain(calls()),
            jain_of_calls_per_duty_hour: jain(rates),
            longest_missed_turns: agents
                .iter()
                .map(|agent| agent.longest_missed_turns)
                .max()
                .unwrap_or(0),
            furthest_from_fair_share: distance.fold(0.0, f64::max),
            agents,
        }
    }
}

fn agents(record: &Record, course: &Course) -> Vec<AgentFigures> {
    let mut agents: Vec<AgentFigures> = (0_u32..)
        .zip(&record.agents)
        .map(|(number, name)| AgentFigures {
            agent: name.clone(),
            served: 0,
            talk_ms: 0,
            duty_ms: 0,
            occupancy: None,
            calls_per_duty_hour: None,
            longest_missed_turns: course.turns.longest_missed(number),
            fair_share: course.turns.fair_share(number),
        })
        .collect();
    for fate in &course.fates {
        if let Fate::Served {
            agent,
            started_ms,
            ended_ms,
            ..
        } = *fate
            && let Some(agent) = agents.get_mut(agent as usize)
        {
            agent.served += 1;
            agent.talk_ms += lasted(started_ms, ended_ms);
        }
    }
    for shift in &record.shifts {
        let number = record.agent_number(&shift.agent);
        if let Some(agent) = number.and_then(|number| agents.get_mut(number as usize)) {
            agent.duty_ms += lasted(shift.from_ms, shift.to_ms);
        }
    }
    for agent in &mut agents {
        agent.occupancy = share(agent.talk_ms.into(), agent.duty_ms.into());
        let milli = milli_calls_per_hour(agent.served, agent.duty_ms);
        agent.calls_per_duty_hour = milli.map(|milli| milli as f64 / 1_000.0);
    }
    agents
}

fn lasted(from_ms: i64, to_ms: i64) -> u64 {
    u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or(0)
}

/// Thousandths of a call per hour.
fn milli_calls_per_hour(calls: u64, duty_ms: u64) -> Option<u64> {
    let milli = rounded(u128::from(calls) * 1_000 * 3_600_000, duty_ms.into())?;
    u64::try_from(milli).ok()
}

/// (sum of x)² / (n · sum of x²); none for nobody, and where nobody has anything.
fn jain(loads: impl Iterator<Item = u64>) -> Option<f64> {
    let (mut count, mut sum, mut squares) = (0_u128, 0_u128, 0_u128);
    for load in loads {
        let load = u128::from(load);
        count += 1;
        sum += load;
        squares = squares.checked_add(load * load)?;
    }
    share(sum.checked_mul(sum)?, count.checked_mul(squares)?)
}

/// A ratio to six digits.
fn share(part: u128, whole: u128) -> Option<f64> {
    let millionths = rounded(part.checked_mul(1_000_000)?, whole)?;
    Some(millionths as f64 / 1_000_000.0)
}

/// The quotient to the nearest whole number, half up; none of nothing.
fn rounded(part: u128, whole: u128) -> Option<u128> {
    part.checked_add(whole / 2)?.checked_div(whole)
}

#[cfg(test)]
mod tests;
