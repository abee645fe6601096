//! The claim: one transaction of two round trips.
//!
//! First, sent together: BEGIN, lock the agents, lock the sessions, count. Then what the rule of
//! every store makes of that is written and committed. Each statement sees what is
//! committed when it begins (READ COMMITTED), so of two claims for one agent the second waits at
//! the lock, and then counts what the first has committed.
//!
//! Locks are taken in one order: agents by id, then sessions by id. So no two claims, of however
//! many sessions and agents, can deadlock.

use std::collections::BTreeSet;
use std::time::Duration;

use assignment_engine_core::{AgentId, TeamId};
use futures_util::future::{join, join3};
use tokio::time::sleep;
use tokio_postgres::Row;

use super::PostgresSessionStore;
use super::error::{error, may_try_again, of_driver};
use super::pool::{Lease, Parameter};
use super::row;
use super::seen::Seen;
use crate::store::{Claim, ClaimRequest, Expected, SessionChanges, StoreError};

/// A claim whose ids are written as the database writes them.
pub(super) struct Wanted<'a> {
    pub(super) session: String,
    pub(super) agent: AgentId,
    pub(super) expected: Expected,
    pub(super) changes: &'a SessionChanges,
}

impl PostgresSessionStore {
    pub(super) async fn claim_all(
        &self,
        requests: &[ClaimRequest],
    ) -> Result<Vec<Claim>, StoreError> {
        let mut claims = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while !rest.is_empty() {
            let (chunk, others) = rest.split_at(chunk_length(rest));
            rest = others;
            claims.extend(self.claim_chunk(chunk).await?);
        }
        Ok(claims)
    }

    /// Claims of different sessions, in one transaction; tried again where the server gave it up
    /// for the sake of others.
    async fn claim_chunk(&self, requests: &[ClaimRequest]) -> Result<Vec<Claim>, StoreError> {
        let mut wanted = Vec::with_capacity(requests.len());
        for request in requests {
            wanted.push(self.wanted(request)?);
        }
        let mut tries = 1;
        loop {
            match self.transact(&wanted).await {
                Err(error) if may_try_again(&error) && tries < MAX_TRIES => {
                    // Whoever was in the way gets to go first.
                    sleep(BETWEEN_TRIES * tries).await;
                    tries += 1;
                }
                claims => return claims,
            }
        }
    }

    fn wanted<'a>(&self, request: &'a ClaimRequest) -> Result<Wanted<'a>, StoreError> {
        request.expected.check()?;
        let tables = &self.tables;
        let agent = |id: &AgentId| {
            let key = tables.key(id.as_str());
            key.and_then(|key| AgentId::new(key).ok())
                .unwrap_or_else(|| id.clone())
        };
        let team = |id: &TeamId| {
            let key = tables.key(id.as_str());
            key.and_then(|key| TeamId::new(key).ok())
                .unwrap_or_else(|| id.clone())
        };
        Ok(Wanted {
            // What can be no id finds no session.
            session: tables.key(request.session_id.as_str()).unwrap_or_default(),
            agent: agent(&request.agent_id),
            expected: Expected {
                team_id: request.expected.team_id.as_ref().map(team),
                owner: request.expected.owner.as_ref().map(agent),
                ..request.expected
            },
            changes: &request.changes,
        })
    }

    async fn transact(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Claim>, StoreError> {
        let lease = self.connections.lease(self.connections.until()).await?;
        let seen = match lease.within(self.look(&lease, wanted)).await {
            Ok(seen) => seen,
            Err(error) => {
                roll_back(lease).await;
                return Err(error);
            }
        };
        let transaction = seen.transaction;
        let (mut claims, granted) = seen.judge(wanted);
        if granted.is_empty() {
            roll_back(lease).await;
            return Ok(claims);
        }
        let rows = match lease.within(self.write(&lease, wanted, &granted)).await {
            Ok(rows) => {
                lease.give_back();
                rows
            }
            Err(error) => {
                drop(lease);
                self.after_the_fact(transaction, wanted, &granted, error)
                    .await?
            }
        };
        for row in &rows {
            let session = row::session(row)?;
            let of = |at: &&usize| {
                wanted.get(**at).map(|one| one.session.as_str()) == Some(session.id.as_str())
            };
            if let Some(claim) = granted.iter().find(of).and_then(|at| claims.get_mut(*at)) {
                *claim = Claim::Claimed(session);
            }
        }
        Ok(claims)
    }

    /// Takes the locks, and sees what they protect.
    async fn look(&self, lease: &Lease, wanted: &[Wanted<'_>]) -> Result<Seen, StoreError> {
        let sql = &self.statements;
        let usable = |id: &&str| self.tables.key(id).is_some();
        let agents = wanted.iter().map(|one| one.agent.as_str()).filter(usable);
        let sessions = wanted.iter().map(|one| one.session.as_str()).filter(usable);
        let agents: Vec<&str> = agents.collect::<BTreeSet<_>>().into_iter().collect();
        let sessions: Vec<&str> = sessions.collect();
        let limited = wanted.iter().any(|one| one.expected.max_load.is_some());
        let fenced = wanted.iter().any(|one| one.expected.token.is_some());

        let client = lease.client()?;
        let lock_agents = lease.prepare(&sql.lock_agents).await?;
        let lock_sessions = lease.prepare(&sql.lock_sessions).await?;
        let count = if limited {
            Some(lease.prepare(&sql.count_active).await?)
        } else {
            None
        };
        let fences = if fenced {
            Some(lease.prepare(&sql.fences).await?)
        } else {
            None
        };

        let (of_agents, of_sessions): ([Parameter<'_>; 1], [Parameter<'_>; 1]) =
            ([&agents], [&sessions]);
        // They are sent in this order without waiting for each other.
        let begun = client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
        let locked = join(
            client.query(&lock_agents, &of_agents),
            client.query(&lock_sessions, &of_sessions),
        );
        let counted = join(
            async {
                match &count {
                    Some(count) => client.query(count, &of_agents).await,
                    None => Ok(Vec::new()),
                }
            },
            async {
                match &fences {
                    Some(fences) => client.query(fences, &of_sessions).await,
                    None => Ok(Vec::new()),
                }
            },
        );
        let (begun, (agents, sessions), (active, fences)) = join3(begun, locked, counted).await;
        begun.map_err(|failure| of_driver(&failure))?;
        let rows = |rows: Result<Vec<Row>, tokio_postgres::Error>| rows.map_err(|f| of_driver(&f));
        Seen::read(
            &rows(agents)?,
            &rows(sessions)?,
            &rows(active)?,
            &rows(fences)?,
        )
    }

    /// Writes what was granted, and commits.
    async fn write(
        &self,
        lease: &Lease,
        wanted: &[Wanted<'_>],
        granted: &[usize],
    ) -> Result<Vec<Row>, StoreError> {
        let client = lease.client()?;
        let (mut sessions, mut agents, mut teams) = (Vec::new(), Vec::new(), Vec::new());
        let (mut contexts, mut times) = (Vec::new(), Vec::new());
        let mut fenced = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for one in granted.iter().filter_map(|at| wanted.get(*at)) {
            let at = one.changes.at.map(|at| at.as_millisecond());
            sessions.push(one.session.as_str());
            agents.push(one.agent.as_str());
            teams.push(self.team_key(one.changes)?);
            contexts.push(context_text(one.changes)?);
            times.push(at);
            if let Some(token) = one.expected.token {
                fenced.0.push(one.session.as_str());
                fenced.1.push(i64::try_from(token).unwrap_or(i64::MAX));
                fenced.2.push(one.agent.as_str());
                fenced.3.push(at);
            }
        }
        let assign = lease.prepare(&self.statements.assign).await?;
        let fence = match fenced.0.is_empty() {
            true => None,
            false => Some(lease.prepare(&self.statements.fence).await?),
        };
        let (fence, assigned, commit) = join3(
            async {
                match &fence {
                    Some(fence) => {
                        let of: [Parameter<'_>; 4] = [&fenced.0, &fenced.1, &fenced.2, &fenced.3];
                        client.execute(fence, &of).await
                    }
                    None => Ok(0),
                }
            },
            client.query(&assign, &[&sessions, &agents, &teams, &contexts, &times]),
            client.batch_execute("COMMIT"),
        )
        .await;
        fence.map_err(|failure| of_driver(&failure))?;
        let rows = assigned.map_err(|failure| of_driver(&failure))?;
        commit.map_err(|failure| of_driver(&failure))?;
        Ok(rows)
    }
}

/// How many of the claims, from the first on, are of different sessions: one transaction's worth.
fn chunk_length(requests: &[ClaimRequest]) -> usize {
    let mut sessions = BTreeSet::new();
    let distinct = requests.iter().take(MAX_CHUNK);
    distinct
        .take_while(|one| sessions.insert(one.session_id.as_str().to_ascii_lowercase()))
        .count()
}

/// Ends a transaction that has written nothing. If that fails, the line is closed.
async fn roll_back(lease: Lease) {
    let rolled_back = lease.within(async {
        let done = lease.client()?.batch_execute("ROLLBACK").await;
        done.map_err(|failure| of_driver(&failure))
    });
    if rolled_back.await.is_ok() {
        lease.give_back();
    }
}

pub(super) fn context_text(changes: &SessionChanges) -> Result<String, StoreError> {
    serde_json::to_string(&changes.context)
        .map_err(|_| error("invalid_value", "the context cannot be written as JSON"))
}

/// Sessions that are claimed in one transaction at most: so long others wait.
const MAX_CHUNK: usize = 64;
/// How often a transaction is begun that the server gives up for the sake of others.
const MAX_TRIES: u32 = 3;
const BETWEEN_TRIES: Duration = Duration::from_millis(25);
