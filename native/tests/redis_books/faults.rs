//! What is wrong in the store is a typed error, and stays as it was.

use assignment_engine::core::{Reserved, Rotation};
use assignment_engine::{
    Place, RedisReservations, Reservations, RoundRobinContextProvider, TurnRequest,
};

use crate::redis_server::RedisServer;
use crate::{BOTH, PLACES, ask_words, dump, place_for, provider, reservations, turn_of};

/// Words that put something wrong into a hash: another type, or values of another form.
const WRONG: [&str; 6] = [
    "DEL KEY ; RPUSH KEY x",
    "DEL KEY ; SET KEY 1",
    "HSET KEY HEAD nonsense",
    "HSET KEY HEAD 1",
    "HSET KEY FIELD nonsense",
    "HSET KEY FIELD 99999999999999999999",
];

fn spoil(server: &RedisServer, how: &str, key: &str, head: &str, field: &str) {
    for words in how.split(" ; ") {
        let words = words.replace("KEY", key);
        let words = words.replace("HEAD", head).replace("FIELD", field);
        let words: Vec<&str> = words.split(' ').collect();
        ask_words(server, &words);
    }
}

#[tokio::test]
async fn a_book_of_another_form_is_wrong_type_and_untouched() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    for rotation in BOTH {
        let asked = turn_of(rotation, &["a", "b"]);
        let key = format!("assignment:{}:team", rotation.name());
        for how in WRONG {
            server.ask("FLUSHALL");
            let turn = provider.take_turn(&asked).await.unwrap();
            let loaded = provider.load_book(&asked.context_key, rotation).await;
            let (book, version) = loaded.unwrap();
            spoil(&server, how, &key, "", "a");
            let before = dump(&server);
            assert_eq!(before.len(), 1);
            let error = provider.take_turn(&asked).await.unwrap_err();
            assert_eq!(error.code(), "wrong_type", "{how}");
            assert_eq!(
                error.to_string(),
                format!(
                    "the key `{key}` in redis at `127.0.0.1:{}` holds something of another form",
                    server.port()
                )
            );
            provider.give_back(&asked, turn).await;
            let loaded = provider.load_book(&asked.context_key, rotation).await;
            assert_eq!(loaded.unwrap_err().code(), "wrong_type", "{how}");
            if !how.contains("FIELD") {
                let stored = provider
                    .store_book(&asked.context_key, &book, version)
                    .await;
                assert_eq!(stored.unwrap_err().code(), "wrong_type", "{how}");
            }
            assert_eq!(dump(&server), before, "{how}");
        }
    }
}

#[tokio::test]
async fn numbers_at_the_end_are_an_overflow_and_untouched() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    let largest = (1_i64 << 53) - 1;
    for (rotation, head, agent) in [
        (
            Rotation::LeastRecent,
            format!("1 1 {largest} 0"),
            "5 1".to_owned(),
        ),
        (
            Rotation::LeastRecent,
            format!("{largest} 1 1 0"),
            "5 1".to_owned(),
        ),
        (
            Rotation::Proportional,
            "1 1 0 0".to_owned(),
            format!("{largest} 1"),
        ),
        (
            Rotation::Proportional,
            "1 1 0 0".to_owned(),
            format!("-{largest} 1"),
        ),
    ] {
        let asked = turn_of(rotation, &["a", "b"]);
        let key = format!("assignment:{}:team", rotation.name());
        server.ask("FLUSHALL");
        // Nobody is forgotten, so that the numbers count.
        let now = asked.now.as_millisecond().to_string();
        let recent = |text: &str| text.replacen(" 1", &format!(" {now}"), 1);
        ask_words(
            &server,
            &["HSET", &key, "", &recent(&head), "a", &recent(&agent)],
        );
        ask_words(&server, &["HSET", &key, "b", &recent(&agent)]);
        let before = dump(&server);
        let error = provider.take_turn(&asked).await.unwrap_err();
        assert_eq!(error.code(), "overflow", "{rotation:?} {head} {agent}");
        assert_eq!(dump(&server), before);
    }
}

/// What is done with places, with the keys that it looks at.
const USES: [(&str, usize); 4] = [("reserve", 3), ("confirm", 2), ("release", 3), ("held", 1)];

/// The code of the error that it ends in.
async fn put_to_use(places: &RedisReservations, what: &str, place: &Place) -> Option<&'static str> {
    let request = place_for("s2", Rotation::LeastRecent, &["a", "b"]);
    let error = match what {
        "reserve" => places.reserve(&request).await.err(),
        "confirm" => places.confirm(place).await.err(),
        "release" => places.release(place).await.err(),
        _ => places.held(&place.tenant_id).await.err(),
    };
    error.map(|error| error.code())
}

#[tokio::test]
async fn places_of_another_form_are_wrong_type_and_untouched() {
    let server = RedisServer::start();
    let places = reservations(&server.url());
    // The head and a field of each key; the agents have no head.
    let fields = [("", "s1"), ("a", "a"), ("l4:team/", "l4:team/a")];
    let mut wrong = 0;
    for (n, (head, field)) in fields.into_iter().enumerate() {
        for (how, (what, keys)) in WRONG.iter().flat_map(|how| USES.map(|used| (how, used))) {
            server.ask("FLUSHALL");
            let request = place_for("s1", Rotation::LeastRecent, &["a", "b"]);
            let token = places.reserve(&request).await.unwrap().token().unwrap();
            let place = Place {
                tenant_id: request.tenant_id,
                session_id: request.session_id,
                token,
            };
            spoil(&server, how, PLACES[n], head, field);
            let before = dump(&server);
            let code = put_to_use(&places, what, &place).await;
            // The head of the sessions is for those who want a new token, and another session's
            // place is nothing to them.
            let looks = match (n, what) {
                (0, "reserve") => !how.contains("FIELD"),
                (0, _) => !how.contains("HEAD"),
                _ => n < keys,
            };
            assert_eq!(
                code,
                looks.then_some("wrong_type"),
                "{what}: {} {how}",
                PLACES[n]
            );
            if looks {
                assert_eq!(dump(&server), before, "{what}: {} {how}", PLACES[n]);
                wrong += 1;
            }
        }
    }
    assert_eq!(wrong, 4 + 3 * 4 + 6 * 3 + 6 * 2);
}

#[tokio::test]
async fn a_server_that_is_full_refuses_before_anything_is_written() {
    let server = RedisServer::start();
    let (provider, places) = (provider(&server.url()), reservations(&server.url()));
    let place = fill(&provider, &places).await;
    let before = dump(&server);
    server.ask("CONFIG SET maxmemory 1");
    for asked in asked() {
        let error = provider.take_turn(&asked).await.unwrap_err();
        assert_eq!(error.code(), "out_of_memory");
        provider
            .load_book(&asked.context_key, asked.rotation)
            .await
            .unwrap();
    }
    for (what, _) in USES {
        let expected = (what != "held").then_some("out_of_memory");
        assert_eq!(put_to_use(&places, what, &place).await, expected, "{what}");
    }
    assert_eq!(dump(&server), before);
}

#[tokio::test]
async fn a_server_that_forgot_the_scripts_is_told_them_once() {
    let server = RedisServer::start();
    let (provider, places) = (provider(&server.url()), reservations(&server.url()));
    let place = fill(&provider, &places).await;
    for (n, asked) in asked().into_iter().enumerate() {
        server.ask("SCRIPT FLUSH");
        server.ask("CONFIG RESETSTAT");
        let turn = provider.take_turn(&asked).await.unwrap();
        assert_eq!(turn.value.index, 1, "the second turn, and not the third");
        assert_eq!(calls(&server), (2, 1), "asked, told and asked again: {n}");
        provider.take_turn(&asked).await.unwrap();
        assert_eq!(calls(&server), (3, 1));
    }
    server.ask("SCRIPT FLUSH");
    assert_eq!(places.release(&place).await, Ok(true));
    server.ask("SCRIPT FLUSH");
    assert_eq!(places.held(&place.tenant_id).await.unwrap(), []);
}

/// How often scripts were run, and loaded.
fn calls(server: &RedisServer) -> (u32, u32) {
    let stats = server.text("INFO commandstats");
    let calls = |name: &str| {
        let line = stats.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    };
    (
        calls("cmdstat_evalsha:calls="),
        calls("cmdstat_script|load:calls="),
    )
}

fn asked() -> [TurnRequest; 2] {
    BOTH.map(|rotation| turn_of(rotation, &["a", "b", "c"]))
}

async fn fill(provider: &impl RoundRobinContextProvider, places: &RedisReservations) -> Place {
    for asked in asked() {
        provider.take_turn(&asked).await.unwrap();
    }
    let request = place_for("s1", Rotation::Proportional, &["a", "b"]);
    let reserved = places.reserve(&request).await.unwrap();
    assert!(matches!(reserved, Reserved::Granted { .. }));
    Place {
        tenant_id: request.tenant_id,
        session_id: request.session_id,
        token: reserved.token().unwrap(),
    }
}
