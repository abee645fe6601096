//! # What it does
//! Leaves a session alone while its contact has another one that is assigned.
//!
//! # Why
//! One person should talk to one agent at a time, and not be served twice for writing twice.
//!
//! # Reads
//! The session's contact, and whether that contact has another assigned session in this tenant.
//!
//! # Answers
//! Continue: `no_contact`, `contact_free`. Skip: `contact_already_assigned`.
//!
//! # Example
//! A contact writes by e-mail while Anna helps on the phone: the e-mail waits until Anna is done.

use crate::Reason;
use crate::run::{Ask, Context, RuleOutcome, Verdict};

pub(super) fn apply(context: &mut Context<'_>) -> Result<Verdict, Ask> {
    if context.request.session.contact_id.is_none() {
        return Ok(Verdict::go_on(Reason::NoContact));
    }
    if context.contact_assigned()? {
        let reason = Reason::ContactAlreadyAssigned;
        return Ok(Verdict {
            answer: RuleOutcome::Skip,
            reason,
        });
    }
    Ok(Verdict::go_on(Reason::ContactFree))
}
