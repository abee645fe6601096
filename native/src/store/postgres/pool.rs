//! Connections: a bounded number, each call within its deadline, none used again that was left in
//! the middle of something.

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use deadpool_postgres::{Runtime, Timeouts};
use tokio::time::{Instant, timeout_at};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::PostgresOptions;
use super::error::{error, of_driver, of_pool, timeout};
use crate::store::StoreError;

/// A parameter of a statement.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

pub(super) struct Connections {
    pool: Pool,
    deadline: Duration,
}

impl Connections {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, StoreError> {
        let recycling_method = RecyclingMethod::Fast;
        let config = ManagerConfig { recycling_method };
        let driver = options.driver_config();
        #[cfg(feature = "postgres-tls")]
        let manager = {
            let tls = super::tls::connector(&options.root_certificates)?;
            Manager::from_config(driver, tls, config)
        };
        #[cfg(not(feature = "postgres-tls"))]
        let manager = Manager::from_config(driver, tokio_postgres::NoTls, config);
        let pool = Pool::builder(manager)
            .max_size(options.pool_size)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| error("configuration", "the pool of connections cannot be made"))?;
        Ok(Self {
            pool,
            deadline: options.deadline,
        })
    }

    /// When a call that begins now has to be over.
    pub(super) fn until(&self) -> Instant {
        Instant::now() + self.deadline
    }

    /// A connection for one call that has to be over at `until`.
    pub(super) async fn lease(&self, until: Instant) -> Result<Lease, StoreError> {
        // A little sooner than the call is over, so that it can be told what was waited for.
        let left = until.saturating_duration_since(Instant::now());
        let limit = Some(left.saturating_sub(TO_TELL));
        let timeouts = Timeouts {
            wait: limit,
            create: limit,
            recycle: limit,
        };
        let got = timeout_at(until, self.pool.timeout_get(&timeouts)).await;
        let object = got
            .map_err(|_| timeout("let us in"))?
            .map_err(|failure| of_pool(&failure))?;
        Ok(Lease {
            object: Some(object),
            until,
        })
    }

    /// One statement, which is its own transaction.
    pub(super) async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        self.rows_until(self.until(), sql, parameters).await
    }

    pub(super) async fn rows_until(
        &self,
        until: Instant,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let lease = self.lease(until).await?;
        let rows = lease.within(async {
            let statement = lease.prepare(sql).await?;
            let rows = lease.client()?.query(&statement, parameters).await;
            rows.map_err(|failure| of_driver(&failure))
        });
        let rows = rows.await;
        if rows
            .as_ref()
            .err()
            .is_none_or(|error| error.code != "timeout")
        {
            lease.give_back();
        }
        rows
    }
}

/// A connection in use. It goes back to the others only by [`Lease::give_back`]; else, whatever
/// has happened to the call, it is closed, and the server rolls back what was not committed.
pub(super) struct Lease {
    object: Option<Object>,
    until: Instant,
}

impl Lease {
    pub(super) fn client(&self) -> Result<&tokio_postgres::Client, StoreError> {
        match &self.object {
            Some(object) => Ok(object),
            None => Err(error("other", "the connection was given back")),
        }
    }

    /// The statement as this connection has prepared it.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, StoreError> {
        let Some(object) = &self.object else {
            return Err(error("other", "the connection was given back"));
        };
        let prepared = object.prepare_cached(sql).await;
        prepared.map_err(|failure| of_driver(&failure))
    }

    /// What `call` comes to, if it does in time.
    pub(super) async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match timeout_at(self.until, call).await {
            Ok(answer) => answer,
            Err(_) => Err(timeout("answer")),
        }
    }

    /// For the next one. No transaction may be open.
    pub(super) fn give_back(mut self) {
        drop(self.object.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

const TO_TELL: Duration = Duration::from_millis(3);
