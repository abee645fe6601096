//! The same turns, stamps and books as the core's, whatever comes.

use assignment_engine::core::{Rotation, Timestamp, Turn, TurnBook, TurnCandidate, Weight};
use assignment_engine::{Counted, RoundRobinContextProvider, TurnRequest};

use crate::random::{HOUR, Random, agents};
use crate::redis_server::RedisServer;
use crate::{BOTH, WEEK_SECONDS, key, provider, ttl};

#[tokio::test]
async fn every_turn_and_every_book_is_the_cores() {
    let server = RedisServer::start();
    for rotation in BOTH {
        for (seed, people, steps) in [(1, 2, 400), (2, 7, 2_000), (3, 40, 1_500), (4, 300, 150)] {
            run(&server, rotation, seed, people, steps).await;
        }
    }
}

#[tokio::test]
async fn the_largest_turn_is_the_cores() {
    let server = RedisServer::start();
    for rotation in BOTH {
        let provider = provider(&server.url());
        let mut book = TurnBook::new(rotation);
        let candidates: Vec<TurnCandidate> = agents(1_000)
            .into_iter()
            .zip(1..)
            .map(|(agent_id, weight)| TurnCandidate {
                agent_id,
                weight: Weight::new(weight).unwrap(),
            })
            .collect();
        let mut asked = TurnRequest {
            context_key: key("all"),
            rotation,
            candidates,
            now: Timestamp::parse("2026-11-24T09:00:00Z").unwrap(),
        };
        for _ in 0..20 {
            let turn = provider.take_turn(&asked).await.unwrap();
            assert_eq!(Some(turn.value), book.take(&asked.candidates, asked.now));
        }
        let loaded = provider.load_book(&key("all"), rotation).await.unwrap();
        assert_eq!(loaded.0, book, "{rotation:?}");
        asked.candidates.push(asked.candidates[0].clone());
        let error = provider.take_turn(&asked).await.unwrap_err();
        assert_eq!(error.code(), "unsupported");
        asked.candidates.clear();
        assert_eq!(
            provider.take_turn(&asked).await.unwrap_err().code(),
            "other"
        );
    }
}

#[tokio::test]
async fn a_turn_of_the_counter_is_the_next_index() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    let asked = crate::turn_of(Rotation::Counter, &["a", "b", "c"]);
    for expected in [0, 1, 2, 0] {
        let turn = provider.take_turn(&asked).await.unwrap();
        assert_eq!((turn.value.index, turn.value.stamps), (expected, (0, 0)));
        provider.give_back(&asked, turn).await;
    }
    assert_eq!(provider.get_next_index(&key("team"), 3).await, Ok(1));
    assert_eq!(server.text("KEYS *"), "assignment:rr:team");
}

async fn run(server: &RedisServer, rotation: Rotation, seed: u64, people: usize, steps: usize) {
    println!("{rotation:?}, seed {seed}: {people} agents, {steps} steps");
    let provider = provider(&server.url());
    let context_key = key(&format!("team {seed}"));
    let mut random = Random(seed);
    let mut book = TurnBook::new(rotation);
    let mut weights: Vec<u32> = vec![1; people];
    let agents = agents(people);
    let mut now = Timestamp::parse("2026-11-24T09:00:00Z").unwrap();
    let mut taken: Vec<(TurnRequest, Counted<Turn>)> = Vec::new();
    for step in 0..steps {
        now = now.saturating_add(wait(&mut random));
        if random.one_in(20) {
            weights[random.below(people)] = u32::try_from(1 + random.below(1_000)).unwrap();
        }
        if random.one_in(6) && !taken.is_empty() {
            let (asked, turn) = random.of(&taken);
            provider.give_back(asked, *turn).await;
            book.give_back(&asked.candidates, &turn.value);
        } else {
            let part = 1 + random.below(8);
            let everybody: Vec<usize> = (0..people).collect();
            let mut there = random.some(&everybody, part);
            if there.is_empty() {
                there.push(random.below(people));
            }
            let candidate = |n: usize| TurnCandidate {
                agent_id: agents[n].clone(),
                weight: Weight::new(weights[n]).unwrap(),
            };
            let asked = TurnRequest {
                context_key: context_key.clone(),
                rotation,
                candidates: there.into_iter().map(candidate).collect(),
                now,
            };
            let turn = provider.take_turn(&asked).await.unwrap();
            let expected = book.take(&asked.candidates, now);
            assert_eq!(
                Some(turn.value),
                expected,
                "{rotation:?}, seed {seed}, step {step}"
            );
            taken.push((asked, turn));
            if taken.len() > 10 {
                taken.remove(0);
            }
        }
        if step % 50 == 0 || step + 1 == steps {
            let loaded = provider.load_book(&context_key, rotation).await.unwrap();
            assert_eq!(loaded.0, book, "{rotation:?}, seed {seed}, step {step}");
        }
    }
    let keys = server.text("KEYS *");
    let ours = format!("assignment:{}:team {seed}", rotation.name());
    assert!(keys.lines().any(|key| key == ours), "{keys}");
}

#[tokio::test]
async fn a_turn_keeps_the_book_for_a_week_and_what_changes_nothing_does_not() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    for rotation in BOTH {
        let asked = crate::turn_of(rotation, &["a", "b"]);
        let key = format!("assignment:{}:team", rotation.name());
        let turn = provider.take_turn(&asked).await.unwrap();
        assert!((WEEK_SECONDS - 60..=WEEK_SECONDS).contains(&ttl(&server, &key)));
        server.ask(&format!("EXPIRE {key} 100"));
        provider
            .load_book(&asked.context_key, rotation)
            .await
            .unwrap();
        let strangers = crate::turn_of(rotation, &["c"]);
        provider.give_back(&strangers, turn).await;
        assert!((1..=100).contains(&ttl(&server, &key)), "{rotation:?}");
        provider.give_back(&asked, turn).await;
        assert!((WEEK_SECONDS - 60..=WEEK_SECONDS).contains(&ttl(&server, &key)));
    }
}

/// Mostly moments; now and then hours, days or a week, and at times a clock that is behind.
fn wait(random: &mut Random) -> i64 {
    let some = |random: &mut Random, n: i64| {
        i64::try_from(random.below(usize::try_from(n).unwrap())).unwrap()
    };
    match random.below(40) {
        0..=30 => some(random, 2_000),
        31..=34 => some(random, 10 * HOUR),
        35 => 24 * HOUR - 1 + some(random, 3),
        36 => some(random, 72 * HOUR),
        37 => 7 * 24 * HOUR - 1 + some(random, 3),
        38 => some(random, 200 * HOUR),
        _ => -some(random, 2 * HOUR),
    }
}
