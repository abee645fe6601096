//! One seed from its beginning to its end.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assignment_engine::{
    AssignmentService, Clock, InMemoryRoundRobinContextProvider, ManualAssignment, ServiceError,
};
use assignment_engine_core::{Session, SessionId, SessionStatus};
use serde_json::Map;

use crate::checker::{Violation, check};
use crate::executor::Executor;
use crate::faults::Faults;
use crate::history::{Entry, Event};
use crate::level::{LEASE_MS, Level};
use crate::places::{Books, SimulatedMessenger, SimulatedReservations};
use crate::sim::Sim;
use crate::store::{Backing, SimulatedStore};
use crate::world::{Action, Plan};

/// In `L1` nobody ends a session so soon after it was assigned that a claim may be under way.
const SETTLED_MS: i64 = 8_000;

/// What came of a seed.
#[derive(Debug)]
pub struct Report {
    /// What was simulated.
    pub level: Level,
    /// From which seed.
    pub seed: u64,
    /// Everything that happened.
    pub history: Vec<Entry>,
    /// What must not have happened.
    pub violations: Vec<Violation>,
}

impl Report {
    /// The history as text, a line for each event.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.history {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{entry}");
        }
        for violation in &self.violations {
            let _ = writeln!(text, "violated: {violation:?}");
        }
        text
    }

    /// How often an owner was written.
    #[must_use]
    pub fn owners(&self) -> usize {
        let owners = self.history.iter();
        owners
            .filter(|entry| matches!(entry.event, Event::Owner(_)))
            .count()
    }
}

/// Simulates one seed. The same seed gives the same report.
///
/// # Errors
/// If there can be no runtime.
pub fn simulate(level: Level, seed: u64) -> std::io::Result<Report> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build()?;
    let sim = Arc::new(Sim::new(seed));
    let plan = Arc::new(sim.draw(|random| Plan::new(level, random)));
    let mut simulation = Simulation {
        executor: Executor::new(Arc::clone(&sim)),
        backing: Arc::new(Backing::new(Arc::clone(&sim), Arc::clone(&plan))),
        books: Arc::new(Books::new(level)),
        provider: Arc::new(InMemoryRoundRobinContextProvider::new()),
        calm: Arc::new(AtomicBool::new(false)),
        services: Vec::new(),
        level,
        sim,
        plan,
    };
    let stuck = runtime.block_on(tokio::task::unconstrained(simulation.run()));
    let history = simulation.sim.take_history();
    let stored = simulation.backing.store.sessions();
    let mut violations = check(&simulation.plan, &history, &stored);
    if stuck > 0 {
        violations.push(Violation::Stuck(stuck));
    }
    Ok(Report {
        level,
        seed,
        history,
        violations,
    })
}

struct Simulation {
    sim: Arc<Sim>,
    plan: Arc<Plan>,
    level: Level,
    executor: Executor,
    backing: Arc<Backing>,
    books: Arc<Books>,
    provider: Arc<InMemoryRoundRobinContextProvider>,
    calm: Arc<AtomicBool>,
    services: Vec<Arc<AssignmentService>>,
}

impl Simulation {
    async fn run(&mut self) -> usize {
        self.backing.changed();
        self.services = (0..self.plan.instances).map(|n| self.service(n)).collect();
        let plan = Arc::clone(&self.plan);
        for (at, action) in &plan.script {
            self.executor.run(Some(*at)).await;
            self.perform(action.clone());
        }
        let stuck = self.executor.run(None).await;
        // The faults are over: whoever still waits gets another try whenever all places have lapsed,
        // since one assigned just now counts twice for a while.
        self.calm.store(true, Ordering::Relaxed);
        let mut left = 0;
        for _ in &plan.sessions {
            let later = self.sim.now_ms() + 2 * LEASE_MS;
            self.executor.run(Some(later)).await;
            self.perform(Action::Queue { instance: 0 });
            left += self.executor.run(None).await;
        }
        stuck + left
    }

    /// An instance that has just started.
    fn service(&self, instance: usize) -> Arc<AssignmentService> {
        let faults = Faults {
            sim: Arc::clone(&self.sim),
            instance,
            level: self.level,
            pauses: self.plan.pauses,
            calm: Arc::clone(&self.calm),
        };
        let store = SimulatedStore {
            backing: Arc::clone(&self.backing),
            faults: faults.clone(),
        };
        let clock: Arc<dyn Clock> = Arc::clone(&self.sim) as Arc<dyn Clock>;
        let mut service = AssignmentService::new(Arc::new(store))
            .with_clock(clock)
            .with_provider(Arc::clone(&self.provider) as _)
            .with_messenger(Arc::new(SimulatedMessenger {
                faults: faults.clone(),
            }));
        if self.level.reserves() {
            service = service.with_reservations(Arc::new(SimulatedReservations {
                books: Arc::clone(&self.books),
                faults,
            }));
        }
        Arc::new(service)
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Begin(id, team) => {
                let mut session = Session::new(id.clone(), self.plan.tenant.clone());
                session.created_at = Some(self.sim.now());
                session.assigned_team_id = team;
                self.put(session, Event::Began(id));
            }
            Action::Resolve(id) => {
                if self
                    .assigned(&id)
                    .is_some_and(|session| self.settled(&session))
                {
                    self.backing.store.resolve(&id);
                    self.sim.note(Event::Resolved(id));
                    self.backing.changed();
                }
            }
            Action::Requeue(id) => {
                if let Some(mut session) = self.assigned(&id) {
                    session.status = SessionStatus::Unassigned;
                    session.assigned_agent_id = None;
                    session.assigned_at = None;
                    self.put(session, Event::Requeued(id));
                }
            }
            Action::Crash { instance } => {
                let calls = self.executor.crash(instance);
                self.sim.note(Event::Crashed(instance, calls));
                let service = self.service(instance);
                if let Some(crashed) = self.services.get_mut(instance) {
                    *crashed = service;
                }
            }
            Action::Replicate => self.books.replicate(),
            Action::FailOver => {
                self.books.fail_over();
                self.sim.note(Event::FailedOver);
            }
            Action::Deliver { instance, .. }
            | Action::Queue { instance }
            | Action::Spread { instance, .. }
            | Action::ByHand { instance, .. }
            | Action::Transfer { instance, .. } => self.call(instance, action),
        }
    }

    fn put(&self, session: Session, event: Event) {
        self.backing.store.put_session(session);
        self.sim.note(event);
        self.backing.changed();
    }

    fn assigned(&self, id: &SessionId) -> Option<Session> {
        let sessions = self.backing.store.sessions();
        let mut sessions = sessions.into_iter();
        sessions.find(|session| session.id == *id && session.status == SessionStatus::Assigned)
    }

    fn settled(&self, session: &Session) -> bool {
        let age = |at| self.sim.now().since(at) >= SETTLED_MS;
        !self.level.sheltered() || session.assigned_at.is_some_and(age)
    }

    fn call(&mut self, instance: usize, action: Action) {
        let Some(service) = self.services.get(instance).map(Arc::clone) else {
            return;
        };
        let (sim, plan) = (Arc::clone(&self.sim), Arc::clone(&self.plan));
        self.executor.spawn(instance, async move {
            let what = match &action {
                Action::Deliver { session, team, .. } => format!("{session} for {team}"),
                Action::Transfer {
                    session, from, to, ..
                } => {
                    format!("{session} from {from} to {to}")
                }
                Action::ByHand { agent, count, .. } => format!("{count} sessions for {agent}"),
                Action::Spread { force, .. } => format!("the queue to all teams, forced: {force}"),
                _ => "the queue".to_owned(),
            };
            sim.note(Event::Called(instance, what));
            let answer = called(&service, &plan, &action).await;
            let answer = answer.unwrap_or_else(|error| error.code().to_owned());
            sim.note(Event::Answered(instance, answer));
        });
    }
}

async fn called(
    service: &AssignmentService,
    plan: &Plan,
    action: &Action,
) -> Result<String, ServiceError> {
    let assigned = match action {
        Action::Deliver { session, team, .. } => {
            let context = Map::from_iter([("topic".to_owned(), "billing".into())]);
            let team = Some(team.as_str());
            let handover = service.request_assignment(session, team, context).await?;
            return Ok(format!("{:?}", handover.outcome()));
        }
        Action::Transfer {
            session, from, to, ..
        } => {
            let transfer = service.transfer_session(session, from, to).await?;
            let done = matches!(transfer, assignment_engine::Transfer::Transferred(_));
            return Ok(format!("transferred: {done}"));
        }
        Action::ByHand { agent, count, .. } => {
            let plans = [ManualAssignment {
                agent_id: agent.clone(),
                count: *count,
            }];
            service
                .assign_queued_sessions_to_agents(&plan.tenant, &plans)
                .await?
        }
        Action::Spread { force, .. } => {
            let teams: Vec<_> = plan.teams.iter().map(|team| team.id.clone()).collect();
            service
                .assign_queued_sessions_to_teams(&plan.tenant, &teams, *force)
                .await?
        }
        _ => {
            service
                .assign_queued_sessions_to_available_agents(&plan.tenant, None, None)
                .await?
        }
    };
    Ok(format!("{} assigned", assigned.assigned))
}
