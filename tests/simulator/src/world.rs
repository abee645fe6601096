//! What a seed makes of the world: teams, agents, sessions, and what happens when.

use std::num::NonZeroU32;

use assignment_engine::InMemorySessionStore;
use assignment_engine_core::{
    Agent, AgentId, NoAgentAction, Rotation, RoutingConfig, ScheduleConfig, Session, SessionId,
    TeamConfig, TeamId, TenantConfig, TenantId,
};

use crate::level::{LEASE_MS, Level};
use crate::random::Random;

/// Milliseconds in which things happen.
const DURATION_MS: i64 = 40_000;

/// The world of one seed.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) tenant: TenantId,
    pub(crate) config: TenantConfig,
    pub(crate) teams: Vec<TeamConfig>,
    pub(crate) agents: Vec<AgentId>,
    pub(crate) sessions: Vec<SessionId>,
    pub(crate) instances: usize,
    /// Of a thousand requests and answers, how many stand still.
    pub(crate) pauses: u64,
    /// What happens, in its order.
    pub(crate) script: Vec<(i64, Action)>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// With a team already, or still without one.
    Begin(SessionId, Option<TeamId>),
    Deliver {
        instance: usize,
        session: SessionId,
        team: TeamId,
    },
    Queue {
        instance: usize,
    },
    Spread {
        instance: usize,
        force: bool,
    },
    ByHand {
        instance: usize,
        agent: AgentId,
        count: usize,
    },
    Transfer {
        instance: usize,
        session: SessionId,
        from: AgentId,
        to: AgentId,
    },
    Resolve(SessionId),
    Requeue(SessionId),
    Crash {
        instance: usize,
    },
    Replicate,
    FailOver,
}

#[expect(clippy::expect_used, reason = "these are names")]
fn names<T: for<'a> TryFrom<&'a str, Error: std::fmt::Debug>>(
    prefix: &str,
    count: usize,
) -> Vec<T> {
    let name = |n| T::try_from(format!("{prefix}{n}").as_str()).expect("a name");
    (1..=count).map(name).collect()
}

fn one_of<T: Clone>(random: &mut Random, of: &[T], otherwise: T) -> T {
    of.get(random.index(of.len())).cloned().unwrap_or(otherwise)
}

impl Plan {
    pub(crate) fn new(level: Level, random: &mut Random) -> Self {
        let agents: Vec<AgentId> = names("agent-", 2 + random.index(3));
        let team_ids: Vec<TeamId> = names("team-", 1 + random.index(2));
        let closed = random.chance(200);
        let mut teams: Vec<TeamConfig> = team_ids.into_iter().map(TeamConfig::new).collect();
        // `L1` counts on one limit for all teams of an agent.
        let limit = 1 + u32::try_from(random.below(3)).unwrap_or(0);
        for (n, team) in teams.iter_mut().enumerate() {
            team.members = agents
                .iter()
                .filter(|_| random.chance(700))
                .cloned()
                .collect();
            let strategies = ["round_robin", "least_active", "least_assigned", "hybrid"];
            team.routing_strategy = Some(one_of(random, &strategies, "round_robin").to_owned());
            let own = 1 + u32::try_from(random.below(3)).unwrap_or(0);
            let own = if level.sheltered() { limit } else { own };
            team.routing_config = Some(RoutingConfig {
                max_load: Some(own),
                rotation: Some(one_of(random, &Rotation::ALL, Rotation::Counter)),
                ..RoutingConfig::default()
            });
            // The second team may be closed for good: its contacts are told so.
            team.schedule = (closed && n == 1).then(|| ScheduleConfig {
                enabled: true,
                timezone: Some("UTC".to_owned()),
                days: assignment_engine_core::Days::default(),
                out_of_office_message: None,
                out_of_office_image: None,
            });
        }
        let mut config = TenantConfig::default();
        if random.chance(500) {
            config.settings.waterfall.no_agent_action = NoAgentAction::Queue;
        }
        let [tenant] = [names("tenant-", 1).remove(0)];
        let mut plan = Self {
            tenant,
            config,
            teams,
            agents,
            sessions: names("session-", 3 + random.index(6)),
            instances: 2 + random.index(3),
            pauses: one_of(random, &[0, 8, 60], 8),
            script: Vec::new(),
        };
        plan.script = plan.written(level, random);
        plan
    }

    fn written(&self, level: Level, random: &mut Random) -> Vec<(i64, Action)> {
        let mut script = Vec::new();
        // Half of the worlds are crowded: everything begins at once.
        let spread = if random.chance(500) {
            DURATION_MS / 2
        } else {
            200
        };
        let team_ids: Vec<TeamId> = self.teams.iter().map(|team| team.id.clone()).collect();
        for session in &self.sessions {
            let begins = random.between(0, spread);
            let Some(team) = team_ids.get(random.index(team_ids.len())) else {
                continue;
            };
            // `L1` counts on one limit for all tries of a session.
            let known = level.sheltered().then(|| team.clone());
            script.push((begins, Action::Begin(session.clone(), known)));
            for _ in 0..1 + random.index(3) {
                let late = if random.chance(800) { 50 } else { 2 * LEASE_MS };
                let instance = random.index(self.instances);
                let (session, team) = (session.clone(), team.clone());
                let at = begins + 250 + random.between(0, late);
                script.push((
                    at,
                    Action::Deliver {
                        instance,
                        session,
                        team,
                    },
                ));
            }
        }
        for _ in 0..random.index(8) {
            let instance = random.index(self.instances);
            script.push((random.between(0, DURATION_MS), Action::Queue { instance }));
        }
        for _ in 0..random.index(5) {
            let instance = random.index(self.instances);
            script.push((random.between(0, DURATION_MS), Action::Crash { instance }));
        }
        for _ in 0..random.index(2 * self.sessions.len()) {
            if let Some(session) = self.sessions.get(random.index(self.sessions.len())) {
                let at = random.between(0, DURATION_MS);
                script.push((at, Action::Resolve(session.clone())));
            }
        }
        if !level.sheltered() {
            for _ in 0..random.index(14) {
                script.push((random.between(0, DURATION_MS), self.by_people(random)));
            }
            for _ in 0..random.index(8) {
                let action = if random.chance(500) {
                    Action::Replicate
                } else {
                    Action::FailOver
                };
                script.push((random.between(0, DURATION_MS), action));
            }
        }
        script.sort_by_key(|(at, _)| *at);
        script
    }

    /// Something that people do.
    fn by_people(&self, random: &mut Random) -> Action {
        let instance = random.index(self.instances);
        let session = self.sessions.get(random.index(self.sessions.len()));
        let from = self.agents.get(random.index(self.agents.len()));
        let to = self.agents.get(random.index(self.agents.len()));
        let (Some(session), Some(from), Some(to)) = (session, from, to) else {
            return Action::Queue { instance };
        };
        let (session, from, to) = (session.clone(), from.clone(), to.clone());
        match random.below(6) {
            0 => Action::Transfer {
                instance,
                session,
                from,
                to,
            },
            1 => Action::ByHand {
                instance,
                agent: to,
                count: 1 + random.index(3),
            },
            2 => Action::Spread {
                instance,
                force: random.chance(500),
            },
            _ => Action::Requeue(session),
        }
    }

    /// A store with that world, and those sessions.
    pub(crate) fn store(&self, sessions: Vec<Session>) -> InMemorySessionStore {
        let store = InMemorySessionStore::new();
        store.put_tenant(self.tenant.clone(), self.config.clone());
        for agent in &self.agents {
            store.put_agent(Agent::online(agent.clone()));
        }
        for team in &self.teams {
            store.put_team(self.tenant.clone(), team.clone());
        }
        for session in sessions {
            store.put_session(session);
        }
        store
    }

    pub(crate) fn team(&self, id: Option<&TeamId>) -> Option<&TeamConfig> {
        self.teams.iter().find(|team| Some(&team.id) == id)
    }

    pub(crate) fn limit_of(&self, team: Option<&TeamId>) -> Option<NonZeroU32> {
        self.team(team)?.routing_config.as_ref()?.limit()
    }
}
