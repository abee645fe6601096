use assignment_engine_core::{IdError, InputError};

use crate::cli::replay::record::Call;
use crate::provider::ProviderError;

/// Why a simulation has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulationError {
    /// The record holds something the engine refuses.
    #[error("the record cannot be made into a roster: {0}")]
    Roster(#[from] InputError),
    /// A name or id in the record is none for the engine.
    #[error("call {call}: {error}")]
    Id {
        /// The call's id.
        call: String,
        /// What is wrong.
        error: IdError,
    },
    /// The rotation could not be asked.
    #[error("the rotation could not be asked: {0}")]
    Provider(#[from] ProviderError),
    /// The engine answered what makes no sense. It must never come to this.
    #[error("the engine broke its own rules at call {call}: {what}")]
    Engine {
        /// The call's id.
        call: String,
        /// What it did.
        what: String,
    },
}

pub(super) fn named<T>(id: Result<T, IdError>, name: &str) -> Result<T, SimulationError> {
    id.map_err(|error| SimulationError::Id {
        call: name.into(),
        error,
    })
}

pub(super) fn broken(call: &Call, what: &str) -> SimulationError {
    SimulationError::Engine {
        call: call.id.clone(),
        what: what.into(),
    }
}
