//! Both sides of the limits that a case cannot hold because it would be too long. Limits of the
//! input are tested in `engine-core/tests/input/limits.rs`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it goes wrong"
)]

use assignment_engine_core::limits::{MAX_CANDIDATES, MAX_NAME_BYTES, MAX_RULES};
use assignment_engine_core::{
    Agent, AgentId, Answer, Decision, Engine, Facts, Input, Need, Pipeline, PipelineError, Request,
    ResumeError, Roster, RosterError, Rule, RuleId, RuleName, Session, Step, TeamConfig,
    TenantConfig, Timestamp,
};

fn request() -> Request {
    let mut session = Session::new("s1".try_into().unwrap(), "acme".try_into().unwrap());
    session.assigned_team_id = Some("sales".try_into().unwrap());
    Request::new(session, Timestamp::EPOCH)
}

fn agents(count: usize) -> Vec<Agent> {
    (0..count)
        .map(|n| Agent::online(AgentId::new(format!("a{n:06}")).unwrap()))
        .collect()
}

/// Answers the agents, and the last index there is.
fn decide_among(count: usize) -> Result<Decision, ResumeError> {
    let rules = [RuleId::Eligibility, RuleId::Selector].map(Rule::BuiltIn);
    let engine = Engine::new(Pipeline::new(rules.to_vec()).unwrap());
    let (request, facts) = (request(), Facts::default());
    let input = Input {
        request: &request,
        facts: &facts,
        roster: None,
        trace: false,
    };
    let mut step = engine.start(input);
    loop {
        let (need, run) = match step {
            Step::Done(decision) => return Ok(decision),
            Step::Need(need, run) => (need, run),
        };
        let answer = match need {
            Need::Agents { .. } => Answer::Agents(agents(count)),
            Need::NextIndex {
                candidate_count, ..
            } => Answer::NextIndex(candidate_count.get() - 1),
            need => panic!("{need:?}"),
        };
        step = engine.resume(run, input, answer)?;
    }
}

#[test]
fn as_many_agents_as_allowed_and_one_more() {
    let decision = decide_among(MAX_CANDIDATES).unwrap();
    assert_eq!(
        serde_json::to_value(decision.outcome).unwrap(),
        serde_json::json!({"kind": "assign", "agentId": "a009999"})
    );
    let error = decide_among(MAX_CANDIDATES + 1).unwrap_err();
    assert_eq!(error.code(), "too_many_agents");
    assert_eq!(
        error.to_string(),
        "10001 agents are too many, at most 10000 are allowed"
    );
}

#[test]
fn as_many_members_as_allowed_and_one_more() {
    let mut roster = Roster::new("acme".try_into().unwrap(), TenantConfig::default());
    let mut team = TeamConfig::new("sales".try_into().unwrap());
    for agent in agents(MAX_CANDIDATES + 1) {
        team.members.push(agent.id.clone());
        roster.add_agent(agent).unwrap();
    }
    let full = RosterError::Full {
        limit: MAX_CANDIDATES,
    };
    assert_eq!(roster.add_team(team.clone()), Err(full));
    let last = team.members.pop().unwrap();
    roster.add_team(team).unwrap();
    let last = roster.agent(last.as_str()).unwrap();
    assert_eq!(roster.join("sales", last, 0), Err(full));
    let first = roster.agent("a000000").unwrap();
    roster.leave("sales", first).unwrap();
    roster.join("sales", last, 0).unwrap();
    assert_eq!(roster.join("sales", first, 0), Err(full));
}

#[test]
fn as_many_rules_as_allowed_and_one_more() {
    let rules = |count| vec![Rule::BuiltIn(RuleId::ContactAlreadyAssigned); count];
    let pipeline = Pipeline::new(rules(MAX_RULES)).unwrap();
    let engine = Engine::new(pipeline);
    let (request, facts) = (request(), Facts::default());
    let input = Input {
        request: &request,
        facts: &facts,
        roster: None,
        trace: true,
    };
    let Step::Done(decision) = engine.start(input) else {
        panic!("a session without a contact needs nothing");
    };
    assert_eq!(decision.trace.unwrap().rules.len(), MAX_RULES);
    assert_eq!(
        Pipeline::new(rules(MAX_RULES + 1)),
        Err(PipelineError::TooManyRules { given: 65 })
    );
}

#[test]
fn names_of_rules_that_a_host_can_have() {
    let long = |bytes| "é".repeat(bytes / 2);
    assert!(RuleName::host("skills").is_ok());
    assert!(RuleName::host(&long(MAX_NAME_BYTES)).is_ok());
    for name in ["", &long(MAX_NAME_BYTES + 2)] {
        assert!(RuleName::host(name).is_err(), "{name}");
    }
    // A name that the engine's traces use would say who decided, and be wrong.
    let own = RuleId::ALL.iter().map(|id| id.name());
    for name in own.chain(["noAgentFallback", "pipeline", "claim"]) {
        let error = RuleName::host(name).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{name}` cannot be the name of a host's rule")
        );
    }
}
