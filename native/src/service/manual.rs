use std::collections::VecDeque;

use assignment_engine_core::{AgentId, Session, TeamConfig, TenantId};
use serde_json::Map;

use super::{Assigned, AssignmentService, ServiceError};
use crate::store::{Claim, Expected, Refusal, SessionChanges};

/// So many queued sessions for one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualAssignment {
    /// Who gets them.
    pub agent_id: AgentId,
    /// How many.
    pub count: usize,
}

impl AssignmentService {
    /// Gives queued sessions to agents by hand, oldest first, as many as each is meant to get,
    /// with the agent's first active team. No rule is asked, but the team's limit holds: an agent
    /// who reaches it gets no more. Where others take sessions of the queue meanwhile, it is read
    /// on.
    ///
    /// # Errors
    /// [`ServiceError`] if an agent is in no active team of the tenant, before anything is
    /// assigned, or the store fails; what was assigned before it failed stays assigned.
    pub async fn assign_queued_sessions_to_agents(
        &self,
        tenant: &TenantId,
        assignments: &[ManualAssignment],
    ) -> Result<Assigned, ServiceError> {
        let teams = self.store.teams(tenant).await?;
        let mut plans = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let team = first_active_team(&teams, &assignment.agent_id)
                .ok_or_else(|| ServiceError::UnknownAgent(assignment.agent_id.clone()))?;
            plans.push((assignment, team));
        }
        let wanted = assignments
            .iter()
            .fold(0_usize, |sum, one| sum.saturating_add(one.count));
        let mut queue = Queue::new(wanted);
        for (assignment, team) in plans {
            let agent = &assignment.agent_id;
            let mut left = assignment.count;
            while left > 0 {
                let Some(session) = self.next_queued(tenant, &mut queue).await? else {
                    return Ok(queue.done());
                };
                match self.claim_by_hand(&session, agent, team).await? {
                    Claim::Claimed(_) => {
                        queue.assigned += 1;
                        left -= 1;
                    }
                    // Somebody else has it now: the next one, then.
                    Claim::Refused(
                        Refusal::SessionTaken
                        | Refusal::SessionMoved
                        | Refusal::SessionGone
                        | Refusal::StaleToken,
                    ) => {}
                    Claim::Refused(Refusal::AgentAtLimit | Refusal::AgentGone) => {
                        // The session is still there for whoever comes next.
                        queue.read.push_front(session);
                        break;
                    }
                }
            }
        }
        Ok(queue.done())
    }

    /// The oldest queued session that was not tried yet, reading on where what was read is used
    /// up; `None` where the queue is empty, or nothing came of it [`MAX_IDLE_READS`] times.
    async fn next_queued(
        &self,
        tenant: &TenantId,
        queue: &mut Queue,
    ) -> Result<Option<Session>, ServiceError> {
        if queue.read.is_empty() {
            let progress = queue.assigned > queue.assigned_at_read;
            queue.idle_reads = if progress { 0 } else { queue.idle_reads + 1 };
            if queue.idle_reads > MAX_IDLE_READS {
                return Ok(None);
            }
            queue.assigned_at_read = queue.assigned;
            let limit = queue.wanted.saturating_sub(queue.assigned).min(MAX_READ);
            queue.read = self.store.queue(tenant, None, limit).await?.into();
        }
        Ok(queue.read.pop_front())
    }

    async fn claim_by_hand(
        &self,
        session: &Session,
        agent: &AgentId,
        team: &TeamConfig,
    ) -> Result<Claim, ServiceError> {
        let _lock = self.locks.lock(&session.id).await;
        let expected = Expected {
            team_id: session.assigned_team_id.clone(),
            max_load: team
                .routing_config
                .as_ref()
                .and_then(|config| config.limit()),
            ..Expected::default()
        };
        let changes = SessionChanges {
            team_id: Some(team.id.clone()),
            context: Map::new(),
            at: Some(self.clock.now()),
        };
        Ok(self
            .store
            .claim(&session.id, agent, &expected, &changes)
            .await?)
    }
}

/// The queue as it is worked off.
struct Queue {
    wanted: usize,
    read: VecDeque<Session>,
    assigned: usize,
    assigned_at_read: usize,
    idle_reads: usize,
}

impl Queue {
    fn new(wanted: usize) -> Self {
        Self {
            wanted,
            read: VecDeque::new(),
            assigned: 0,
            assigned_at_read: 0,
            idle_reads: 0,
        }
    }

    fn done(&self) -> Assigned {
        let assigned = self.assigned;
        Assigned { assigned }
    }
}

/// The first active team that the agent is in: oldest first, ties by id.
fn first_active_team<'t>(teams: &'t [TeamConfig], agent: &AgentId) -> Option<&'t TeamConfig> {
    teams
        .iter()
        .filter(|team| team.is_active && team.members.contains(agent))
        .min_by_key(|team| (team.created_at.is_none(), team.created_at, &team.id))
}

/// Sessions that are read from the queue at once.
const MAX_READ: usize = 200;
/// How often the queue is read without a session being assigned in between: others take them all.
const MAX_IDLE_READS: usize = 8;
