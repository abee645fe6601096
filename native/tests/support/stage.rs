//! A store with things in it, in memory or in PostgreSQL, for tests that hold for every store.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;

use assignment_engine::core::{
    Agent, AgentId, Session, SessionId, TeamConfig, TenantConfig, Timestamp,
};
use assignment_engine::{
    Claim, ClaimRequest, Expected, InMemorySessionStore, Refusal, SessionChanges, SessionStore,
};
use serde_json::{Map, Value, json};

pub(crate) struct Stage {
    pub(crate) store: Arc<dyn SessionStore>,
    rows: Rows,
}

enum Rows {
    Memory(Arc<InMemorySessionStore>),
    #[cfg(feature = "postgres")]
    Postgres(crate::database::Database),
}

impl Stage {
    pub(crate) fn memory() -> Self {
        let store = Arc::new(InMemorySessionStore::new());
        Self {
            store: Arc::clone(&store) as Arc<dyn SessionStore>,
            rows: Rows::Memory(store),
        }
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres() -> Self {
        let database = crate::database::Database::new().await;
        Self {
            store: Arc::new(database.store().await),
            rows: Rows::Postgres(database),
        }
    }

    /// A team of the tenant `acme`; its members are made, online, unless they are there.
    pub(crate) async fn team(&self, name: &str, members: &[&str], more: Value) {
        self.team_of("acme", name, members, more).await;
    }

    pub(crate) async fn team_of(&self, tenant: &str, name: &str, members: &[&str], more: Value) {
        for member in members {
            let agent = json!({"id": uuid(member), "name": member, "status": "online",
                "createdAt": "2026-01-01T00:00:00.000Z"});
            self.agent_of(tenant, agent).await;
        }
        let ids: Vec<String> = members.iter().map(|member| uuid(member)).collect();
        let base = json!({"id": uuid(name), "name": name, "members": ids,
            "createdAt": "2026-01-01T00:00:00.000Z"});
        let team: TeamConfig = made_of(base, more);
        match &self.rows {
            Rows::Memory(store) => store.put_team(id(tenant), team),
            #[cfg(feature = "postgres")]
            Rows::Postgres(database) => database.put_team(&uuid(tenant), &team).await,
        }
    }

    /// In memory an agent is of the tenants of its teams.
    async fn agent_of(&self, tenant: &str, agent: Value) {
        let agent: Agent = serde_json::from_value(agent).unwrap();
        match &self.rows {
            Rows::Memory(store) => store.put_agent(agent),
            #[cfg(feature = "postgres")]
            Rows::Postgres(database) => database.put_agent(&uuid(tenant), &agent).await,
        }
        let _ = tenant;
    }

    pub(crate) async fn tenant(&self, name: &str, config: Value) {
        let config: TenantConfig = serde_json::from_value(config).unwrap();
        match &self.rows {
            Rows::Memory(store) => store.put_tenant(id(name), config),
            #[cfg(feature = "postgres")]
            Rows::Postgres(database) => database.put_tenant(&uuid(name), &config).await,
        }
    }

    /// A session of the tenant `acme`, as it is stored.
    pub(crate) async fn session(&self, name: &str, more: Value) -> Session {
        let session = session(name, more);
        match &self.rows {
            Rows::Memory(store) => store.put_session(session.clone()),
            #[cfg(feature = "postgres")]
            Rows::Postgres(database) => database.put_session(&session).await,
        }
        session
    }

    pub(crate) async fn remove(&self, name: &str) {
        match &self.rows {
            Rows::Memory(store) => drop(store.remove(&id(name))),
            #[cfg(feature = "postgres")]
            Rows::Postgres(database) => database.remove(&uuid(name)).await,
        }
    }

    pub(crate) async fn stored(&self, name: &str) -> Session {
        let session = id(name);
        self.store.session(&session).await.unwrap().unwrap()
    }

    pub(crate) async fn active(&self, team: &str, agent: &str) -> u32 {
        let team = id(team);
        let members = self.store.members(&team, assignment_engine::Counts::None);
        let members = members.await.unwrap();
        let agent = members.iter().find(|one| one.id == id(agent)).unwrap();
        agent.active
    }

    pub(crate) async fn claim(&self, session: &str, agent: &str, expected: &Expected) -> Claim {
        let (session, agent) = (id::<SessionId>(session), id::<AgentId>(agent));
        let changes = changes();
        let claim = self.store.claim(&session, &agent, expected, &changes);
        claim.await.unwrap()
    }

    /// The claim is refused, and the session is as it was.
    pub(crate) async fn refusal(&self, session: &str, agent: &str, expected: &Expected) -> Refusal {
        let session_id = id(session);
        let before = self.store.session(&session_id).await.unwrap();
        let claim = self.claim(session, agent, expected).await;
        let Claim::Refused(refusal) = claim else {
            panic!("{claim:?}");
        };
        assert_eq!(self.store.session(&session_id).await.unwrap(), before);
        refusal
    }
}

/// A Monday.
pub(crate) const NOW: &str = "2026-11-23T10:00:00.000Z";

pub(crate) fn changes() -> SessionChanges {
    SessionChanges {
        at: Some(at(NOW)),
        ..SessionChanges::default()
    }
}

pub(crate) fn request(session: &str, agent: &str, expected: Expected) -> ClaimRequest {
    ClaimRequest {
        session_id: id(session),
        agent_id: id(agent),
        expected,
        changes: changes(),
    }
}

pub(crate) fn limit(limit: u32) -> Expected {
    Expected {
        max_load: NonZeroU32::new(limit),
        ..Expected::default()
    }
}

pub(crate) fn token(token: u64) -> Expected {
    Expected {
        token: Some(token),
        ..Expected::default()
    }
}

pub(crate) fn owned_by(agent: &str) -> Expected {
    Expected {
        owner: Some(id(agent)),
        ..Expected::default()
    }
}

/// A session of the tenant `acme`, with all that a row of the contract has.
pub(crate) fn session(name: &str, more: Value) -> Session {
    let base = json!({"id": uuid(name), "tenantId": uuid("acme"), "contactId": uuid(name),
        "channel": "whatsapp", "createdAt": "2026-11-23T09:00:00.000Z",
        "updatedAt": "2026-11-23T09:00:00.000Z"});
    made_of(base, more)
}

/// Held by the agent since an hour ago.
pub(crate) fn held(agent: &str) -> Value {
    json!({"status": "assigned", "assignedAgentId": uuid(agent),
        "assignedAt": "2026-11-23T09:00:00.000Z"})
}

/// The id that goes with a name, of whichever kind is wanted.
pub(crate) fn id<T>(name: &str) -> T
where
    T: for<'a> TryFrom<&'a str, Error: Debug>,
{
    T::try_from(&uuid(name)).unwrap()
}

/// Names in the order of their bytes have UUIDs in that order, as long as they are short.
pub(crate) fn uuid(name: &str) -> String {
    assert!(name.len() <= 16, "{name}");
    let mut hex = String::new();
    for at in 0..16 {
        let byte = name.as_bytes().get(at).copied().unwrap_or(0);
        hex.push_str(&format!("{byte:02x}"));
    }
    for at in [20, 16, 12, 8] {
        hex.insert(at, '-');
    }
    hex
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn made_of<T: serde::de::DeserializeOwned>(mut base: Value, more: Value) -> T {
    let more: Map<String, Value> = serde_json::from_value(more).unwrap();
    base.as_object_mut().unwrap().extend(more);
    serde_json::from_value(base).unwrap()
}
