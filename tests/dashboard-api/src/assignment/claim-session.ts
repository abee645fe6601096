import type { Claim, Expected, Refusal, SessionChanges } from "assignment-engine";
import type { EntityManager } from "typeorm";
import { SessionEntity } from "../database/entities";
import { CHANGED_COLUMNS, changeParameters } from "./session-sql";

/**
 * Gives a session to an agent, inside the caller's transaction.
 *
 * The agent's row is the lock under which his sessions are counted: of two claims for one agent the
 * second waits, and then counts what the first has committed (READ COMMITTED: each statement sees
 * what is committed when it begins). The session is protected by the conditions of the UPDATE
 * alone. Always the agent first, then the session, and one of each: no two claims can deadlock.
 */
export async function claimSession(
  manager: EntityManager,
  sessionId: string,
  agentId: string,
  expected: Expected,
  changes: SessionChanges,
): Promise<Claim> {
  const agent = await lockAgent(manager, agentId, sessionId);
  const refusal =
    (await refusalOfSession(manager, sessionId, expected)) ??
    (agent ? undefined : "agent_gone") ??
    (await refusalOfLoad(manager, agentId, expected.maxLoad)) ??
    (await assign(manager, sessionId, agentId, expected, changes));
  if (refusal) return { kind: "refused", refusal };
  const session = await manager.findOneByOrFail(SessionEntity, { id: sessionId });
  return { kind: "claimed", session };
}

/**
 * Locks the agent, if he is there and of the session's tenant.
 *
 * NO KEY: whoever inserts a row that refers to the agent (a message, say) need not wait, as he
 * would for a plain FOR UPDATE; two claims exclude each other just the same.
 */
async function lockAgent(
  manager: EntityManager,
  agentId: string,
  sessionId: string,
): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `SELECT u.id FROM users u
     JOIN sessions s ON s.id = $2 AND s.tenant_id = u.tenant_id
     WHERE u.id = $1 AND u.is_active
     FOR NO KEY UPDATE OF u`,
    [agentId, sessionId],
  );
  return rows.length === 1;
}

async function refusalOfLoad(
  manager: EntityManager,
  agentId: string,
  maxLoad: number | undefined,
): Promise<Refusal | undefined> {
  if (maxLoad === undefined) return undefined;
  const active = await manager.countBy(SessionEntity, {
    assignedAgentId: agentId,
    status: "assigned",
  });
  return active < maxLoad ? undefined : "agent_at_limit";
}

async function assign(
  manager: EntityManager,
  sessionId: string,
  agentId: string,
  expected: Expected,
  changes: SessionChanges,
): Promise<Refusal | undefined> {
  const [, updated]: [unknown, number] = await manager.query(
    `UPDATE sessions
     SET ${CHANGED_COLUMNS}, status = 'assigned', assigned_agent_id = $5, assigned_at = $4
     WHERE id = $1 AND status = 'unassigned' AND assigned_agent_id IS NULL
       AND assigned_team_id IS NOT DISTINCT FROM $6::uuid`,
    [...changeParameters(sessionId, changes), agentId, expected.teamId ?? null],
  );
  if (updated === 1) return undefined;
  // Somebody was quicker between our look and our UPDATE: what has become of it?
  return (await refusalOfSession(manager, sessionId, expected)) ?? "session_taken";
}

async function refusalOfSession(
  manager: EntityManager,
  sessionId: string,
  expected: Expected,
): Promise<Refusal | undefined> {
  const session = await manager.findOneBy(SessionEntity, { id: sessionId });
  if (!session) return "session_gone";
  if (session.status !== "unassigned" || session.assignedAgentId !== null) return "session_taken";
  if (session.assignedTeamId !== (expected.teamId ?? null)) return "session_moved";
  return undefined;
}
