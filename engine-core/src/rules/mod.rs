//! The engine's own rules.
//!
//! A rule is a file of this folder and a line in the table below, which also holds the order of
//! the standard pipeline. Rules are pure leaves: they read facts, and answer. What follows from an
//! answer is `engine.rs`.

mod contact_already_assigned;
mod eligibility;
mod host;
mod no_agent_fallback;
mod schedule;
mod selector;
mod strategy;

use crate::run::{Ask, Context, Verdict};

pub(crate) use host::{heed, settings, weights};
pub(crate) use no_agent_fallback::NAME as NO_AGENT_FALLBACK;

macro_rules! registry {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $apply:path;)*) => {
        /// One of the engine's own rules.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId {
            $($(#[$doc])* $id,)*
        }

        impl RuleId {
            /// Every rule, in the order of the standard pipeline.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            pub(crate) const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The rule's name in traces, logs, cases and documentation.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }

            pub(crate) fn apply(self, context: &mut Context<'_>) -> Result<Verdict, Ask> {
                match self {
                    $(Self::$id => $apply(context),)*
                }
            }
        }
    };
}

registry! {
    /// Is the team open?
    Schedule = "schedule", schedule::apply;
    /// Has the contact another session that is assigned?
    ContactAlreadyAssigned = "contactAlreadyAssigned", contact_already_assigned::apply;
    /// How does the team choose?
    Strategy = "strategy", strategy::apply;
    /// Who can take the session?
    Eligibility = "eligibility", eligibility::apply;
    /// Who of them gets it?
    Selector = "selector", selector::apply;
}
