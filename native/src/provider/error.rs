use std::fmt;

/// Why a provider gave no index.
///
/// The message is ours from the first to the last letter. What a client library or a server
/// says is never passed on, for it can hold addresses with passwords in them; control
/// characters and other invisible ones are escaped, so that a message cannot forge a log line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    kind: ProviderErrorKind,
    message: String,
}

/// The classes of [`ProviderError`]; [`code`](Self::code) is their stable name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// `timeout`: no answer within the deadline. Whether a turn was taken is unknown, so it is
    /// not tried again.
    Timeout,
    /// `unreachable`: no connection, or it broke. If it broke while an answer was awaited,
    /// whether a turn was taken is unknown.
    Unreachable,
    /// `overloaded`: as many calls as allowed are under way already. This one was not sent.
    Overloaded,
    /// `busy`: the store runs somebody's script and nothing else.
    Busy,
    /// `unavailable`: the store answers that it cannot serve now (its master is down, its
    /// cluster is down, it has too many clients, it cannot save).
    Unavailable,
    /// `read_only`: the store is a replica.
    ReadOnly,
    /// `loading`: the store is reading its data from disk.
    Loading,
    /// `out_of_memory`: the store is full and refuses writes.
    OutOfMemory,
    /// `wrong_type`: under the counter's key lies something that is no counter.
    WrongType,
    /// `overflow`: the counter is at its largest value.
    Overflow,
    /// `not_permitted`: a right is missing to a command or to a key.
    NotPermitted,
    /// `authentication`: user name or password are wrong or missing.
    Authentication,
    /// `tls`: one side speaks TLS and the other does not, or a certificate is not trusted.
    Tls,
    /// `cluster`: the store is a node of a cluster and sends us to another one.
    Cluster,
    /// `protocol`: the answer is none that a store of this sort gives.
    Protocol,
    /// `configuration`: an address or an option makes no sense.
    Configuration,
    /// `unsupported`: the provider has no such rotation.
    Unsupported,
    /// `other`: anything else.
    Other,
}

impl ProviderError {
    /// An error with a message of the caller's. The message is escaped and cut to
    /// 300 characters; it must hold no secret.
    #[must_use]
    pub fn new(kind: ProviderErrorKind, message: &str) -> Self {
        Self {
            kind,
            message: printable(message),
        }
    }

    /// The class of this error.
    #[must_use]
    pub fn kind(&self) -> ProviderErrorKind {
        self.kind
    }

    /// The stable name of the class, as in [`ProviderErrorKind`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What happened, for people: lower case, one line, no secret.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl ProviderErrorKind {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Timeout,
        Self::Unreachable,
        Self::Overloaded,
        Self::Busy,
        Self::Unavailable,
        Self::ReadOnly,
        Self::Loading,
        Self::OutOfMemory,
        Self::WrongType,
        Self::Overflow,
        Self::NotPermitted,
        Self::Authentication,
        Self::Tls,
        Self::Cluster,
        Self::Protocol,
        Self::Configuration,
        Self::Other,
    ];

    /// The stable name: lower case with underscores.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Overloaded => "overloaded",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::ReadOnly => "read_only",
            Self::Loading => "loading",
            Self::OutOfMemory => "out_of_memory",
            Self::WrongType => "wrong_type",
            Self::Overflow => "overflow",
            Self::NotPermitted => "not_permitted",
            Self::Authentication => "authentication",
            Self::Tls => "tls",
            Self::Cluster => "cluster",
            Self::Protocol => "protocol",
            Self::Configuration => "configuration",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ProviderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One line that shows what it holds: control characters, bidirectional marks and whatever
/// else cannot be seen become `\u{…}`.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars().take(MESSAGE_CHARS) {
        match c {
            '"' | '\'' => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    shown
}

const MESSAGE_CHARS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_forge_a_log_line_or_hide_text() {
        let error = ProviderError::new(
            ProviderErrorKind::Other,
            "key `a\nWARN b\u{1b}[31m\u{202e}c\u{2028}\0` isn't \"good\" – größer",
        );
        assert_eq!(
            error.to_string(),
            "key `a\\nWARN b\\u{1b}[31m\\u{202e}c\\u{2028}\\0` isn't \"good\" – größer"
        );
        assert_eq!(error.code(), "other");
    }

    #[test]
    fn a_message_has_a_bound() {
        let error = ProviderError::new(ProviderErrorKind::Other, &"x".repeat(5_000));
        assert_eq!(error.message().len(), 300);
    }
}
