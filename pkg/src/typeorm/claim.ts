import { AssignmentEngineError } from "../errors.ts";
import { isWith, teamIdOf } from "../service/sessions.ts";
import type { Claim, ClaimRequest, Refusal } from "../service/store.ts";
import { checkedToken, standingOf } from "../service/tokens.ts";
import type { Session } from "../types.ts";
import type { Transaction } from "./database.ts";
import { stateOf } from "./failures.ts";
import type { Statements } from "./statements.ts";

/**
 * Gives a session to an agent, inside a transaction.
 *
 * The agent's row is the lock under which his sessions are counted: of two claims for one agent the
 * second waits, and then counts what the first has committed (READ COMMITTED: each statement sees
 * what is committed when it begins). Then the session's row is locked, and only then looked at:
 * nobody can claim it, and let it go again, in between. Always the agent first, then the session,
 * and one of each: no two claims can deadlock.
 */
export async function claim(
  transaction: Transaction,
  sql: Statements,
  { sessionId, agentId, expected, changes }: ClaimRequest,
): Promise<Claim> {
  const token = checkedToken(expected.token);
  const agent = await lockAgent(transaction, sql, agentId, sessionId);
  const [row] = await transaction.rows(sql.lockSession, [sessionId]);
  if (row === undefined) return refused("session_gone");
  const session = row as unknown as Session;
  if (token !== undefined) {
    const standing = await standingWith(transaction, sql, sessionId, agentId, token);
    if (standing === "same" && isWith(session, agentId)) return { kind: "claimed", session };
    if (standing !== undefined) return refused("stale_token");
  }
  const owner = expected.owner ?? undefined;
  if (!isWith(session, owner)) return refused("session_taken");
  if (teamIdOf(session) !== (expected.teamId ?? undefined)) return refused("session_moved");
  if (!agent) return refused("agent_gone");
  const limit = expected.maxLoad ?? undefined;
  if (limit !== undefined) {
    const [load] = await transaction.rows(sql.load, [sessionId, agentId, limit]);
    if (!(Number(load?.["active"]) < limit)) return refused("agent_at_limit");
  }
  const { teamId, context, at } = changes;
  const values = [sessionId, teamId ?? null, JSON.stringify(context), at, agentId];
  const [taken] =
    owner === undefined
      ? await transaction.write(sql.take, values)
      : await transaction.write(sql.takeOver, [...values, owner]);
  // Nobody can have come in between, but what was not written was not claimed.
  if (taken === undefined) return refused("session_taken");
  if (token !== undefined) {
    const { tenantId } = session;
    await transaction.rows(sql.keepToken, [sessionId, tenantId, String(token), agentId, at]);
  }
  return { kind: "claimed", session: taken as unknown as Session };
}

/** The ids are none that the tables could hold: a text where they have UUIDs, say. */
export class ImpossibleIds extends AssignmentEngineError {
  constructor() {
    super("invalid_value", "the tables hold no such ids");
  }
}

/** Locks the agent, if he is there, active, and of the session's tenant. */
async function lockAgent(
  transaction: Transaction,
  sql: Statements,
  agentId: string,
  sessionId: string,
): Promise<boolean> {
  try {
    return (await transaction.rows(sql.lockAgent, [agentId, sessionId])).length > 0;
  } catch (error) {
    if (stateOf(error)?.startsWith("22")) throw new ImpossibleIds();
    throw error;
  }
}

async function standingWith(
  transaction: Transaction,
  sql: Statements,
  sessionId: string,
  agentId: string,
  token: bigint,
): Promise<"same" | "stale" | undefined> {
  const [row] = await transaction.rows(sql.token, [sessionId]);
  if (row === undefined) return undefined;
  const earlier = { token: BigInt(String(row["token"])), agentId: String(row["agentId"]) };
  return standingOf(earlier, agentId, token);
}

export function refused(refusal: Refusal): Claim {
  return { kind: "refused", refusal };
}
