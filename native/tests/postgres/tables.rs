//! Tables of other names and types, and the migration.

use assignment_engine::core::{SessionId, TenantId};
use assignment_engine::{
    Claim, Counts, PostgresOptions, PostgresSessionStore, PostgresTables, SessionStore, Stamp,
};
use tokio::task::JoinSet;

use crate::database::{Database, client};
use crate::postgres_server::PostgresServer;
use crate::stage::{changes, id, owned_by, token, uuid};

/// Everything that the store asks, once.
async fn works(store: &PostgresSessionStore, session: SessionId, tenant: TenantId, agent: &str) {
    let waiting = store.queue(&tenant, None, 9).await.unwrap();
    assert_eq!(waiting.len(), 1);
    let stamp = Stamp {
        key: "oooLastSentAt".into(),
        text: "now".into(),
        seen: None,
    };
    assert!(store.stamp(&session, &stamp).await.unwrap());
    assert!(store.unstamp(&session, &stamp).await.unwrap());
    let mut changes = changes();
    changes.context.insert("a".into(), 1.into());
    store.update(&session, &changes).await.unwrap();
    let agent = agent.try_into().unwrap();
    let claim = store
        .claim(&session, &agent, &token(7), &changes)
        .await
        .unwrap();
    let Claim::Claimed(claimed) = claim else {
        panic!("{claim:?}");
    };
    assert_eq!(
        (claimed.assigned_agent_id, claimed.assigned_at),
        (Some(agent.clone()), changes.at)
    );
    let again = store
        .claim(&session, &agent, &token(7), &changes)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Claimed(_)));
    let [team] = &store.teams(&tenant).await.unwrap()[..] else {
        panic!("one team");
    };
    let members = store
        .members(&team.id, Counts::Since(changes.at.unwrap()))
        .await
        .unwrap();
    assert_eq!((members[0].active, members[0].total), (1, 1));
    store.tenant(&tenant).await.unwrap();
    let contact = claimed.contact_id.unwrap();
    assert!(
        !store
            .contact_has_assigned_session(&tenant, &contact, &session)
            .await
            .unwrap()
    );
}

const ROWS: &str = "
    INSERT INTO users (id, tenant_id, name) VALUES ('$anna', '$acme', 'anna');
    INSERT INTO teams (id, tenant_id, name) VALUES ('$sales', '$acme', 'sales');
    INSERT INTO team_members VALUES ('$sales', '$anna');
    INSERT INTO sessions (id, tenant_id, contact_id) VALUES ('$s1', '$acme', '$c1');";

async fn fresh() -> (&'static PostgresServer, String) {
    let made = tokio::task::spawn_blocking(|| {
        let server = PostgresServer::shared();
        (server, server.database())
    });
    made.await.unwrap()
}

async fn at(url: &str, tables: PostgresTables) -> PostgresSessionStore {
    let options = PostgresOptions::from_url(url).unwrap().with_tables(tables);
    let options = options.with_deadline(std::time::Duration::from_secs(20));
    let store = PostgresSessionStore::connect(options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn other_schemas_prefixes_and_camel_case_are_served() {
    let (server, name) = fresh().await;
    let url = server.url(&name);
    let admin = client(&url).await;
    let mut rows = ROWS.to_owned();
    for name in ["anna", "acme", "sales", "s1", "c1"] {
        rows = rows.replace(&format!("${name}'"), &format!("{}'", uuid(name)));
    }
    admin.batch_execute(&rows).await.unwrap();
    // Every table into another schema, every column into camel case.
    let rename = r#"
        CREATE SCHEMA "we""ird {schema}";
        DO $$ DECLARE r record; BEGIN
          FOR r IN SELECT table_name AS t, column_name AS c FROM information_schema.columns
              WHERE table_schema = 'public' AND column_name LIKE '%\_%' LOOP
            EXECUTE format('ALTER TABLE %I RENAME %I TO %I', r.t, r.c,
              lower(left(r.c, 1)) || substr(replace(initcap(replace(r.c, '_', ' ')), ' ', ''), 2));
          END LOOP;
          FOR r IN SELECT table_name AS t FROM information_schema.tables
              WHERE table_schema = 'public' LOOP
            EXECUTE format('ALTER TABLE %I RENAME TO %I', r.t, 'my [x] ' || r.t);
            EXECUTE format('ALTER TABLE %I SET SCHEMA "we""ird {schema}"', 'my [x] ' || r.t);
          END LOOP;
        END $$"#;
    admin.batch_execute(rename).await.unwrap();
    let tables = PostgresTables::default()
        .with_schema("we\"ird {schema}")
        .with_prefix("my [x] ")
        .with_camel_case_columns();
    let store = at(&url, tables).await;
    works(&store, id("s1"), id("acme"), &uuid("anna")).await;
    let made = r#"SELECT "agentId"::text FROM "we""ird {schema}"."my [x] assignment_claims""#;
    let row = admin.query_one(made, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), uuid("anna"));
}

#[tokio::test]
async fn ids_that_are_texts_are_served() {
    let server = tokio::task::spawn_blocking(PostgresServer::shared)
        .await
        .unwrap();
    let made = tokio::task::spawn_blocking(|| {
        let tables = crate::postgres_server::contract_tables();
        server.sql("postgres", "CREATE DATABASE texts");
        server.sql(
            "texts",
            &tables.replace("uuid ", "text ").replace(" uuid,", " text,"),
        );
        server.sql(
            "texts",
            &ROWS.replace('$', "é 'x' ".replace('\'', "''").as_str()),
        );
        server.url("texts")
    });
    let store = at(
        &made.await.unwrap(),
        PostgresTables::default().with_text_ids(),
    )
    .await;
    let id = |name: &str| format!("é 'x' {name}");
    let (session, tenant) = (
        SessionId::new(id("s1")).unwrap(),
        TenantId::new(id("acme")).unwrap(),
    );
    works(&store, session, tenant, &id("anna")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_migration_may_be_applied_by_anybody_at_any_time() {
    let database = Database::new().await;
    let undo = "DROP TABLE assignment_claims; DROP INDEX sessions_queue, sessions_of_contact";
    database.client.batch_execute(undo).await.unwrap();
    let mut migrations = JoinSet::new();
    for _ in 0..4 {
        let store = database.store().await;
        migrations.spawn(async move {
            store.migrate().await.unwrap();
            store.migrate().await.unwrap();
        });
    }
    migrations.join_all().await;
    let by_hand = PostgresTables::default().migration();
    database.client.batch_execute(&by_hand).await.unwrap();
    let indexes = "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes
        WHERE tablename IN ('sessions', 'assignment_claims')";
    assert_eq!(
        database.value(indexes).await,
        "assignment_claims_pkey sessions_of_agent sessions_of_contact sessions_pkey sessions_queue"
    );
}

/// The token of a session that is removed goes with it.
#[tokio::test]
async fn what_is_removed_leaves_nothing_behind() {
    let database = Database::new().await;
    crate::history::crowd(&database, 2, 1).await;
    let store = database.store().await;
    let (session, changes) = (id("s000"), changes());
    store
        .claim(&session, &id("agent-0"), &token(3), &changes)
        .await
        .unwrap();
    let mut on = owned_by("agent-0");
    on.token = Some(4);
    store
        .claim(&session, &id("agent-1"), &on, &changes)
        .await
        .unwrap();
    let kept = "SELECT string_agg(token || ' ' || agent_id || ' ' || tenant_id, ',')
        FROM assignment_claims";
    let expected = format!("4 {} {}", uuid("agent-1"), uuid("acme"));
    assert_eq!(database.value(kept).await, expected);
    database.remove(&uuid("s000")).await;
    assert_eq!(database.value(kept).await, "");
}
