//! What every store holds a claim to.

use std::collections::BTreeMap;
use std::sync::Arc;

use assignment_engine::core::{SessionId, SessionStatus};
use assignment_engine::{Claim, Expected, Refusal};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::stage::{NOW, Stage, at, changes, held, id, limit, owned_by, request, session, uuid};

pub(crate) async fn a_claim_changes_owner_team_context_and_times_together(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage
        .session("s1", json!({"context": {"old": 1}, "priority": 3}))
        .await;
    let mut changes = changes();
    changes.team_id = Some(id("sales"));
    changes.context.insert("new".into(), json!("é"));
    let (session_id, agent, expected) = (id("s1"), id("anna"), Expected::default());
    let claim = stage.store.claim(&session_id, &agent, &expected, &changes);
    let expected = session(
        "s1",
        json!({"context": {"old": 1, "new": "é"}, "priority": 3,
        "status": "assigned", "assignedAgentId": uuid("anna"), "assignedAt": NOW,
        "assignedTeamId": uuid("sales"), "updatedAt": NOW}),
    );
    assert_eq!(claim.await.unwrap(), Claim::Claimed(expected.clone()));
    assert_eq!(stage.stored("s1").await, expected);
    assert_eq!(stage.active("sales", "anna").await, 1);
}

pub(crate) async fn a_session_that_has_an_owner_or_is_over_is_taken(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("held", held("ben")).await;
    stage.session("own", held("anna")).await;
    stage.session("over", json!({"status": "resolved"})).await;
    let odd = json!({"assignedAgentId": uuid("ben")});
    stage.session("odd", odd).await;
    for name in ["held", "own", "over", "odd"] {
        let refusal = stage.refusal(name, "anna", &Expected::default()).await;
        assert_eq!(refusal, Refusal::SessionTaken, "{name}");
    }
}

pub(crate) async fn a_session_that_moved_is_not_claimed_for_its_old_team(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.team("support", &["ben"], json!({})).await;
    stage
        .session("s1", json!({"assignedTeamId": uuid("support")}))
        .await;
    stage.session("s2", json!({})).await;
    let of_sales = Expected {
        team_id: Some(id("sales")),
        ..Expected::default()
    };
    for (name, expected) in [
        ("s1", &of_sales),
        ("s1", &Expected::default()),
        ("s2", &of_sales),
    ] {
        assert_eq!(
            stage.refusal(name, "anna", expected).await,
            Refusal::SessionMoved
        );
    }
    let of_support = Expected {
        team_id: Some(id("support")),
        ..Expected::default()
    };
    let claim = stage.claim("s1", "ben", &of_support).await;
    assert!(matches!(claim, Claim::Claimed(_)), "{claim:?}");
}

pub(crate) async fn what_is_gone_is_refused(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.team_of("other", "theirs", &["zoe"], json!({})).await;
    stage.session("s1", json!({})).await;
    let any = Expected::default();
    assert_eq!(
        stage.refusal("nowhere", "anna", &any).await,
        Refusal::SessionGone
    );
    assert_eq!(
        stage.refusal("s1", "nobody", &any).await,
        Refusal::AgentGone
    );
    assert_eq!(
        stage.refusal("s1", "zoe", &any).await,
        Refusal::AgentGone,
        "of another tenant"
    );
    let (session, agent) = (id("s1"), "nobody".try_into().unwrap());
    let claim = stage
        .store
        .claim(&session, &agent, &any, &changes())
        .await
        .unwrap();
    assert_eq!(
        claim,
        Claim::Refused(Refusal::AgentGone),
        "what can be no id"
    );
    let (session, agent) = ("nowhere".try_into().unwrap(), id("anna"));
    let claim = stage
        .store
        .claim(&session, &agent, &any, &changes())
        .await
        .unwrap();
    assert_eq!(claim, Claim::Refused(Refusal::SessionGone));
    stage.remove("s1").await;
    assert_eq!(
        stage.refusal("s1", "anna", &any).await,
        Refusal::SessionGone
    );
}

pub(crate) async fn the_limit_counts_the_sessions_of_every_team(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.team("support", &["anna"], json!({})).await;
    let mut more = held("anna");
    stage.session("one", more.clone()).await;
    more["assignedTeamId"] = uuid("support").into();
    stage.session("two", more.clone()).await;
    more["status"] = "resolved".into();
    stage.session("over", more).await;
    stage.session("s1", json!({})).await;
    for at_most in [1, 2] {
        let refusal = stage.refusal("s1", "anna", &limit(at_most)).await;
        assert_eq!(refusal, Refusal::AgentAtLimit);
    }
    let claim = stage.claim("s1", "anna", &limit(3)).await;
    assert!(matches!(claim, Claim::Claimed(_)), "{claim:?}");
    stage.session("s2", json!({})).await;
    let claim = stage.claim("s2", "anna", &Expected::default()).await;
    assert!(matches!(claim, Claim::Claimed(_)), "no limit: {claim:?}");
}

pub(crate) async fn of_several_reasons_the_first_is_told(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.session("full", held("anna")).await;
    stage.session("s1", json!({})).await;
    let mut expected = limit(1);
    expected.team_id = Some(id("sales"));
    expected.owner = Some(id("ben"));
    assert_eq!(
        stage.refusal("nowhere", "nobody", &expected).await,
        Refusal::SessionGone
    );
    assert_eq!(
        stage.refusal("s1", "nobody", &expected).await,
        Refusal::SessionTaken
    );
    expected.owner = None;
    assert_eq!(
        stage.refusal("s1", "nobody", &expected).await,
        Refusal::SessionMoved
    );
    expected.team_id = None;
    assert_eq!(
        stage.refusal("s1", "nobody", &expected).await,
        Refusal::AgentGone
    );
    assert_eq!(
        stage.refusal("s1", "anna", &expected).await,
        Refusal::AgentAtLimit
    );
}

pub(crate) async fn a_transfer_takes_it_from_the_owner_expected(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("s1", held("anna")).await;
    stage.session("s2", json!({})).await;
    stage.session("s3", held("ben")).await;
    let from = |agent: &str, at_most: u32| Expected {
        max_load: limit(at_most).max_load,
        ..owned_by(agent)
    };
    assert_eq!(
        stage.refusal("s1", "ben", &from("ben", 9)).await,
        Refusal::SessionTaken
    );
    assert_eq!(
        stage.refusal("s2", "ben", &from("anna", 9)).await,
        Refusal::SessionTaken
    );
    assert_eq!(
        stage.refusal("s1", "ben", &from("anna", 1)).await,
        Refusal::AgentAtLimit
    );
    let claim = stage.claim("s1", "ben", &from("anna", 2)).await;
    let Claim::Claimed(session) = claim else {
        panic!("{claim:?}");
    };
    assert_eq!(session.status, SessionStatus::Assigned);
    assert_eq!(session.assigned_agent_id, Some(id("ben")));
    assert_eq!(session.assigned_at, Some(at(NOW)));
    assert_eq!(
        (
            stage.active("sales", "anna").await,
            stage.active("sales", "ben").await
        ),
        (0, 2)
    );
    // To whoever has it, it is not one more.
    let again = stage.claim("s1", "ben", &from("ben", 2)).await;
    assert!(matches!(again, Claim::Claimed(_)), "{again:?}");
    assert_eq!(stage.active("sales", "ben").await, 2);
}

pub(crate) async fn many_claims_are_answered_as_one_by_one(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    for name in ["s1", "s2", "s3", "s4"] {
        stage.session(name, json!({})).await;
    }
    stage.session("held", held("ben")).await;
    let transfer = Expected {
        max_load: limit(3).max_load,
        ..owned_by("anna")
    };
    let requests = [
        request("s1", "anna", limit(2)),
        request("nowhere", "anna", limit(2)),
        request("s2", "anna", limit(2)),
        request("s3", "anna", limit(2)),
        request("s3", "ben", limit(2)),
        request("s4", "ben", limit(2)),
        request("s1", "ben", transfer),
        request("s4", "anna", limit(2)),
        request("s1", "anna", limit(9)),
    ];
    let claims = stage.store.claim_many(&requests).await.unwrap();
    let told: Vec<Option<Refusal>> = claims
        .iter()
        .map(|claim| match claim {
            Claim::Claimed(_) => None,
            Claim::Refused(refusal) => Some(*refusal),
        })
        .collect();
    let expected = [
        None,
        Some(Refusal::SessionGone),
        None,
        Some(Refusal::AgentAtLimit),
        None,
        Some(Refusal::AgentAtLimit),
        None,
        None,
        Some(Refusal::SessionTaken),
    ];
    assert_eq!(told, expected);
    for (request, claim) in requests.iter().zip(&claims) {
        if let Claim::Claimed(session) = claim {
            assert_eq!(session.id, request.session_id);
            assert_eq!(session.assigned_agent_id.as_ref(), Some(&request.agent_id));
        }
    }
    assert_eq!(stage.stored("s1").await.assigned_agent_id, Some(id("ben")));
    assert_eq!(stage.store.claim_many(&[]).await.unwrap(), []);
}

pub(crate) async fn of_many_claims_of_one_session_one_is_granted(stage: &Stage) {
    let agents: Vec<String> = (0..8).map(|n| format!("agent-{n}")).collect();
    let agents: Vec<&str> = agents.iter().map(String::as_str).collect();
    stage.team("sales", &agents, json!({})).await;
    stage.session("s1", json!({})).await;
    let mut claims = JoinSet::new();
    for n in 0..40 {
        let (store, agent) = (Arc::clone(&stage.store), id(agents[n % 8]));
        claims.spawn(async move {
            let (session, expected) = (id("s1"), limit(3));
            let claim = store.claim(&session, &agent, &expected, &changes()).await;
            matches!(claim.unwrap(), Claim::Claimed(_)).then_some(agent)
        });
    }
    let granted: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    let [winner] = &granted[..] else {
        panic!("{granted:?}");
    };
    assert_eq!(
        stage.stored("s1").await.assigned_agent_id.as_ref(),
        Some(winner)
    );
}

pub(crate) async fn many_claims_at_once_keep_every_limit(stage: &Stage) {
    let agents = ["anna", "ben", "cleo"];
    stage.team("sales", &agents, json!({})).await;
    let names: Vec<String> = (0..40).map(|n| format!("s{n:02}")).collect();
    for name in &names {
        stage.session(name, json!({})).await;
    }
    let mut claims = JoinSet::new();
    for (n, name) in names.iter().enumerate() {
        let (store, session) = (Arc::clone(&stage.store), id::<SessionId>(name));
        let agent = id(agents[n % 3]);
        claims.spawn(async move {
            let claim = store.claim(&session, &agent, &limit(5), &changes()).await;
            match claim.unwrap() {
                Claim::Claimed(_) => true,
                Claim::Refused(refusal) => {
                    assert_eq!(refusal, Refusal::AgentAtLimit);
                    false
                }
            }
        });
    }
    let granted = claims
        .join_all()
        .await
        .into_iter()
        .filter(|granted| *granted)
        .count();
    assert_eq!(granted, 15, "none too many, and none too few");
    let team = id("sales");
    let members = stage.store.members(&team, assignment_engine::Counts::None);
    let active: BTreeMap<_, _> = members
        .await
        .unwrap()
        .into_iter()
        .map(|a| (a.id, a.active))
        .collect();
    assert!(active.values().all(|active| *active == 5), "{active:?}");
}

pub(crate) async fn a_refused_claim_leaves_no_trace(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.session("full", held("anna")).await;
    stage.session("s1", json!({"context": {"old": 1}})).await;
    let mut changes = changes();
    changes.team_id = Some(id("sales"));
    changes.context.insert("new".into(), Value::Null);
    let before = stage.stored("s1").await;
    let (session, agent, expected) = (id("s1"), id("anna"), limit(1));
    let claim = stage.store.claim(&session, &agent, &expected, &changes);
    assert_eq!(claim.await.unwrap(), Claim::Refused(Refusal::AgentAtLimit));
    assert_eq!(stage.stored("s1").await, before);
}
