//! Stamps of messages: of those who saw the same, one sends.

use std::sync::Arc;

use assignment_engine::Stamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::stage::{Stage, held, id};

fn stamp(seen: Option<Value>) -> Stamp {
    Stamp {
        key: "oooLastSentAt".into(),
        text: "new".into(),
        seen,
    }
}

async fn context(stage: &Stage) -> Option<Value> {
    stage.stored("s1").await.context.map(Value::Object)
}

pub(crate) async fn a_stamp_is_put_where_nothing_has_changed_and_taken_back(stage: &Stage) {
    for (before, seen, during, after) in [
        (
            json!(null),
            None,
            json!({"oooLastSentAt": "new"}),
            json!(null),
        ),
        (
            json!({}),
            None,
            json!({"oooLastSentAt": "new"}),
            json!(null),
        ),
        (
            json!({"a": [1]}),
            None,
            json!({"a": [1], "oooLastSentAt": "new"}),
            json!({"a": [1]}),
        ),
        (
            json!({"oooLastSentAt": "old"}),
            Some(json!("old")),
            json!({"oooLastSentAt": "new"}),
            json!({"oooLastSentAt": "old"}),
        ),
        (
            json!({"oooLastSentAt": {"odd": 1}}),
            Some(json!({"odd": 1})),
            json!({"oooLastSentAt": "new"}),
            json!({"oooLastSentAt": {"odd": 1}}),
        ),
    ] {
        let before = stage.session("s1", json!({"context": before})).await;
        let (session_id, stamp) = (id("s1"), stamp(seen));
        assert!(stage.store.stamp(&session_id, &stamp).await.unwrap());
        assert_eq!(context(stage).await, Some(during));
        let mut rest = stage.stored("s1").await;
        rest.context = before.context.clone();
        assert_eq!(rest, before, "nothing else changes");
        assert!(stage.store.unstamp(&session_id, &stamp).await.unwrap());
        assert_eq!(context(stage).await.unwrap_or_default(), after);
        assert!(
            !stage.store.unstamp(&session_id, &stamp).await.unwrap(),
            "it is gone"
        );
    }
}

pub(crate) async fn a_stamp_is_refused_where_another_one_stands(stage: &Stage) {
    stage
        .session("s1", json!({"context": {"oooLastSentAt": "other"}}))
        .await;
    let session_id = id("s1");
    for seen in [None, Some(json!("old")), Some(json!(7))] {
        assert!(
            !stage
                .store
                .stamp(&session_id, &stamp(seen.clone()))
                .await
                .unwrap()
        );
        assert!(
            !stage
                .store
                .unstamp(&session_id, &stamp(seen))
                .await
                .unwrap()
        );
    }
    assert_eq!(
        context(stage).await,
        Some(json!({"oooLastSentAt": "other"}))
    );
}

pub(crate) async fn only_a_session_that_waits_is_stamped(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    let session_id = id("s1");
    for more in [held("anna"), json!({"status": "resolved"})] {
        stage.session("s1", more).await;
        assert!(!stage.store.stamp(&session_id, &stamp(None)).await.unwrap());
        assert_eq!(context(stage).await, None);
    }
    let gone = id("nowhere");
    assert!(!stage.store.stamp(&gone, &stamp(None)).await.unwrap());
    assert!(!stage.store.unstamp(&gone, &stamp(None)).await.unwrap());
}

pub(crate) async fn a_stamp_is_taken_back_whatever_has_become_of_the_session(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    let mut more = held("anna");
    more["context"] = json!({"oooLastSentAt": "new", "kept": 1});
    stage.session("s1", more).await;
    assert!(stage.store.unstamp(&id("s1"), &stamp(None)).await.unwrap());
    assert_eq!(context(stage).await, Some(json!({"kept": 1})));
}

pub(crate) async fn of_many_who_stamp_at_once_one_does(stage: &Stage) {
    stage.session("s1", json!({})).await;
    let mut stamps = JoinSet::new();
    for _ in 0..20 {
        let store = Arc::clone(&stage.store);
        stamps.spawn(async move { store.stamp(&id("s1"), &stamp(None)).await.unwrap() });
    }
    let stamped = stamps
        .join_all()
        .await
        .into_iter()
        .filter(|done| *done)
        .count();
    assert_eq!(stamped, 1);
}
