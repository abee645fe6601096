//! Any pipeline, told in any way.

use assignment_engine_core::{
    Answer, Availability, Decision, Engine, Facts, Failure, Input, Need, NoAgentAction,
    NoAgentPolicy, Outcome, Pipeline, Request, ReservationBook, Rule, RuleAnswer, RuleId, RuleName,
    RuleObserver, RuleVerdict, ScheduleConfig, ScheduleFact, Session, Source, Step, StrategyFact,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::config;
use crate::generate::{agents, id, instant, json, name, routing, strategy};

/// All that a run can be told.
#[derive(Debug, Clone)]
struct Told {
    pipeline: Vec<Rule>,
    request: Request,
    facts: Facts,
    /// What the host's rules say, one after the other, over and over.
    rules: Vec<RuleAnswer>,
    turn: u32,
}

prop_compose! {
    fn schedule()(
        enabled in prop::bool::weighted(0.8),
        timezone in option::weighted(0.9, select(vec!["UTC", "Europe/Vienna", "Mars/Phobos", " "])),
        days in select(vec![
            "{}",
            r#"{"monday":[{"start":"09:00","end":"17:00"}]}"#,
            r#"{"thursday":[{"start":"00:00","end":"24:00"}]}"#,
            r#"{"wednesday":[{"start":"22:00","end":"00:01"}]}"#,
        ]),
        message in option::of(select(vec!["", "Closed."])),
    ) -> ScheduleConfig {
        ScheduleConfig {
            enabled,
            timezone: timezone.map(str::to_owned),
            days: serde_json::from_str(days).unwrap(),
            out_of_office_message: message.map(str::to_owned),
            out_of_office_image: None,
        }
    }
}

fn hours() -> impl Strategy<Value = ScheduleFact> {
    let answered =
        (any::<bool>(), option::of(instant())).prop_map(|(is_open, next_open)| Availability {
            is_open,
            next_open,
            ..Availability::default()
        });
    let message = option::of(select(vec!["", "The tenant is closed."]));
    let fact = (
        option::of(schedule()),
        option::weighted(0.2, answered),
        message,
    );
    fact.prop_map(|(schedule, availability, message)| ScheduleFact {
        schedule,
        availability,
        tenant_message: message.map(str::to_owned),
    })
}

prop_compose! {
    fn facts()(
        hours in hours(),
        contact_assigned in prop::bool::weighted(0.1),
        team_strategy in strategy(),
        tenant_strategy in strategy(),
        config in option::of(routing()),
        agents in agents(8),
        queue in any::<bool>(),
    ) -> Facts {
        let no_agent_action = if queue { NoAgentAction::Queue } else { NoAgentAction::Reply };
        let time_zone = None;
        Facts {
            schedule: Some(hours),
            contact_assigned: Some(contact_assigned),
            strategy: Some(StrategyFact { team_strategy, tenant_strategy, config, time_zone }),
            agents: Some(agents),
            no_agent: Some(NoAgentPolicy { no_agent_action, no_agent_message: None }),
        }
    }
}

fn verdict() -> impl Strategy<Value = RuleVerdict> {
    prop_oneof![
        12 => Just(RuleVerdict::Continue),
        1 => Just(RuleVerdict::Skip),
        1 => Just(RuleVerdict::Stop),
        1 => id().prop_map(|agent_id| RuleVerdict::Assign { agent_id }),
        1 => Just(RuleVerdict::Error { message: "no".to_owned() }),
    ]
}

prop_compose! {
    fn rule_answer()(
        verdict in verdict(),
        agents in option::of(vec(id(), 0..40)),
        strategy in option::weighted(0.2, strategy()),
        config in option::weighted(0.2, routing()),
    ) -> RuleAnswer {
        RuleAnswer { verdict, agents, strategy: strategy.flatten(), config }
    }
}

fn pipeline() -> impl Strategy<Value = Vec<Rule>> {
    let host = |name: &str| Rule::Host(RuleName::host(name).unwrap());
    let mut any_rule: Vec<Rule> = RuleId::ALL.iter().copied().map(Rule::BuiltIn).collect();
    any_rule.extend([host("one"), host("two")]);
    let standard = Pipeline::standard().rules().to_vec();
    let with_host = (0..=standard.len()).prop_map(move |at| {
        let mut rules = standard.clone();
        rules.insert(at, host("one"));
        rules
    });
    prop_oneof![
        1 => Just(Pipeline::standard().rules().to_vec()),
        2 => with_host,
        1 => vec(select(any_rule), 0..9),
    ]
}

prop_compose! {
    fn told()(
        pipeline in pipeline(),
        facts in facts(),
        has_team in prop::bool::weighted(0.8),
        has_contact in prop::bool::weighted(0.8),
        force_override in prop::bool::weighted(0.2),
        stamped in prop::bool::weighted(0.3),
        now in instant(),
        rules in vec(rule_answer(), 1..4),
        turn in any::<u32>(),
    ) -> Told {
        let mut session = Session::new("s1".try_into().unwrap(), "acme".try_into().unwrap());
        session.assigned_team_id = has_team.then(|| "sales".try_into().unwrap());
        session.contact_id = has_contact.then(|| "c1".try_into().unwrap());
        if stamped {
            let stamps = ["oooLastSentAt", "noAgentLastSentAt"];
            let stamps = stamps.map(|stamp| (stamp.to_owned(), "1970-01-01T00:00:00Z".into()));
            session.context = Some(stamps.into_iter().collect());
        }
        let source = Source::Handover;
        let reserve = turn % 4 == 0;
        let request = Request { force_override, source, reserve, ..Request::new(session, now) };
        Told { pipeline, request, facts, rules, turn }
    }
}

/// Writes down which rules began and ended.
#[derive(Debug, Default)]
struct Diary {
    open: Option<String>,
    left: Vec<String>,
}

impl RuleObserver for Diary {
    fn entered(&mut self, rule: &str) {
        assert_eq!(self.open.replace(rule.to_owned()), None);
    }

    fn left(&mut self, rule: &str) {
        assert_eq!(self.open.take().as_deref(), Some(rule));
        self.left.push(rule.to_owned());
    }
}

impl Told {
    /// Runs it with `given` beforehand; the rest is answered when it is asked for, and of the
    /// answers the one numbered `failing` could not be had.
    fn run(&self, given: &Facts, failing: Option<usize>) -> Decision {
        let engine = Engine::new(Pipeline::new(self.pipeline.clone()).unwrap());
        let input = Input {
            request: &self.request,
            facts: given,
            roster: None,
            trace: true,
        };
        let (mut diary, mut asked, mut rules) = (Diary::default(), Vec::new(), 0);
        let mut step = engine.start_observed(input, &mut diary);
        let decision = loop {
            let (need, run) = match step {
                Step::Done(decision) => break decision,
                Step::Need(need, run) => (need, run),
            };
            let facts = self.facts.clone();
            let answer = match &need {
                Need::Schedule { .. } => Answer::Schedule(Box::new(facts.schedule.unwrap())),
                Need::ContactAssigned { .. } => {
                    Answer::ContactAssigned(facts.contact_assigned.unwrap())
                }
                Need::Strategy { .. } => Answer::Strategy(facts.strategy.unwrap()),
                Need::Agents { .. } => Answer::Agents(facts.agents.unwrap()),
                Need::NoAgentPolicy { .. } => Answer::NoAgentPolicy(facts.no_agent.unwrap()),
                Need::NextIndex {
                    candidate_count, ..
                } => Answer::NextIndex(self.turn % *candidate_count),
                Need::Turn { candidates, .. } => {
                    Answer::NextIndex(self.turn % u32::try_from(candidates.len()).unwrap())
                }
                Need::Reserve(asked) => {
                    let mut book = ReservationBook::default();
                    Answer::Reserved(Box::new(book.reserve(asked, self.request.now)))
                }
                Need::Rule { .. } => {
                    rules += 1;
                    Answer::Rule(self.rules[rules % self.rules.len()].clone())
                }
            };
            let kind = serde_json::to_value(&need).unwrap()["kind"].clone();
            if !matches!(need, Need::Rule { .. }) {
                assert!(!asked.contains(&kind), "asked twice for {kind}");
            }
            let failed = failing == Some(asked.len() + rules);
            asked.push(kind);
            let answer = if failed {
                let (code, message) = ("timeout".to_owned(), "no answer".to_owned());
                Answer::Failed(Failure { code, message })
            } else {
                answer
            };
            step = engine
                .resume_observed(run, input, answer, &mut diary)
                .unwrap();
        };
        assert_eq!(diary.open, None, "a rule was entered and not left");
        let traced = decision.trace.iter().flat_map(|trace| &trace.rules);
        let traced = traced.map(|rule| rule.rule.as_str());
        let traced: Vec<&str> = traced.filter(|rule| *rule != "noAgentFallback").collect();
        assert_eq!(diary.left, traced, "each rule is asked once");
        decision
    }
}

/// Whatever the outcome, these hold.
fn assert_sound(decision: &Decision) {
    match &decision.outcome {
        Outcome::Error { .. } => {
            assert!(decision.effects.is_empty(), "{decision:?}");
            assert_eq!((decision.next_check_at, decision.limit), (None, None));
        }
        Outcome::Assign { .. } | Outcome::Skip => {
            assert!(decision.effects.is_empty(), "{decision:?}");
        }
        Outcome::Stop => assert_eq!(decision.limit, None),
    }
    assert!(decision.explain().iter().all(|line| !line.contains('\n')));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn facts_that_are_asked_for_count_like_facts_that_are_given(
        told in told(),
        keep in any::<[bool; 5]>(),
    ) {
        let all = told.run(&told.facts, None);
        prop_assert_eq!(json(&told.run(&Facts::default(), None)), json(&all));
        let facts = told.facts.clone();
        let some = Facts {
            schedule: facts.schedule.filter(|_| keep[0]),
            contact_assigned: facts.contact_assigned.filter(|_| keep[1]),
            strategy: facts.strategy.filter(|_| keep[2]),
            agents: facts.agents.filter(|_| keep[3]),
            no_agent: facts.no_agent.filter(|_| keep[4]),
        };
        prop_assert_eq!(json(&told.run(&some, None)), json(&all));
        assert_sound(&all);
    }

    #[test]
    fn an_error_has_no_effects(told in told(), failing in 0..8_usize, why in name()) {
        let mut decision = told.run(&Facts::default(), Some(failing));
        assert_sound(&decision);
        // A message that could not be sent leaves no stamp either.
        let assigned = matches!(decision.outcome, Outcome::Assign { .. });
        decision.message_failed(&why);
        assert_sound(&decision);
        prop_assert!(assigned || decision.effects.is_empty());
        prop_assert_eq!(assigned, matches!(decision.outcome, Outcome::Assign { .. }));
    }

    #[test]
    fn the_same_input_comes_to_the_same_bytes(told in told()) {
        let text = || serde_json::to_string(&told.run(&told.facts, None)).unwrap();
        prop_assert_eq!(text(), text());
    }
}
