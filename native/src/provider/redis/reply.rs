use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind};

use crate::provider::{ProviderError, ProviderErrorKind};

/// Says in our own words what went wrong, and with which server and key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Teller<'a> {
    address: &'a str,
    key: &'a str,
}

impl<'a> Teller<'a> {
    pub(super) fn new(address: &'a str, key: &'a str) -> Self {
        Self { address, key }
    }

    /// The server answered with an error.
    pub(super) fn refused(&self, error: &ServerError) -> ProviderError {
        self.error(kind_of_answer(error))
    }

    /// There was no answer, or none that could be read.
    pub(super) fn failed(&self, error: &RedisError) -> ProviderError {
        match error.kind() {
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
                self.error(ProviderErrorKind::Protocol)
            }
            _ => self.unreachable("the connection broke"),
        }
    }

    pub(super) fn unreachable(&self, why: &str) -> ProviderError {
        let message = format!("redis at `{}` is unreachable: {why}", self.address);
        ProviderError::new(ProviderErrorKind::Unreachable, &message)
    }

    pub(super) fn no_connection(&self, deadline: Duration) -> ProviderError {
        let message = format!(
            "redis at `{}` took no connection within {} ms",
            self.address,
            deadline.as_millis()
        );
        ProviderError::new(ProviderErrorKind::Timeout, &message)
    }

    pub(super) fn timeout(&self, deadline: Duration) -> ProviderError {
        let message = format!(
            "redis at `{}` gave no answer within {} ms; whether it counted is unknown",
            self.address,
            deadline.as_millis()
        );
        ProviderError::new(ProviderErrorKind::Timeout, &message)
    }

    pub(super) fn error(&self, kind: ProviderErrorKind) -> ProviderError {
        let what = match kind {
            ProviderErrorKind::WrongType => {
                return self.about_key(kind, "holds something that is no counter");
            }
            ProviderErrorKind::Overflow => {
                return self.about_key(kind, "is a counter at its largest value");
            }
            ProviderErrorKind::Timeout => "gave no answer in time",
            ProviderErrorKind::Unreachable => "is unreachable",
            ProviderErrorKind::Unavailable => "says that it cannot serve now",
            ProviderErrorKind::ReadOnly => "is a read-only replica",
            ProviderErrorKind::Loading => "is still loading its data",
            ProviderErrorKind::OutOfMemory => "is out of memory and refuses writes",
            ProviderErrorKind::NotPermitted => {
                "does not permit a command or a key that a rotation needs"
            }
            ProviderErrorKind::Authentication => "does not accept the user name or the password",
            ProviderErrorKind::Tls => "expects TLS",
            ProviderErrorKind::Cluster => "belongs to a cluster and sends us to another node",
            ProviderErrorKind::Protocol => "answered with something that is no redis reply",
            ProviderErrorKind::Configuration => "refuses the database number",
            ProviderErrorKind::Unsupported => "has no such rotation",
            ProviderErrorKind::Other => "answered with an error that is not known here",
        };
        ProviderError::new(kind, &format!("redis at `{}` {what}", self.address))
    }

    fn about_key(&self, kind: ProviderErrorKind, what: &str) -> ProviderError {
        let message = format!(
            "the key `{}` in redis at `{}` {what}",
            self.key, self.address
        );
        ProviderError::new(kind, &message)
    }
}

/// Whether the connection that brought this error may carry further picks. It may where the
/// fault lies with the data or with our rights: those are the same on every connection. It may
/// not where another server, or the same one after another handshake, could answer better.
pub(super) fn keeps_connection(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::WrongType
            | ProviderErrorKind::Overflow
            | ProviderErrorKind::OutOfMemory
            | ProviderErrorKind::NotPermitted
    )
}

pub(super) fn is_missing_script(error: &ServerError) -> bool {
    error.kind() == Some(ServerErrorKind::NoScript)
}

fn kind_of_answer(error: &ServerError) -> ProviderErrorKind {
    match error.kind() {
        Some(ServerErrorKind::BusyLoading) => ProviderErrorKind::Loading,
        Some(ServerErrorKind::ReadOnly) => ProviderErrorKind::ReadOnly,
        Some(ServerErrorKind::NoPerm) => ProviderErrorKind::NotPermitted,
        Some(
            ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown | ServerErrorKind::TryAgain,
        ) => ProviderErrorKind::Unavailable,
        Some(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot) => {
            ProviderErrorKind::Cluster
        }
        Some(ServerErrorKind::ResponseError) => kind_of_text(error.details().unwrap_or_default()),
        _ => match error.code() {
            "WRONGTYPE" => ProviderErrorKind::WrongType,
            "OOM" => ProviderErrorKind::OutOfMemory,
            "NOAUTH" | "WRONGPASS" => ProviderErrorKind::Authentication,
            "DENIED" => ProviderErrorKind::NotPermitted,
            "BUSY" | "MISCONF" | "NOREPLICAS" => ProviderErrorKind::Unavailable,
            _ => ProviderErrorKind::Other,
        },
    }
}

/// `ERR` is the code of everything that has no code of its own; which it is, only the text
/// says. The texts are those of Redis 5 to 8 and of Valkey.
fn kind_of_text(text: &str) -> ProviderErrorKind {
    let kinds = [
        ("is not an integer", ProviderErrorKind::WrongType),
        ("would overflow", ProviderErrorKind::Overflow),
        (
            "executing the script can't",
            ProviderErrorKind::NotPermitted,
        ),
        ("ACL failure in script", ProviderErrorKind::NotPermitted),
        // A proxy, or a server with scripts renamed away.
        ("unknown command", ProviderErrorKind::NotPermitted),
        ("operation not permitted", ProviderErrorKind::Authentication),
        ("max number of clients", ProviderErrorKind::Unavailable),
    ];
    let known = kinds.into_iter().find(|(part, _)| text.contains(part));
    known.map_or(ProviderErrorKind::Other, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use redis::{Value, parse_redis_value};

    use super::*;

    #[test]
    fn every_answer_has_its_class_and_none_of_its_words() {
        for (answer, code, keeps) in [
            ("WRONGTYPE canary", "wrong_type", true),
            (
                "ERR value is not an integer or out of range canary",
                "wrong_type",
                true,
            ),
            (
                "ERR increment or decrement would overflow canary",
                "overflow",
                true,
            ),
            ("OOM canary", "out_of_memory", true),
            ("NOPERM canary", "not_permitted", true),
            (
                "ERR The user executing the script can't run this canary",
                "not_permitted",
                true,
            ),
            ("ERR unknown command `canary`", "not_permitted", true),
            ("READONLY canary", "read_only", false),
            ("LOADING canary", "loading", false),
            ("MASTERDOWN canary", "unavailable", false),
            ("CLUSTERDOWN canary", "unavailable", false),
            ("TRYAGAIN canary", "unavailable", false),
            ("BUSY canary", "unavailable", false),
            ("MISCONF canary", "unavailable", false),
            (
                "ERR max number of clients reached canary",
                "unavailable",
                false,
            ),
            ("NOAUTH canary", "authentication", false),
            ("WRONGPASS canary", "authentication", false),
            (
                "ERR operation not permitted canary",
                "authentication",
                false,
            ),
            ("MOVED 1 canary:1", "cluster", false),
            ("ASK 1 canary:1", "cluster", false),
            ("ERR canary", "other", false),
            ("CANARY canary", "other", false),
            ("ERR", "other", false),
        ] {
            let value = parse_redis_value(format!("-{answer}\r\n").as_bytes()).unwrap();
            let Value::ServerError(error) = value else {
                panic!("{answer}")
            };
            let told = Teller::new("host:1", "key").refused(&error);
            assert_eq!(told.code(), code, "{answer}");
            assert_eq!(keeps_connection(told.kind()), keeps, "{answer}");
            assert!(
                !told.to_string().to_lowercase().contains("canary"),
                "{told}"
            );
        }
    }
}
