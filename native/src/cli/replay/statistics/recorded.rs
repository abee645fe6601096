//! What really happened, seen as if it had been a simulation.

use std::collections::BTreeMap;

use super::super::record::{Record, Recorded};
use super::{Course, Fate};

/// The record as a course of events. At each recorded begin of a service those could have been
/// chosen who were on duty, in the team and in no recorded service, and the one who served in any
/// case: the record has agents who serve outside their duty or start a second call before the
/// first ends. Since breaks are not recorded either, an agent at lunch seems to miss turns.
pub(crate) fn course_of_record(record: &Record) -> Course {
    let mut course = Course::new(record);
    let mut services = Vec::new();
    for (place, call) in (0_u32..).zip(&record.calls) {
        match &call.recorded {
            Recorded::Served {
                agent,
                waited_ms,
                started_ms,
                ended_ms,
            } => {
                let Some(agent) = record.agent_number(agent) else {
                    continue;
                };
                let (waited_ms, started_ms, ended_ms) = (*waited_ms, *started_ms, *ended_ms);
                course.settle(
                    place,
                    Fate::Served {
                        agent,
                        waited_ms,
                        started_ms,
                        ended_ms,
                    },
                );
                services.push(Service {
                    started_ms,
                    place,
                    ended_ms,
                    agent,
                    team: &call.team,
                });
            }
            Recorded::HungUp { .. } => {
                let waited_ms = call.patience_ms.unwrap_or(0);
                course.settle(place, Fate::Abandoned { waited_ms });
            }
        }
    }
    services.sort_by_key(|service| (service.started_ms, service.place));

    let mut floor = Floor::new(record);
    let teams = members(record);
    let mut eligible = Vec::new();
    for service in services {
        eligible.clear();
        for agent in teams.get(service.team).into_iter().flatten() {
            if floor.is_free(*agent, service.started_ms) {
                eligible.push(*agent);
            }
        }
        course.turns.pick(&eligible, service.agent);
        floor.occupy(service.agent, service.ended_ms);
    }
    course
}

struct Service<'a> {
    started_ms: i64,
    /// The call's place in the record, for an order among those of one millisecond.
    place: u32,
    ended_ms: i64,
    agent: u32,
    team: &'a str,
}

/// Who is there and who is talking, at instants that never go back.
struct Floor {
    agents: Vec<Presence>,
}

#[derive(Default)]
struct Presence {
    /// Begin and end of the shifts still to come or going on, the last one first.
    shifts: Vec<(i64, i64)>,
    busy_until_ms: Option<i64>,
}

impl Floor {
    fn new(record: &Record) -> Self {
        let mut agents = Vec::new();
        agents.resize_with(record.agents.len(), Presence::default);
        for shift in record.shifts.iter().rev() {
            let number = record.agent_number(&shift.agent);
            if let Some(presence) = number.and_then(|number| agents.get_mut(number as usize)) {
                presence.shifts.push((shift.from_ms, shift.to_ms));
            }
        }
        Self { agents }
    }

    fn is_free(&mut self, agent: u32, now_ms: i64) -> bool {
        let Some(presence) = self.agents.get_mut(agent as usize) else {
            return false;
        };
        while presence
            .shifts
            .pop_if(|(_, to_ms)| *to_ms <= now_ms)
            .is_some()
        {}
        let on_duty = presence
            .shifts
            .last()
            .is_some_and(|(from_ms, _)| *from_ms <= now_ms);
        on_duty
            && presence
                .busy_until_ms
                .is_none_or(|until_ms| until_ms <= now_ms)
    }

    fn occupy(&mut self, agent: u32, until_ms: i64) {
        if let Some(presence) = self.agents.get_mut(agent as usize) {
            presence.busy_until_ms = presence.busy_until_ms.max(Some(until_ms));
        }
    }
}

fn members(record: &Record) -> BTreeMap<&str, Vec<u32>> {
    let number = |name: &String| record.agent_number(name);
    let teams = record.teams.iter();
    teams
        .map(|(team, names)| (team.as_str(), names.iter().filter_map(number).collect()))
        .collect()
}
