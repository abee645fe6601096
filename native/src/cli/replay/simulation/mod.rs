//! A discrete-event simulation of a call centre in which the engine routes every call.

mod driver;
mod error;
mod events;
mod progress;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use assignment_engine_core::{
    Agent, AgentHandle, AgentId, AgentStatus, ContactId, Engine, Facts, Input, NoAgentAction,
    NoAgentPolicy, Outcome, Request, Roster, RosterConfig, Rotation, RoutingConfig, Session,
    SessionId, TeamConfig, TeamId, TenantConfig, TenantId, TenantSettings, Timestamp,
};

use super::record::{Call, Record};
use super::statistics::{Course, Fate};
use crate::provider::RoundRobinContextProvider;
use driver::decide;
pub(crate) use error::SimulationError;
use error::{broken, named};
use events::{Event, Events, What};
pub(crate) use progress::Progress;

/// A call centre at an instant.
pub(crate) struct Simulation<'r> {
    record: &'r Record,
    engine: Engine,
    roster: Roster,
    agents: Vec<AgentState>,
    /// The members of each team, by number.
    members: BTreeMap<&'r str, Vec<u32>>,
    requests: Vec<Request>,
    queue: BTreeSet<Waiting>,
    /// How many calls of each identified customer are with an agent.
    served_contacts: BTreeMap<&'r str, u32>,
    events: Events,
    course: Course,
}

struct AgentState {
    handle: AgentHandle,
    /// Shifts under way: one at most, unless the file states overlapping ones.
    on_duty: u32,
    busy: bool,
}

/// A place in the queue: by priority, then by age, then by order in the record.
type Waiting = (Reverse<i64>, i64, u32);

impl<'r> Simulation<'r> {
    /// The call centre before its first call. Teams are named with `scope` before their own name,
    /// which keeps their counters apart from any others.
    pub(crate) fn new(
        record: &'r Record,
        strategy: &str,
        rotation: Rotation,
        scope: &str,
    ) -> Result<Self, SimulationError> {
        let tenant = named(TenantId::new(TENANT), TENANT)?;
        let mut config = RosterConfig {
            tenant_id: tenant.clone(),
            tenant: TenantConfig {
                settings: TenantSettings {
                    waterfall: NoAgentPolicy {
                        no_agent_action: NoAgentAction::Queue,
                        no_agent_message: None,
                    },
                    ..TenantSettings::default()
                },
                ..TenantConfig::default()
            },
            teams: Vec::new(),
            agents: Vec::new(),
        };
        for name in &record.agents {
            let agent = Agent::online(named(AgentId::new(name), name)?);
            config.agents.push(Agent {
                status: AgentStatus::Offline,
                ..agent
            });
        }
        let mut members = BTreeMap::new();
        for (team, names) in &record.teams {
            let id = TeamId::new(format!("{scope}{team}"));
            let mut team_config = TeamConfig::new(named(id, team)?);
            team_config.routing_strategy = Some(strategy.into());
            team_config.routing_config = Some(RoutingConfig {
                max_load: Some(1),
                rotation: Some(rotation),
                ..RoutingConfig::default()
            });
            for name in names {
                team_config.members.push(named(AgentId::new(name), name)?);
            }
            config.teams.push(team_config);
            let numbers = names
                .iter()
                .filter_map(|name| record.agent_number(name))
                .collect();
            members.insert(team.as_str(), numbers);
        }
        let roster = Roster::from_config(config)?;
        let handles = record.agents.iter().filter_map(|name| roster.agent(name));
        let agents = handles
            .map(|handle| AgentState {
                handle,
                on_duty: 0,
                busy: false,
            })
            .collect();
        let requests = record
            .calls
            .iter()
            .map(|call| request(call, &tenant, scope));
        Ok(Self {
            record,
            engine: Engine::default(),
            agents,
            members,
            requests: requests.collect::<Result<_, _>>()?,
            queue: BTreeSet::new(),
            served_contacts: BTreeMap::new(),
            events: Events::of(record),
            course: Course::new(record),
            roster,
        })
    }

    /// Runs to the end of the last event.
    pub(crate) async fn run(
        mut self,
        provider: &dyn RoundRobinContextProvider,
        progress: &Progress,
    ) -> Result<Course, SimulationError> {
        let mut end = 0;
        while let Some(Event { at, what }) = self.events.next() {
            end = at;
            match what {
                What::ServiceEnds { call, agent } => {
                    self.free(call, agent)?;
                    self.dispatch(at, provider).await?;
                }
                What::ShiftBegins { agent } => {
                    self.change_duty(agent, 1)?;
                    self.dispatch(at, provider).await?;
                }
                What::ShiftEnds { agent } => self.change_duty(agent, -1)?,
                What::Arrives { call } => {
                    progress.call();
                    self.arrive(call, at, provider).await?;
                }
                What::HangsUp { call } => {
                    if let Some(waiting) = self.waiting(call)
                        && self.queue.remove(&waiting)
                    {
                        let waited_ms = since(waiting.1, at);
                        self.course.settle(call, Fate::Abandoned { waited_ms });
                    }
                }
            }
        }
        for (_, arrived, call) in std::mem::take(&mut self.queue) {
            self.course.settle(
                call,
                Fate::Waiting {
                    waited_ms: since(arrived, end),
                },
            );
        }
        Ok(self.course)
    }

    /// A call comes in: those who wait come first, then it is tried itself.
    async fn arrive(
        &mut self,
        call: u32,
        at: i64,
        provider: &dyn RoundRobinContextProvider,
    ) -> Result<(), SimulationError> {
        let Some(waiting) = self.waiting(call) else {
            return Ok(());
        };
        self.queue.insert(waiting);
        if let Some(patience) = self.call(call)?.patience_ms {
            let patience = i64::try_from(patience).unwrap_or(i64::MAX);
            self.events
                .add(at.saturating_add(patience), What::HangsUp { call });
        }
        // Whoever waits already could not be served at the last event, and nobody has come free
        // since, so only the new call can have a chance.
        self.attempt(call, at, provider).await?;
        Ok(())
    }

    /// Tries everybody who waits, in order, as long as an agent is free.
    async fn dispatch(
        &mut self,
        at: i64,
        provider: &dyn RoundRobinContextProvider,
    ) -> Result<(), SimulationError> {
        let waiting: Vec<u32> = self.queue.iter().map(|(_, _, call)| *call).collect();
        for call in waiting {
            if !self.agents.iter().any(AgentState::is_free) {
                break;
            }
            self.attempt(call, at, provider).await?;
        }
        Ok(())
    }

    /// Lets the engine decide on a waiting call, and does what it decided.
    async fn attempt(
        &mut self,
        call: u32,
        at: i64,
        provider: &dyn RoundRobinContextProvider,
    ) -> Result<(), SimulationError> {
        let record = self.call(call)?;
        let contact = record.contact.as_deref();
        let facts = Facts {
            contact_assigned: Some(
                contact.is_some_and(|contact| self.served_contacts.contains_key(contact)),
            ),
            ..Facts::default()
        };
        let place = usize::try_from(call).unwrap_or(usize::MAX);
        if let Some(request) = self.requests.get_mut(place) {
            request.now = Timestamp::EPOCH.saturating_add(at);
        }
        let Some(request) = self.requests.get(place) else {
            return Ok(());
        };
        let input = Input {
            request,
            facts: &facts,
            roster: Some(&self.roster),
            trace: false,
        };
        let decision = decide(&self.engine, input, provider)
            .await?
            .map_err(|error| broken(record, &error.to_string()))?;
        let Outcome::Assign { agent_id } = &decision.outcome else {
            return match decision.outcome {
                Outcome::Error { message, .. } => Err(broken(record, &message)),
                _ => Ok(()),
            };
        };
        let chosen = self.record.agent_number(agent_id.as_str());
        let (Some(agent), Some(handle)) = (chosen, decision.agent) else {
            return Err(broken(record, "it chose an agent who is not in the roster"));
        };
        let eligible = self.eligible(&record.team);
        if !eligible.contains(&agent) {
            return Err(broken(record, "it chose an agent who was not free"));
        }
        self.course.turns.pick(&eligible, agent);
        self.roster
            .assigned(handle)
            .map_err(|error| broken(record, &error.to_string()))?;
        self.serve(call, agent, at)
    }

    fn serve(&mut self, call: u32, agent: u32, at: i64) -> Result<(), SimulationError> {
        let record = self.call(call)?;
        if let Some(waiting) = self.waiting(call) {
            self.queue.remove(&waiting);
        }
        if let Some(agent) = self.agent(agent) {
            agent.busy = true;
        }
        if let Some(contact) = record.contact.as_deref() {
            *self.served_contacts.entry(contact).or_default() += 1;
        }
        let service = i64::try_from(record.service_ms).unwrap_or(i64::MAX);
        let ended_ms = at.saturating_add(service);
        self.events.add(ended_ms, What::ServiceEnds { call, agent });
        let waited_ms = since(record.arrived_ms, at);
        self.course.settle(
            call,
            Fate::Served {
                agent,
                waited_ms,
                started_ms: at,
                ended_ms,
            },
        );
        Ok(())
    }

    fn free(&mut self, call: u32, agent: u32) -> Result<(), SimulationError> {
        let record = self.call(call)?;
        if let Some(contact) = record.contact.as_deref()
            && let Some(count) = self.served_contacts.get_mut(contact)
        {
            *count -= 1;
            if *count == 0 {
                self.served_contacts.remove(contact);
            }
        }
        let Some(state) = self.agent(agent) else {
            return Ok(());
        };
        state.busy = false;
        let handle = state.handle;
        self.roster
            .released(handle)
            .map_err(|error| broken(record, &error.to_string()))
    }

    fn change_duty(&mut self, agent: u32, by: i32) -> Result<(), SimulationError> {
        let Some(state) = self.agent(agent) else {
            return Ok(());
        };
        state.on_duty = state.on_duty.saturating_add_signed(by);
        let (handle, online) = (state.handle, state.on_duty > 0);
        self.roster
            .set_online(handle, online)
            .map_err(|error| SimulationError::Engine {
                call: String::new(),
                what: error.to_string(),
            })
    }

    /// The team's agents who are on duty and free, counted here and not by the engine.
    fn eligible(&self, team: &str) -> Vec<u32> {
        let members = self
            .members
            .get(team)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let free = |agent: &&u32| {
            let state = usize::try_from(**agent)
                .ok()
                .and_then(|at| self.agents.get(at));
            state.is_some_and(AgentState::is_free)
        };
        members.iter().filter(free).copied().collect()
    }

    fn agent(&mut self, agent: u32) -> Option<&mut AgentState> {
        self.agents.get_mut(usize::try_from(agent).ok()?)
    }

    fn call(&self, call: u32) -> Result<&'r Call, SimulationError> {
        let found = usize::try_from(call)
            .ok()
            .and_then(|at| self.record.calls.get(at));
        found.ok_or_else(|| SimulationError::Engine {
            call: call.to_string(),
            what: "there is no such call".into(),
        })
    }

    fn waiting(&self, call: u32) -> Option<Waiting> {
        let record = self.call(call).ok()?;
        Some((Reverse(record.priority), record.arrived_ms, call))
    }
}

impl AgentState {
    const fn is_free(&self) -> bool {
        self.on_duty > 0 && !self.busy
    }
}

/// The tenant whose call centre it is; no counter of a session with a team is named after it.
const TENANT: &str = "replay";

fn request(call: &Call, tenant: &TenantId, scope: &str) -> Result<Request, SimulationError> {
    let wrong = |error| SimulationError::Id {
        call: call.id.clone(),
        error,
    };
    let mut session = Session::new(SessionId::new(&call.id).map_err(wrong)?, tenant.clone());
    let team = TeamId::new(format!("{scope}{}", call.team)).map_err(wrong)?;
    session.assigned_team_id = Some(team);
    session.contact_id = call
        .contact
        .as_ref()
        .map(ContactId::new)
        .transpose()
        .map_err(wrong)?;
    session.priority = call.priority;
    Ok(Request::new(
        session,
        Timestamp::EPOCH.saturating_add(call.arrived_ms),
    ))
}

fn since(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
