//! What the contract says about who gets a session, in plain filters and sorts: slow, short, and
//! written without a look at the implementation.

use std::num::NonZeroU32;

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, Answer, Criterion, Decision, Engine, Facts, Input, Need,
    NoAgentAction, NoAgentPolicy, Outcome, Pipeline, Request, Roster, RoutingConfig, Rule, RuleId,
    ScheduleFact, Session, SortBy, Step, StrategyFact, TeamConfig, TenantConfig, TenantSettings,
    Timestamp,
};

/// One team, one session, and how the team chooses.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) agents: Vec<Agent>,
    pub(crate) strategy: Option<String>,
    pub(crate) config: Option<RoutingConfig>,
    pub(crate) forced: bool,
    pub(crate) excluded: Vec<AgentId>,
}

/// What must come of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Nobody gets the session, for the reason of this code.
    Nobody(&'static str),
    /// These are equally good, and take turns in this order.
    Ring(Vec<AgentId>),
}

impl World {
    pub(crate) fn expected(&self) -> Expected {
        let strategy = match self.strategy.as_deref() {
            Some("manual") => return Expected::Nobody("manual_strategy"),
            Some(name @ ("least_active" | "load_balanced" | "least_assigned" | "hybrid")) => name,
            _ => "round_robin",
        };
        let config = self.config.clone().unwrap_or_default();
        let limit = config.max_load.unwrap_or(0);
        let there = |agent: &&Agent| agent.status == AgentStatus::Online || self.forced;
        let room = |agent: &&Agent| limit == 0 || agent.active < limit;
        let wanted = |agent: &&Agent| !self.excluded.contains(&agent.id);
        let all = || self.agents.iter();

        let mut eligible: Vec<&Agent> = all().filter(there).filter(room).filter(wanted).collect();
        if eligible.is_empty() {
            return Expected::Nobody(if self.agents.is_empty() {
                "no_members"
            } else if all().filter(there).any(|agent| room(&agent)) {
                "everybody_excluded"
            } else if all().any(|agent| there(&agent)) {
                "everybody_at_limit"
            } else {
                "nobody_online"
            });
        }
        let compared = |agent: &Agent| -> Vec<u32> {
            let usual = vec![Criterion::LeastActive, Criterion::LeastAssigned];
            let criteria = match strategy {
                "round_robin" => Vec::new(),
                "least_assigned" => vec![Criterion::LeastAssigned],
                "hybrid" => config
                    .priority
                    .clone()
                    .filter(|priority| !priority.is_empty())
                    .unwrap_or(usual),
                _ => vec![Criterion::LeastActive],
            };
            // The two largest counts there are count as equal.
            let count = |criterion| match criterion {
                Criterion::LeastActive => agent.active.min(u32::MAX - 1),
                Criterion::LeastAssigned => agent.total.min(u32::MAX - 1),
            };
            criteria.into_iter().map(count).collect()
        };
        let best = eligible.iter().map(|agent| compared(agent)).min();
        eligible.retain(|agent| Some(compared(agent)) == best);
        let sort_by = match strategy {
            "round_robin" => config.sort_by.unwrap_or_default(),
            _ => SortBy::Random,
        };
        eligible.sort_by_key(|agent| {
            let name = agent.name.to_ascii_lowercase().into_bytes();
            let age = (agent.created_at.is_none(), agent.created_at);
            let id = agent.id.as_str().as_bytes().to_vec();
            match sort_by {
                SortBy::Name => (name, (false, None), id),
                SortBy::CreatedAt => (Vec::new(), age, id),
                SortBy::Random => (Vec::new(), (false, None), id),
            }
        });
        Expected::Ring(eligible.into_iter().map(|agent| agent.id.clone()).collect())
    }

    /// A session of team `sales` in tenant `acme`, without a contact.
    pub(crate) fn request(&self) -> Request {
        let mut session = Session::new("s1".try_into().unwrap(), "acme".try_into().unwrap());
        session.assigned_team_id = Some("sales".try_into().unwrap());
        Request {
            force_override: self.forced,
            excluded: self.excluded.clone(),
            ..Request::new(session, Timestamp::EPOCH)
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts {
            schedule: Some(ScheduleFact::default()),
            strategy: Some(StrategyFact {
                team_strategy: self.strategy.clone(),
                config: self.config.clone(),
                ..StrategyFact::default()
            }),
            agents: Some(self.agents.clone()),
            no_agent: Some(queue()),
            ..Facts::default()
        }
    }

    pub(crate) fn roster(&self) -> Roster {
        let settings = TenantSettings {
            waterfall: queue(),
            ..TenantSettings::default()
        };
        let tenant = TenantConfig {
            settings,
            ..TenantConfig::default()
        };
        let mut roster = Roster::new("acme".try_into().unwrap(), tenant);
        let mut team = TeamConfig::new("sales".try_into().unwrap());
        team.routing_strategy = self.strategy.clone();
        team.routing_config = self.config.clone();
        roster.add_team(team).unwrap();
        for agent in &self.agents {
            let total = agent.total;
            let agent = roster.add_agent(agent.clone()).unwrap();
            roster.join("sales", agent, total).unwrap();
        }
        roster
    }

    /// What comes of the world, told as facts; and how many the rotation was asked to choose from.
    pub(crate) fn given(&self, turn: u32) -> (Decision, Option<NonZeroU32>) {
        decide(&self.request(), &self.facts(), None, turn)
    }

    /// The same, told as a roster.
    pub(crate) fn kept(&self, turn: u32) -> (Decision, Option<NonZeroU32>) {
        let facts = Facts::default();
        decide(&self.request(), &facts, Some(&self.roster()), turn)
    }

    /// Does the decision hold to the contract, the rotation being at `turn`?
    pub(crate) fn assert_holds(
        &self,
        turn: u32,
        (decision, asked): &(Decision, Option<NonZeroU32>),
    ) {
        match self.expected() {
            Expected::Nobody(reason) => {
                assert_eq!(decision.reason.code(), reason, "{self:?}");
                assert_eq!(decision.outcome, Outcome::Stop, "{self:?}");
                assert_eq!(*asked, None, "{self:?}");
            }
            Expected::Ring(ring) => {
                let count = u32::try_from(ring.len()).unwrap();
                let agent_id = ring[usize::try_from(turn % count).unwrap()].clone();
                assert_eq!(decision.outcome, Outcome::Assign { agent_id }, "{self:?}");
                assert_eq!(*asked, NonZeroU32::new(count), "{self:?}");
            }
        }
    }
}

/// Decides by the standard pipeline, with a trace; the rotation answers `turn`, modulo the number
/// of candidates.
pub(crate) fn decide(
    request: &Request,
    facts: &Facts,
    roster: Option<&Roster>,
    turn: u32,
) -> (Decision, Option<NonZeroU32>) {
    let rules = RuleId::ALL.iter().copied().map(Rule::BuiltIn).collect();
    let engine = Engine::new(Pipeline::new(rules).unwrap());
    let input = Input {
        request,
        facts,
        roster,
        trace: true,
    };
    let mut asked = None;
    let mut step = engine.start(input);
    loop {
        step = match step {
            Step::Done(decision) => return (decision, asked),
            Step::Need(
                Need::NextIndex {
                    candidate_count, ..
                },
                run,
            ) => {
                assert_eq!(asked, None, "the rotation is asked once");
                asked = Some(candidate_count);
                let index = Answer::NextIndex(turn % candidate_count);
                engine.resume(run, input, index).unwrap()
            }
            Step::Need(Need::Turn { candidates, .. }, run) => {
                assert_eq!(asked, None, "the rotation is asked once");
                asked = NonZeroU32::new(u32::try_from(candidates.len()).unwrap());
                let index = Answer::NextIndex(turn % asked.unwrap());
                engine.resume(run, input, index).unwrap()
            }
            Step::Need(need, _) => panic!("{need:?}"),
        };
    }
}

fn queue() -> NoAgentPolicy {
    NoAgentPolicy {
        no_agent_action: NoAgentAction::Queue,
        ..NoAgentPolicy::default()
    }
}
