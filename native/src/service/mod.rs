//! The service around the engine: every way in which a session comes to an agent.

mod error;
mod facts;
mod handover;
mod locks;
mod manual;
mod message;
mod queue;
mod run;
mod transfer;

pub use error::ServiceError;
pub use facts::HostRules;
pub use handover::Handover;
pub use manual::ManualAssignment;
pub use queue::{Assigned, DEFAULT_QUEUE_LIMIT, TeamAvailability};
pub use transfer::Transfer;

use std::sync::Arc;

use assignment_engine_core::{Engine, Pipeline, RuleId};

use crate::clock::{Clock, SystemClock};
use crate::messenger::{Messenger, Outbox};
use crate::provider::{InMemoryRoundRobinContextProvider, RoundRobinContextProvider};
use crate::reservations::Reservations;
use crate::store::SessionStore;
use locks::SessionLocks;

/// Assigns sessions: loads what the engine asks for, lets it decide, and makes the decision true
/// through [`SessionStore::claim`].
///
/// Every method may be called any number of times at once, here and in other processes on the
/// same store; no session is assigned twice. After an error nothing of that session has been saved.
///
/// ```
/// use std::sync::Arc;
///
/// use assignment_engine::core::{
///     Agent, AgentId, Outcome, Session, SessionId, TeamConfig, TeamId, TenantId,
/// };
/// use assignment_engine::{AssignmentService, InMemorySessionStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (acme, anna) = (TenantId::new("acme")?, AgentId::new("anna")?);
/// let mut sales = TeamConfig::new(TeamId::new("sales")?);
/// sales.members.push(anna.clone());
/// let chat = Session::new(SessionId::new("chat-1")?, acme.clone());
///
/// let store = Arc::new(InMemorySessionStore::new());
/// store.put_agent(Agent::online(anna.clone()));
/// store.put_team(acme.clone(), sales);
/// store.put_session(chat.clone());
///
/// let service = AssignmentService::new(store);
/// let context = serde_json::Map::from_iter([("topic".to_owned(), "billing".into())]);
/// let handover = service.request_assignment(&chat.id, Some("sales"), context).await?;
/// assert_eq!(handover.outcome(), &Outcome::Assign { agent_id: anna.clone() });
/// assert_eq!(handover.session.assigned_agent_id, Some(anna));
///
/// // A timer, and everybody who comes online, tries those who still wait.
/// let run = service.assign_queued_sessions_to_available_agents(&acme, None, None).await?;
/// assert_eq!(run.assigned, 0);
/// # Ok(())
/// # }
/// ```
pub struct AssignmentService {
    engine: Engine,
    /// Strategy, eligibility, selector: what is left of the pipeline without schedule and contact.
    dispatch: Engine,
    store: Arc<dyn SessionStore>,
    provider: Arc<dyn RoundRobinContextProvider>,
    reservations: Option<Arc<dyn Reservations>>,
    messenger: Arc<dyn Messenger>,
    clock: Arc<dyn Clock>,
    host_rules: Option<Arc<dyn HostRules>>,
    locks: SessionLocks,
    trace: bool,
}

impl AssignmentService {
    /// A service over this store. The rotation is counted in memory, messages are kept in an
    /// [`Outbox`] that nobody reads, time is the machine's, and the rules are the standard ones,
    /// until the `with_…` methods say otherwise.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>) -> Self {
        let dispatch = [RuleId::Strategy, RuleId::Eligibility, RuleId::Selector];
        let dispatch = dispatch.map(assignment_engine_core::Rule::BuiltIn).to_vec();
        Self {
            engine: Engine::default(),
            dispatch: Engine::new(Pipeline::new(dispatch).unwrap_or_default()),
            store,
            provider: Arc::new(InMemoryRoundRobinContextProvider::new()),
            reservations: None,
            messenger: Arc::new(Outbox::default()),
            clock: Arc::new(SystemClock),
            host_rules: None,
            locks: SessionLocks::default(),
            trace: false,
        }
    }

    /// Counts the rotation with `provider`.
    #[must_use]
    pub fn with_provider(mut self, provider: Arc<dyn RoundRobinContextProvider>) -> Self {
        self.provider = provider;
        self
    }

    /// Holds a place with `reservations` before each claim, so that instances that assign at the
    /// same time choose different agents instead of being refused by the store.
    #[must_use]
    pub fn with_reservations(mut self, reservations: Arc<dyn Reservations>) -> Self {
        self.reservations = Some(reservations);
        self
    }

    /// Sends messages with `messenger`.
    #[must_use]
    pub fn with_messenger(mut self, messenger: Arc<dyn Messenger>) -> Self {
        self.messenger = messenger;
        self
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Asks the rules of `pipeline`; those of the host are answered by `rules`.
    #[must_use]
    pub fn with_pipeline(mut self, pipeline: Pipeline, rules: Arc<dyn HostRules>) -> Self {
        self.engine = Engine::new(pipeline);
        self.host_rules = Some(rules);
        self
    }

    /// Records how each decision comes about.
    #[must_use]
    pub fn with_trace(mut self) -> Self {
        self.trace = true;
        self
    }
}
