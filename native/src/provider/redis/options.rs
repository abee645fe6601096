use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo};

use crate::provider::{ProviderError, ProviderErrorKind};

/// Where a Redis is, who we are there, and how long a pick may take.
///
/// Neither `Debug` nor any error shows the user name or the password.
#[derive(Clone)]
pub struct RedisOptions {
    target: Target,
    deadline: Duration,
}

impl RedisOptions {
    /// From `redis://[[user]:password@]host[:port][/database]` (`valkey://` likewise) or
    /// `unix:///path/of/socket[?db=0&user=…&pass=…]`. In user name and password everything but
    /// letters, digits and `-._~` is written in percent encoding.
    ///
    /// # Errors
    /// `configuration` if the text is no such URL; `tls` for `rediss://`, as this build speaks
    /// no TLS.
    pub fn from_url(url: &str) -> Result<Self, ProviderError> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let scheme = scheme.to_ascii_lowercase();
        let socket = scheme.ends_with("unix");
        if scheme == "rediss" || scheme == "valkeys" {
            return Err(ProviderError::new(
                ProviderErrorKind::Tls,
                "the redis URL asks for TLS, which this build does not speak",
            ));
        }
        // In `redis://user:a#b@host` everything from the `#` on is no part of the address: the
        // host would be `user`, and half of the password would be shown as its port.
        let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if !socket && rest.get(authority..).is_some_and(|tail| tail.contains('@')) {
            return Err(configuration(
                "the redis URL has an `@` after its address: characters like `#`, `/`, `?` in a \
                 password are written in percent encoding",
            ));
        }
        // The client's own words are dropped on purpose: they may quote the URL.
        let info = url
            .into_connection_info()
            .map_err(|_| configuration("the redis URL is not one of a redis server"))?;
        let place = match info.addr() {
            ConnectionAddr::Tcp(host, port) => Place::Tcp(host.clone(), *port),
            ConnectionAddr::Unix(path) => Place::Socket(path.clone()),
            _ => {
                return Err(configuration(
                    "the redis URL is of a sort that is not supported",
                ));
            }
        };
        let settings = info.redis_settings();
        let target = Target {
            address: place.to_string(),
            place,
            username: settings.username().map(str::to_owned),
            password: settings.password().map(str::to_owned),
            database: settings.db(),
        };
        Ok(Self {
            target,
            deadline: DEFAULT_REDIS_DEADLINE,
        })
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
        let place = Place::Tcp(host.to_owned(), port);
        let target = Target {
            address: place.to_string(),
            place,
            username: None,
            password: None,
            database: 0,
        };
        Ok(Self {
            target,
            deadline: DEFAULT_REDIS_DEADLINE,
        })
    }

    /// How long a pick may take at most, connecting included. Default:
    /// [`DEFAULT_REDIS_DEADLINE`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// `host:port` or the path of the socket; no user name, no password.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.target.address
    }

    pub(super) fn into_parts(self) -> (Target, Duration) {
        (self.target, self.deadline)
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("address", &self.target.address)
            .field("database", &self.target.database)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A server and who we are there. Without `Debug`: it holds the password.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) place: Place,
    /// What messages call it.
    pub(super) address: String,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: i64,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Tcp(String, u16),
    Socket(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

fn configuration(message: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Configuration, message)
}

/// How long a pick may take at most where nothing else is said.
pub const DEFAULT_REDIS_DEADLINE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<String, (&'static str, String)> {
        RedisOptions::from_url(url)
            .map(|options| options.address().to_owned())
            .map_err(|error| (error.code(), error.to_string()))
    }

    #[test]
    fn reads_the_usual_urls() {
        for (url, expected) in [
            ("redis://localhost", "localhost:6379"),
            (" redis://localhost:6380/2\n", "localhost:6380"),
            ("valkey://u:p@10.0.0.1:1", "10.0.0.1:1"),
            ("redis://[::1]:7", "[::1]:7"),
            ("unix:///run/redis.sock?db=1&pass=p@q", "/run/redis.sock"),
        ] {
            assert_eq!(address(url).as_deref(), Ok(expected), "{url}");
        }
        let options = RedisOptions::from_url("redis://us%40er:p%23w@h/3").unwrap();
        let (target, deadline) = options.into_parts();
        assert_eq!(target.username.as_deref(), Some("us@er"));
        assert_eq!(target.password.as_deref(), Some("p#w"));
        assert_eq!((target.database, deadline), (3, DEFAULT_REDIS_DEADLINE));
    }

    #[test]
    fn refuses_what_is_no_address_and_shows_none_of_it() {
        for url in [
            "",
            "canary",
            "http://canary",
            "redis://",
            "redis://:canary@",
            "redis://user:canary@host:port",
            "redis://user:canary@host:70000",
            "redis://user:canary@host/canary",
            "redis://user:1#canary@host",
            "redis://user:1/canary@host",
            "redis://user:1?canary@host",
            "redis://user:canary@0.0.0.0",
            "redis://user:canary@host?protocol=canary",
        ] {
            let (code, message) = address(url).expect_err(url);
            assert_eq!(code, "configuration", "{url}");
            assert!(
                !message.contains("canary") && !message.contains('1'),
                "{url}: {message}"
            );
        }
        for url in ["rediss://user:canary@host", "REDISS://user:canary@host"] {
            let (code, message) = address(url).unwrap_err();
            assert_eq!(code, "tls");
            assert!(!message.contains("canary"), "{message}");
        }
    }

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

    #[test]
    fn shows_no_secret() {
        let options = RedisOptions::from_url("redis://canary-user:canary-pass@h").unwrap();
        assert!(!format!("{options:?}").contains("canary"));
    }
}
