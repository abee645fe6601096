use redis::{ConnectionAddr, IntoConnectionInfo};

use super::target::{Layout, Login, Place, Target};
use crate::provider::{ProviderError, ProviderErrorKind};

/// What a URL says, and whether it asks for TLS. No message quotes any of it.
pub(super) fn read(url: &str) -> Result<(Target, bool), ProviderError> {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(configuration("the redis URL is not one of a redis server"));
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme.ends_with("unix") {
        return Ok((one(url)?, false));
    }
    let (family, layout) = scheme.split_once('+').unwrap_or((&scheme, ""));
    let tls = match family {
        "redis" | "valkey" => false,
        "rediss" | "valkeys" => true,
        _ => return Err(configuration("the redis URL is not one of a redis server")),
    };
    // In `redis://user:a#b@host` everything from the `#` on is no part of the address: the
    // host would be `user`, and half of the password would be shown as its port.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if tail.contains('@') {
        return Err(configuration(
            "the redis URL has an `@` after its address: characters like `#`, `/`, `?` in a \
             password are written in percent encoding",
        ));
    }
    let target = match layout {
        "" => one(&format!("redis://{rest}"))?,
        "sentinel" => sentinel(authority, tail)?,
        "cluster" => cluster(authority, tail)?,
        _ => return Err(configuration("the redis URL is not one of a redis server")),
    };
    Ok((target, tls))
}

/// One server, in the client's own reading. Its words are dropped on purpose: they may quote
/// the URL.
fn one(url: &str) -> Result<Target, ProviderError> {
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
    let login = Login {
        username: settings.username().map(str::to_owned),
        password: settings.password().map(str::to_owned),
    };
    Ok(Target::new(Layout::Server(place), login, settings.db()))
}

/// `[user:password@]host[:port],…/name[/database]`.
fn sentinel(authority: &str, tail: &str) -> Result<Target, ProviderError> {
    let mut path = path_of(tail)?.split('/');
    let master = path.next().unwrap_or_default();
    let database = path.next().unwrap_or_default();
    if !is_name(master) || path.next().is_some() {
        return Err(configuration(
            "the redis URL names no master: it ends in `/name` or `/name/database`",
        ));
    }
    let (login, database, sentinels) = several(authority, database, DEFAULT_SENTINEL_PORT)?;
    let layout = Layout::Sentinel {
        master: master.to_owned(),
        sentinels,
        login: Login::default(),
    };
    Ok(Target::new(layout, login, database))
}

/// `[user:password@]host[:port],…`.
fn cluster(authority: &str, tail: &str) -> Result<Target, ProviderError> {
    let (login, database, nodes) = several(authority, path_of(tail)?, DEFAULT_PORT)?;
    if database != 0 {
        return Err(configuration("a redis cluster has no database but 0"));
    }
    Ok(Target::new(Layout::Cluster(nodes), login, 0))
}

/// A log-in, a database and places, each read as of a URL with one server.
fn several(
    authority: &str,
    database: &str,
    port: u16,
) -> Result<(Login, i64, Vec<Place>), ProviderError> {
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let at = if authority.contains('@') { "@" } else { "" };
    let whole = one(&format!("redis://{login}{at}host/{database}"))?;
    let places = hosts.split(',').map(|host| {
        let bare = one(&format!("redis://{host}"))?;
        match bare.layout {
            // The client's own default is that of a server.
            Layout::Server(Place::Tcp(name, _)) if !names_port(host) => Ok(Place::Tcp(name, port)),
            Layout::Server(place) if bare.login.password.is_none() => Ok(place),
            _ => Err(configuration("the redis URL is not one of a redis server")),
        }
    });
    let places = places.collect::<Result<Vec<_>, _>>()?;
    Ok((whole.login, whole.database, places))
}

fn names_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty())
        && !host.ends_with(']')
}

fn path_of(tail: &str) -> Result<&str, ProviderError> {
    if tail.contains(['?', '#']) {
        return Err(configuration(
            "the redis URL has a `?` or a `#`, which means nothing here",
        ));
    }
    Ok(tail.strip_prefix('/').unwrap_or(tail))
}

/// What sentinels take as a name.
fn is_name(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !text.is_empty() && text.len() <= 100 && text.chars().all(legal)
}

pub(super) fn configuration(message: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Configuration, message)
}

const DEFAULT_PORT: u16 = 6379;
const DEFAULT_SENTINEL_PORT: u16 = 26379;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<(String, bool), (&'static str, String)> {
        read(url)
            .map(|(target, tls)| (target.address, tls))
            .map_err(|error| (error.code(), error.to_string()))
    }

    #[test]
    fn reads_the_usual_urls() {
        for (url, expected, tls) in [
            ("redis://localhost", "localhost:6379", false),
            (" redis://localhost:6380/2\n", "localhost:6380", false),
            ("valkey://u:p@10.0.0.1:1", "10.0.0.1:1", false),
            ("redis://[::1]:7", "[::1]:7", false),
            ("REDISS://u:p@h:2/1", "h:2", true),
            ("valkeys://h", "h:6379", true),
            (
                "unix:///run/redis.sock?db=1&pass=p@q",
                "/run/redis.sock",
                false,
            ),
            ("redis+sentinel://s/main", "main of s:26379", false),
            (
                "rediss+sentinel://u:p@s:1,[::1],t:3/my.main/2",
                "my.main of s:1,[::1]:26379,t:3",
                true,
            ),
            ("redis+cluster://a", "a:6379", false),
            ("redis+cluster://:p@a,b:2/0", "a:6379,b:2", false),
        ] {
            assert_eq!(address(url), Ok((expected.to_owned(), tls)), "{url}");
        }
        let (target, _) = read("redis://us%40er:p%23w@h/3").unwrap();
        assert_eq!(target.login.username.as_deref(), Some("us@er"));
        assert_eq!(target.login.password.as_deref(), Some("p#w"));
        assert_eq!(target.database, 3);
        let (target, _) = read("redis+sentinel://us%40er:p%2Cw@h,i/main/3").unwrap();
        assert_eq!(target.login.password.as_deref(), Some("p,w"));
        assert_eq!(target.database, 3);
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
            "redis+canary://host",
            "redis+sentinel://user:canary@host",
            "redis+sentinel://user:canary@host/",
            "redis+sentinel://user:canary@host/ca nary",
            "redis+sentinel://user:canary@host/main/canary",
            "redis+sentinel://user:canary@host/main/0/0",
            "redis+sentinel://user:canary@host/main?canary=1",
            "redis+sentinel://user:canary@host,/main",
            "redis+sentinel://user:canary@host,other:port/main",
            "redis+sentinel://user:canary@/main",
            "redis+cluster://user:canary@host/2",
            "redis+cluster://user:canary@host,/",
        ] {
            let (code, message) = address(url).expect_err(url);
            assert_eq!(code, "configuration", "{url}");
            assert!(
                !message.contains("canary") && !message.contains('1'),
                "{url}: {message}"
            );
        }
    }
}
