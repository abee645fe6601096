//! A database with the contract's tables, of one test.

use std::time::Duration;

use assignment_engine::core::{Agent, AgentStatus, Session, TeamConfig, TenantConfig};
use assignment_engine::{PostgresOptions, PostgresSessionStore};
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

use crate::postgres_server::PostgresServer;

pub(crate) struct Database {
    /// Asks as the administrator.
    pub(crate) client: Client,
    url: String,
}

impl Database {
    /// On the server that the tests share, with the table of tokens.
    pub(crate) async fn new() -> Self {
        let made = tokio::task::spawn_blocking(|| {
            let server = PostgresServer::shared();
            server.url(&server.database())
        });
        Self::at(&made.await.unwrap()).await
    }

    pub(crate) async fn at(url: &str) -> Self {
        let database = Self {
            client: client(url).await,
            url: url.to_owned(),
        };
        database.store().await.migrate().await.unwrap();
        database
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        // A machine that does much else may take its time.
        let patient = Duration::from_secs(20);
        PostgresOptions::from_url(&self.url)
            .unwrap()
            .with_deadline(patient)
    }

    pub(crate) async fn store(&self) -> PostgresSessionStore {
        PostgresSessionStore::connect(self.options()).await.unwrap()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn put_agent(&self, tenant: &str, agent: &Agent) {
        let status = match agent.status {
            AgentStatus::Online => "online",
            AgentStatus::Offline => "away",
        };
        self.insert(
            "INSERT INTO users (id, tenant_id, name, status, created_at)
             SELECT (j->>'id')::uuid, (j->>'tenant')::uuid, j->>'name', j->>'status',
               (j->>'createdAt')::timestamptz FROM (SELECT $1::text::jsonb) AS t(j)
             ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status",
            &json!({"id": agent.id, "tenant": tenant, "name": agent.name, "status": status,
                "createdAt": agent.created_at}),
        )
        .await;
    }

    pub(crate) async fn put_team(&self, tenant: &str, team: &TeamConfig) {
        self.insert(
            "INSERT INTO teams (id, tenant_id, name, is_active, is_default, created_at,
               routing_strategy, routing_config, schedule)
             SELECT (j->>'id')::uuid, (j->>'tenant')::uuid, j->>'name', (j->>'active')::boolean,
               (j->>'default')::boolean, (j->>'createdAt')::timestamptz, j->>'strategy',
               nullif(j->'config', 'null'), nullif(j->'schedule', 'null')
             FROM (SELECT $1::text::jsonb) AS t(j)",
            &json!({"id": team.id, "tenant": tenant, "name": team.name, "active": team.is_active,
                "default": team.is_default, "createdAt": team.created_at,
                "strategy": team.routing_strategy, "config": team.routing_config,
                "schedule": team.schedule}),
        )
        .await;
        for member in &team.members {
            self.insert(
                "INSERT INTO team_members (team_id, user_id)
                 SELECT (j->>'team')::uuid, (j->>'user')::uuid FROM (SELECT $1::text::jsonb) AS t(j)",
                &json!({"team": team.id, "user": member}),
            )
            .await;
        }
    }

    pub(crate) async fn put_tenant(&self, tenant: &str, config: &TenantConfig) {
        self.insert(
            "INSERT INTO assignment_configs (tenant_id, enabled, strategy, settings)
             SELECT (j->>'tenant')::uuid, (j->>'enabled')::boolean, j->>'strategy', j->'settings'
             FROM (SELECT $1::text::jsonb) AS t(j)",
            &json!({"tenant": tenant, "enabled": config.enabled, "strategy": config.strategy,
                "settings": config.settings}),
        )
        .await;
    }

    /// Adds a session, or replaces the one of the same id.
    pub(crate) async fn put_session(&self, session: &Session) {
        self.insert(
            "INSERT INTO sessions (id, tenant_id, contact_id, status, assigned_agent_id,
               assigned_team_id, assigned_at, accepted_at, priority, channel, context, created_at,
               updated_at, last_message_at)
             SELECT (j->>'id')::uuid, (j->>'tenantId')::uuid, (j->>'contactId')::uuid,
               j->>'status', (j->>'assignedAgentId')::uuid, (j->>'assignedTeamId')::uuid,
               (j->>'assignedAt')::timestamptz, (j->>'acceptedAt')::timestamptz,
               (j->>'priority')::integer, j->>'channel', j->'context',
               (j->>'createdAt')::timestamptz, (j->>'updatedAt')::timestamptz,
               (j->>'lastMessageAt')::timestamptz
             FROM (SELECT $1::text::jsonb) AS t(j)
             ON CONFLICT (id) DO UPDATE SET (status, assigned_agent_id, assigned_team_id,
               assigned_at, context, updated_at) = (EXCLUDED.status, EXCLUDED.assigned_agent_id,
               EXCLUDED.assigned_team_id, EXCLUDED.assigned_at, EXCLUDED.context,
               EXCLUDED.updated_at)",
            &serde_json::to_value(session).unwrap(),
        )
        .await;
    }

    pub(crate) async fn remove(&self, session: &str) {
        let sql = "DELETE FROM sessions WHERE id = $1::text::uuid";
        self.client.execute(sql, &[&session]).await.unwrap();
    }

    /// One value, as text.
    pub(crate) async fn value(&self, sql: &str) -> String {
        let row = self.client.query_one(sql, &[]).await.unwrap();
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }

    async fn insert(&self, sql: &str, row: &Value) {
        let row = row.to_string();
        let parameters: [&(dyn ToSql + Sync); 1] = [&row];
        self.client.execute(sql, &parameters).await.unwrap();
    }
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    // It ends with the client, or with the server; the client says so.
    tokio::spawn(connection);
    client
}
