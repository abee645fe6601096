//! What a claim in PostgreSQL costs beside the plain UPDATE that a host would make anyway:
//!
//! ```sh
//! cargo run --release -p assignment-engine --features postgres --example claim_cost -- postgres://…
//! ```
//!
//! The database is one to throw away: tables of the contract are made in a schema of their own, and
//! dropped in the end.

use std::error::Error;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use assignment_engine::core::{AgentId, SessionId};
use assignment_engine::{
    Claim, ClaimRequest, Clock, Expected, PostgresOptions, PostgresSessionStore, PostgresTables,
    SessionChanges, SessionStore, SystemClock,
};
use tokio_postgres::NoTls;

const SESSIONS: usize = 3_000;
const AGENTS: usize = 50;
const CHUNK: usize = 50;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::args()
        .nth(1)
        .ok_or("give the URL of a database to throw away")?;
    let (admin, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    admin.batch_execute(TABLES).await?;
    let options = PostgresOptions::from_url(&url)?
        .with_tables(PostgresTables::default().with_schema("claim_cost"))
        .with_deadline(Duration::from_secs(30));
    let store = PostgresSessionStore::connect(options).await?;
    store.migrate().await?;

    let update = admin
        .prepare(
            "UPDATE claim_cost.sessions SET status = 'assigned', assigned_agent_id = $2::text::uuid,
               assigned_at = now(), updated_at = now() WHERE id = $1::text::uuid",
        )
        .await?;
    // One of each in turn, so that whatever else the machine does falls on all alike.
    let (mut plain, mut claims, mut fenced, mut chunks) = (vec![], vec![], vec![], vec![]);
    for n in 0..SESSIONS {
        let (session, agent) = (session(n)?, agent(n % AGENTS)?);
        let begin = Instant::now();
        admin
            .execute(&update, &[&session.as_str(), &agent.as_str()])
            .await?;
        plain.push(begin.elapsed());
        release(&admin, n).await?;

        for (token, times) in [
            (None, &mut claims),
            (u64::try_from(n + 1).ok(), &mut fenced),
        ] {
            let expected = expected(token);
            let begin = Instant::now();
            let claim = store.claim(&session, &agent, &expected, &changes()).await?;
            times.push(begin.elapsed());
            if !matches!(claim, Claim::Claimed(_)) {
                return Err(format!("{claim:?}").into());
            }
            release(&admin, n).await?;
        }
        if n % CHUNK == 0 {
            let requests: Vec<ClaimRequest> = (n..n + CHUNK)
                .map(|n| {
                    Ok(ClaimRequest {
                        session_id: self::session(n)?,
                        agent_id: self::agent(n % AGENTS)?,
                        expected: expected(None),
                        changes: changes(),
                    })
                })
                .collect::<Result<_, Failure>>()?;
            let begin = Instant::now();
            store.claim_many(&requests).await?;
            chunks.push(begin.elapsed() / u32::try_from(CHUNK)?);
            for n in n..n + CHUNK {
                release(&admin, n).await?;
            }
        }
    }
    admin
        .batch_execute("DROP SCHEMA claim_cost CASCADE")
        .await?;

    let base = line("plain UPDATE", plain, None);
    line("claim", claims, Some(base));
    line("claim with a token", fenced, Some(base));
    line("claim_many, each of 50", chunks, Some(base));
    Ok(())
}

/// Prints a line; the median, in microseconds.
fn line(what: &str, mut times: Vec<Duration>, base: Option<f64>) -> f64 {
    times.sort_unstable();
    let at = |share: usize| {
        let time = times
            .get(times.len() * share / 100)
            .copied()
            .unwrap_or_default();
        time.as_secs_f64() * 1e6
    };
    let ratio = base.map_or(String::new(), |base| {
        format!("  {:.2} times", at(50) / base)
    });
    println!(
        "{what:<24} p50 {:>7.0} µs  p99 {:>7.0} µs{ratio}",
        at(50),
        at(99)
    );
    at(50)
}

async fn release(admin: &tokio_postgres::Client, n: usize) -> Result<(), Failure> {
    let sql = format!(
        "UPDATE claim_cost.sessions SET status = 'unassigned', assigned_agent_id = NULL
         WHERE id = '{}'",
        session(n)?
    );
    admin.batch_execute(&sql).await?;
    Ok(())
}

fn expected(token: Option<u64>) -> Expected {
    Expected {
        max_load: NonZeroU32::new(200),
        token,
        ..Expected::default()
    }
}

fn changes() -> SessionChanges {
    SessionChanges {
        at: Some(SystemClock.now()),
        ..SessionChanges::default()
    }
}

fn session(n: usize) -> Result<SessionId, Failure> {
    Ok(SessionId::new(format!("00000000-0000-4000-8000-{n:012x}"))?)
}

fn agent(n: usize) -> Result<AgentId, Failure> {
    Ok(AgentId::new(format!("00000000-0000-4000-9000-{n:012x}"))?)
}

/// Agents with a past: a hundred sessions each that are over, and a few that are not.
const TABLES: &str = "
    DROP SCHEMA IF EXISTS claim_cost CASCADE;
    CREATE SCHEMA claim_cost;
    SET search_path = claim_cost;
    CREATE TABLE users (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text NOT NULL,
      status text NOT NULL, is_active boolean NOT NULL, created_at timestamptz NOT NULL);
    CREATE TABLE teams (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text NOT NULL,
      is_active boolean NOT NULL, is_default boolean NOT NULL, created_at timestamptz NOT NULL,
      routing_strategy text, routing_config jsonb, schedule jsonb);
    CREATE TABLE team_members (team_id uuid REFERENCES teams, user_id uuid REFERENCES users,
      is_active boolean NOT NULL, PRIMARY KEY (team_id, user_id));
    CREATE TABLE assignment_configs (tenant_id uuid NOT NULL, team_id uuid, enabled boolean NOT NULL,
      strategy text, settings jsonb NOT NULL);
    CREATE TABLE sessions (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, contact_id uuid NOT NULL,
      status text NOT NULL, assigned_agent_id uuid REFERENCES users,
      assigned_team_id uuid REFERENCES teams, assigned_at timestamptz, accepted_at timestamptz,
      priority integer NOT NULL DEFAULT 0, channel text NOT NULL DEFAULT 'whatsapp', context jsonb,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
      last_message_at timestamptz);
    CREATE FUNCTION of(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
      $$ SELECT ('00000000-0000-4000-' || kind || '-' || lpad(to_hex(n), 12, '0'))::uuid $$;
    INSERT INTO users SELECT of('9000', n), of('a000', 1), 'agent ' || n, 'online', true, now()
      FROM generate_series(0, 49) AS n;
    INSERT INTO sessions (id, tenant_id, contact_id, status)
      SELECT of('8000', n), of('a000', 1), of('b000', n), 'unassigned'
      FROM generate_series(0, 3100) AS n;
    INSERT INTO sessions (id, tenant_id, contact_id, status, assigned_agent_id, assigned_at)
      SELECT of('c000', n), of('a000', 1), of('d000', n),
        CASE WHEN n % 20 = 0 THEN 'assigned' ELSE 'resolved' END, of('9000', n % 50), now()
      FROM generate_series(0, 5000) AS n;
    CREATE INDEX sessions_of_agent ON sessions (assigned_agent_id, status, assigned_at);
    ANALYZE users; ANALYZE sessions; RESET search_path;";
