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
   * It succeeds only if the session is unassigned and as `expected`, and the agent has fewer
   * sessions than the limit expected. There is no other way to assign a session.
   */
  claim(
    sessionId: string,
    agentId: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim>;

  /**
   * Changes a session without assigning it, if it is still unassigned; one that has an owner by
   * now, or is over, stays as it is. Answers the session as it is then, null if it is gone.
   */
  update(sessionId: string, changes: SessionChanges): Promise<Session | null>;

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
   * they were given since `countsSince`, or ever (`total`).
   */
  members(teamId: string, countsSince: Date | undefined): Promise<Agent[]>;

  /** The tenant's configuration, the one without a team. */
  tenant(id: string): Promise<TenantConfig>;
}

/** What must still hold when a session is claimed. */
export interface Expected {
  /** The session's team when the decision was made, before {@link SessionChanges}. */
  teamId: string | undefined;
  /** Sessions the agent may have at most, this one included; no limit if absent. */
  maxLoad: number | undefined;
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

/** The answer to a claim. */
export type Claim =
  /** The session is the agent's; as it is stored now. */
  | { kind: "claimed"; session: Session }
  /** Nothing was changed. */
  | { kind: "refused"; refusal: Refusal };

/** Why a claim was refused. */
export type Refusal =
  /** The session has an owner, or is over. */
  | "session_taken"
  /** The session has moved to another team. */
  | "session_moved"
  /** There is no such session any more. */
  | "session_gone"
  /** The agent has as many sessions as allowed. */
  | "agent_at_limit"
  /** There is no such agent any more. */
  | "agent_gone";
