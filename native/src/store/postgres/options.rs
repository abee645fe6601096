use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::SslMode;

use super::PostgresTables;
use super::error::error;
use crate::store::StoreError;

/// Where a PostgreSQL is, who we are there, and how much we ask of it.
///
/// Neither `Debug` nor any error shows the user name or the password.
#[derive(Clone)]
pub struct PostgresOptions {
    config: tokio_postgres::Config,
    pub(super) tables: PostgresTables,
    pub(super) deadline: Duration,
    pub(super) pool_size: usize,
    #[cfg(feature = "postgres-tls")]
    pub(super) root_certificates: Vec<u8>,
}

impl PostgresOptions {
    /// From `postgres://user:password@host[:port]/database[?option=…]`, or the same as
    /// `host=… user=…`. With `sslmode=require` the line is encrypted and the server's certificate
    /// checked, which takes the feature `postgres-tls`.
    ///
    /// # Errors
    /// `configuration` if the text is neither; `tls` if it asks for what this build does not speak.
    pub fn from_url(url: &str) -> Result<Self, StoreError> {
        // The driver's own words are dropped on purpose: they may quote the URL.
        let config = tokio_postgres::Config::from_str(url.trim()).map_err(|_| {
            error(
                "configuration",
                "the postgresql URL is not one of a postgresql server",
            )
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(error("configuration", "the postgresql URL names no host"));
        }
        if cfg!(not(feature = "postgres-tls")) && config.get_ssl_mode() == SslMode::Require {
            return Err(error(
                "tls",
                "the postgresql URL asks for TLS, which this build does not speak",
            ));
        }
        Ok(Self {
            config,
            tables: PostgresTables::default(),
            deadline: DEFAULT_DEADLINE,
            pool_size: DEFAULT_POOL_SIZE,
            #[cfg(feature = "postgres-tls")]
            root_certificates: Vec::new(),
        })
    }

    /// What the tables and columns are called.
    #[must_use]
    pub fn with_tables(mut self, tables: PostgresTables) -> Self {
        self.tables = tables;
        self
    }

    /// How long a call may take at most, waiting for a connection and for locks included; at least
    /// a millisecond. Default: 3 seconds. If the answer to a claim's COMMIT is lost, what became of
    /// it is looked up within one more of these.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.max(Duration::from_millis(1));
        self
    }

    /// How many connections there are at most, at least one. Default: 8.
    #[must_use]
    pub fn with_pool_size(mut self, size: usize) -> Self {
        self.pool_size = size.max(1);
        self
    }

    /// Certificates in PEM to trust besides those of the system.
    #[cfg(feature = "postgres-tls")]
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = pem.into();
        self
    }

    /// What the driver connects with. The server is told to give up when we do, not to wait for us
    /// in the middle of a transaction for longer, to let each statement see what is committed when
    /// it begins, to plan each statement once (one plan serves whatever it is asked about), and to
    /// reckon in UTC.
    pub(super) fn driver_config(&self) -> tokio_postgres::Config {
        let mut config = self.config.clone();
        let limit = self
            .deadline
            .as_millis()
            .clamp(1, i32::MAX.unsigned_abs().into());
        let own = config.get_options().unwrap_or_default();
        let options = format!(
            "{own} -c statement_timeout={limit} -c idle_in_transaction_session_timeout={limit} \
             -c default_transaction_isolation=read\\ committed \
             -c plan_cache_mode=force_generic_plan -c timezone=UTC"
        );
        config.options(options.trim_start());
        config.connect_timeout(self.deadline);
        config.keepalives_idle(KEEPALIVE);
        if config.get_application_name().is_none() {
            config.application_name("assignment-engine");
        }
        config
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("hosts", &self.config.get_hosts())
            .field("ports", &self.config.get_ports())
            .field("database", &self.config.get_dbname())
            .field("tables", &self.tables)
            .field("deadline", &self.deadline)
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}

const DEFAULT_DEADLINE: Duration = Duration::from_secs(3);
const DEFAULT_POOL_SIZE: usize = 8;
/// After which silence the system asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_secret() {
        let options = PostgresOptions::from_url("postgres://canary:canary@h/support").unwrap();
        let shown = format!("{options:?}");
        assert!(
            !shown.contains("canary") && shown.contains("support"),
            "{shown}"
        );
        for url in [
            "canary",
            "postgres://",
            "postgres://canary:canary@/d",
            "postgres://canary:canary@h:port",
            "postgres://canary:canary@h/d?canary=canary",
            "host=h canary=canary",
        ] {
            let error = PostgresOptions::from_url(url).unwrap_err();
            assert_eq!(error.code, "configuration", "{url}");
            assert!(!error.message.contains("canary"), "{url}: {error}");
        }
    }

    #[test]
    fn the_hosts_options_are_kept() {
        let url = "postgres://u@h/d?options=-c%20search_path%3Da&application_name=app";
        let config = PostgresOptions::from_url(url)
            .unwrap()
            .with_deadline(Duration::from_millis(250))
            .driver_config();
        let options = config.get_options().unwrap();
        assert!(
            options.starts_with("-c search_path=a -c statement_timeout=250 "),
            "{options}"
        );
        assert_eq!(config.get_application_name(), Some("app"));
    }
}
