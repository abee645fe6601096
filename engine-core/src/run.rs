//! What a run carries from rule to rule, and what a rule may see of the world.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use serde_json::Value;

use crate::bench::Bench;
use crate::facts::{Agent, Facts, Hours, NoAgentPolicy, filled};
use crate::roster::Team;
use crate::routing::{Choice, Routing, TimeWindow};
use crate::step::Known;
use crate::trace::Draft;
use crate::zone::Zone;
use crate::{
    AgentHandle, AgentId, AgentStatus, Availability, CandidateTrace, Effect, Reason, Request,
    Reserved, Roster, RoutingConfig, RuleName, Strategy, Timestamp, Warning,
};

/// What a run is about and may know. The same request must be given at every step of a run; facts
/// and roster may have changed in between.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What must be decided.
    pub request: &'a Request,
    /// The facts at hand.
    pub facts: &'a Facts,
    /// The tenant's teams and agents, where the host keeps them in memory. It answers for the
    /// facts that are not given, as far as it knows the session's team.
    pub roster: Option<&'a Roster>,
    /// Record how the decision comes about.
    pub trace: bool,
}

/// What a rule must know before it can answer: one of the needs, without its particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Schedule,
    ContactAssigned,
    Strategy,
    Agents {
        counts_since: Option<Timestamp>,
    },
    NoAgentPolicy,
    NextIndex(NonZeroU32),
    /// Among so many.
    Turn(NonZeroU32),
    Reserve,
    Rule,
}

/// What a rule answers, and why.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: RuleOutcome,
    pub(crate) reason: Reason,
}

#[derive(Debug)]
pub(crate) enum RuleOutcome {
    Continue,
    Skip,
    Stop,
    Assign(AgentId, Option<AgentHandle>),
    Error(alloc::string::String),
}

impl Verdict {
    pub(crate) const fn go_on(reason: Reason) -> Self {
        Self {
            answer: RuleOutcome::Continue,
            reason,
        }
    }

    pub(crate) const fn stop(reason: Reason) -> Self {
        Self {
            answer: RuleOutcome::Stop,
            reason,
        }
    }
}

/// What the rules so far have found.
#[derive(Debug)]
pub(crate) struct State {
    /// The place of the rule under way.
    pub(crate) cursor: usize,
    pub(crate) routing: Option<Routing>,
    pub(crate) settings: Settings,
    /// The roster is the one of the session's tenant; another one knows nothing of it.
    pub(crate) roster_counts: bool,
    /// The roster's team that the session goes to.
    pub(crate) team: Option<u32>,
    pub(crate) bench: Option<Bench>,
    /// The answer of the rotation, with the number of candidates it was asked for.
    pub(crate) index: Option<(u32, NonZeroU32)>,
    /// Whose turn it is, and before that is known, whose it can be.
    pub(crate) turn: Option<Box<Taking>>,
    /// What came of the reservation.
    pub(crate) reserved: Option<Box<Reserved>>,
    /// What else follows from the decision. Most have nothing to add, and a run is moved often.
    pub(crate) extras: Option<Box<Extras>>,
    pub(crate) draft: Option<Box<Draft>>,
    /// What the roster's version was, if one was given.
    pub(crate) roster_version: Option<u64>,
    /// What the agents were who were given with the input, if any were.
    pub(crate) agents_stamp: Option<u64>,
}

/// A turn in a rotation other than the counter.
#[derive(Debug, Default)]
pub(crate) struct Taking {
    pub(crate) candidates: Vec<AgentId>,
    pub(crate) winner: Option<AgentId>,
}

/// Where the settings in force come from.
#[derive(Debug)]
pub(crate) enum Settings {
    /// There are none yet.
    None,
    /// From the fact that the strategy rule has read.
    OfStrategy,
    /// From a rule of the host's.
    OfHost(Box<RoutingConfig>),
}

/// What a decision has beyond its outcome.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    pub(crate) effects: Vec<Effect>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) next_check_at: Option<Timestamp>,
    /// What the no-agent fallback did, if it came to that.
    pub(crate) fallback: Option<Reason>,
}

impl State {
    pub(crate) fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    pub(crate) fn new(input: &Input<'_>) -> Self {
        let session = &input.request.session;
        let roster = input
            .roster
            .filter(|roster| *roster.tenant_id() == session.tenant_id);
        Self {
            cursor: 0,
            routing: None,
            settings: Settings::None,
            roster_counts: roster.is_some(),
            team: roster.and_then(|roster| roster.team_for(session.assigned_team_id.as_ref())),
            bench: None,
            index: None,
            turn: None,
            reserved: None,
            extras: None,
            draft: input.trace.then(|| Draft::new(input.request)),
            roster_version: input.roster.map(Roster::version),
            agents_stamp: stamp(input.facts.agents.as_deref()),
        }
    }
}

/// What a rule works with. A rule that lacks a fact returns the [`Ask`] for it with `?` and is
/// applied again from its beginning once the fact is known, so it reads first and writes last.
pub(crate) struct Context<'a> {
    pub(crate) request: &'a Request,
    pub(crate) state: &'a mut State,
    pub(crate) roster: Option<&'a Roster>,
    facts: &'a Facts,
    known: &'a Known,
}

/// The opening hours as the schedule rule needs them.
pub(crate) enum OpeningHours<'a> {
    Weekly {
        hours: HoursRef<'a>,
        message: Option<&'a str>,
        image: Option<&'a str>,
    },
    Answered(&'a Availability, Option<&'a str>),
}

pub(crate) enum HoursRef<'a> {
    Compiled(&'a Hours),
    Fresh(Box<Hours>),
}

/// What the strategy rule finds.
pub(crate) struct StrategyInForce<'a> {
    pub(crate) choice: Choice<'a>,
    pub(crate) routing: Routing,
    pub(crate) config: Option<&'a RoutingConfig>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(input: &Input<'a>, known: &'a Known, state: &'a mut State) -> Self {
        let roster = input.roster.filter(|_| state.roster_counts);
        Self {
            request: input.request,
            facts: input.facts,
            roster,
            known,
            state,
        }
    }

    /// The roster's team that the session goes to.
    pub(crate) fn team(&self) -> Option<(u32, &'a Team)> {
        let at = self.state.team?;
        Some((at, self.roster?.team_at(at)?))
    }

    pub(crate) fn opening_hours(&self) -> Result<OpeningHours<'a>, Ask> {
        let given = self
            .facts
            .schedule
            .as_ref()
            .or(self.known.facts.schedule.as_ref());
        if let Some(fact) = given {
            return Ok(match &fact.availability {
                Some(answered) => OpeningHours::Answered(answered, fact.message()),
                None => OpeningHours::Weekly {
                    hours: HoursRef::Fresh(Box::new(Hours::new(fact.schedule.as_ref()))),
                    message: fact.message(),
                    image: fact.image(),
                },
            });
        }
        let (_, team) = self.team().ok_or(Ask::Schedule)?;
        let tenant_message = self
            .roster
            .and_then(|roster| roster.tenant().out_of_office_message());
        Ok(OpeningHours::Weekly {
            hours: HoursRef::Compiled(&team.hours),
            message: filled(team.message.as_deref()).or(tenant_message),
            image: team.image.as_deref(),
        })
    }

    pub(crate) fn contact_assigned(&self) -> Result<bool, Ask> {
        let known = self.known.facts.contact_assigned;
        self.facts
            .contact_assigned
            .or(known)
            .ok_or(Ask::ContactAssigned)
    }

    /// The strategy in force, what follows from it, and the settings behind that.
    pub(crate) fn strategy(&self) -> Result<StrategyInForce<'a>, Ask> {
        let given = self
            .facts
            .strategy
            .as_ref()
            .or(self.known.facts.strategy.as_ref());
        let (choice, config) = match (given, &self.request.session.assigned_team_id) {
            (Some(fact), _) => {
                let names = (
                    fact.team_strategy.as_deref(),
                    fact.tenant_strategy.as_deref(),
                );
                (Choice::new(names.0, names.1), fact.config.as_ref())
            }
            (None, Some(_)) => {
                let (_, team) = self.team().ok_or(Ask::Strategy)?;
                let (choice, routing) = team.choice();
                return Ok(StrategyInForce {
                    choice,
                    routing,
                    config: team.config.as_ref(),
                });
            }
            // The settings of the team that takes it do not count for a session without a team.
            (None, None) => {
                let tenant = self.roster.ok_or(Ask::Strategy)?.tenant();
                (Choice::new(None, tenant.strategy()), None)
            }
        };
        let routing = Routing::new(choice.strategy, config);
        Ok(StrategyInForce {
            choice,
            routing,
            config,
        })
    }

    /// The agents as a list, if they were given or told.
    pub(crate) fn given_agents(&self) -> Option<&'a [Agent]> {
        self.facts
            .agents
            .as_deref()
            .or(self.known.facts.agents.as_deref())
    }

    pub(crate) fn no_agent_policy(&self) -> Result<NoAgentPolicy, Ask> {
        let given = self
            .facts
            .no_agent
            .as_ref()
            .or(self.known.facts.no_agent.as_ref());
        match (given, self.roster) {
            (Some(policy), _) => Ok(policy.clone()),
            (None, Some(roster)) => Ok(roster.tenant().no_agent_policy()),
            (None, None) => Err(Ask::NoAgentPolicy),
        }
    }

    /// An index below `count` for this pick. The rotation is asked once a run: if the candidates
    /// have become fewer since, the index is taken modulo their number.
    pub(crate) fn next_index(&self, count: NonZeroU32) -> Result<u32, Ask> {
        let (index, _) = self.state.index.ok_or(Ask::NextIndex(count))?;
        Ok(index % count)
    }

    /// Where counts over `window` begin, in the zone in which the team's days begin: the one its
    /// strategy names, else its schedule's, else UTC.
    pub(crate) fn counts_since(&self, window: TimeWindow) -> Option<Timestamp> {
        if window == TimeWindow::AllTime {
            return None;
        }
        let strategy = self
            .facts
            .strategy
            .as_ref()
            .or(self.known.facts.strategy.as_ref());
        let schedule = self
            .facts
            .schedule
            .as_ref()
            .or(self.known.facts.schedule.as_ref());
        let of_strategy = strategy.and_then(|fact| fact.time_zone.as_deref());
        let of_schedule = schedule.and_then(|fact| fact.schedule.as_ref()?.timezone.as_deref());
        let zone = Zone::named(of_strategy).or_else(|_| Zone::named(of_schedule));
        window.start(self.request.now, &zone.unwrap_or(Zone::UTC))
    }

    /// Changes how the agent is chosen from here on. Who was eligible stays so.
    pub(crate) fn route_by(&mut self, new: Routing) {
        if let (Some(bench), old) = (self.state.bench.take(), self.routing()) {
            self.state.bench = Some(bench.for_routing(self, &old, &new));
        }
        self.state.routing = Some(new);
    }

    /// How the agent is chosen; without a strategy rule so far, by its defaults.
    pub(crate) fn routing(&self) -> Routing {
        self.state
            .routing
            .unwrap_or_else(|| Routing::new(Strategy::RoundRobin, None))
    }

    /// Records a value that the rule under way saw, if a trace is wanted.
    pub(crate) fn note<V: Into<Value>>(&mut self, name: &'static str, value: impl FnOnce() -> V) {
        if let Some(draft) = &mut self.state.draft {
            draft.values.insert(name.into(), value().into());
        }
    }

    pub(crate) fn traced(&self) -> bool {
        self.state.draft.is_some()
    }

    /// Records what became of an agent.
    pub(crate) fn note_candidate(
        &mut self,
        rule: impl Into<RuleName>,
        reason: Reason,
        agent: &crate::roster::Candidate<'_>,
    ) {
        if let Some(draft) = &mut self.state.draft {
            draft.trace.candidates.push(CandidateTrace {
                agent_id: agent.id.clone(),
                name: agent.name.into(),
                rule: rule.into(),
                reason,
                active: agent.active,
                total: agent.total,
            });
        }
    }
}

/// A number that differs, for all that can be told, when the agents do.
pub(crate) fn stamp(agents: Option<&[Agent]>) -> Option<u64> {
    let mix =
        |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    let text = |sum: u64, text: &str| {
        text.as_bytes()
            .chunks(8)
            .fold(mix(sum, text.len() as u64), |sum, bytes| {
                mix(
                    sum,
                    bytes
                        .iter()
                        .fold(0, |word, byte| (word << 8) | u64::from(*byte)),
                )
            })
    };
    Some(agents?.iter().fold(0, |sum, agent| {
        let created = agent.created_at.map_or(i64::MAX, Timestamp::as_millisecond);
        let counts = (u64::from(agent.active) << 32) | u64::from(agent.total);
        let online = u64::from(agent.status == AgentStatus::Online);
        let sum = text(text(sum, agent.id.as_str()), &agent.name);
        mix(mix(mix(sum, created.cast_unsigned()), counts), online)
    }))
}

impl AsRef<Hours> for HoursRef<'_> {
    fn as_ref(&self) -> &Hours {
        match self {
            Self::Compiled(hours) => hours,
            Self::Fresh(hours) => hours,
        }
    }
}
