use std::fmt;
use std::path::PathBuf;

use super::reply::Teller;
use super::tls::Tls;

/// Where a Redis is and who we are there. Without `Debug`: it holds passwords.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) layout: Layout,
    /// What messages call it: no user name, no password.
    pub(super) address: String,
    pub(super) login: Login,
    pub(super) database: i64,
    /// Speaks TLS if there is one.
    pub(super) tls: Option<Tls>,
}

/// Which servers it is made of.
#[derive(Clone)]
pub(super) enum Layout {
    Server(Place),
    /// Sentinels that know the master by a name.
    Sentinel {
        master: String,
        sentinels: Vec<Place>,
        login: Login,
    },
    /// Some nodes of a cluster, which know the others.
    Cluster(Vec<Place>),
}

#[derive(Clone, Default)]
pub(super) struct Login {
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Tcp(String, u16),
    Socket(PathBuf),
}

impl Target {
    pub(super) fn new(layout: Layout, login: Login, database: i64) -> Self {
        Self {
            address: layout.to_string(),
            layout,
            login,
            database,
            tls: None,
        }
    }

    pub(super) fn teller<'a>(&'a self, key: &'a str) -> Teller<'a> {
        Teller::new(&self.address, key)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = match self {
            Self::Server(place) => return place.fmt(f),
            Self::Sentinel {
                master, sentinels, ..
            } => {
                write!(f, "{master} of ")?;
                sentinels
            }
            Self::Cluster(nodes) => nodes,
        };
        for (n, place) in places.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{place}")?;
        }
        Ok(())
    }
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
