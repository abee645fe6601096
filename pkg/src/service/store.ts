import type { Agent, Session, Team, TenantConfig } from "../types.ts";

/**
 * Sessions, teams and agents of any number of tenants: the port to your database.
 *
 * Reads may be stale; {@link SessionStore.claim} has the last word. Every method either does all
 * that it says or nothing. A method that cannot answer rejects; a rejection with an
 * `AssignmentEngineError` keeps its code and message, of any other error only the fact is told.
 */
export interface SessionStore {
  /** The session of that id. */
  session(id: string): Promise<Session | null>;

  /**
   * The unassigned sessions of the tenant, or of one of its teams, oldest first, ties by id; at
   * most `limit`.
   */
  queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]>;

  /**
   * Gives the session to the agent, in one transaction together with `changes`.
   *
   * It succeeds only if the session is as `expected`, and the agent has fewer sessions than the
   * limit expected, those of every team counted. What does not hold is told in the order of
   * {@link Refusal}. There is no other way to assign a session: people's choices and transfers are
   * claims too.
   *
   * With `expected.token` a claim that was carried out before, for the same session, agent and
   * token, answers `claimed` again while the agent still has the session: so one whose answer was
   * lost can be repeated.
   */
  claim(
    sessionId: string,
    agentId: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim>;

  /**
   * Many claims, in their order, each as by {@link SessionStore.claim}; see `claimMany` for stores
   * without it.
   */
  claimMany?(requests: readonly ClaimRequest[]): Promise<Claim[]>;

  /**
   * Changes a session without assigning it, if it is still unassigned; one that has an owner by
   * now, or is over, stays as it is. Answers the session as it is then, null if it is gone.
   */
  update(sessionId: string, changes: SessionChanges): Promise<Session | null>;

  /**
   * Puts `stamp` under `key` into the context of a session that is still unassigned, if what is
   * there is what was `seen` (undefined: nothing), in one step; was it put there? Of those who saw
   * the same only one gets a yes. Nothing else of the session changes.
   */
  stamp(sessionId: string, key: string, seen: unknown, stamp: string): Promise<boolean>;

  /**
   * Takes a stamp back, whatever has become of the session: puts what was `seen` in its place, or
   * nothing, if the stamp is still there.
   */
  unstamp(sessionId: string, key: string, stamp: string, seen: unknown): Promise<boolean>;

  /** Has the contact an assigned session in this tenant, other than `exceptSessionId`? */
  contactHasAssignedSession(
    tenantId: string,
    contactId: string,
    exceptSessionId: string,
  ): Promise<boolean>;

  /** The tenant's teams with the ids of their active members. */
  teams(tenantId: string): Promise<Team[]>;

  /** The team of that id and the tenant it belongs to. */
  team(id: string): Promise<{ tenantId: string; team: Team } | null>;

  /**
   * The team's active members: with the sessions they have now, in any team (`active`), and those
   * they were given, as `counts` says (`total`).
   */
  members(teamId: string, counts: Counts): Promise<Agent[]>;

  /** The tenant's configuration, the one without a team. */
  tenant(id: string): Promise<TenantConfig>;
}

/** Which of the sessions an agent was given are counted. */
export type Counts =
  /** None: nobody looks at the number, which may be absent. */
  | { kind: "none" }
  /** Those since that instant, itself included. */
  | { kind: "since"; at: Date }
  /** All of them. */
  | { kind: "ever" };

/** What must still hold when a session is claimed. */
export interface Expected {
  /** The session's team when the decision was made, before {@link SessionChanges}. */
  teamId?: string | undefined;
  /** Who has the session now, and is to give it away; absent if nobody may have it. */
  owner?: string | undefined;
  /** Sessions the agent may have at most, this one included; no limit if absent. */
  maxLoad?: number | undefined;
  /**
   * A fencing token, from 0 to 2^63 - 1, growing from claim to claim of a tenant: whoever comes
   * with one that is not higher than that of an earlier claim of the session has been overtaken.
   */
  token?: bigint | undefined;
}

/** What to change about a session. */
export interface SessionChanges {
  /** The team it moves to; stays if absent. */
  teamId?: string | undefined;
  /** Entries of its context, over older ones of the same name. */
  context: Record<string, unknown>;
  /** When the change is made: `assignedAt` of a claim, `updatedAt`. */
  at: Date;
}

/** One claim of many. */
export interface ClaimRequest {
  sessionId: string;
  agentId: string;
  expected: Expected;
  changes: SessionChanges;
}

/** The answer to a claim. */
export type Claim =
  /** The session is the agent's; as it is stored now. */
  | { kind: "claimed"; session: Session }
  /** Nothing was changed. */
  | { kind: "refused"; refusal: Refusal };

/** Why a claim is refused. Of several reasons the first of these is told. */
export const REFUSALS = [
  /** There is no such session any more. */
  "session_gone",
  /** The session was claimed under a token that is as high, or higher. */
  "stale_token",
  /** The session has another owner than expected, or is over. */
  "session_taken",
  /** The session has moved to another team. */
  "session_moved",
  /** There is no such agent any more. */
  "agent_gone",
  /** The agent has as many sessions as allowed. */
  "agent_at_limit",
] as const;

/** Why a claim was refused: one of {@link REFUSALS}. */
export type Refusal = (typeof REFUSALS)[number];

/** Many claims, in their order: by the store's own way if it has one, else one after the other. */
export async function claimMany(
  store: SessionStore,
  requests: readonly ClaimRequest[],
): Promise<Claim[]> {
  if (store.claimMany !== undefined) return store.claimMany(requests);
  const claims: Claim[] = [];
  for (const { sessionId, agentId, expected, changes } of requests) {
    claims.push(await store.claim(sessionId, agentId, expected, changes));
  }
  return claims;
}
