use std::fmt;
use std::time::Duration;

use super::target::{Layout, Login, Place, Target};
use super::url::{self, configuration};
use crate::provider::{ProviderError, ProviderErrorKind};

/// Where a Redis is, who we are there, and how long a pick may take.
///
/// Neither `Debug` nor any error shows a user name or a password.
#[derive(Clone)]
pub struct RedisOptions {
    pub(super) target: Target,
    pub(super) deadline: Duration,
    pub(super) max_in_flight: usize,
}

impl RedisOptions {
    /// From one of these (`valkey` may stand for `redis`):
    ///
    /// | URL | |
    /// |---|---|
    /// | `redis://[[user]:password@]host[:port][/database]` | one server |
    /// | `unix:///path/of/socket[?db=0&user=…&pass=…]` | one server, by a socket in the file system |
    /// | `redis+sentinel://[[user]:password@]host[:port][,host[:port]]…/name[/database]` | the master that these sentinels know as `name`; user and password are those of the master |
    /// | `redis+cluster://[[user]:password@]host[:port][,host[:port]]…` | a cluster, by some of its nodes |
    ///
    /// `rediss` instead of `redis` speaks TLS, with the feature `redis-tls`. In user name and
    /// password everything but letters, digits and `-._~` is written in percent encoding.
    ///
    /// # Errors
    /// `configuration` if the text is no such URL; `tls` for `rediss` if this build speaks no TLS
    /// or the system's certificates cannot be read.
    pub fn from_url(url: &str) -> Result<Self, ProviderError> {
        let (target, tls) = url::read(url)?;
        let options = Self::new(target);
        if tls {
            options.encrypted()
        } else {
            Ok(options)
        }
    }

    /// A server without user name and password: `host` is a name or an address (IPv6 with or
    /// without brackets), `port` is at least 1.
    ///
    /// # Errors
    /// `configuration` if `host` is empty or has anything in it that a host cannot have, or if
    /// `port` is 0.
    pub fn from_host(host: &str, port: u16) -> Result<Self, ProviderError> {
        let host = host.trim();
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let legal = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if host.is_empty() || !host.chars().all(legal) {
            return Err(configuration(
                "the redis host is neither a host name nor an address",
            ));
        }
        if port == 0 {
            return Err(configuration("the redis port is not between 1 and 65535"));
        }
        let layout = Layout::Server(Place::Tcp(host.to_owned(), port));
        Ok(Self::new(Target::new(layout, Login::default(), 0)))
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            deadline: DEFAULT_REDIS_DEADLINE,
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
        }
    }

    /// How long a pick may take at most, connecting included. Default:
    /// [`DEFAULT_REDIS_DEADLINE`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How many picks may be under way at once; one more is refused at once with `overloaded`.
    /// Default: [`DEFAULT_MAX_IN_FLIGHT`].
    #[must_use]
    pub fn with_max_in_flight(mut self, picks: usize) -> Self {
        self.max_in_flight = picks;
        self
    }

    /// Logs in as this user (with an empty name, as the one that has none) instead of the one in
    /// the URL.
    #[must_use]
    pub fn with_login(mut self, username: &str, password: &str) -> Self {
        self.target.login = login(username, password);
        self
    }

    /// Logs in at the sentinels too, which by default are asked without. No effect without
    /// sentinels.
    #[must_use]
    pub fn with_sentinel_login(mut self, username: &str, password: &str) -> Self {
        if let Layout::Sentinel { login: at, .. } = &mut self.target.layout {
            *at = login(username, password);
        }
        self
    }

    /// `host:port` or the path of the socket, `name of host:port,…` with sentinels,
    /// `host:port,…` of a cluster; no user name, no password.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.target.address
    }

    #[cfg(not(feature = "redis-tls"))]
    fn encrypted(self) -> Result<Self, ProviderError> {
        Err(ProviderError::new(
            ProviderErrorKind::Tls,
            "the redis URL asks for TLS, which takes the feature `redis-tls` of this crate",
        ))
    }
}

#[cfg(feature = "redis-tls")]
impl RedisOptions {
    fn encrypted(mut self) -> Result<Self, ProviderError> {
        if matches!(&self.target.layout, Layout::Server(Place::Socket(_))) {
            return Err(ProviderError::new(
                ProviderErrorKind::Tls,
                "a socket in the file system speaks no TLS",
            ));
        }
        self.target.tls = Some(super::tls::Tls::new()?);
        Ok(self)
    }

    /// Trusts servers with a certificate of these authorities, and no others: `pem` holds one or
    /// more of their certificates. Without it those count that the system trusts. Needs a URL
    /// with `rediss`.
    ///
    /// # Errors
    /// `tls` if there is none in it, or the URL asks for no TLS.
    pub fn with_root_certificates(mut self, pem: &[u8]) -> Result<Self, ProviderError> {
        let tls = self.target.tls.take().ok_or_else(no_tls)?;
        self.target.tls = Some(tls.trusting(pem)?);
        Ok(self)
    }

    /// Shows the server this certificate (the chain, ours first) and proves with `key` that it is
    /// ours; both are PEM. Needs a URL with `rediss`.
    ///
    /// # Errors
    /// `tls` if they are no such things or do not belong together, or the URL asks for no TLS.
    pub fn with_client_certificate(
        mut self,
        chain: &[u8],
        key: &[u8],
    ) -> Result<Self, ProviderError> {
        let tls = self.target.tls.take().ok_or_else(no_tls)?;
        self.target.tls = Some(tls.showing(chain, key)?);
        Ok(self)
    }
}

#[cfg(feature = "redis-tls")]
fn no_tls() -> ProviderError {
    ProviderError::new(
        ProviderErrorKind::Tls,
        "certificates are for a redis URL that asks for TLS, like `rediss://`",
    )
}

fn login(username: &str, password: &str) -> Login {
    Login {
        username: (!username.is_empty()).then(|| username.to_owned()),
        password: Some(password.to_owned()),
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("address", &self.target.address)
            .field("database", &self.target.database)
            .field("deadline", &self.deadline)
            .field("max_in_flight", &self.max_in_flight)
            .finish_non_exhaustive()
    }
}

/// How long a pick may take at most where nothing else is said.
pub const DEFAULT_REDIS_DEADLINE: Duration = Duration::from_millis(250);

/// How many picks may be under way at once where nothing else is said.
pub const DEFAULT_MAX_IN_FLIGHT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_host_and_a_port() {
        for (host, expected) in [
            ("redis.internal", "redis.internal:1"),
            ("::1", "[::1]:1"),
            ("[::1]", "[::1]:1"),
        ] {
            assert_eq!(
                RedisOptions::from_host(host, 1).unwrap().address(),
                expected
            );
        }
        for host in ["", " ", "redis://h", "user:canary@h", "h/1", "a b", "a\nb"] {
            let error = RedisOptions::from_host(host, 1).unwrap_err();
            assert_eq!(error.code(), "configuration", "{host}");
            assert!(!error.to_string().contains("canary"));
        }
        assert_eq!(
            RedisOptions::from_host("h", 0).unwrap_err().code(),
            "configuration"
        );
    }

    #[cfg(not(feature = "redis-tls"))]
    #[test]
    fn a_build_without_tls_refuses_a_url_that_asks_for_it() {
        for url in [
            "rediss://user:canary@host",
            "REDISS+CLUSTER://user:canary@host",
        ] {
            let error = RedisOptions::from_url(url).unwrap_err();
            assert_eq!(error.code(), "tls");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn shows_no_secret() {
        let options = RedisOptions::from_url("redis+sentinel://canary-user:canary-pass@h/main")
            .unwrap()
            .with_sentinel_login("canary-user", "canary-pass");
        assert!(!format!("{options:?}").contains("canary"));
    }
}
