//! Any bytes as request, facts, roster and answers: the engine refuses them or decides, and never
//! panics; and what it decides holds what it promises.
#![no_main]

use assignment_engine_core::{
    Answer, Decision, Engine, Facts, Failure, Input, Need, NoAgentPolicy, Outcome, Pipeline,
    Request, ReservationBook, Roster, RosterConfig, RuleAnswer, RuleId, RuleVerdict, ScheduleFact,
    Step, StrategyFact, Timestamp,
};
use libfuzzer_sys::fuzz_target;

// The documents are divided by a zero byte, which no JSON text contains: request, facts, roster.
// What follows the third divider answers the needs, a byte each.
fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(4, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (request, facts, roster, answers) = (part(), part(), part(), part());
    let request = Request::from_json(request);
    let facts = Facts::from_json(facts);
    let roster = RosterConfig::from_json(roster).and_then(Roster::from_config);
    for error in [
        request.as_ref().err(),
        facts.as_ref().err(),
        roster.as_ref().err(),
    ] {
        if let Some(error) = error {
            assert!(!error.path.is_empty());
            assert!(!error.to_string().contains(|char: char| char.is_control()));
        }
    }
    let Ok(request) = request else { return };
    let (facts, roster) = (facts.unwrap_or_default(), roster.ok());
    let host = Pipeline::with_rule_before(RuleId::Selector, "host").unwrap();
    for (engine, trace) in [(Engine::default(), true), (Engine::new(host), false)] {
        let input = Input {
            request: &request,
            facts: &facts,
            roster: roster.as_ref(),
            trace,
        };
        let first = run(&engine, input, answers);
        assert_eq!(
            first,
            run(&engine, input, answers),
            "equal inputs, different decisions"
        );
        if let Some(mut decision) = first {
            if matches!(decision.outcome, Outcome::Error { .. }) {
                assert!(decision.effects.is_empty());
            }
            assert!(!decision.explain().concat().contains('\n'));
            decision.message_failed("gone");
            let _ = decision.explain();
        }
    }
});

/// A run to its end; `None` if an answer was refused.
fn run(engine: &Engine, input: Input<'_>, answers: &[u8]) -> Option<Decision> {
    let mut answers = answers.iter().copied();
    let mut step = engine.start(input);
    // Each need is asked for once, so there cannot be more of them than this.
    for _ in 0..8 {
        let (need, run) = match step {
            Step::Done(decision) => return Some(decision),
            Step::Need(need, run) => (need, run),
        };
        let byte = answers.next().unwrap_or_default();
        step = engine.resume(run, input, answer(&need, byte)).ok()?;
    }
    panic!("the run does not end");
}

fn answer(need: &Need, byte: u8) -> Answer {
    if byte == 255 {
        return Answer::Failed(Failure {
            code: "fuzz".into(),
            message: "failed".into(),
        });
    }
    match need {
        Need::Schedule { .. } => Answer::Schedule(Box::new(ScheduleFact::default())),
        Need::ContactAssigned { .. } => Answer::ContactAssigned(byte == 1),
        Need::Strategy { .. } => Answer::Strategy(StrategyFact::default()),
        Need::Agents { .. } => Answer::Agents(Vec::new()),
        Need::NoAgentPolicy { .. } => Answer::NoAgentPolicy(NoAgentPolicy::default()),
        Need::NextIndex { .. } | Need::Turn { .. } => Answer::NextIndex(byte.into()),
        Need::Reserve(asked) => {
            let now = Timestamp::from_millisecond(i64::from(byte)).unwrap_or(Timestamp::EPOCH);
            let reserved = ReservationBook::default().reserve(asked, now);
            Answer::Reserved(Box::new(reserved))
        }
        Need::Rule { agents, .. } => Answer::Rule(RuleAnswer {
            agents: agents
                .as_ref()
                .map(|agents| agents.iter().skip(usize::from(byte % 4)).cloned().collect()),
            strategy: (byte % 2 == 1).then(|| "hybrid".into()),
            ..RuleVerdict::Continue.into()
        }),
    }
}
