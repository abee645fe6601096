use std::time::Duration;

use tokio::time::Instant;

use super::error::of_driver;
use super::{PostgresSessionStore, PostgresTables};
use crate::store::StoreError;

impl PostgresTables {
    /// What [`PostgresSessionStore::migrate`] does, as SQL, for those whose migrations are made
    /// elsewhere: the table of tokens, and the indexes. It can be applied any number of times.
    #[must_use]
    pub fn migration(&self) -> String {
        let named = |sql: String, index: &&str| {
            sql.replace(&format!("$index({index})"), &self.quoted_index(index))
        };
        INDEXES.iter().fold(self.render(MIGRATION), named)
    }
}

impl PostgresSessionStore {
    /// Makes what claims with a token need, and the indexes, where they are missing
    /// ([`PostgresTables::migration`]). Any number of processes may do so at once.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be done; then nothing is done.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let lease = self.connections.lease(Instant::now() + LONGEST).await?;
        let migration = self.tables.migration();
        let limit = LONGEST.as_millis();
        let sql = format!(
            "BEGIN; SET LOCAL statement_timeout = {limit}; \
             SELECT pg_advisory_xact_lock({ADVISORY_LOCK}); {migration} COMMIT"
        );
        let done = lease.within(async {
            let done = lease.client()?.batch_execute(&sql).await;
            done.map_err(|failure| of_driver(&failure))
        });
        done.await?;
        lease.give_back();
        Ok(())
    }
}

const MIGRATION: &str = include_str!("migration.sql");
const INDEXES: [&str; 3] = ["sessions_queue", "sessions_of_contact", "sessions_of_agent"];
/// Indexes of large tables take their time.
const LONGEST: Duration = Duration::from_secs(600);
/// Any number will do, as long as it is the same everywhere: "assign" in ASCII.
const ADVISORY_LOCK: i64 = 0x0000_6173_7369_676e;
