use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, ServerError, ServerErrorKind, Value};

use super::target::Place;
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

    /// What came back from one server, a way to another one included.
    pub(super) fn answer(&self, came: RedisResult<Value>) -> Result<Answer, ProviderError> {
        if let Ok(Value::ServerError(error)) = &came
            && let Some(to) = destination(error)
        {
            return Ok(match error.kind() {
                Some(ServerErrorKind::Ask) => Answer::Ask(to),
                _ => Answer::Moved(to),
            });
        }
        self.value(came).map(Answer::Value)
    }

    /// What came back, if it is no refusal.
    pub(super) fn value(&self, came: RedisResult<Value>) -> Result<Value, ProviderError> {
        match came {
            Ok(Value::ServerError(error)) => Err(self.refused(&error)),
            Ok(value) => Ok(value),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The server answered with an error.
    fn refused(&self, error: &ServerError) -> ProviderError {
        self.error(kind_of_answer(error))
    }

    /// There was no answer, or none that could be read.
    pub(super) fn failed(&self, error: &RedisError) -> ProviderError {
        match error.kind() {
            // A line that ends in the middle of an answer is a broken line; only the text says so.
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType
                if !error.to_string().contains("end of input") =>
            {
                self.error(ProviderErrorKind::Protocol)
            }
            _ => self.unreachable("the connection broke"),
        }
    }

    pub(super) fn unreachable(&self, why: &str) -> ProviderError {
        self.tell(
            ProviderErrorKind::Unreachable,
            &format!("is unreachable: {why}"),
        )
    }

    pub(super) fn no_connection(&self, limit: Duration) -> ProviderError {
        let what = format!("took no connection within {} ms", limit.as_millis());
        self.tell(ProviderErrorKind::Timeout, &what)
    }

    pub(super) fn timeout(&self, deadline: Duration) -> ProviderError {
        let what = format!(
            "gave no answer within {} ms; whether it counted is unknown",
            deadline.as_millis()
        );
        self.tell(ProviderErrorKind::Timeout, &what)
    }

    /// Nothing was sent: it failed a moment ago, and is left alone for another.
    pub(super) fn paused(&self, kind: ProviderErrorKind) -> ProviderError {
        let what = format!("{}, a moment ago; it is asked again soon", what(kind));
        self.tell(kind, &what)
    }

    pub(super) fn overloaded(&self, limit: usize) -> ProviderError {
        let what = format!("has {limit} calls of ours to answer, and gets no more");
        self.tell(ProviderErrorKind::Overloaded, &what)
    }

    pub(super) fn unknown_master(&self) -> ProviderError {
        self.tell(
            ProviderErrorKind::Configuration,
            "has a sentinel that knows no master of that name",
        )
    }

    pub(super) fn no_cluster(&self) -> ProviderError {
        self.tell(ProviderErrorKind::Configuration, "is no cluster")
    }

    pub(super) fn no_owner(&self) -> ProviderError {
        self.tell(
            ProviderErrorKind::Unavailable,
            "has no node now that serves this key",
        )
    }

    #[cfg(feature = "redis-tls")]
    pub(super) fn untrusted(&self) -> ProviderError {
        self.tell(
            ProviderErrorKind::Tls,
            "has a certificate that is not trusted, or is not its own",
        )
    }

    /// The two sides do not agree on TLS; `ours` is whether we speak it.
    pub(super) fn other_tls(&self, ours: bool) -> ProviderError {
        let what = if ours {
            "does not speak TLS"
        } else {
            "expects TLS"
        };
        self.tell(ProviderErrorKind::Tls, what)
    }

    pub(super) fn error(&self, kind: ProviderErrorKind) -> ProviderError {
        match kind {
            ProviderErrorKind::WrongType => {
                self.about_key(kind, "holds something that is no counter")
            }
            ProviderErrorKind::Overflow => {
                self.about_key(kind, "is a counter at its largest value")
            }
            _ => self.tell(kind, what(kind)),
        }
    }

    /// The same error, where it speaks of a counter, in words about a key that holds more.
    pub(super) fn no_counter(&self, error: ProviderError) -> ProviderError {
        let kind = error.kind();
        match kind {
            ProviderErrorKind::WrongType => self.about_key(kind, "holds something of another form"),
            ProviderErrorKind::Overflow => {
                self.about_key(kind, "holds numbers that have grown too large")
            }
            _ => error,
        }
    }

    fn tell(&self, kind: ProviderErrorKind, what: &str) -> ProviderError {
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

/// What one server made of a call.
pub(super) enum Answer {
    Value(Value),
    /// The key lies there now.
    Moved(Place),
    /// The key is on its way there, and this call goes there, with `ASKING`.
    Ask(Place),
}

/// A text in an answer.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn what(kind: ProviderErrorKind) -> &'static str {
    match kind {
        ProviderErrorKind::Timeout => "gave no answer in time",
        ProviderErrorKind::Unreachable => "is unreachable",
        ProviderErrorKind::Overloaded => "has too many calls of ours to answer",
        ProviderErrorKind::Busy => "runs a script and nothing else",
        ProviderErrorKind::Unavailable => "says that it cannot serve now",
        ProviderErrorKind::ReadOnly => "is a read-only replica",
        ProviderErrorKind::Loading => "is still loading its data",
        ProviderErrorKind::OutOfMemory => "is out of memory and refuses writes",
        ProviderErrorKind::WrongType => "holds something that is no counter",
        ProviderErrorKind::Overflow => "has a counter at its largest value",
        ProviderErrorKind::NotPermitted => {
            "does not permit a command or a key that a rotation needs"
        }
        ProviderErrorKind::Authentication => "does not accept the user name or the password",
        ProviderErrorKind::Tls => "does not agree with us on TLS",
        ProviderErrorKind::Cluster => "belongs to a cluster and sends us to another node",
        ProviderErrorKind::Protocol => "answered with something that is no redis reply",
        ProviderErrorKind::Configuration => "refuses the database number",
        ProviderErrorKind::Unsupported => "has no such rotation",
        ProviderErrorKind::Other => "answered with an error that is not known here",
    }
}

/// The node that a refusal sends us to; its host is left out where it is that of who refuses.
fn destination(error: &ServerError) -> Option<Place> {
    if !matches!(
        error.kind(),
        Some(ServerErrorKind::Moved | ServerErrorKind::Ask)
    ) {
        return None;
    }
    let (host, port) = error.details()?.rsplit(' ').next()?.rsplit_once(':')?;
    let port = port.parse().ok()?;
    (!host.is_empty()).then(|| Place::Tcp(host.to_owned(), port))
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
            | ProviderErrorKind::Busy
            | ProviderErrorKind::Overloaded
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
            "BUSY" => ProviderErrorKind::Busy,
            "MISCONF" | "NOREPLICAS" => ProviderErrorKind::Unavailable,
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
    use redis::parse_redis_value;

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
            ("BUSY canary", "busy", true),
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

    #[test]
    fn a_way_to_another_node_is_read() {
        let teller = Teller::new("host:1", "key");
        for (answer, expected) in [
            ("MOVED 3999 10.0.0.1:6381", Some(("10.0.0.1", 6381))),
            ("ASK 3999 ::1:6381", Some(("::1", 6381))),
            ("MOVED 3999 node.example:6381", Some(("node.example", 6381))),
            ("MOVED 3999 :6381", None),
            ("MOVED 3999 canary", None),
            ("MOVED", None),
            ("ASK 1 h:70000", None),
        ] {
            let value = parse_redis_value(format!("-{answer}\r\n").as_bytes()).unwrap();
            let told = match teller.answer(Ok(value)) {
                Ok(Answer::Moved(place)) if answer.starts_with("MOVED") => Some(place),
                Ok(Answer::Ask(place)) if answer.starts_with("ASK") => Some(place),
                Ok(_) => panic!("{answer}"),
                Err(error) => {
                    assert_eq!(error.code(), "cluster");
                    None
                }
            };
            let expected = expected.map(|(host, port)| Place::Tcp(host.to_owned(), port));
            assert_eq!(told, expected, "{answer}");
        }
    }
}
