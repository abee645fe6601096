//! The same places and tokens as the core's, whatever comes.

use std::num::{NonZeroU32, NonZeroU64};

use assignment_engine::core::{
    Criterion, ReservationBook, ReservationTerms, ReserveCandidate, ReserveRequest, Reserved,
    Rotation, SessionId, TenantId, Weight,
};
use assignment_engine::{Clock, HeldPlace, Place, RedisReservations, Reservations};

use crate::random::{HOUR, Random, agents};
use crate::redis_server::RedisServer;
use crate::{HandClock, PLACES, WEEK_SECONDS, key, options, place_for, reservations, ttl};

#[tokio::test]
async fn every_place_and_every_token_is_the_cores() {
    let server = RedisServer::start();
    for (seed, people, sessions, steps) in [
        (1, 2, 5, 1_000),
        (2, 6, 30, 3_000),
        (3, 30, 200, 2_000),
        (4, 200, 100, 600),
    ] {
        run(&server, seed, people, sessions, steps).await;
    }
}

async fn run(server: &RedisServer, seed: u64, people: usize, sessions: usize, steps: usize) {
    println!("seed {seed}: {people} agents, {sessions} sessions, {steps} steps");
    let clock = HandClock::new();
    let terms = ReservationTerms::default();
    let places = RedisReservations::new(options(&server.url()), terms);
    let places = places.with_clock(std::sync::Arc::new(clock.clone()));
    let mut book = ReservationBook::new(terms);
    let mut world = World {
        random: Random(seed),
        tenant: TenantId::new(format!("{{tenant}} %{seed}")).unwrap(),
        agents: agents(people)
            .into_iter()
            .map(|agent_id| ReserveCandidate {
                agent_id,
                weight: Weight::ONE,
                active: 0,
                total: 0,
            })
            .collect(),
        sessions,
    };
    let mut given: Vec<(SessionId, NonZeroU64)> = Vec::new();
    let mut seen = [0; 6];
    for step in 0..steps {
        clock.wait(world.wait());
        let now = clock.now();
        let at = format!("seed {seed}, step {step}");
        match world.random.below(5) {
            0..=2 => {
                let request = world.request();
                let reserved = places.reserve(&request).await.unwrap();
                assert_eq!(reserved, book.reserve(&request, now), "{at}: {request:?}");
                seen[match &reserved {
                    Reserved::Granted { .. } => 0,
                    Reserved::AlreadyReserved { .. } => 1,
                    Reserved::Full { .. } => 2,
                }] += 1;
                if let Some(token) = reserved.token() {
                    given.push((request.session_id, token));
                }
            }
            _ if given.is_empty() => {}
            action => {
                let recent = given.len().saturating_sub(8);
                let (session_id, mut token) = world.random.of(&given[recent..]).clone();
                if world.random.one_in(20) {
                    token = token.saturating_add(1);
                }
                let place = Place {
                    tenant_id: world.tenant.clone(),
                    session_id: session_id.clone(),
                    token,
                };
                let (done, expected) = if action == 3 {
                    let done = places.confirm(&place).await.unwrap();
                    (done, book.confirm(&session_id, token, now))
                } else {
                    let done = places.release(&place).await.unwrap();
                    (done, book.release(&session_id, token, now))
                };
                assert_eq!(done, expected, "{at}");
                seen[3 + usize::from(done) * (action - 2)] += 1;
            }
        }
        if step % 20 == 0 || step + 1 == steps {
            let held = book
                .held(now)
                .map(|(session, agent, token, confirmed)| HeldPlace {
                    place: Place {
                        tenant_id: world.tenant.clone(),
                        session_id: session.clone(),
                        token,
                    },
                    agent_id: agent.clone(),
                    confirmed,
                });
            let held: Vec<HeldPlace> = held.collect();
            assert_eq!(places.held(&world.tenant).await.unwrap(), held, "{at}");
        }
    }
    println!("granted, again, full, no, confirmed, released: {seen:?}");
    assert!(seen.iter().all(|count| *count > 0), "all of them happen");
}

struct World {
    random: Random,
    tenant: TenantId,
    agents: Vec<ReserveCandidate>,
    sessions: usize,
}

impl World {
    fn request(&mut self) -> ReserveRequest {
        let random = &mut self.random;
        let who = random.below(self.agents.len());
        let agent = &mut self.agents[who];
        agent.active = u32::try_from(random.below(4)).unwrap();
        agent.total = u32::try_from(random.below(6)).unwrap();
        agent.weight = Weight::new(u32::try_from(1 + random.below(1_000)).unwrap()).unwrap();
        if random.one_in(30) {
            agent.active = u32::MAX;
        }
        let orders: [&[Criterion]; 5] = [
            &[],
            &[Criterion::LeastActive],
            &[Criterion::LeastAssigned],
            &[Criterion::LeastActive, Criterion::LeastAssigned],
            &[Criterion::LeastAssigned, Criterion::LeastActive],
        ];
        let part = random.below(9);
        let limit = u32::try_from(random.below(6)).unwrap();
        ReserveRequest {
            tenant_id: self.tenant.clone(),
            session_id: SessionId::new(format!("session {}", random.below(self.sessions))).unwrap(),
            context_key: key(["team", "1:te", "am/", "größe"][random.below(4)]),
            rotation: *random.of(&Rotation::ALL),
            limit: NonZeroU32::new(limit),
            order: random.of(&orders).to_vec(),
            candidates: random.some(&self.agents, part),
        }
    }

    /// Mostly moments; now and then until leases have ended, and at times days.
    fn wait(&mut self) -> i64 {
        let some = |random: &mut Random, n| i64::try_from(random.below(n)).unwrap();
        match self.random.below(60) {
            0..=49 => some(&mut self.random, 700),
            50..=54 => 2_000 - 1 + some(&mut self.random, 3),
            55..=56 => 15_000 - 1 + some(&mut self.random, 3),
            57 => some(&mut self.random, 20_000),
            58 => 24 * HOUR - 1 + some(&mut self.random, 3),
            _ => some(&mut self.random, 200) * HOUR,
        }
    }
}

#[tokio::test]
async fn the_servers_clock_rules_and_every_success_keeps_the_keys_for_a_week() {
    let server = RedisServer::start();
    let places = reservations(&server.url());
    let request = place_for("s1", Rotation::LeastRecent, &["a", "b"]);
    let reserved = places.reserve(&request).await.unwrap();
    let Reserved::Granted {
        agent_id,
        token,
        held,
    } = reserved
    else {
        panic!("{reserved:?}");
    };
    assert_eq!((agent_id.as_str(), held.len()), ("a", 0));
    let time = server.text("TIME");
    let seconds: u64 = time.lines().next().unwrap().parse().unwrap();
    assert!((seconds - 60..=seconds).contains(&(token.get() / 1_000_000)));
    let week = WEEK_SECONDS - 60..=WEEK_SECONDS;
    assert!(PLACES.iter().all(|key| week.contains(&ttl(&server, key))));
    assert_eq!(server.text("KEYS *").lines().count(), 3);

    let shorten = || {
        for key in PLACES {
            server.ask(&format!("EXPIRE {key} 100"));
        }
    };
    shorten();
    let again = places.reserve(&request).await.unwrap();
    assert_eq!(again, Reserved::AlreadyReserved { agent_id, token });
    let mut full = place_for("s2", Rotation::Counter, &["a"]);
    full.limit = NonZeroU32::new(1);
    assert!(matches!(
        places.reserve(&full).await.unwrap(),
        Reserved::Full { .. }
    ));
    let place = Place {
        tenant_id: request.tenant_id.clone(),
        session_id: request.session_id.clone(),
        token,
    };
    let other = Place {
        token: token.saturating_add(1),
        ..place.clone()
    };
    assert_eq!(places.confirm(&other).await, Ok(false));
    assert_eq!(places.release(&other).await, Ok(false));
    assert_eq!(places.held(&request.tenant_id).await.unwrap().len(), 1);
    assert!(
        PLACES
            .iter()
            .all(|key| (1..=100).contains(&ttl(&server, key))),
        "none of these has done anything"
    );
    assert_eq!(places.release(&place).await, Ok(true));
    assert!(week.contains(&ttl(&server, PLACES[0])));
    assert_eq!(ttl(&server, PLACES[1]), -2, "nobody has anything");
    assert!(week.contains(&ttl(&server, PLACES[2])));
    shorten();
    places.reserve(&request).await.unwrap();
    assert!(PLACES.iter().all(|key| week.contains(&ttl(&server, key))));
}
