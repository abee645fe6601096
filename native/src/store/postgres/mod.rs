//! Sessions, teams and agents in PostgreSQL, in the tables that a dashboard-api has.

mod aftermath;
mod claim;
mod error;
mod migrate;
mod options;
mod pool;
mod row;
mod seen;
mod sql;
mod tables;
#[cfg(feature = "postgres-tls")]
mod tls;

pub use options::PostgresOptions;
pub use tables::PostgresTables;

use std::fmt;

use assignment_engine_core::{
    Agent, AgentId, ContactId, Session, SessionId, TeamConfig, TeamId, TenantConfig, TenantId,
};
use futures_util::future::join_all;
use serde_json::Value;
use tokio_postgres::Row;

use super::{
    Claim, ClaimRequest, Counts, Expected, SessionChanges, SessionStore, Stamp, StoreError, Stored,
};
use crate::observe;
use error::{error, of_driver};
use pool::{Connections, Lease, Parameter};
use sql::Statements;

/// A store in PostgreSQL (12 or later), shared with whatever else works on the same tables.
///
/// Each call is over within the deadline of its options. Error codes: `timeout`, `overloaded` (no
/// connection became free), `unreachable`, `unavailable`, `read_only`, `deadlock`,
/// `serialization`, `authentication`, `not_permitted`, `tls`, `configuration`, `schema` (tables or
/// columns are not as expected), `constraint`, `invalid_value`, `invalid_row`, `unknown_session`,
/// `unknown_outcome` (of a claim; with a token it can be asked for again), `other`.
pub struct PostgresSessionStore {
    connections: Connections,
    statements: Statements,
    tables: PostgresTables,
}

impl PostgresSessionStore {
    /// A store over these tables, once it has seen that they are there and fit.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached, does not let us in, or has other tables.
    pub async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        let store = Self {
            connections: Connections::new(&options)?,
            statements: Statements::new(&options.tables),
            tables: options.tables,
        };
        let lease = store.connections.lease(store.connections.until()).await?;
        lease.within(store.try_out(&lease)).await?;
        lease.give_back();
        Ok(store)
    }

    /// Has the server read every statement, and carry out on no row those that between them need
    /// every right.
    async fn try_out(&self, lease: &Lease) -> Result<(), StoreError> {
        let sql = &self.statements;
        let all = sql.of_the_hosts_tables();
        // Sent together: one round trip.
        for prepared in join_all(all.into_iter().map(|sql| lease.prepare(sql))).await {
            prepared?;
        }
        let (nobody, none) = (None::<&str>, Vec::<&str>::new());
        let never = Vec::<Option<i64>>::new();
        let read: [Parameter<'_>; 1] = [&nobody];
        let locked: [Parameter<'_>; 1] = [&none];
        let assigned: [Parameter<'_>; 5] = [&none, &none, &none, &none, &never];
        for (sql, parameters) in [
            (&sql.team, &read[..]),
            (&sql.members, &read[..]),
            (&sql.tenant, &read[..]),
            (&sql.lock_agents, &locked[..]),
            (&sql.lock_sessions, &locked[..]),
            (&sql.assign, &assigned[..]),
        ] {
            let statement = lease.prepare(sql).await?;
            let tried = lease.client()?.query(&statement, parameters).await;
            tried.map_err(|failure| of_driver(&failure))?;
        }
        Ok(())
    }

    fn team_key(&self, changes: &SessionChanges) -> Result<Option<String>, StoreError> {
        let Some(team) = &changes.team_id else {
            return Ok(None);
        };
        let Some(key) = self.tables.key(team.as_str()) else {
            let team = observe::printable(team.as_str());
            return Err(error(
                "invalid_value",
                format!("`{team}` can be no team's id"),
            ));
        };
        Ok(Some(key))
    }

    fn key(&self, id: &str) -> Option<String> {
        self.tables.key(id)
    }

    async fn read(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let Some(id) = self.key(id.as_str()) else {
            return Ok(None);
        };
        let rows = self
            .connections
            .rows(&self.statements.session, &[&id])
            .await?;
        rows.first().map(row::session).transpose()
    }

    async fn change(
        &self,
        id: &SessionId,
        changes: &SessionChanges,
    ) -> Result<Session, StoreError> {
        if let Some(key) = self.key(id.as_str()) {
            let (team, context) = (self.team_key(changes)?, claim::context_text(changes)?);
            let at = changes.at.map(|at| at.as_millisecond());
            let parameters: [Parameter<'_>; 4] = [&key, &team, &context, &at];
            let sql = &self.statements.update;
            let rows = self.connections.rows(sql, &parameters).await?;
            if let Some(row) = rows.first() {
                return row::session(row);
            }
        }
        // Somebody has it, or it is over.
        self.read(id).await?.ok_or_else(|| {
            let id = observe::printable(id.as_str());
            error("unknown_session", format!("there is no session `{id}`"))
        })
    }

    async fn teams_where(
        &self,
        sql: &str,
        id: &str,
    ) -> Result<Vec<(TenantId, TeamConfig)>, StoreError> {
        let Some(id) = self.key(id) else {
            return Ok(Vec::new());
        };
        let rows = self.connections.rows(sql, &[&id]).await?;
        rows.iter().map(row::team).collect()
    }

    async fn is_there(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<bool, StoreError> {
        Ok(!self.connections.rows(sql, parameters).await?.is_empty())
    }
}

impl SessionStore for PostgresSessionStore {
    fn session<'a>(&'a self, id: &'a SessionId) -> Stored<'a, Option<Session>> {
        Box::pin(self.read(id))
    }

    fn queue<'a>(
        &'a self,
        tenant: &'a TenantId,
        team: Option<&'a TeamId>,
        limit: usize,
    ) -> Stored<'a, Vec<Session>> {
        Box::pin(async move {
            let team = team.map(|team| self.key(team.as_str()));
            let (Some(tenant), false) = (self.key(tenant.as_str()), team == Some(None)) else {
                return Ok(Vec::new());
            };
            let (team, limit) = (team.flatten(), i64::try_from(limit).unwrap_or(i64::MAX));
            let sql = &self.statements.queue;
            let rows = self
                .connections
                .rows(sql, &[&tenant, &team, &limit])
                .await?;
            Ok(rows.iter().filter_map(readable).collect())
        })
    }

    fn claim<'a>(
        &'a self,
        session: &'a SessionId,
        agent: &'a AgentId,
        expected: &'a Expected,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Claim> {
        Box::pin(async move {
            let request = ClaimRequest {
                session_id: session.clone(),
                agent_id: agent.clone(),
                expected: expected.clone(),
                changes: changes.clone(),
            };
            let claims = self.claim_all(std::slice::from_ref(&request)).await?;
            let claim = claims.into_iter().next();
            claim.ok_or_else(|| error("other", "a claim was not answered"))
        })
    }

    fn claim_many<'a>(&'a self, requests: &'a [ClaimRequest]) -> Stored<'a, Vec<Claim>> {
        Box::pin(self.claim_all(requests))
    }

    fn update<'a>(
        &'a self,
        session: &'a SessionId,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Session> {
        Box::pin(self.change(session, changes))
    }

    fn stamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let Some(id) = self.key(session.as_str()) else {
                return Ok(false);
            };
            let seen = stamp.seen.as_ref().and_then(Value::as_str);
            let sql = &self.statements.stamp;
            self.is_there(sql, &[&id, &stamp.key, &stamp.text, &seen])
                .await
        })
    }

    fn unstamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let Some(id) = self.key(session.as_str()) else {
                return Ok(false);
            };
            let seen = stamp.seen.as_ref().map(Value::to_string);
            let sql = &self.statements.unstamp;
            self.is_there(sql, &[&id, &stamp.key, &stamp.text, &seen])
                .await
        })
    }

    fn contact_has_assigned_session<'a>(
        &'a self,
        tenant: &'a TenantId,
        contact: &'a ContactId,
        except: &'a SessionId,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let keys = (self.key(tenant.as_str()), self.key(contact.as_str()));
            let (Some(tenant), Some(contact)) = keys else {
                return Ok(false);
            };
            let except = self.key(except.as_str());
            let sql = &self.statements.contact;
            self.is_there(sql, &[&tenant, &contact, &except]).await
        })
    }

    fn teams<'a>(&'a self, tenant: &'a TenantId) -> Stored<'a, Vec<TeamConfig>> {
        Box::pin(async move {
            let teams = self.teams_where(&self.statements.teams, tenant.as_str());
            Ok(teams.await?.into_iter().map(|(_, team)| team).collect())
        })
    }

    fn team<'a>(&'a self, id: &'a TeamId) -> Stored<'a, Option<(TenantId, TeamConfig)>> {
        Box::pin(async move {
            let teams = self.teams_where(&self.statements.team, id.as_str());
            Ok(teams.await?.into_iter().next())
        })
    }

    fn members<'a>(&'a self, team: &'a TeamId, counts: Counts) -> Stored<'a, Vec<Agent>> {
        Box::pin(async move {
            let Some(team) = self.key(team.as_str()) else {
                return Ok(Vec::new());
            };
            let (sql, connections) = (&self.statements, &self.connections);
            let rows = match counts {
                Counts::None => connections.rows(&sql.members, &[&team]).await?,
                Counts::Ever => connections.rows(&sql.members_ever, &[&team]).await?,
                Counts::Since(since) => {
                    let since = since.as_millisecond();
                    connections
                        .rows(&sql.members_since, &[&team, &since])
                        .await?
                }
            };
            rows.iter().map(row::member).collect()
        })
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig> {
        Box::pin(async move {
            let Some(id) = self.key(id.as_str()) else {
                return Ok(TenantConfig::default());
            };
            let rows = self
                .connections
                .rows(&self.statements.tenant, &[&id])
                .await?;
            rows.first()
                .map_or_else(|| Ok(TenantConfig::default()), row::tenant)
        })
    }
}

/// A session of the queue. One that cannot be read does not keep the others waiting.
fn readable(row: &Row) -> Option<Session> {
    match row::session(row) {
        Ok(session) => Some(session),
        Err(error) => {
            tracing::warn!(code = %error.code, %error, "assignment_engine.queued_session_unreadable");
            None
        }
    }
}

impl fmt::Debug for PostgresSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSessionStore")
            .field("tables", &self.tables)
            .finish_non_exhaustive()
    }
}
