//! What is over does not pile up.

use assignment_engine::core::{Reserved, Rotation};
use assignment_engine::{Place, RedisReservations, Reservations, RoundRobinContextProvider};

use crate::random::HOUR;
use crate::redis_server::RedisServer;
use crate::{BOTH, HandClock, PLACES, options, place_for, provider, turn_of};

fn length(server: &RedisServer, key: &str) -> usize {
    server.text(&format!("HLEN {key}")).parse().unwrap()
}

#[tokio::test]
async fn agents_who_left_are_forgotten_in_a_book_that_never_rests() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    for rotation in BOTH {
        let mut most = 0;
        for n in 0..4_000_i64 {
            let mut asked = turn_of(rotation, &["stays", &format!("leaves-{n}")]);
            asked.now = asked.now.saturating_add(n * HOUR);
            provider.take_turn(&asked).await.unwrap();
            if n % 100 == 0 {
                most = most.max(length(
                    &server,
                    &format!("assignment:{}:team", rotation.name()),
                ));
            }
        }
        // One leaves every hour, and 168 hours are a week.
        assert!((168..=168 * 3).contains(&most), "{rotation:?}: {most}");
    }
}

#[tokio::test]
async fn places_that_are_over_are_swept() {
    let server = RedisServer::start();
    let clock = HandClock::new();
    let places = RedisReservations::new(options(&server.url()), Default::default())
        .with_clock(std::sync::Arc::new(clock.clone()));
    let mut most = [0; 3];
    for n in 0..4_000 {
        clock.wait(100);
        let (session, agent) = (format!("s{n}"), format!("agent-{}", n / 10));
        let mut request = place_for(&session, Rotation::LeastRecent, &["stays", &agent]);
        request.limit = None;
        let Reserved::Granted { token, .. } = places.reserve(&request).await.unwrap() else {
            panic!("step {n}");
        };
        if n % 2 == 0 {
            let place = Place {
                tenant_id: request.tenant_id,
                session_id: request.session_id,
                token,
            };
            assert_eq!(places.confirm(&place).await, Ok(true));
        }
        if n % 100 == 0 {
            for (most, key) in most.iter_mut().zip(PLACES) {
                *most = length(&server, key).max(*most);
            }
        }
    }
    println!("sessions, agents, turns at most: {most:?}");
    // Under way: 20 that are confirmed and 75 that are not.
    assert!((80..=400).contains(&most[0]), "{most:?}");
    assert!(most[1] <= 100, "{most:?}");
    assert!(
        most[2] <= 402,
        "nobody is forgotten within an hour: {most:?}"
    );
}
