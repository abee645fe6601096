//! Many turns in two exchanges, in Redis and in memory.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use assignment_engine::core::{Rotation, TurnBook};
use assignment_engine::{
    BookVersion, ContextKey, InMemoryRoundRobinContextProvider, NextIndex,
    ResilientRoundRobinContextProvider, RoundRobinContextProvider, RunTimePolicy,
};

use crate::redis_server::RedisServer;
use crate::{BOTH, dump, key, provider, ttl, turn_of};

#[tokio::test]
async fn a_batch_of_turns_is_the_same_as_one_by_one() {
    let server = RedisServer::start();
    let redis = provider(&server.url());
    batch_equals_single(&redis).await;
    let memory = InMemoryRoundRobinContextProvider::new();
    batch_equals_single(&memory).await;
}

async fn batch_equals_single(provider: &dyn RoundRobinContextProvider) {
    for rotation in BOTH {
        let mut asked = turn_of(rotation, &["a", "b", "c", "d"]);
        let mut twin = asked.clone();
        twin.context_key = key("twin");
        for round in 0..10 {
            asked.now = asked.now.saturating_add(1_000);
            twin.now = asked.now;
            let (mut book, version) = provider.load_book(&key("twin"), rotation).await.unwrap();
            assert_eq!(version == BookVersion(0), round == 0);
            for n in 0..7 {
                let candidates = &asked.candidates[n % 3..];
                let mut single = asked.clone();
                single.candidates = candidates.to_vec();
                let turn = provider.take_turn(&single).await.unwrap();
                assert_eq!(
                    book.take(candidates, twin.now),
                    Some(turn.value),
                    "{rotation:?}"
                );
            }
            let stored = provider.store_book(&key("twin"), &book, version).await;
            assert_eq!(stored, Ok(true));
            // Written back once, a version is spent.
            let stored = provider.store_book(&key("twin"), &book, version).await;
            assert_eq!(stored, Ok(false));
        }
        let (single, _) = provider.load_book(&key("team"), rotation).await.unwrap();
        let (batch, _) = provider.load_book(&key("twin"), rotation).await.unwrap();
        assert_eq!(single, batch, "{rotation:?}");
    }
}

#[tokio::test]
async fn a_book_that_somebody_else_has_changed_is_not_written() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    for rotation in BOTH {
        let asked = turn_of(rotation, &["a", "b", "c"]);
        let (mut none, nothing) = provider
            .load_book(&asked.context_key, rotation)
            .await
            .unwrap();
        let turn = provider.take_turn(&asked).await.unwrap();
        none.take(&asked.candidates, asked.now).unwrap();
        let (mut book, version) = provider
            .load_book(&asked.context_key, rotation)
            .await
            .unwrap();
        book.take(&asked.candidates, asked.now).unwrap();
        provider.give_back(&asked, turn).await;
        let before = dump(&server);
        for (book, version) in [(&none, nothing), (&book, version)] {
            let stored = provider.store_book(&asked.context_key, book, version).await;
            assert_eq!(stored, Ok(false), "{rotation:?}");
        }
        assert_eq!(dump(&server), before);
        // Nor one that was lost and begun anew, however often it was changed since.
        server.ask("FLUSHALL");
        for _ in 0..5 {
            provider.take_turn(&asked).await.unwrap();
            let stored = provider
                .store_book(&asked.context_key, &book, version)
                .await;
            assert_eq!(stored, Ok(false), "{rotation:?}");
        }
        // An empty book takes the place of what was there.
        let (_, version) = provider
            .load_book(&asked.context_key, rotation)
            .await
            .unwrap();
        let empty = TurnBook::new(rotation);
        let stored = provider
            .store_book(&asked.context_key, &empty, version)
            .await;
        assert_eq!(stored, Ok(true));
        assert_eq!(server.text("KEYS *"), "");
    }
}

#[tokio::test]
async fn a_large_book_is_read_and_written_whole() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    let ids: Vec<String> = (0..5_000).map(|n| format!("agent-{n}")).collect();
    for rotation in BOTH {
        let mut book = TurnBook::new(rotation);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let asked = turn_of(rotation, &ids);
        for _ in 0..3 {
            book.take(&asked.candidates, asked.now).unwrap();
        }
        let stored = provider
            .store_book(&asked.context_key, &book, BookVersion(0))
            .await;
        assert_eq!(stored, Ok(true));
        let loaded = provider
            .load_book(&asked.context_key, rotation)
            .await
            .unwrap();
        assert_eq!(loaded.0, book, "{rotation:?}");
        let some = turn_of(rotation, &ids[..900]);
        let turn = provider.take_turn(&some).await.unwrap();
        assert_eq!(Some(turn.value), book.take(&some.candidates, some.now));
    }
}

#[tokio::test]
async fn tickets_are_the_turns_that_would_have_come() {
    let server = RedisServer::start();
    let redis = provider(&server.url());
    tickets(&redis).await;
    assert!(ttl(&server, "assignment:rr:team") > 600_000);
    tickets(&InMemoryRoundRobinContextProvider::new()).await;

    let five = NonZeroU32::new(5).unwrap();
    server.ask(&format!("SET assignment:rr:team {}", i64::MAX - 5));
    let mut last = redis.take_tickets(&key("team"), five).await.unwrap();
    let ten = NonZeroU32::new(10).unwrap();
    let used: Vec<u32> = std::iter::from_fn(|| last.next_index(ten)).collect();
    assert_eq!(
        used,
        [2, 3, 4, 5, 6],
        "exact where the numbers of Lua are not"
    );
    let before = dump(&server);
    let error = redis.take_tickets(&key("team"), five).await.unwrap_err();
    assert_eq!(error.code(), "overflow");
    assert_eq!(dump(&server), before);
}

async fn tickets(provider: &dyn RoundRobinContextProvider) {
    let three = NonZeroU32::new(3).unwrap();
    assert_eq!(provider.get_next_index(&key("team"), 3).await, Ok(0));
    let four = NonZeroU32::new(4).unwrap();
    let mut tickets = provider.take_tickets(&key("team"), four).await.unwrap();
    let used: Vec<u32> = std::iter::from_fn(|| tickets.next_index(three)).collect();
    assert_eq!(used, [1, 2, 0, 1]);
    assert_eq!(provider.get_next_index(&key("team"), 3).await, Ok(2));
}

#[tokio::test]
async fn what_a_provider_does_not_have_is_unsupported() {
    struct First;

    impl RoundRobinContextProvider for First {
        fn get_next_index<'a>(&'a self, _: &'a ContextKey, _: u32) -> NextIndex<'a> {
            Box::pin(async { Ok(0) })
        }
    }

    let server = RedisServer::start();
    let redis = provider(&server.url());
    let memory = InMemoryRoundRobinContextProvider::new();
    let first = Arc::new(First);
    let counter = TurnBook::new(Rotation::Counter);
    let none: [&dyn RoundRobinContextProvider; 3] = [&redis, &memory, &first];
    for provider in none {
        let loaded = provider.load_book(&key("team"), Rotation::Counter).await;
        assert_eq!(loaded.unwrap_err().code(), "unsupported");
        let stored = provider
            .store_book(&key("team"), &counter, BookVersion(0))
            .await;
        assert_eq!(stored.unwrap_err().code(), "unsupported");
    }
    for rotation in BOTH {
        let loaded = first.load_book(&key("team"), rotation).await;
        assert_eq!(loaded.unwrap_err().code(), "unsupported");
    }
    let tickets = first.take_tickets(&key("team"), NonZeroU32::MIN).await;
    assert_eq!(tickets.unwrap_err().code(), "unsupported");
}

#[tokio::test]
async fn many_turns_come_from_the_store_or_not_at_all() {
    let mut server = RedisServer::start();
    let store = Arc::new(provider(&server.url()));
    let two = NonZeroU32::new(2).unwrap();
    let breaker = RunTimePolicy::Breaker {
        failures: two,
        pause: Duration::from_secs(600),
    };
    let policies = [RunTimePolicy::Fail, RunTimePolicy::Fallback, breaker];
    let providers = policies.map(|policy| {
        let store = Arc::clone(&store) as Arc<dyn RoundRobinContextProvider>;
        ResilientRoundRobinContextProvider::new(store, policy)
    });
    for provider in &providers {
        batch_equals_single(provider).await;
        provider.take_tickets(&key("team"), two).await.unwrap();
        server.ask("FLUSHALL");
    }
    server.kill();
    for provider in &providers {
        for _ in 0..4 {
            let tickets = provider.take_tickets(&key("team"), two).await;
            assert_eq!(tickets.unwrap_err().code(), "unreachable");
            let loaded = provider
                .load_book(&key("team"), Rotation::LeastRecent)
                .await;
            assert_eq!(loaded.unwrap_err().code(), "unreachable");
        }
    }
    // The failures of many have opened it: a single turn comes from memory at once.
    let breaker = &providers[2];
    let asked = turn_of(Rotation::LeastRecent, &["a", "b"]);
    let turn = breaker.take_turn(&asked).await.unwrap();
    assert!(turn.from_memory.is_some());
    let error = breaker.take_tickets(&key("team"), two).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is left alone for now");
}
