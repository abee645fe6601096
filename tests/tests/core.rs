//! Every case, run on the core.

use assignment_engine_core::{Answer, Facts, Input, Need, Request, Step};
use conformance::{CoreSubject, End, Expected, Run, Subject, check, engine, load};
use serde::Deserialize;
use serde_json::Value;

#[test]
fn every_case_comes_out_as_it_says() {
    let report = check(&mut CoreSubject, &load().unwrap());
    assert!(report.unmet.is_empty(), "{report}");
    assert!(report.not_applicable.is_empty(), "{report}");
}

/// What is asked for and what is recorded must not depend on whether anybody looks.
#[test]
fn a_trace_changes_nothing_but_itself() {
    for mut case in load().unwrap() {
        case.traced = !case.traced;
        let Run::Observed(observed) = CoreSubject.run(&case).unwrap() else {
            panic!("{}", case.name);
        };
        assert_eq!(observed.asked.len(), case.answers.len(), "{}", case.name);
        match (&case.expect, observed.end) {
            (Expected::Decision(expected), End::Decision { json, .. }) => {
                assert_eq!(json["outcome"], expected.outcome, "{}", case.name);
                assert_eq!(json["reason"], expected.reason.as_str(), "{}", case.name);
                let effects = Value::from(expected.effects.clone());
                assert_eq!(json["effects"], effects, "{}", case.name);
            }
            (Expected::Refused(expected), End::Refused(refusal)) => {
                assert_eq!(*expected, refusal, "{}", case.name);
            }
            (_, end) => panic!("{}: {end:?}", case.name),
        }
    }
}

/// There is one path of execution: a fact that is asked for, when a rule first needs it, counts
/// like one that was given.
#[test]
fn a_fact_that_is_asked_for_counts_like_one_that_is_given() {
    let mut compared = 0;
    for case in load().unwrap() {
        // A roster answers before anybody is asked, and what changes meanwhile was given.
        let still = case.answers.iter().all(|next| next.meanwhile.is_nothing());
        if case.roster.is_some() || case.facts.is_empty() || !still {
            continue;
        }
        let facts = Facts::deserialize(Value::Object(case.facts.clone())).unwrap();
        let engine = engine(&case);
        let request = Request::from_json(case.request.to_string().as_bytes()).unwrap();
        let end = |given: &Facts| {
            let input = Input {
                request: &request,
                facts: given,
                roster: None,
                trace: true,
            };
            let mut script = case.answers.iter();
            let mut step = engine.start(input);
            loop {
                let (need, run) = match step {
                    Step::Done(decision) => return Ok(serde_json::to_value(decision).unwrap()),
                    Step::Need(need, run) => (need, run),
                };
                let answer = answer_from(&facts, &need);
                let answer = answer.unwrap_or_else(|| script.next().unwrap().answer.clone());
                step = match engine.resume(run, input, answer) {
                    Ok(step) => step,
                    Err(error) => return Err(error),
                };
            }
        };
        assert_eq!(end(&Facts::default()), end(&facts), "{}", case.name);
        compared += 1;
    }
    assert!(compared > 200, "only {compared} cases give facts");
}

fn answer_from(facts: &Facts, need: &Need) -> Option<Answer> {
    let facts = facts.clone();
    match need {
        Need::Schedule { .. } => facts.schedule.map(Box::new).map(Answer::Schedule),
        Need::ContactAssigned { .. } => facts.contact_assigned.map(Answer::ContactAssigned),
        Need::Strategy { .. } => facts.strategy.map(Answer::Strategy),
        Need::Agents { .. } => facts.agents.map(Answer::Agents),
        Need::NoAgentPolicy { .. } => facts.no_agent.map(Answer::NoAgentPolicy),
        Need::NextIndex { .. } | Need::Turn { .. } | Need::Reserve(_) | Need::Rule { .. } => None,
    }
}
