use assignment_engine_core::{AgentId, Rotation, Timestamp, TurnBook, TurnCandidate, Weight};

use super::churn::{Churn, Random};

pub(crate) fn candidate(n: usize, weight: u32) -> TurnCandidate {
    TurnCandidate {
        agent_id: AgentId::new(format!("agent-{n:03}")).unwrap(),
        weight: Weight::new(weight).unwrap(),
    }
}

/// How a sequence of picks went.
#[derive(Debug, Default)]
struct Course {
    /// The longest run of picks that one agent lost while a candidate.
    longest_wait: u64,
    /// The largest distance from a fair share, in turns, at any prefix.
    largest_lag: f64,
    served: Vec<u64>,
}

/// Who takes turns, and when.
#[derive(Debug, Clone, Copy)]
struct World<'a> {
    churn: Churn,
    agents: usize,
    /// Over and over.
    weights: &'a [u32],
    /// Of a hundred picks, before how many a turn is taken and given back.
    given_back: u64,
}

impl World<'_> {
    fn new(churn: Churn, agents: usize) -> Self {
        Self {
            churn,
            agents,
            weights: &[1],
            given_back: 10,
        }
    }
}

fn run(rotation: Rotation, world: World<'_>, picks: u64) -> Course {
    let World {
        churn,
        agents,
        weights,
        given_back,
    } = world;
    let mut random = Random(picks);
    let mut book = TurnBook::new(rotation);
    let (mut waits, mut lags) = (vec![0_u64; agents], vec![0.0_f64; agents]);
    let mut course = Course {
        served: vec![0; agents],
        ..Course::default()
    };
    let (mut last, mut now) = (None, Timestamp::parse("2026-11-23T09:00:00Z").unwrap());
    let everybody: Vec<TurnCandidate> = (0..agents)
        .map(|n| candidate(n, weights[n % weights.len()]))
        .collect();
    for pick in 0..picks {
        now = now.saturating_add(i64::try_from(random.below(20_000)).unwrap());
        let present = churn.present(pick, agents, last, &mut random);
        let list: Vec<TurnCandidate> = present.iter().map(|n| everybody[*n].clone()).collect();
        if random.below(100) < given_back {
            let turn = book.take(&list, now).unwrap();
            book.give_back(&list, &turn);
        }
        let turn = book.take(&list, now).unwrap();
        let winner = present[usize::try_from(turn.index).unwrap()];
        let sum: u32 = list.iter().map(|c| c.weight.get()).sum();
        for (n, who) in present.iter().zip(&list) {
            lags[*n] += f64::from(who.weight.get()) / f64::from(sum);
            waits[*n] = if *n == winner { 0 } else { waits[*n] + 1 };
            course.longest_wait = course.longest_wait.max(waits[*n]);
        }
        lags[winner] -= 1.0;
        course.served[winner] += 1;
        for n in &present {
            course.largest_lag = course.largest_lag.max(lags[*n].abs());
        }
        last = Some(winner);
    }
    course
}

/// 2 rotations x 7 kinds of churn x sizes x picks: over 10^7 picks each.
#[test]
fn least_recent_lets_nobody_wait_for_more_than_a_round() {
    for churn in Churn::ALL {
        for (agents, picks) in [(2, 100_000), (3, 200_000), (8, 400_000), (20, 750_000)] {
            let course = run(Rotation::LeastRecent, World::new(churn, agents), picks);
            let bound = u64::try_from(agents - 1).unwrap();
            assert!(
                course.longest_wait <= bound,
                "{churn:?} of {agents}: {}",
                course.longest_wait
            );
        }
    }
}

#[test]
fn proportional_keeps_everybody_near_the_fair_share() {
    for churn in Churn::ALL {
        for (agents, picks) in [(2, 100_000), (3, 200_000), (8, 400_000), (20, 750_000)] {
            let course = run(Rotation::Proportional, World::new(churn, agents), picks);
            let bound = (agents - 1) as f64 / 2.0;
            // A lag of one half is that of every second turn among two.
            assert!(
                course.largest_lag <= bound.max(0.5) + 0.05,
                "{churn:?} of {agents}: {}",
                course.largest_lag
            );
        }
    }
}

#[test]
fn weights_are_shares() {
    let course = run(
        Rotation::Proportional,
        World {
            weights: &[5, 1, 2],
            given_back: 0,
            ..World::new(Churn::Stable, 3)
        },
        8_000,
    );
    assert_eq!(course.served, [5_000, 1_000, 2_000]);
    for churn in Churn::ALL {
        let course = run(
            Rotation::Proportional,
            World {
                weights: &[5, 1, 2, 100],
                ..World::new(churn, 12)
            },
            200_000,
        );
        assert!(
            course.largest_lag <= 6.0,
            "{churn:?}: {}",
            course.largest_lag
        );
    }
}

/// What `least_recent` and `proportional` are for.
#[test]
fn a_counter_starves_whoever_only_sometimes_is_there() {
    let course = run(
        Rotation::Counter,
        World {
            given_back: 0,
            ..World::new(Churn::Alternating, 4)
        },
        10_000,
    );
    assert!(
        course.longest_wait == 5_000 && course.served.contains(&0),
        "{course:?}"
    );
    let even = run(
        Rotation::Counter,
        World {
            given_back: 0,
            ..World::new(Churn::Stable, 4)
        },
        10_000,
    );
    assert!(even.longest_wait == 3, "{even:?}");
}

#[test]
fn a_weight_is_a_number_from_1_to_1000() {
    for none in [0, 1_001, u32::MAX] {
        assert_eq!(Weight::new(none), None);
        let json = format!(r#"{{ "agentId": "a", "weight": {none} }}"#);
        assert!(serde_json::from_str::<TurnCandidate>(&json).is_err());
    }
    for some in [1, 1_000] {
        assert_eq!(Weight::new(some).unwrap().get(), some);
    }
}
