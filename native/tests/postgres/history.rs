//! What the database itself has seen, whatever anybody says: a trigger writes down every time a
//! session is given to somebody, and how many that agent has then.

use crate::database::Database;
use crate::stage::uuid;

const TRIGGER: &str = "
    CREATE TABLE given (session_id uuid, agent_id uuid, had bigint, with_it bigint);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO given SELECT NEW.id, NEW.assigned_agent_id,
        (SELECT count(*) FROM given WHERE session_id = NEW.id),
        (SELECT count(*) FROM sessions
          WHERE assigned_agent_id = NEW.assigned_agent_id AND status = 'assigned');
      RETURN NULL;
    END $$;
    CREATE TRIGGER note AFTER UPDATE ON sessions FOR EACH ROW
      WHEN (NEW.assigned_agent_id IS DISTINCT FROM OLD.assigned_agent_id) EXECUTE FUNCTION note();";

/// Agents `agent-0`, `agent-1`, … of the team `sales`, and as many sessions that wait.
pub(crate) async fn crowd(database: &Database, agents: usize, sessions: usize) {
    database.client.batch_execute(TRIGGER).await.unwrap();
    let members: Vec<String> = (0..agents).map(|n| format!("agent-{n}")).collect();
    let tenant = uuid("acme");
    for member in &members {
        let agent = serde_json::json!({"id": uuid(member), "name": member, "status": "online",
            "createdAt": "2026-01-01T00:00:00.000Z"});
        let agent = serde_json::from_value(agent).unwrap();
        database.put_agent(&tenant, &agent).await;
    }
    let ids: Vec<String> = members.iter().map(|member| uuid(member)).collect();
    let team = serde_json::json!({"id": uuid("sales"), "name": "sales", "members": ids,
        "routingConfig": {"maxLoad": 6}, "createdAt": "2026-01-01T00:00:00.000Z"});
    let team = serde_json::from_value(team).unwrap();
    database.put_team(&tenant, &team).await;
    for n in 0..sessions {
        let session = crate::stage::session(&name(n), serde_json::json!({}));
        database.put_session(&session).await;
    }
}

pub(crate) fn name(session: usize) -> String {
    format!("s{session:03}")
}

/// How many sessions were given, how many of them twice, and the most that an agent ever had.
pub(crate) async fn totals(database: &Database) -> (i64, i64, i64) {
    let sql =
        "SELECT count(*), count(*) FILTER (WHERE had > 0), COALESCE(max(with_it), 0) FROM given";
    let row = database.client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}
