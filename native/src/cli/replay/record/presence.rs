//! Who was on duty when, and in which team.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Call, Recorded, Shift};

/// Presence as the file tells it. A file rarely states it, so by default it is read off the
/// services: on each day an agent is on duty from the begin of the first to the end of the last
/// one, without breaks, and is a member of every team that it ever served. As soon as the file
/// states one shift, only stated shifts and the teams named in them count.
#[derive(Debug, Default)]
pub(super) struct Presence {
    days: BTreeSet<Date>,
    seen: BTreeMap<(String, Date), (i64, i64)>,
    seen_teams: BTreeMap<String, BTreeSet<String>>,
    stated: Vec<Shift>,
    stated_teams: BTreeMap<String, BTreeSet<String>>,
}

impl Presence {
    /// Takes what a call tells about its team and the agent who served it.
    pub(super) fn see_call(&mut self, day: Date, call: &Call) {
        self.days.insert(day);
        // Nearly always both are known already: then nothing is copied.
        if !self.seen_teams.contains_key(&call.team) {
            self.seen_teams.insert(call.team.clone(), BTreeSet::new());
        }
        let Recorded::Served {
            agent,
            started_ms,
            ended_ms,
            ..
        } = &call.recorded
        else {
            return;
        };
        if let Some(members) = self.seen_teams.get_mut(&call.team)
            && !members.contains(agent)
        {
            members.insert(agent.clone());
        }
        let duty = self.seen.entry((agent.clone(), day));
        let (from_ms, to_ms) = duty.or_insert((*started_ms, *ended_ms));
        *from_ms = (*from_ms).min(*started_ms);
        *to_ms = (*to_ms).max(*ended_ms);
    }

    /// Takes a shift that the file states, for a member of `teams`.
    pub(super) fn add_shift(&mut self, shift: Shift, teams: Vec<String>) {
        for team in teams {
            self.stated_teams
                .entry(team)
                .or_default()
                .insert(shift.agent.clone());
        }
        self.stated.push(shift);
    }

    /// The days with a call.
    pub(super) fn days(&self) -> &BTreeSet<Date> {
        &self.days
    }

    /// How many shifts the file has stated so far.
    pub(super) fn stated(&self) -> usize {
        self.stated.len()
    }

    /// The shifts in order, and the members of each team.
    pub(super) fn finish(self) -> (Vec<Shift>, BTreeMap<String, BTreeSet<String>>) {
        if !self.stated.is_empty() {
            let mut teams = self.stated_teams;
            for team in self.seen_teams.into_keys() {
                teams.entry(team).or_default();
            }
            return (in_order(self.stated), teams);
        }
        let seen = self.seen.into_iter();
        let shifts = seen.map(|((agent, day), (from_ms, to_ms))| Shift {
            agent,
            day,
            from_ms,
            to_ms,
        });
        (in_order(shifts.collect()), self.seen_teams)
    }
}

/// Joins shifts of one agent that overlap or touch, so that nobody comes twice and leaves once.
fn in_order(mut shifts: Vec<Shift>) -> Vec<Shift> {
    shifts.sort_by(|a, b| (&a.agent, a.from_ms, a.to_ms).cmp(&(&b.agent, b.from_ms, b.to_ms)));
    let mut joined: Vec<Shift> = Vec::with_capacity(shifts.len());
    for shift in shifts {
        match joined.last_mut() {
            Some(last) if last.agent == shift.agent && shift.from_ms <= last.to_ms => {
                last.to_ms = last.to_ms.max(shift.to_ms);
            }
            _ => joined.push(shift),
        }
    }
    joined.sort_by(|a, b| (a.from_ms, &a.agent).cmp(&(b.from_ms, &b.agent)));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Date = jiff::civil::date(1999, 1, 3);

    fn shift(agent: &str, from_ms: i64, to_ms: i64) -> Shift {
        Shift {
            agent: agent.to_owned(),
            day: DAY,
            from_ms,
            to_ms,
        }
    }

    fn served(agent: &str, team: &str, started_ms: i64, ended_ms: i64) -> Call {
        let agent = agent.to_owned();
        Call {
            id: format!("{agent}-{started_ms}"),
            contact: None,
            priority: 0,
            team: team.to_owned(),
            arrived_ms: started_ms,
            service_ms: 1,
            patience_ms: None,
            recorded: Recorded::Served {
                agent,
                waited_ms: 0,
                started_ms,
                ended_ms,
            },
        }
    }

    #[test]
    fn duty_is_from_the_first_begin_to_the_last_end_of_a_day() {
        let mut presence = Presence::default();
        presence.see_call(DAY, &served("b", "PS", 500, 600));
        presence.see_call(DAY, &served("b", "NW", 100, 900));
        presence.see_call(DAY, &served("a", "PS", 100, 200));
        let next = DAY.tomorrow().unwrap();
        presence.see_call(next, &served("b", "PS", 5_000, 5_100));
        assert_eq!((presence.days().len(), presence.stated()), (2, 0));

        let (shifts, teams) = presence.finish();
        let later = Shift {
            day: next,
            ..shift("b", 5_000, 5_100)
        };
        assert_eq!(shifts, [shift("a", 100, 200), shift("b", 100, 900), later]);
        let members = |team: &str| teams[team].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!((members("PS"), members("NW")), (vec!["a", "b"], vec!["b"]));
    }

    #[test]
    fn stated_shifts_replace_what_was_seen_and_are_joined() {
        let mut presence = Presence::default();
        presence.see_call(DAY, &served("c", "PE", 0, 50));
        presence.add_shift(shift("a", 20, 30), vec!["NW".to_owned()]);
        presence.add_shift(shift("a", 0, 20), vec!["PS".to_owned()]);
        presence.add_shift(shift("a", 40, 60), vec![]);
        presence.add_shift(shift("a", 45, 50), vec![]);
        presence.add_shift(shift("b", 40, 50), vec!["PS".to_owned()]);
        let (shifts, teams) = presence.finish();
        assert_eq!(
            shifts,
            [shift("a", 0, 30), shift("a", 40, 60), shift("b", 40, 50)]
        );
        let teams: Vec<String> = teams.iter().map(|team| format!("{team:?}")).collect();
        assert_eq!(
            teams,
            [r#"("NW", {"a"})"#, r#"("PE", {})"#, r#"("PS", {"a", "b"})"#]
        );
    }
}
