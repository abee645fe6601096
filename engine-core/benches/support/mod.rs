//! What the benchmarks decide on.

use assignment_engine_core::{Agent, AgentId, Roster, RosterConfig};

pub(crate) const STRATEGIES: [&str; 4] =
    ["round_robin", "least_active", "least_assigned", "hybrid"];

/// One team of so many agents, with opening hours.
pub(crate) fn roster(strategy: &str, agents: usize) -> Roster {
    let config = format!(
        r#"{{
            "tenantId": "acme",
            "teams": [{{
                "id": "sales", "routingStrategy": "{strategy}",
                "routingConfig": {{ "maxLoad": 1000000 }},
                "schedule": {{
                    "enabled": true, "timezone": "Europe/Vienna",
                    "days": {{
                        "monday": [{{ "start": "08:00", "end": "12:00" }}, {{ "start": "13:00", "end": "18:00" }}],
                        "tuesday": [{{ "start": "08:00", "end": "18:00" }}],
                        "wednesday": [{{ "start": "08:00", "end": "18:00" }}],
                        "thursday": [{{ "start": "08:00", "end": "18:00" }}],
                        "friday": [{{ "start": "08:00", "end": "14:00" }}]
                    }}
                }}
            }}]
        }}"#
    );
    let mut config = RosterConfig::from_json(config.as_bytes()).unwrap();
    for n in 0..agents {
        let id = AgentId::new(format!("agent-{:08x}", n as u32 ^ 0x5eed_1234)).unwrap();
        config.teams[0].members.push(id.clone());
        let mut agent = Agent::online(id);
        agent.active = (n * 7 % 11) as u32;
        agent.total = (n * 13 % 101) as u32;
        config.agents.push(agent);
    }
    Roster::from_config(config).unwrap()
}
