//! What became of a claim whose COMMIT was not answered.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::Row;

use super::PostgresSessionStore;
use super::claim::Wanted;
use super::error::{error, of_driver};
use super::row;
use crate::store::StoreError;

impl PostgresSessionStore {
    /// The line broke, or took too long, while a transaction was written: what has become of it?
    /// The server knows. Its answer is believed only if the sessions are as they were to be, for
    /// after a crash it may have given the number of a lost transaction to another one.
    pub(super) async fn after_the_fact(
        &self,
        transaction: i64,
        wanted: &[Wanted<'_>],
        granted: &[usize],
        failure: StoreError,
    ) -> Result<Vec<Row>, StoreError> {
        if !matches!(
            failure.code.as_str(),
            "timeout" | "unreachable" | "unavailable" | "other"
        ) {
            return Err(failure);
        }
        let until = self.connections.until();
        while Instant::now() < until {
            match self.fate(until, transaction).await {
                Ok(Some(fate)) if fate == "aborted" => return Err(failure),
                Ok(Some(fate)) if fate == "committed" => {
                    let of = granted.iter().filter_map(|at| wanted.get(*at));
                    if let Ok(rows) = self.as_granted(until, of).await {
                        return rows.ok_or_else(unknown_outcome);
                    }
                }
                Ok(None) => break,
                // Still under way, or the server is not back yet.
                Ok(Some(_)) | Err(_) => {}
            }
            sleep(BETWEEN_LOOKS).await;
        }
        Err(unknown_outcome())
    }

    async fn fate(&self, until: Instant, transaction: i64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT txid_status($1::bigint)";
        let rows = self
            .connections
            .rows_until(until, sql, &[&transaction])
            .await?;
        let fate = rows.first().map(|row| row.try_get(0)).transpose();
        fate.map(Option::flatten)
            .map_err(|failure| of_driver(&failure))
    }

    /// The sessions, if all of them are as they were to be.
    async fn as_granted<'a>(
        &self,
        until: Instant,
        granted: impl Iterator<Item = &'a Wanted<'a>>,
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let mut rows = Vec::new();
        for one in granted {
            let sql = &self.statements.session;
            let found = self
                .connections
                .rows_until(until, sql, &[&one.session])
                .await?;
            let Some(found) = found.into_iter().next() else {
                return Ok(None);
            };
            let session = row::session(&found)?;
            let at = one.changes.at.is_none() || session.assigned_at == one.changes.at;
            if !at || session.assigned_agent_id.as_ref() != Some(&one.agent) {
                return Ok(None);
            }
            rows.push(found);
        }
        Ok(Some(rows))
    }
}

fn unknown_outcome() -> StoreError {
    error(
        "unknown_outcome",
        "the line to postgresql broke while a claim was committed, and what became of it could \
         not be found out",
    )
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(25);
