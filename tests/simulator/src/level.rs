//! What is simulated: a level of safety inside its assumptions, or a design known to be wrong.

/// A level of safety, or a known-bad variant of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The store has the last word; nothing is reserved. Every fault.
    L2,
    /// Reservations in front of a store that writes whatever it is told. No call that takes as long
    /// as a lease, no lost reservation, nobody who assigns by hand.
    L1,
    /// Both. Every fault, and reservations that lose their last writes.
    L1L2,
    /// Known bad: no reservation, and a store that writes whatever it is told.
    NoClaim,
    /// Known bad: `L1` with places that count no longer once they are confirmed.
    DeleteAtConfirm,
    /// Known bad: `L1L2` with a store that ignores fencing tokens.
    NoFencing,
}

/// How the store treats a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claims {
    /// As every store has to.
    Checked,
    /// Checked, but for the token.
    WithoutToken,
    /// Written, whatever there is.
    Unchecked,
}

/// Milliseconds a place is held at most until it is confirmed.
pub(crate) const LEASE_MS: i64 = 15_000;
/// The largest age of what is read before a place is held.
pub(crate) const READ_WINDOW_MS: i64 = 2_000;

impl Level {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::L2,
        Self::L1,
        Self::L1L2,
        Self::NoClaim,
        Self::DeleteAtConfirm,
        Self::NoFencing,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L2 => "l2",
            Self::L1 => "l1",
            Self::L1L2 => "l1+l2",
            Self::NoClaim => "no-claim",
            Self::DeleteAtConfirm => "delete-at-confirm",
            Self::NoFencing => "no-fencing",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    pub(crate) const fn claims(self) -> Claims {
        match self {
            Self::L2 | Self::L1L2 => Claims::Checked,
            Self::NoFencing => Claims::WithoutToken,
            Self::L1 | Self::NoClaim | Self::DeleteAtConfirm => Claims::Unchecked,
        }
    }

    pub(crate) const fn reserves(self) -> bool {
        !matches!(self, Self::L2 | Self::NoClaim)
    }

    /// How long a confirmed place still counts.
    pub(crate) const fn lingers_ms(self) -> i64 {
        match self {
            Self::DeleteAtConfirm => 0,
            _ => READ_WINDOW_MS,
        }
    }

    /// Is it inside the assumptions of `L1`: short calls, nothing lost, nobody by hand?
    pub(crate) const fn sheltered(self) -> bool {
        matches!(self, Self::L1 | Self::DeleteAtConfirm)
    }
}
