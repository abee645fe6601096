//! A service with everything around it, and short ways to say what is in its world.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use assignment_engine::core::{
    Agent, Outcome, Session, SessionId, SessionStatus, TeamConfig, TeamId, Timestamp,
};
use assignment_engine::{
    AssignmentService, Clock, Handover, ManualAssignment, Messenger, RoundRobinContextProvider,
    ServiceError, SessionStore,
};
use serde_json::{Map, Value, json};

use crate::doubles::{Courier, HandClock, Rotation};
use crate::watched_store::{Snapshot, WatchedStore, ready};

/// A Monday.
pub(crate) const NOW: &str = "2026-11-23T10:00:00.000Z";
/// A schedule without a shift: closed for good.
pub(crate) const NEVER_OPEN: &str = r#"{"enabled": true, "timezone": "UTC"}"#;

pub(crate) struct World {
    pub(crate) store: Arc<WatchedStore>,
    pub(crate) courier: Arc<Courier>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) rotation: Arc<Rotation>,
    pub(crate) service: AssignmentService,
}

impl World {
    pub(crate) fn new() -> Self {
        LazyLock::force(&LISTENER);
        let store = Arc::new(WatchedStore::new());
        let courier = Arc::new(Courier::default());
        let clock = Arc::new(HandClock::default());
        clock.set(NOW);
        let rotation = Arc::new(Rotation::default());
        let service = service(&store, &courier, &clock, &rotation);
        Self {
            store,
            courier,
            clock,
            rotation,
            service,
        }
    }

    /// Another instance in the same world.
    pub(crate) fn another_service(&self) -> AssignmentService {
        service(&self.store, &self.courier, &self.clock, &self.rotation)
    }

    /// A team of the tenant `acme`; its members are made online unless they exist.
    pub(crate) fn team(&self, name: &str, members: &[&str]) {
        self.team_with(name, members, json!({}));
    }

    pub(crate) fn team_with(&self, name: &str, members: &[&str], more: Value) {
        self.team_of("acme", name, members, more);
    }

    pub(crate) fn team_of(&self, tenant: &str, name: &str, members: &[&str], more: Value) {
        let ids = ready(self.store.inner().teams(&id(tenant))).unwrap();
        let here = |agent: &str| {
            let teams = ids.iter().flat_map(|team| &team.members);
            teams.into_iter().any(|member| member.as_str() == agent)
        };
        for member in members.iter().filter(|member| !here(member)) {
            self.agent(json!({"id": member, "name": member, "status": "online"}));
        }
        let team: TeamConfig = made_of(json!({"id": name, "name": name, "members": members}), more);
        self.store.inner().put_team(id(tenant), team);
    }

    pub(crate) fn agent(&self, agent: Value) {
        let agent: Agent = serde_json::from_value(agent).unwrap();
        self.store.inner().put_agent(agent);
    }

    /// What holds for the tenant `acme`.
    pub(crate) fn tenant(&self, config: Value) {
        let config = serde_json::from_value(config).unwrap();
        self.store.inner().put_tenant(id("acme"), config);
    }

    /// A queued session of the tenant `acme`.
    pub(crate) fn session(&self, name: &str, more: Value) {
        self.store.inner().put_session(session(name, more));
    }

    /// Queued sessions `s000`, `s001`, …, each a second younger than the one before it.
    pub(crate) fn sessions(&self, count: usize, more: &Value) -> Vec<SessionId> {
        let start = Timestamp::parse("2026-11-23T09:00:00Z").unwrap();
        let made = (0..count).map(|n| {
            let name = format!("s{n:03}");
            let created = start.saturating_add(i64::try_from(n).unwrap() * 1_000);
            let more: Map<String, Value> = more.as_object().unwrap().clone();
            let mut more = Value::Object(more);
            more["createdAt"] = created.to_string().into();
            self.session(&name, more);
            id(&name)
        });
        made.collect()
    }

    pub(crate) fn stored(&self, name: &str) -> Session {
        ready(self.store.inner().session(&id(name)))
            .unwrap()
            .unwrap()
    }

    /// The agent who has the session, or an empty text.
    pub(crate) fn owner(&self, name: &str) -> String {
        let agent = self.stored(name).assigned_agent_id;
        agent.map_or_else(String::new, |agent| agent.to_string())
    }

    /// How many sessions the agent has now, of those that were put here or assigned.
    pub(crate) fn load(&self, agent: &str) -> usize {
        let sessions = self.store.inner().sessions();
        let mine = sessions.iter().filter(|session| {
            let owner = session.assigned_agent_id.as_ref();
            owner.is_some_and(|owner| owner.as_str() == agent)
                && session.status == SessionStatus::Assigned
        });
        mine.count()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.store.snapshot(&id("acme"))
    }

    pub(crate) async fn hand_over(
        &self,
        name: &str,
        team: Option<&str>,
    ) -> Result<Handover, ServiceError> {
        self.hand_over_with(name, team, json!({})).await
    }

    pub(crate) async fn hand_over_with(
        &self,
        name: &str,
        team: Option<&str>,
        context: Value,
    ) -> Result<Handover, ServiceError> {
        let Value::Object(context) = context else {
            panic!("a context is an object");
        };
        self.service
            .request_assignment(&id(name), team, context)
            .await
    }

    /// One run over the whole queue.
    pub(crate) async fn run_queue(&self) -> usize {
        run_queue(&self.service, None, Some(usize::MAX)).await
    }

    pub(crate) async fn to_teams(
        &self,
        teams: &[&str],
        force: bool,
    ) -> Result<usize, ServiceError> {
        to_teams(&self.service, teams, force).await
    }

    pub(crate) async fn to_agents(&self, agents: &[(&str, usize)]) -> Result<usize, ServiceError> {
        to_agents(&self.service, agents).await
    }
}

pub(crate) async fn run_queue(
    service: &AssignmentService,
    team: Option<&str>,
    limit: Option<usize>,
) -> usize {
    let (tenant, team) = (id("acme"), team.map(id));
    let run = service.assign_queued_sessions_to_available_agents(&tenant, team.as_ref(), limit);
    run.await.unwrap().assigned
}

pub(crate) async fn to_teams(
    service: &AssignmentService,
    teams: &[&str],
    force: bool,
) -> Result<usize, ServiceError> {
    let tenant = id("acme");
    let teams: Vec<TeamId> = teams.iter().map(|team| id(team)).collect();
    let run = service.assign_queued_sessions_to_teams(&tenant, &teams, force);
    run.await.map(|assigned| assigned.assigned)
}

pub(crate) async fn to_agents(
    service: &AssignmentService,
    agents: &[(&str, usize)],
) -> Result<usize, ServiceError> {
    let tenant = id("acme");
    let assignments = agents.iter().map(|(agent, count)| ManualAssignment {
        agent_id: id(agent),
        count: *count,
    });
    let assignments: Vec<ManualAssignment> = assignments.collect();
    let run = service.assign_queued_sessions_to_agents(&tenant, &assignments);
    run.await.map(|assigned| assigned.assigned)
}

fn service(
    store: &Arc<WatchedStore>,
    courier: &Arc<Courier>,
    clock: &Arc<HandClock>,
    rotation: &Arc<Rotation>,
) -> AssignmentService {
    AssignmentService::new(Arc::clone(store) as Arc<dyn SessionStore>)
        .with_messenger(Arc::clone(courier) as Arc<dyn Messenger>)
        .with_clock(Arc::new({
            let clock = Arc::clone(clock);
            move || clock.now()
        }))
        .with_provider(Arc::clone(rotation) as Arc<dyn RoundRobinContextProvider>)
}

/// The id of that text, of whichever kind is wanted.
pub(crate) fn id<T>(text: &str) -> T
where
    T: for<'a> TryFrom<&'a str, Error: Debug>,
{
    T::try_from(text).unwrap()
}

/// A session of the tenant `acme`.
pub(crate) fn session(name: &str, more: Value) -> Session {
    made_of(json!({"id": name, "tenantId": "acme"}), more)
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(crate) fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The agent of an outcome `assign`, else the outcome's kind.
pub(crate) fn told(handover: &Handover) -> &str {
    match handover.outcome() {
        Outcome::Assign { agent_id } => agent_id.as_str(),
        other => other.kind(),
    }
}

/// The code of an outcome `error`.
pub(crate) fn error_code(handover: &Handover) -> &str {
    match handover.outcome() {
        Outcome::Error { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

fn made_of<T: serde::de::DeserializeOwned>(mut base: Value, more: Value) -> T {
    let more: Map<String, Value> = serde_json::from_value(more).unwrap();
    base.as_object_mut().unwrap().extend(more);
    serde_json::from_value(base).unwrap()
}

/// Listens from before the first event to the end. While there is no other listener, `tracing`
/// asks the thread that comes first to an event whether anybody wants such events at all, and
/// remembers a no; a test on another thread would then miss what it listens for.
static LISTENER: LazyLock<tracing::Dispatch> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::sink)
        .finish()
        .into()
});
