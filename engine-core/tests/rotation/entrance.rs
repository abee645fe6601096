use assignment_engine_core::{Rotation, Timestamp, Turn, TurnBook, TurnCandidate};

use super::fairness::candidate;

const HOUR: i64 = 3_600_000;

struct World {
    book: TurnBook,
    now: Timestamp,
}

impl World {
    fn new(rotation: Rotation) -> Self {
        Self {
            book: TurnBook::new(rotation),
            now: Timestamp::parse("2026-11-23T09:00:00Z").unwrap(),
        }
    }

    fn wait(&mut self, hours: i64) {
        self.now = self.now.saturating_add(hours * HOUR);
    }

    fn take(&mut self, agents: &[usize]) -> (Turn, Vec<TurnCandidate>) {
        let list: Vec<TurnCandidate> = agents.iter().map(|n| candidate(*n, 1)).collect();
        (self.book.take(&list, self.now).unwrap(), list)
    }

    fn serve(&mut self, agents: &[usize]) -> usize {
        let (turn, _) = self.take(agents);
        agents[usize::try_from(turn.index).unwrap()]
    }

    fn serve_all(&mut self, agents: &[usize], picks: usize) -> Vec<usize> {
        (0..picks).map(|_| self.serve(agents)).collect()
    }
}

const BOTH: [Rotation; 2] = [Rotation::LeastRecent, Rotation::Proportional];

#[test]
fn equals_begin_in_the_order_of_the_list() {
    for rotation in BOTH {
        let mut world = World::new(rotation);
        assert_eq!(
            world.serve_all(&[0, 1, 2], 6),
            [0, 1, 2, 0, 1, 2],
            "{rotation:?}"
        );
    }
}

#[test]
fn a_newcomer_enters_at_the_back_and_takes_no_burst() {
    let mut world = World::new(Rotation::LeastRecent);
    world.serve_all(&[0, 1], 5);
    assert_eq!(world.serve_all(&[0, 1, 9], 6), [1, 0, 9, 1, 0, 9]);
    let mut world = World::new(Rotation::Proportional);
    world.serve_all(&[0, 1], 1_001);
    let next = world.serve_all(&[0, 1, 9], 9);
    let burst = next.iter().filter(|who| **who == 9).count();
    assert_eq!(burst, 3, "{next:?}");
    assert!(next.windows(2).all(|pair| pair[0] != pair[1]), "{next:?}");
}

#[test]
fn a_returner_enters_at_the_back_and_a_lunch_break_is_none() {
    let mut world = World::new(Rotation::LeastRecent);
    world.serve_all(&[0, 1, 2], 3);
    world.serve_all(&[1, 2], 4);
    world.wait(2);
    assert_eq!(
        world.serve(&[0, 1, 2]),
        0,
        "the longest waiting, after lunch"
    );
    for _ in 0..30 {
        world.wait(1);
        world.serve(&[1, 2]);
    }
    let back = world.serve_all(&[0, 1, 2], 3);
    assert_eq!(back[2], 0, "{back:?}");
}

#[test]
fn a_returner_takes_no_burst_of_what_was_due() {
    let mut world = World::new(Rotation::Proportional);
    // Agent 0 is owed as much as can be when it leaves.
    world.serve_all(&[0, 1, 2, 3, 4], 4);
    for _ in 0..30 {
        world.wait(1);
        world.serve(&[1, 2, 3, 4]);
    }
    let back = world.serve_all(&[0, 1, 2, 3, 4], 10);
    assert_eq!(back.iter().filter(|who| **who == 0).count(), 2, "{back:?}");
}

#[test]
fn a_team_with_a_chat_a_week_still_takes_turns() {
    for rotation in BOTH {
        let mut world = World::new(rotation);
        let mut served = Vec::new();
        for _ in 0..6 {
            served.push(world.serve(&[0, 1, 2]));
            world.wait(6 * 24);
        }
        assert_eq!(served, [0, 1, 2, 0, 1, 2], "{rotation:?}");
    }
}

#[test]
fn who_is_there_every_other_day_alone_still_takes_turns() {
    let mut world = World::new(Rotation::LeastRecent);
    let mut served = Vec::new();
    for _ in 0..6 {
        world.serve(&[5, 6]);
        world.wait(24);
        served.push(world.serve(&[0, 1]));
        world.wait(24);
    }
    assert_eq!(served, [0, 1, 0, 1, 0, 1]);
}

#[test]
fn a_turn_given_back_is_the_same_agents_again() {
    for rotation in BOTH {
        let mut world = World::new(rotation);
        world.serve_all(&[0, 1, 2], 4);
        let before = world.book.clone();
        let (turn, list) = world.take(&[0, 1, 2]);
        world.book.give_back(&list, &turn);
        let again = world.take(&[0, 1, 2]).0;
        assert_eq!(again.index, turn.index, "{rotation:?}");
        if rotation == Rotation::Proportional {
            world.book.give_back(&list, &again);
            assert_eq!(world.book, before);
        }
    }
}

#[test]
fn a_late_give_back_does_not_undo_a_later_turn() {
    let mut world = World::new(Rotation::LeastRecent);
    world.serve_all(&[0, 1], 2);
    let (turn, list) = world.take(&[0, 1]);
    assert_eq!(world.serve_all(&[0, 1], 2), [1, 0]);
    world.book.give_back(&list, &turn);
    assert_eq!(world.serve(&[0, 1]), 1);
}

#[test]
fn a_clock_that_goes_back_throws_nothing() {
    for rotation in BOTH {
        let mut world = World::new(rotation);
        world.serve_all(&[0, 1, 2], 4);
        world.wait(-400 * 24);
        assert_eq!(world.serve_all(&[0, 1, 2], 3), [1, 2, 0], "{rotation:?}");
    }
}

#[test]
fn nobody_takes_no_turn() {
    for rotation in Rotation::ALL {
        let mut book = TurnBook::new(rotation);
        assert_eq!(book.take(&[], Timestamp::EPOCH), None);
        assert_eq!(book.rotation(), rotation);
    }
}

#[test]
fn a_book_can_be_written_and_read() {
    for rotation in Rotation::ALL {
        let mut world = World::new(rotation);
        world.serve_all(&[0, 1, 2], 4);
        let json = serde_json::to_string(&world.book).unwrap();
        let read: TurnBook = serde_json::from_str(&json).unwrap();
        assert_eq!(read, world.book);
    }
}

#[test]
fn a_book_that_is_asked_for_nobody_stays_as_it_is() {
    for rotation in BOTH {
        let mut world = World::new(rotation);
        world.serve_all(&[0, 1], 3);
        let before = world.book.clone();
        world.wait(48);
        assert_eq!(world.book.take(&[], world.now), None);
        assert_eq!(world.book, before, "{rotation:?}");
    }
}
