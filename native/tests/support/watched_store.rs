//! A store in memory that a test can watch, disturb and break.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use assignment_engine::core::{
    Agent, AgentId, ContactId, Session, SessionId, TeamConfig, TeamId, TenantConfig, TenantId,
};
use assignment_engine::{
    Claim, Counts, Expected, InMemorySessionStore, Refusal, SessionChanges, SessionStore, Stamp,
    StoreError, Stored,
};

/// Every call goes past a hook that can change what is stored, fail the call, or refuse a claim.
/// What is written is noted in the order in which it was written.
pub(crate) struct WatchedStore {
    inner: InMemorySessionStore,
    hook: Mutex<Hook>,
    writes: Mutex<Vec<Write>>,
    yields: AtomicBool,
}

type Hook = Box<dyn FnMut(Call<'_>, &InMemorySessionStore) -> Then + Send>;

/// A method of the store, with as much as hooks ask about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Call<'a> {
    Session(&'a SessionId),
    Queue,
    Claim(&'a SessionId, &'a AgentId),
    Update(&'a SessionId),
    Stamp(&'a SessionId),
    Unstamp(&'a SessionId),
    ContactHasAssignedSession,
    Teams,
    Team,
    Members(Counts),
    Tenant,
}

/// What comes after the hook.
pub(crate) enum Then {
    /// The store does what it was asked.
    GoOn,
    /// It fails instead.
    Fail,
    /// It refuses the claim; other calls go on.
    Refuse(Refusal),
}

/// Something that was written, or a claim that was not granted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    Claimed {
        session: SessionId,
        agent: AgentId,
        limit: Option<NonZeroU32>,
    },
    Refused {
        session: SessionId,
        agent: AgentId,
        refusal: Refusal,
    },
    /// Changed without being assigned.
    Updated(SessionId),
    /// A message was stamped, or its stamp taken back.
    Stamped(SessionId),
    Unstamped(SessionId),
    Resolved(SessionId, Option<AgentId>),
}

/// All that a store holds for one tenant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) sessions: Vec<Session>,
    queue: Vec<Session>,
    teams: Vec<TeamConfig>,
    members: Vec<Vec<Agent>>,
    tenant: TenantConfig,
}

impl WatchedStore {
    pub(crate) fn new() -> Self {
        Self {
            inner: InMemorySessionStore::new(),
            hook: Mutex::new(Box::new(|_, _| Then::GoOn)),
            writes: Mutex::default(),
            yields: AtomicBool::new(false),
        }
    }

    /// The store itself, past the hook and the notes.
    pub(crate) fn inner(&self) -> &InMemorySessionStore {
        &self.inner
    }

    /// From now on this comes before each call.
    pub(crate) fn before(
        &self,
        hook: impl FnMut(Call<'_>, &InMemorySessionStore) -> Then + Send + 'static,
    ) {
        *self.hook.lock().unwrap() = Box::new(hook);
    }

    /// Fails the `n`-th call from now on, counted from 0, and no other; whether it has come to
    /// that is in the answer.
    pub(crate) fn fail_nth(&self, n: usize) -> Arc<AtomicBool> {
        let (failed, mut calls) = (Arc::new(AtomicBool::new(false)), 0);
        let told = Arc::clone(&failed);
        self.before(move |_, _| {
            calls += 1;
            if calls == n + 1 {
                told.store(true, Ordering::SeqCst);
                Then::Fail
            } else {
                Then::GoOn
            }
        });
        failed
    }

    /// From now on a call lets other tasks run, before it is carried out and after.
    pub(crate) fn yield_around_calls(&self) {
        self.yields.store(true, Ordering::SeqCst);
    }

    /// Ends a session, and notes whose it was.
    pub(crate) fn resolve(&self, id: &SessionId) {
        let mut writes = self.writes.lock().unwrap();
        let session = ready(self.inner.session(id)).unwrap();
        assert!(self.inner.resolve(id));
        let agent = session.and_then(|session| session.assigned_agent_id);
        writes.push(Write::Resolved(id.clone(), agent));
    }

    /// What was written since the last call of this.
    pub(crate) fn take_writes(&self) -> Vec<Write> {
        std::mem::take(&mut self.writes.lock().unwrap())
    }

    pub(crate) fn snapshot(&self, tenant: &TenantId) -> Snapshot {
        let teams = ready(self.inner.teams(tenant)).unwrap();
        let members =
            |team: &TeamConfig| ready(self.inner.members(&team.id, Counts::Ever)).unwrap();
        Snapshot {
            sessions: self.inner.sessions(),
            queue: ready(self.inner.queue(tenant, None, usize::MAX)).unwrap(),
            members: teams.iter().map(members).collect(),
            teams,
            tenant: ready(self.inner.tenant(tenant)).unwrap(),
        }
    }

    async fn carry_out<T>(
        &self,
        call: Call<'_>,
        act: impl FnOnce(
            &InMemorySessionStore,
            Option<Refusal>,
        ) -> Result<(T, Option<Write>), StoreError>,
    ) -> Result<T, StoreError> {
        self.pause().await;
        let answer = {
            let then = (self.hook.lock().unwrap())(call, &self.inner);
            let refusal = match then {
                Then::GoOn => None,
                Then::Fail => return Err(broken()),
                Then::Refuse(refusal) => Some(refusal),
            };
            // Writes are noted under the lock under which they are made, so in their order.
            let mut writes = self.writes.lock().unwrap();
            let (answer, write) = act(&self.inner, refusal)?;
            writes.extend(write);
            answer
        };
        self.pause().await;
        Ok(answer)
    }

    async fn read<T>(
        &self,
        call: Call<'_>,
        read: impl FnOnce(&InMemorySessionStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.carry_out(call, |store, _| Ok((read(store)?, None)))
            .await
    }

    async fn pause(&self) {
        if self.yields.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
    }
}

impl SessionStore for WatchedStore {
    fn session<'a>(&'a self, id: &'a SessionId) -> Stored<'a, Option<Session>> {
        Box::pin(self.read(Call::Session(id), |store| ready(store.session(id))))
    }

    fn queue<'a>(
        &'a self,
        tenant: &'a TenantId,
        team: Option<&'a TeamId>,
        limit: usize,
    ) -> Stored<'a, Vec<Session>> {
        let read = move |store: &InMemorySessionStore| ready(store.queue(tenant, team, limit));
        Box::pin(self.read(Call::Queue, read))
    }

    fn claim<'a>(
        &'a self,
        session: &'a SessionId,
        agent: &'a AgentId,
        expected: &'a Expected,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Claim> {
        let act = move |store: &InMemorySessionStore, refusal: Option<Refusal>| {
            let claim = match refusal {
                Some(refusal) => Claim::Refused(refusal),
                None => ready(store.claim(session, agent, expected, changes))?,
            };
            let (session, agent) = (session.clone(), agent.clone());
            let write = match &claim {
                Claim::Claimed(_) => Write::Claimed {
                    session,
                    agent,
                    limit: expected.max_load,
                },
                Claim::Refused(refusal) => Write::Refused {
                    session,
                    agent,
                    refusal: *refusal,
                },
            };
            Ok((claim, Some(write)))
        };
        Box::pin(self.carry_out(Call::Claim(session, agent), act))
    }

    fn update<'a>(
        &'a self,
        session: &'a SessionId,
        changes: &'a SessionChanges,
    ) -> Stored<'a, Session> {
        let act = move |store: &InMemorySessionStore, _| {
            let before = ready(store.session(session))?;
            let after = ready(store.update(session, changes))?;
            let changed = before.as_ref() != Some(&after);
            Ok((after, changed.then(|| Write::Updated(session.clone()))))
        };
        Box::pin(self.carry_out(Call::Update(session), act))
    }

    fn stamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        let act = move |store: &InMemorySessionStore, _| {
            let done = ready(store.stamp(session, stamp))?;
            Ok((done, done.then(|| Write::Stamped(session.clone()))))
        };
        Box::pin(self.carry_out(Call::Stamp(session), act))
    }

    fn unstamp<'a>(&'a self, session: &'a SessionId, stamp: &'a Stamp) -> Stored<'a, bool> {
        let act = move |store: &InMemorySessionStore, _| {
            let done = ready(store.unstamp(session, stamp))?;
            Ok((done, done.then(|| Write::Unstamped(session.clone()))))
        };
        Box::pin(self.carry_out(Call::Unstamp(session), act))
    }

    fn contact_has_assigned_session<'a>(
        &'a self,
        tenant: &'a TenantId,
        contact: &'a ContactId,
        except: &'a SessionId,
    ) -> Stored<'a, bool> {
        let read = move |store: &InMemorySessionStore| {
            ready(store.contact_has_assigned_session(tenant, contact, except))
        };
        Box::pin(self.read(Call::ContactHasAssignedSession, read))
    }

    fn teams<'a>(&'a self, tenant: &'a TenantId) -> Stored<'a, Vec<TeamConfig>> {
        Box::pin(self.read(Call::Teams, |store| ready(store.teams(tenant))))
    }

    fn team<'a>(&'a self, id: &'a TeamId) -> Stored<'a, Option<(TenantId, TeamConfig)>> {
        Box::pin(self.read(Call::Team, |store| ready(store.team(id))))
    }

    fn members<'a>(&'a self, team: &'a TeamId, counts: Counts) -> Stored<'a, Vec<Agent>> {
        let read = move |store: &InMemorySessionStore| ready(store.members(team, counts));
        Box::pin(self.read(Call::Members(counts), read))
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> Stored<'a, TenantConfig> {
        Box::pin(self.read(Call::Tenant, |store| ready(store.tenant(id))))
    }
}

/// What the store in memory answers: it never makes anybody wait.
pub(crate) fn ready<T>(answer: Stored<'_, T>) -> Result<T, StoreError> {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a store in memory made its caller wait"),
    }
}

fn broken() -> StoreError {
    StoreError {
        code: "store_down".into(),
        message: "the database is away".into(),
    }
}
