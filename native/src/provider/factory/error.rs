use crate::provider::{ProviderError, ProviderErrorKind};

/// A Redis is named that will not work before its settings, or ours, are changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}; {hint}")]
pub struct StartError {
    error: ProviderError,
    hint: &'static str,
}

impl StartError {
    /// The stable name of what is wrong, as in [`ProviderErrorKind`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.error.code()
    }

    /// The class of what is wrong.
    #[must_use]
    pub fn kind(&self) -> ProviderErrorKind {
        self.error.kind()
    }

    /// What to do about it, for people.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

impl From<ProviderError> for StartError {
    fn from(error: ProviderError) -> Self {
        let hint = match error.kind() {
            ProviderErrorKind::Configuration => {
                "set REDIS_URL to `redis://user:password@host:port/database`, or REDIS_HOST to a \
                 name and REDIS_PORT to a number (Kubernetes sets REDIS_PORT to a `tcp://…` URL \
                 if a service is called redis)"
            }
            ProviderErrorKind::Authentication => {
                "set the user name and the password in REDIS_URL, in percent encoding"
            }
            ProviderErrorKind::NotPermitted => {
                "the user needs `~assignment:rr:* +evalsha +script|load +incr +incrby +expire +get`, in a \
                 cluster `+cluster|slots` too"
            }
            ProviderErrorKind::Tls => {
                "use `rediss://` (the feature `redis-tls`) with a server that speaks TLS and `redis://` with \
                 one that does not, and trust the authority of its certificate"
            }
            ProviderErrorKind::Protocol => "check that host and port are those of a redis server",
            ProviderErrorKind::Cluster => "use `redis+cluster://` with some nodes of the cluster",
            ProviderErrorKind::WrongType | ProviderErrorKind::Overflow => {
                "delete the key `assignment:rr:`, which is ours"
            }
            _ => "check that the server runs the commands INCR, EXPIRE, GET, EVALSHA and SCRIPT",
        };
        Self { error, hint }
    }
}
