//! Runs made at random, each with what the core makes of it: for implementations that cannot link
//! the core and are compared with it text by text.

use assignment_engine_core::{
    Answer, Engine, Facts, Input, Pipeline, Request, Roster, RosterConfig, Step, from_json,
};
use serde_json::{Map, Value, json};

/// The run of that number, as one line of JSON: `pipeline`, `request`, `facts`, `roster` and `trace`
/// as in a case; `steps`, each with the `need` as the core writes it and the `answer` given; and
/// either the `decision` and its lines in words (`explain`), or why an answer was `refused`.
pub(crate) fn random_run(number: u64) -> String {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
    let world = World::new(&mut dice);
    let pipeline = pipeline(&mut dice);
    let engine: Pipeline = from_json(pipeline.to_string().as_bytes()).unwrap();
    let engine = Engine::new(engine);
    let request = world.request(&mut dice);
    let roster = dice.chance(40).then(|| world.roster());
    // A roster is mostly all that is known beforehand, but for the contact.
    let facts = if roster.is_some() && dice.chance(60) {
        json!({"contactAssigned": dice.chance(10)})
    } else {
        world.facts(&mut dice)
    };
    let trace = dice.chance(50);
    let told = (
        Request::from_json(request.to_string().as_bytes()).unwrap(),
        Facts::from_json(facts.to_string().as_bytes()).unwrap(),
        roster.as_ref().map(|roster| {
            let config = RosterConfig::from_json(roster.to_string().as_bytes()).unwrap();
            Roster::from_config(config).unwrap()
        }),
    );
    let input = Input {
        request: &told.0,
        facts: &told.1,
        roster: told.2.as_ref(),
        trace,
    };
    let mut steps = Vec::new();
    let mut step = engine.start(input);
    let end = loop {
        let (need, run) = match step {
            Step::Done(decision) => {
                let text = serde_json::to_string(&decision).unwrap();
                break json!({"decision": text, "explain": decision.explain()});
            }
            Step::Need(need, run) => (need, run),
        };
        let need = serde_json::to_string(&need).unwrap();
        let answer = world.answer(&serde_json::from_str(&need).unwrap(), &mut dice);
        steps.push(json!({"need": need, "answer": answer}));
        let answer: Answer = from_json(answer.to_string().as_bytes()).unwrap();
        match engine.resume(run, input, answer) {
            Ok(next) => step = next,
            Err(error) => {
                let (code, message) = (error.code(), error.to_string());
                break json!({"refused": {"code": code, "message": message}});
            }
        }
    };
    json!({
        "pipeline": pipeline, "request": request, "facts": facts, "roster": roster, "trace": trace,
        "steps": steps, "end": end,
    })
    .to_string()
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let at = usize::try_from(self.roll(of.len() as u64)).unwrap_or(0);
        of.iter().cycle().nth(at).cloned().unwrap_or_else(|| {
            // Nobody rolls for one of nothing.
            std::process::abort()
        })
    }

    fn maybe(&mut self, object: &mut Map<String, Value>, percent: u64, name: &str, value: Value) {
        if self.chance(percent) {
            object.insert(name.into(), value);
        }
    }
}

/// A tenant with its people; what is told of it, in whichever way, is the same.
struct World {
    agents: Vec<Value>,
    team: Value,
    tenant: Value,
    has_team: bool,
}

const NOW: [&str; 6] = [
    "2026-11-23T09:00:00Z",
    "2026-11-22T23:30:00.250Z",
    "2026-03-29T00:59:59.999Z",
    "2026-10-25T01:30:00+01:00",
    "1999-12-31T23:59:59Z",
    "2026-11-29T02:00:00-05:00",
];
const STRATEGIES: [&str; 8] = [
    "round_robin",
    "least_active",
    "load_balanced",
    "least_assigned",
    "hybrid",
    "manual",
    "fastest",
    "",
];
const ZONES: [&str; 9] = [
    "Europe/Vienna",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
    "america/sao_paulo",
    "Mars/Phobos",
    " ",
];
const NAMES: [&str; 9] = [
    "",
    "Anna",
    "anna",
    "ANNA",
    "Zoë",
    "Ärger",
    "日本 \u{1f600}",
    "Ben\n2",
    "\u{202e}x",
];

impl World {
    fn new(dice: &mut Dice) -> Self {
        let count = dice.one(&[0, 1, 2, 3, 5, 9, 40, 4]);
        let agents = (0..count).map(|n| agent(dice, n)).collect();
        let mut team = json!({"id": "sales", "name": "Sales"});
        if let Some(fields) = team.as_object_mut() {
            let strategy = dice.one(&STRATEGIES).into();
            dice.maybe(fields, 85, "routingStrategy", strategy);
            let config = routing(dice);
            dice.maybe(fields, 70, "routingConfig", config);
            let schedule = schedule(dice);
            dice.maybe(fields, 70, "schedule", schedule);
        }
        let tenant = json!({
            "enabled": dice.chance(85), "strategy": dice.one(&STRATEGIES),
            "settings": {
                "waterfall": policy(dice),
                "outOfOfficeMessage": dice.one(&[Value::Null, "".into(), "The tenant rests.".into()])
            }
        });
        Self {
            agents,
            team,
            tenant,
            has_team: dice.chance(80),
        }
    }

    fn request(&self, dice: &mut Dice) -> Value {
        let mut session = Map::from_iter([
            (
                "id".into(),
                dice.one(&["s1", "s-ü\u{1f600}", "s\t2"]).into(),
            ),
            ("tenantId".into(), "acme".into()),
        ]);
        dice.maybe(&mut session, 80, "contactId", "c1".into());
        if self.has_team {
            session.insert("assignedTeamId".into(), "sales".into());
        }
        let context = json!({
            "account": "main", "oooLastSentAt": dice.one(&["2026-11-23T08:00:00Z", "2020-01-01T00:00:00Z", "?"]),
            "noAgentLastSentAt": dice.one(&["2026-11-23T08:59:59.999Z", "2020-01-01T00:00:00Z"]),
        });
        dice.maybe(&mut session, 40, "context", context);
        let mut request = Map::from_iter([
            ("session".into(), session.into()),
            ("now".into(), dice.one(&NOW).into()),
        ]);
        dice.maybe(&mut request, 50, "source", "handover".into());
        dice.maybe(&mut request, 15, "forceOverride", true.into());
        let excluded = self.agents.iter().take(2).map(|agent| agent["id"].clone());
        let excluded: Vec<Value> = excluded.collect();
        dice.maybe(&mut request, 15, "excluded", excluded.into());
        request.into()
    }

    /// Each fact is told beforehand or not.
    fn facts(&self, dice: &mut Dice) -> Value {
        let mut facts = Map::new();
        let told = dice.one(&[0, 50, 95, 100, 100]);
        for (name, need) in [
            ("schedule", "schedule"),
            ("contactAssigned", "contact_assigned"),
            ("strategy", "strategy"),
            ("agents", "agents"),
            ("noAgent", "no_agent_policy"),
        ] {
            if dice.chance(told)
                && let Some(answer) = self.fact(need, dice).get(name)
            {
                facts.insert(name.into(), answer.clone());
            }
        }
        facts.into()
    }

    fn roster(&self) -> Value {
        let mut team = self.team.clone();
        let ids: Vec<Value> = self
            .agents
            .iter()
            .map(|agent| agent["id"].clone())
            .collect();
        team["members"] = ids.into();
        // A roster, unlike a fact, has to name zones that exist.
        let known = |zone: &Value| {
            let unknown = ["Mars/Phobos", " "];
            zone.as_str().is_some_and(|zone| !unknown.contains(&zone))
        };
        if !known(&team["schedule"]["timezone"])
            && let Some(team) = team.as_object_mut()
        {
            team.remove("schedule");
        }
        json!({"tenantId": "acme", "tenant": self.tenant, "teams": [team], "agents": self.agents})
    }

    fn answer(&self, need: &Value, dice: &mut Dice) -> Value {
        if dice.chance(3) {
            return json!({"failed": {"code": "timeout", "message": "no answer \u{7} within 2 s"}});
        }
        if dice.chance(1) {
            return json!({"nextIndex": 4_000_000_000_u32});
        }
        match need["kind"].as_str().unwrap_or_default() {
            "next_index" => {
                json!({"nextIndex": dice.roll(need["candidateCount"].as_u64().unwrap_or(1))})
            }
            "turn" => {
                let candidates = need["candidates"].as_array().map_or(1, Vec::len);
                json!({"nextIndex": dice.roll(candidates as u64)})
            }
            "rule" => json!({"rule": self.rule(need, dice)}),
            kind => self.fact(kind, dice),
        }
    }

    fn fact(&self, kind: &str, dice: &mut Dice) -> Value {
        match kind {
            "schedule" if dice.chance(15) => json!({"schedule": {"availability": {
                "isOpen": dice.chance(40), "message": dice.one(&["", "Shut."]),
                "nextOpen": dice.one(&["2026-11-23T10:00:00Z", "2026-12-24T10:00:00Z"])
            }}}),
            "schedule" => {
                let message = &self.tenant["settings"]["outOfOfficeMessage"];
                json!({"schedule": {"schedule": self.team["schedule"], "tenantMessage": message}})
            }
            "contact_assigned" => json!({"contactAssigned": dice.chance(10)}),
            "strategy" => json!({"strategy": {
                "teamStrategy": self.team["routingStrategy"], "tenantStrategy": self.tenant["strategy"],
                "config": self.team["routingConfig"], "timeZone": self.team["schedule"]["timezone"]
            }}),
            "agents" => json!({"agents": self.agents}),
            _ => json!({"noAgent": self.tenant["settings"]["waterfall"]}),
        }
    }

    fn rule(&self, need: &Value, dice: &mut Dice) -> Value {
        let verdict = match dice.roll(12) {
            0 => json!({"kind": "skip"}),
            1 => json!({"kind": "stop"}),
            2 => json!({"kind": "assign", "agentId": "somebody"}),
            3 => json!({"kind": "error", "message": "the rule\u{1b} failed"}),
            _ => json!({"kind": "continue"}),
        };
        let mut answer = Map::from_iter([("verdict".into(), verdict)]);
        let agents = need["agents"].as_array().cloned().unwrap_or_default();
        let half: Vec<Value> = agents.into_iter().step_by(2).collect();
        dice.maybe(&mut answer, 40, "agents", half.into());
        let strategy = dice.one(&STRATEGIES).into();
        dice.maybe(&mut answer, 25, "strategy", strategy);
        let config = routing(dice);
        dice.maybe(&mut answer, 25, "config", config);
        answer.into()
    }
}

fn agent(dice: &mut Dice, n: u64) -> Value {
    let id = match dice.roll(8) {
        0 => format!("é{n}"),
        1 => format!("\u{1f600}{n}"),
        2 => format!("\u{ff5e}{n}"),
        _ => format!("a{:02}", n * 7 % 41),
    };
    let mut agent = Map::from_iter([("id".into(), id.into())]);
    let name = dice.one(&NAMES).into();
    dice.maybe(&mut agent, 85, "name", name);
    let created = dice.one(&[
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00.001Z",
        "2024-02-29T12:00:00+02:00",
    ]);
    dice.maybe(&mut agent, 60, "createdAt", created.into());
    let status = dice
        .one(&["online", "online", "online", "offline", "away"])
        .into();
    dice.maybe(&mut agent, 95, "status", status);
    let active = dice.one(&[0_u32, 1, 1, 2, 3, u32::MAX]).into();
    dice.maybe(&mut agent, 80, "active", active);
    let total = dice.one(&[0_u32, 1, 7, 7, 100, u32::MAX]).into();
    dice.maybe(&mut agent, 80, "total", total);
    agent.into()
}

fn routing(dice: &mut Dice) -> Value {
    let mut config = Map::new();
    let sort = dice.one(&["name", "created_at", "random"]).into();
    dice.maybe(&mut config, 50, "sortBy", sort);
    let window = dice
        .one(&["shift", "day", "week", "month", "all_time"])
        .into();
    dice.maybe(&mut config, 50, "timeWindow", window);
    let priority = dice.one(&[
        json!([]),
        json!(["least_active"]),
        json!(["least_assigned", "load_balanced"]),
    ]);
    dice.maybe(&mut config, 40, "priority", priority);
    let limit = dice.one(&[0_u32, 1, 2, 3, u32::MAX]).into();
    dice.maybe(&mut config, 60, "maxLoad", limit);
    let rotation = dice.one(&["counter", "least_recent", "proportional"]);
    dice.maybe(&mut config, 30, "rotation", rotation.into());
    let weights = dice.one(&[
        json!({}),
        json!({"a00": 3, "a07": 1000}),
        json!({"nobody": 7}),
    ]);
    dice.maybe(&mut config, 20, "weights", weights);
    config.into()
}

fn schedule(dice: &mut Dice) -> Value {
    let always = json!([{"start": "00:00", "end": "24:00"}]);
    let days = dice.one(&[
        json!({"monday": always, "tuesday": always, "thursday": always, "friday": always,
            "saturday": always, "sunday": always}),
        json!({"monday": always, "friday": always, "saturday": always, "sunday": always}),
        json!({}),
        json!({"monday": [{"start": "09:00", "end": "17:00"}]}),
        json!({"monday": [{"start": "00:00", "end": "24:00"}], "sunday": [{"start": "22:00", "end": "06:00"}]}),
        json!({"sunday": [{"start": "02:00", "end": "02:30"}], "thursday": [{"start": "08:00", "end": "08:00"}]}),
        json!({"saturday": [{"start": "12:00", "end": "11:59"}]}),
    ]);
    json!({
        "enabled": dice.chance(85), "timezone": dice.one(&ZONES), "days": days,
        "outOfOfficeMessage": dice.one(&[Value::Null, " ".into(), "Back \"soon\".".into()]),
        "outOfOfficeImage": dice.one(&[Value::Null, "https://example.org/closed.png".into()])
    })
}

fn policy(dice: &mut Dice) -> Value {
    json!({
        "noAgentAction": dice.one(&["reply", "queue"]),
        "noAgentMessage": dice.one(&[Value::Null, "".into(), "Please wait.".into()])
    })
}

fn pipeline(dice: &mut Dice) -> Value {
    let standard = [
        "schedule",
        "contactAlreadyAssigned",
        "strategy",
        "eligibility",
        "selector",
    ];
    let mut rules: Vec<Value> = standard.iter().map(|id| Value::from(*id)).collect();
    if dice.chance(40) {
        let at = usize::try_from(dice.roll(6)).unwrap_or(0).min(rules.len());
        rules.insert(at, json!({"host": "skills"}));
    }
    if dice.chance(8) {
        let at = usize::try_from(dice.roll(5)).unwrap_or(0).min(rules.len());
        rules.truncate(at);
    }
    rules.into()
}
