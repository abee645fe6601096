//! The store as one instance sees it: far away, and at times a replica that lags behind.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use assignment_engine::{
    Claim, Counts, Expected, InMemorySessionStore, Refusal, SessionChanges, SessionStore, Stamp,
    StoreError, Stored,
};
use assignment_engine_core::{
    Agent, AgentId, ContactId, Session, SessionId, SessionStatus, TeamConfig, TeamId, TenantConfig,
    TenantId,
};

use crate::faults::{Fate, Faults};
use crate::history::{Event, Owner};
use crate::level::Claims;
use crate::sim::Sim;
use crate::world::Plan;

/// The one store, and how it was before.
pub(crate) struct Backing {
    pub(crate) sim: Arc<Sim>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) store: InMemorySessionStore,
    past: Mutex<Vec<(i64, Vec<Session>)>>,
}

impl Backing {
    pub(crate) fn new(sim: Arc<Sim>, plan: Arc<Plan>) -> Self {
        let store = plan.store(Vec::new());
        Self {
            sim,
            plan,
            store,
            past: Mutex::default(),
        }
    }

    /// Remembers how the store is now, for those who read late.
    pub(crate) fn changed(&self) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.push((self.sim.now_ms(), self.store.sessions()));
    }

    /// The store as it was at that time.
    fn at(&self, time: i64) -> InMemorySessionStore {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let then = past.iter().rev().find(|(at, _)| *at <= time);
        self.plan
            .store(then.map_or_else(Vec::new, |(_, sessions)| sessions.clone()))
    }
}

/// The store of one instance.
pub(crate) struct SimulatedStore {
    pub(crate) backing: Arc<Backing>,
    pub(crate) faults: Faults,
}

fn lost() -> StoreError {
    StoreError {
        code: "timeout".into(),
        message: "no answer".into(),
    }
}

impl SimulatedStore {
    /// A read, of the store as it is or was.
    async fn read<T>(
        &self,
        what: &'static str,
        read: impl AsyncFnOnce(&InMemorySessionStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let fate = self.faults.send(what).await;
        let answer = match self.faults.lag() {
            0 => read(&self.backing.store).await,
            lag => read(&self.backing.at(self.backing.sim.now_ms() - lag)).await,
        };
        self.faults.travel(what).await;
        if fate == Fate::Answered {
            answer
        } else {
            Err(lost())
        }
    }

    /// A write, in one step.
    async fn write<T>(
        &self,
        what: &'static str,
        write: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let fate = self.faults.send(what).await;
        if fate == Fate::NotDone {
            return Err(lost());
        }
        let answer = write.await;
        self.backing.changed();
        self.faults.travel(what).await;
        if fate == Fate::Done {
            Err(lost())
        } else {
            answer
        }
    }

    async fn decide(
        &self,
        id: &SessionId,
        agent: &AgentId,
        expected: &Expected,
        changes: &SessionChanges,
    ) -> Result<Claim, StoreError> {
        let store = &self.backing.store;
        let before = store.session(id).await?;
        let waited = before.is_some_and(|session| session.status == SessionStatus::Unassigned);
        let claim = match self.faults.level.claims() {
            Claims::Checked => store.claim(id, agent, expected, changes).await?,
            Claims::WithoutToken => {
                let expected = Expected {
                    token: None,
                    ..expected.clone()
                };
                store.claim(id, agent, &expected, changes).await?
            }
            Claims::Unchecked => match store.session(id).await? {
                None => Claim::Refused(Refusal::SessionGone),
                Some(mut session) => {
                    changes.apply(&mut session);
                    session.status = SessionStatus::Assigned;
                    session.assigned_agent_id = Some(agent.clone());
                    session.assigned_at = changes.at;
                    store.put_session(session.clone());
                    Claim::Claimed(session)
                }
            },
        };
        let by = self.faults.instance;
        let unchecked = self.faults.level.claims() == Claims::Unchecked;
        let written = unchecked || waited || expected.owner.is_some();
        self.backing.sim.note(match &claim {
            // It was carried out before, and asked for again.
            Claim::Claimed(_) if !written => Event::Repeated(by, id.clone(), agent.clone()),
            Claim::Claimed(session) => Event::Owner(Owner {
                by,
                session: id.clone(),
                agent: agent.clone(),
                from: expected.owner.clone(),
                token: expected.token,
                limit: self
                    .backing
                    .plan
                    .limit_of(session.assigned_team_id.as_ref()),
            }),
            Claim::Refused(why) => Event::Refused(by, id.clone(), agent.clone(), why.code()),
        });
        Ok(claim)
    }
}

impl SessionStore for SimulatedStore {
    fn session<'a>(&'a self, id: &'a SessionId) -> Stored<'a, Option<Session>> {
        Box::pin(self.read("session", async move |store| store.session(id).await))
    }

    fn queue<'a>(
        &'a self,
        tenant: &'a TenantId,
        team: Option<&'a TeamId>,
        limit: usize,
    ) -> Stored<'a, Vec<Session>> {
        Box::pin(self.read("queue", async move |store| {
            store.queue(tenant, team, limit).await
        }))
    }

    fn claim<'a>(
        &'a self,
        session: &'a SessionId,
        agent: &'a AgentId,
        expected: &'a Expected,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Claim> {
        Box::pin(self.write("claim", self.decide(session, agent, expected, changes)))
    }

    fn update<'a>(
        &'a self,
        session: &'a SessionId,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Session> {
        Box::pin(self.write("update", async move {
            self.backing.sim.note(Event::Saved(session.clone()));
            self.backing.store.update(session, changes).await
        }))
    }

    fn stamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        Box::pin(self.write("stamp", async move {
            self.backing.store.stamp(session, stamp).await
        }))
    }

    fn unstamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        Box::pin(self.write("unstamp", async move {
            self.backing.store.unstamp(session, stamp).await
        }))
    }

    fn contact_has_assigned_session<'a>(
        &'a self,
        tenant: &'a TenantId,
        contact: &'a ContactId,
        except: &'a SessionId,
    ) -> Stored<'a, bool> {
        Box::pin(self.read("contact", async move |store| {
            store
                .contact_has_assigned_session(tenant, contact, except)
                .await
        }))
    }

    fn teams<'a>(&'a self, tenant: &'a TenantId) -> Stored<'a, Vec<TeamConfig>> {
        Box::pin(self.read("teams", async move |store| store.teams(tenant).await))
    }

    fn team<'a>(&'a self, id: &'a TeamId) -> Stored<'a, Option<(TenantId, TeamConfig)>> {
        Box::pin(self.read("team", async move |store| store.team(id).await))
    }

    fn members<'a>(&'a self, team: &'a TeamId, counts: Counts) -> Stored<'a, Vec<Agent>> {
        Box::pin(self.read("members", async move |store| {
            store.members(team, counts).await
        }))
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig> {
        Box::pin(self.read("tenant", async move |store| store.tenant(id).await))
    }
}
