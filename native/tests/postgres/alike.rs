//! The same claims, drawn at random, put to the store in memory and to PostgreSQL one by one, and to
//! PostgreSQL in chunks: the same answers, and the same rows.

use assignment_engine::core::Session;
use assignment_engine::{Claim, ClaimRequest, Expected, SessionStore};
use serde_json::json;

use crate::stage::{Stage, changes, id, limit, uuid};

const AGENTS: [&str; 4] = ["anna", "ben", "cleo", "nobody"];
const SESSIONS: usize = 40;

/// A small generator, so that a seed says everything.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn of<'a>(&mut self, names: &[&'a str]) -> &'a str {
        let at = self.below(names.len().try_into().unwrap());
        names[usize::try_from(at).unwrap()]
    }

    fn request(&mut self) -> ClaimRequest {
        let limits = [limit(2), limit(9), limit(14), Expected::default()];
        let at = usize::try_from(self.below(4)).unwrap();
        let mut expected = limits[at].clone();
        if self.below(2) == 0 {
            expected.owner = Some(id(self.of(&AGENTS)));
        }
        if self.below(4) == 0 {
            expected.token = Some(self.below(12));
        }
        if self.below(4) == 0 {
            expected.team_id = Some(id("sales"));
        }
        let mut changes = changes();
        if self.below(3) == 0 {
            changes.team_id = Some(id("sales"));
        }
        if self.below(3) == 0 {
            changes
                .context
                .insert(self.of(&["a", "b"]).into(), self.below(9).into());
        }
        ClaimRequest {
            // One of them is not there.
            session_id: id(&name(self.below(1 + SESSIONS as u64))),
            agent_id: id(self.of(&AGENTS)),
            expected,
            changes,
        }
    }
}

fn name(n: u64) -> String {
    format!("s{n:02}")
}

async fn prepared(stage: Stage) -> Stage {
    stage
        .team("sales", &["anna", "ben", "cleo"], json!({}))
        .await;
    for n in 0..SESSIONS as u64 {
        let more = match n % 4 {
            0 => json!({"status": "assigned", "assignedAgentId": uuid("anna"),
                "assignedAt": "2026-11-23T09:00:00.000Z"}),
            1 => json!({"assignedTeamId": uuid("sales")}),
            _ => json!({"context": {"a": 0}}),
        };
        stage.session(&name(n), more).await;
    }
    stage
}

async fn one_by_one(store: &dyn SessionStore, requests: &[ClaimRequest]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for one in requests {
        let claim = store.claim(&one.session_id, &one.agent_id, &one.expected, &one.changes);
        claims.push(claim.await.unwrap());
    }
    claims
}

async fn rows(stage: &Stage) -> Vec<Session> {
    let mut rows = Vec::new();
    for n in 0..SESSIONS as u64 {
        rows.push(stage.stored(&name(n)).await);
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_and_postgres_answer_alike_one_by_one_and_in_chunks() {
    let (mut granted, mut refused) = (0, 0);
    for seed in 0..6 {
        let mut dice = Dice(seed);
        let memory = prepared(Stage::memory()).await;
        let postgres = prepared(Stage::postgres().await).await;
        let chunked = prepared(Stage::postgres().await).await;
        for round in 0..8 {
            let requests: Vec<ClaimRequest> =
                (0..1 + dice.below(24)).map(|_| dice.request()).collect();
            let expected = one_by_one(memory.store.as_ref(), &requests).await;
            let single = one_by_one(postgres.store.as_ref(), &requests).await;
            assert_eq!(
                single, expected,
                "seed {seed}, round {round}: {requests:#?}"
            );
            let chunk = chunked.store.claim_many(&requests).await.unwrap();
            assert_eq!(chunk, expected, "seed {seed}, round {round}: {requests:#?}");
            let claims = expected
                .iter()
                .filter(|claim| matches!(claim, Claim::Claimed(_)));
            let claims = claims.count();
            granted += claims;
            refused += expected.len() - claims;
        }
        assert_eq!(rows(&postgres).await, rows(&memory).await, "seed {seed}");
        assert_eq!(rows(&chunked).await, rows(&memory).await, "seed {seed}");
    }
    println!("{granted} claims granted and {refused} refused alike");
    assert!(granted > 50 && refused > 50, "{granted}, {refused}");
}
