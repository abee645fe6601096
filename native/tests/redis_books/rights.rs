//! The rights that books and places need, and none too many.

use std::num::NonZeroU32;

use assignment_engine::core::{ReserveRequest, Rotation};
use assignment_engine::{
    Place, RedisReservations, RedisRoundRobinContextProvider, Reservations,
    RoundRobinContextProvider,
};

use crate::redis_server::RedisServer;
use crate::{BOTH, dump, key, place_for, provider, reservations, turn_of};

const BOOKS: &str = "~assignment:* resetchannels +evalsha +script|load +time +hmget +hget +hgetall \
                     +hscan +hset +hdel +del +expire +incrby +get";
const PLACES: &str = "~assignment:places:* resetchannels +evalsha +script|load +time +hmget +hget \
                      +hgetall +hscan +hset +hdel +expire";

fn login(server: &RedisServer, rights: &str) -> String {
    server.ask(&format!("ACL SETUSER app reset on >secret {rights}"));
    format!("redis://app:secret@127.0.0.1:{}", server.port())
}

#[tokio::test]
async fn a_user_with_our_keys_and_the_needed_commands_is_enough() {
    let server = RedisServer::start();
    let books = provider(&login(&server, BOOKS));
    for _ in 0..130 {
        use_books(&books).await.unwrap();
    }
    let places = reservations(&login(&server, PLACES));
    for n in 0..130 {
        use_places(&places, n).await.unwrap();
    }
    assert_eq!(
        server.text("ACL LOG"),
        "",
        "nothing was tried that is not allowed"
    );
}

#[tokio::test]
async fn a_right_that_is_missing_is_an_error_and_changes_nothing() {
    let server = RedisServer::start();
    let mut tried = 0;
    for right in BOOKS.split(' ').filter(|right| right.starts_with('+')) {
        server.ask("FLUSHALL");
        server.ask("SCRIPT FLUSH");
        let books = provider(&login(&server, BOOKS));
        if right != "+script|load" {
            use_books(&books).await.unwrap();
        }
        // `get` and `hscan` come rarely, `time` with a new book.
        if ["+get", "+hscan", "+time"].contains(&right) {
            continue;
        }
        server.ask(&format!("ACL SETUSER app {}", right.replace('+', "-")));
        let before = dump(&server);
        let code = use_books(&books).await.unwrap_err();
        assert_eq!(code, "not_permitted", "{right}");
        if !["+hget", "+hgetall", "+del", "+incrby"].contains(&right) {
            assert_eq!(dump(&server), before, "{right}");
        }
        tried += 1;
    }
    let rights = PLACES.split(' ').filter(|right| right.starts_with('+'));
    for (n, right) in (2..4).flat_map(|n| rights.clone().map(move |right| (n, right))) {
        server.ask("FLUSHALL");
        server.ask("SCRIPT FLUSH");
        let places = reservations(&login(&server, PLACES));
        if right != "+script|load" {
            use_places(&places, 1).await.unwrap();
        }
        if ["+hscan"].contains(&right) {
            continue;
        }
        server.ask(&format!("ACL SETUSER app {}", right.replace('+', "-")));
        let before = dump(&server);
        let code = use_places(&places, n).await.unwrap_err();
        assert_eq!(code, "not_permitted", "{right}");
        if !["+hget", "+hgetall"].contains(&right) {
            assert_eq!(dump(&server), before, "{right}");
        }
        tried += 1;
    }
    assert_eq!(tried, 10 + 2 * 9);
}

async fn use_books(books: &RedisRoundRobinContextProvider) -> Result<(), &'static str> {
    let team = key("team");
    for rotation in BOTH {
        let asked = turn_of(rotation, &["a", "b"]);
        let turn = books
            .take_turn(&asked)
            .await
            .map_err(|error| error.code())?;
        books.give_back(&asked, turn).await;
        let loaded = books.load_book(&team, rotation).await;
        let (book, version) = loaded.map_err(|error| error.code())?;
        let stored = books.store_book(&team, &book, version).await;
        assert!(stored.map_err(|error| error.code())?);
    }
    let two = NonZeroU32::new(2).unwrap();
    let tickets = books.take_tickets(&team, two).await;
    tickets.map_err(|error| error.code())?;
    Ok(())
}

async fn use_places(places: &RedisReservations, n: u32) -> Result<(), &'static str> {
    for rotation in Rotation::ALL {
        let session = format!("{}-{n}", rotation.name());
        let request = ReserveRequest {
            limit: None,
            ..place_for(&session, rotation, &["a", "b", "c"])
        };
        let reserved = places
            .reserve(&request)
            .await
            .map_err(|error| error.code())?;
        let place = Place {
            tenant_id: request.tenant_id,
            session_id: request.session_id,
            token: reserved.token().unwrap(),
        };
        let held = places.held(&place.tenant_id).await;
        let held = held.map_err(|error| error.code())?;
        assert!(held.iter().any(|held| held.place == place));
        let settled = if n.is_multiple_of(2) {
            places.confirm(&place).await
        } else {
            places.release(&place).await
        };
        assert!(settled.map_err(|error| error.code())?);
    }
    Ok(())
}
