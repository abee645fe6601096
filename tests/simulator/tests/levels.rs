//! Each level keeps its promises, each known-bad variant breaks them, and a seed is all it takes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it goes wrong"
)]

use std::ops::Range;

use simulator::{Event, Level, Report, Violation, search, simulate};

fn holds(level: Level, seeds: Range<u64>) {
    let count = usize::try_from(seeds.end - seeds.start).unwrap();
    let found = search(level, seeds).unwrap();
    if let Some(report) = found.failed {
        panic!(
            "seed {} of {}:\n{}",
            report.seed,
            level.name(),
            report.text()
        );
    }
    assert!(found.owners > 2 * count, "only {} owners", found.owners);
}

/// The first seed of some hundred that fails.
fn fails(level: Level) -> Report {
    let found = search(level, 0..300).unwrap().failed;
    found.unwrap_or_else(|| panic!("{} passes", level.name()))
}

#[test]
fn l2_assigns_nothing_twice_and_goes_over_no_limit() {
    holds(Level::L2, 0..10_000);
}

#[test]
fn l1_keeps_it_inside_its_assumptions() {
    holds(Level::L1, 0..4_000);
}

#[test]
fn l2_behind_reservations_that_are_lost_keeps_it_too() {
    holds(Level::L1L2, 0..4_000);
}

/// The faults that the levels are to withstand do happen.
#[test]
fn everything_that_can_go_wrong_does() {
    let (mut crashed, mut paused, mut lost, mut failed_over, mut refused) = (0, 0, 0, 0, 0);
    for seed in 0..300 {
        for entry in simulate(Level::L1L2, seed).unwrap().history {
            match entry.event {
                Event::Crashed(_, 1..) => crashed += 1,
                Event::Paused(_, _, 15_000..) => paused += 1,
                Event::Failed(_, "claim", true) => lost += 1,
                Event::FailedOver => failed_over += 1,
                Event::Refused(..) => refused += 1,
                _ => {}
            }
        }
    }
    let all = [crashed, paused, lost, failed_over, refused];
    assert!(all.iter().all(|count| *count > 10), "{all:?}");
}

#[test]
fn without_a_claim_sessions_are_assigned_twice_and_limits_broken() {
    let broken = fails(Level::NoClaim);
    assert!(!broken.violations.is_empty());
    let of = |seed| simulate(Level::NoClaim, seed).unwrap().violations;
    let all: Vec<Violation> = (0..300).flat_map(of).collect();
    let double = |found: &Violation| matches!(found, Violation::DoubleOwner(_));
    let over = |found: &Violation| matches!(found, Violation::OverLimit(..));
    assert!(all.iter().any(double) && all.iter().any(over));
}

#[test]
fn places_deleted_at_confirm_let_limits_be_broken() {
    let of = |seed| simulate(Level::DeleteAtConfirm, seed).unwrap().violations;
    let all: Vec<Violation> = (0..300).flat_map(of).collect();
    let over = |found: &Violation| matches!(found, Violation::OverLimit(..));
    assert!(all.iter().any(over), "{all:?}");
}

#[test]
fn without_fencing_a_paused_holder_writes_late() {
    let of = |seed| simulate(Level::NoFencing, seed).unwrap().violations;
    let all: Vec<Violation> = (0..1_000).flat_map(of).collect();
    let late = |found: &Violation| matches!(found, Violation::Overtaken(..));
    assert!(all.iter().any(late), "{all:?}");
}

#[test]
fn a_seed_gives_the_same_history_again() {
    for level in Level::ALL {
        for seed in 0..20 {
            let [once, again] = [(); 2].map(|()| simulate(level, seed).unwrap().text());
            assert!(once.len() > 200, "{once}");
            assert_eq!(once, again, "seed {seed} of {}", level.name());
        }
    }
    let failed = fails(Level::NoClaim);
    let again = simulate(Level::NoClaim, failed.seed).unwrap();
    assert_eq!(failed.text(), again.text());
}
