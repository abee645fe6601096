use assignment_engine_core::{Session, SessionStatus, TenantId};

use super::{HeldPlace, Reservations};
use crate::provider::ProviderError;
use crate::store::{SessionStore, StoreError};

/// Counts the places that did not agree with the store, by `kind`: `confirmed`, `released`.
pub const DRIFT_TOTAL: &str = "assignment_engine_reservation_drift_total";

/// What [`reconcile`] found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drift {
    /// Places that were held.
    pub held: u64,
    /// Places of assignments that the store has and nobody confirmed: they are confirmed now.
    pub confirmed: u64,
    /// Places that cannot become assignments any more, because the session is another one's, is
    /// over or is gone: they are free now.
    pub released: u64,
}

impl Drift {
    /// Places that did not agree with the store.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.confirmed + self.released
    }
}

/// Why [`reconcile`] did not come to its end. What it has set right stays so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The reservations could not be read or changed.
    #[error(transparent)]
    Reservations(#[from] ProviderError),
}

/// Compares what is held for a tenant with the store, and sets right what differs: after a crash
/// between a claim and its confirmation, say. Without it such a place lapses with its lease; with it
/// the place is right at once, and the count says how often that happens.
///
/// It may run at any time and anywhere: each step is bound to the token that was read, so it undoes
/// nothing that somebody does meanwhile. A place of a session that is still unassigned is left alone,
/// because its claim may be on its way, and so is one that is confirmed, which lapses with the read
/// window.
///
/// # Errors
/// [`ReconcileError`] at the first thing that cannot be read or changed.
pub async fn reconcile(
    store: &dyn SessionStore,
    reservations: &dyn Reservations,
    tenant: &TenantId,
) -> Result<Drift, ReconcileError> {
    let mut drift = Drift::default();
    for held in reservations.held(tenant).await? {
        drift.held += 1;
        if held.confirmed {
            continue;
        }
        let session = store.session(&held.place.session_id).await?;
        // What was settled in the meantime is no drift.
        match truth(&held, session.as_ref()) {
            Truth::Open => {}
            Truth::Assigned => {
                if reservations.confirm(&held.place).await? {
                    drift.confirmed += 1;
                    metrics::counter!(DRIFT_TOTAL, "kind" => "confirmed").increment(1);
                }
            }
            Truth::Impossible => {
                if reservations.release(&held.place).await? {
                    drift.released += 1;
                    metrics::counter!(DRIFT_TOTAL, "kind" => "released").increment(1);
                }
            }
        }
    }
    Ok(drift)
}

/// What the store says of a place.
enum Truth {
    Open,
    Assigned,
    Impossible,
}

fn truth(held: &HeldPlace, session: Option<&Session>) -> Truth {
    let Some(session) = session.filter(|found| found.tenant_id == held.place.tenant_id) else {
        return Truth::Impossible;
    };
    match session.status {
        SessionStatus::Unassigned => Truth::Open,
        SessionStatus::Assigned if session.assigned_agent_id.as_ref() == Some(&held.agent_id) => {
            Truth::Assigned
        }
        _ => Truth::Impossible,
    }
}
