//! What a pick counts and what it leaves in the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use assignment_engine::{ContextKey, RoundRobinContextProvider};

use crate::redis_server::RedisServer;
use crate::{failing_pick, patient, pick, picking_connections};

const KEY: &str = "assignment:rr:team";
const WEEK: i64 = 604_800;

fn ttl(server: &RedisServer) -> i64 {
    server.text(&format!("TTL {KEY}")).parse().unwrap()
}

#[tokio::test]
async fn turns_follow_each_other_and_each_refreshes_the_time_to_live() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    for expected in [0, 1, 2, 0, 1] {
        assert_eq!(pick(&provider, 3).await, Ok(expected));
        assert!(
            (WEEK - 5..=WEEK).contains(&ttl(&server)),
            "{}",
            ttl(&server)
        );
        server.ask(&format!("EXPIRE {KEY} 100"));
    }
    assert_eq!(server.text(&format!("GET {KEY}")), "5");
}

#[tokio::test]
async fn a_key_without_time_to_live_gets_one() {
    let server = RedisServer::start();
    server.ask(&format!("SET {KEY} 41"));
    assert_eq!(pick(&patient(&server.url()), 10).await, Ok(1));
    assert!(ttl(&server) > 0);
}

#[tokio::test]
async fn nobody_to_choose_from_does_not_touch_the_store() {
    let nowhere = patient("redis://127.0.0.1:1");
    assert_eq!(
        pick(&nowhere, 0).await,
        Ok(0),
        "not even a connection is made"
    );

    let server = RedisServer::start();
    let provider = patient(&server.url());
    assert_eq!(pick(&provider, 0).await, Ok(0));
    assert_eq!(server.text("KEYS *"), "");
}

#[tokio::test]
async fn any_number_in_the_key_gives_a_valid_and_exact_index() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    for before in [
        i64::MIN,
        i64::MIN + 1,
        -9_007_199_254_740_995,
        -9_007_199_254_740_993,
        -9_007_199_254_740_992,
        -3,
        -1,
        0,
        9_007_199_254_740_990,
        9_007_199_254_740_991,
        9_007_199_254_740_992,
        9_007_199_254_740_993,
        9_007_199_254_740_994,
        i64::MAX - 1,
    ] {
        for count in [2, 3, 10, 65_536] {
            server.ask(&format!("SET {KEY} {before}"));
            // The new value less one is the value before.
            let expected = u32::try_from(before.rem_euclid(i64::from(count))).unwrap();
            assert_eq!(
                pick(&provider, count).await,
                Ok(expected),
                "{before} of {count}"
            );
            assert!(ttl(&server) > 0);
        }
    }
}

#[tokio::test]
async fn the_largest_counter_is_an_error_that_heals_with_the_key() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    server.ask(&format!("SET {KEY} {} EX 100", i64::MAX));
    let error = pick(&provider, 3).await.unwrap_err();
    assert_eq!(error.code(), "overflow");
    assert!(error.message().contains(KEY), "{error}");
    assert!((1..=100).contains(&ttl(&server)));
    let connections = picking_connections(&server);
    server.ask(&format!("DEL {KEY}"));
    assert_eq!(pick(&provider, 3).await, Ok(0));
    assert_eq!(
        picking_connections(&server),
        connections,
        "the connection was kept"
    );
}

#[tokio::test]
async fn a_foreign_value_under_the_key_is_an_error_that_refreshes_nothing() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    for foreign in [
        "RPUSH KEY a",
        "SADD KEY a",
        "XADD KEY * a b",
        "SET KEY hello",
        "SET KEY 1.5",
    ] {
        server.ask(&format!("DEL {KEY}"));
        server.ask(&foreign.replace("KEY", KEY));
        server.ask(&format!("EXPIRE {KEY} 100"));
        let dump = server.text(&format!("DUMP {KEY}"));
        for _ in 0..3 {
            assert_eq!(failing_pick(&provider).await, "wrong_type", "{foreign}");
        }
        assert!((1..=100).contains(&ttl(&server)), "{foreign}");
        assert_eq!(server.text(&format!("DUMP {KEY}")), dump, "{foreign}");
    }
    let connections = picking_connections(&server);
    assert_eq!(connections.len(), 1);
    server.ask(&format!("DEL {KEY}"));
    assert_eq!(pick(&provider, 3).await, Ok(0));
    assert_eq!(
        picking_connections(&server),
        connections,
        "the connection was kept"
    );
}

#[tokio::test]
async fn a_full_server_is_an_error_that_refreshes_nothing() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    assert_eq!(pick(&provider, 3).await, Ok(0));
    let connections = picking_connections(&server);
    server.ask(&format!("EXPIRE {KEY} 100"));
    server.ask("CONFIG SET maxmemory 1");
    assert_eq!(failing_pick(&provider).await, "out_of_memory");
    assert!((1..=100).contains(&ttl(&server)));
    server.ask("CONFIG SET maxmemory 0");
    assert_eq!(pick(&provider, 3).await, Ok(1));
    assert_eq!(
        picking_connections(&server),
        connections,
        "the connection was kept"
    );
}

#[tokio::test]
async fn a_pick_is_one_round_trip() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    pick(&provider, 3).await.unwrap();
    server.ask("CONFIG RESETSTAT");
    for _ in 0..100 {
        pick(&provider, 3).await.unwrap();
    }
    let stats = server.text("INFO commandstats");
    let calls = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.to_owned()))
    };
    let calls: Vec<(String, String)> = stats.lines().filter_map(calls).collect();
    let mut sorted: Vec<String> = calls
        .iter()
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    sorted.sort();
    // The script's own two commands are counted by the server, but do not travel.
    assert_eq!(
        sorted,
        [
            "config|resetstat 1",
            "evalsha 100",
            "expire 100",
            "incr 100"
        ]
    );
}

#[tokio::test]
async fn a_flushed_script_costs_no_pick() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    for expected in [0, 1, 2, 0] {
        assert_eq!(pick(&provider, 3).await, Ok(expected));
        server.ask("SCRIPT FLUSH");
    }
    assert_eq!(
        server.text(&format!("GET {KEY}")),
        "4",
        "each pick counted once"
    );
}

#[tokio::test]
async fn nothing_outside_our_prefix_is_touched() {
    let server = RedisServer::start();
    server.ask("XADD analytics:events 1-1 type message");
    server.ask("XGROUP CREATE analytics:events processor 0");
    let before = server.text("DUMP analytics:events");
    let provider = patient(&server.url());
    provider.check(provider.deadline()).await.unwrap();
    for _ in 0..10 {
        pick(&provider, 3).await.unwrap();
    }
    let keys = server.text("KEYS *");
    let keys: BTreeSet<&str> = keys.lines().collect();
    // The bare prefix is what the check at the start counts under, for a minute.
    assert_eq!(
        keys,
        BTreeSet::from(["analytics:events", "assignment:rr:", KEY])
    );
    assert!(server.text("TTL assignment:rr:").parse::<i64>().unwrap() <= 60);
    assert_eq!(server.text("DUMP analytics:events"), before);
}

/// Ids that try to be taken for one another, to leave the prefix, or to break out of a command.
const IDS: [&str; 30] = [
    "a",
    "A",
    " a",
    "a ",
    "a:b",
    "a::b",
    ":a",
    "a:",
    ":",
    "a%3Ab",
    "a%3ab",
    "%",
    "%25",
    "{a}",
    "{a}b",
    "a{b}",
    "{",
    "}",
    "{}",
    "../a",
    "*",
    "?",
    "[a]",
    "a\r\nFLUSHALL\r\n",
    "\0",
    "\u{1b}[31m",
    "é",
    "e\u{301}",
    "\u{202e}a",
    "\u{1f600}",
];

#[tokio::test]
async fn different_ids_have_different_keys_of_ours_whatever_they_hold() {
    let server = RedisServer::start();
    server.ask("ACL SETUSER app on >secret ~assignment:* resetchannels +evalsha +script|load +incr +incrby +expire +get");
    let provider = patient(&format!("redis://app:secret@127.0.0.1:{}", server.port()));
    for turn in [0, 1] {
        for id in IDS {
            let key = ContextKey::new(id).unwrap();
            let index = provider.get_next_index(&key, 1000).await;
            assert_eq!(index, Ok(turn), "{id:?} shares its counter");
        }
    }
    assert_eq!(server.text("DBSIZE"), IDS.len().to_string());
    let ours = server.text("EVAL return#redis.call('KEYS','assignment:rr:*') 0");
    assert_eq!(ours, IDS.len().to_string());
    assert_eq!(server.text("ACL LOG"), "", "nothing was tried beyond that");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_providers_on_one_server_rotate_as_one() {
    let server = RedisServer::start();
    let (one, two) = (patient(&server.url()), patient(&server.url()));
    for expected in [0, 1, 2, 0, 1, 2] {
        let provider = if expected % 2 == 0 { &one } else { &two };
        assert_eq!(pick(provider, 3).await, Ok(expected));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for provider in [one, two] {
        tasks.spawn(async move {
            let mut served = [0; 3];
            for _ in 0..150 {
                served[pick(&provider, 3).await.unwrap() as usize] += 1;
            }
            served
        });
    }
    let served = tasks.join_all().await;
    let together: Vec<u32> = (0..3)
        .map(|i| served.iter().map(|own| own[i]).sum())
        .collect();
    assert_eq!(together, [100, 100, 100]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_picks_are_all_different_and_share_one_connection() {
    let server = RedisServer::start();
    let provider = Arc::new(patient(&server.url()));
    let connections = |info: String| -> u32 {
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("total_connections_received:"));
        line.unwrap().parse().unwrap()
    };
    let before = connections(server.text("INFO stats"));
    let mut picks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let provider = Arc::clone(&provider);
        picks.spawn(async move { pick(&provider, 64).await.unwrap() });
    }
    let indices: BTreeSet<u32> = picks.join_all().await.into_iter().collect();
    assert_eq!(indices, (0..64).collect());
    let made = connections(server.text("INFO stats")) - before - 1;
    assert_eq!(made, 1, "64 first picks wait for one connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_takes_its_turns_together_and_none_twice() {
    let server = RedisServer::start();
    let provider = Arc::new(patient(&server.url()));
    pick(&provider, 10_000).await.unwrap();
    server.ask("CONFIG RESETSTAT");
    let mut picks = tokio::task::JoinSet::new();
    for n in 0..2_000 {
        let provider = Arc::clone(&provider);
        picks.spawn(async move {
            let pick = pick(&provider, 10_000);
            // Some leave at once, before or after they were given a turn.
            if n % 50 == 0 {
                let _ = tokio::time::timeout(std::time::Duration::ZERO, pick).await;
                return None;
            }
            Some(pick.await)
        });
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut turns: Vec<u32> = Vec::new();
    for turn in picks.join_all().await.into_iter().flatten() {
        match turn {
            Ok(turn) => turns.push(turn),
            // More than 1024 at once.
            Err(error) => assert_eq!(error.code(), "overloaded"),
        }
    }
    let different: BTreeSet<u32> = turns.iter().copied().collect();
    assert_eq!(
        different.len(),
        turns.len(),
        "nobody's turn was given twice"
    );
    let counted: u32 = server.text(&format!("GET {KEY}")).parse().unwrap();
    assert!(turns.iter().all(|turn| (1..counted).contains(turn)));
    assert!(ttl(&server) > 604_000);
    let stats = server.text("INFO commandstats");
    let calls = stats.lines().find_map(|line| {
        let rest = line.strip_prefix("cmdstat_evalsha:calls=")?;
        rest.split(',').next()?.parse::<usize>().ok()
    });
    let calls = calls.unwrap();
    assert!(
        calls < turns.len() / 2,
        "{calls} calls for {} turns",
        turns.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_key_is_told_to_each_of_a_crowd_and_to_nobody_else() {
    let server = RedisServer::start();
    server.ask(&format!("SET {KEY} hello EX 100"));
    let provider = Arc::new(patient(&server.url()));
    let mut picks = tokio::task::JoinSet::new();
    for n in 0..100 {
        let provider = Arc::clone(&provider);
        picks.spawn(async move {
            let other = ContextKey::new("other").unwrap();
            if n % 2 == 0 {
                provider
                    .get_next_index(&other, 10)
                    .await
                    .map_err(|error| error.code())
            } else {
                pick(&provider, 10).await.map_err(|error| error.code())
            }
        });
    }
    let ends = picks.join_all().await;
    let wrong = ends.iter().filter(|end| **end == Err("wrong_type")).count();
    assert_eq!(
        (wrong, ends.iter().filter(|end| end.is_ok()).count()),
        (50, 50)
    );
    assert!((1..=100).contains(&ttl(&server)));
}
