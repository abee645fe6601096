import { AssignmentEngineError } from "../errors.ts";
import type { Outcome, Session } from "../types.ts";
import { load, unknownTeam } from "./handover.ts";
import type { Parts } from "./parts.ts";
import { attempt } from "./run.ts";
import { isUnassigned } from "./sessions.ts";

/** Sessions that one run over the queue takes on, unless said otherwise. */
export const DEFAULT_QUEUE_LIMIT = 50;

/** How many sessions found an agent. */
export interface Assigned {
  /** Sessions that were assigned by this call. */
  assigned: number;
}

/** See `AssignmentService.assignQueuedSessionsToAvailableAgents`. */
export async function assignToAvailableAgents(
  parts: Parts,
  tenantId: string,
  teamId: string | undefined,
  limit: number,
): Promise<Assigned> {
  // To some query builders a limit of 0 means none.
  const queue = limit === 0 ? [] : await parts.store.queue(tenantId, teamId, limit);
  let assigned = 0;
  for (const session of queue) {
    if (await tryQueued(parts, session, undefined, false)) assigned += 1;
  }
  return { assigned };
}

/** See `AssignmentService.assignQueuedSessionsToTeams`. */
export async function assignToTeams(
  parts: Parts,
  tenantId: string,
  teamIds: readonly string[],
  forceOverride: boolean,
): Promise<Assigned> {
  if (teamIds.length === 0) return { assigned: 0 };
  const known = new Set((await parts.store.teams(tenantId)).map((team) => team.id));
  for (const [at, id] of teamIds.entries()) {
    if (!known.has(id)) throw unknownTeam(id, `teamIds[${at}]`);
  }
  const queue = await parts.store.queue(tenantId, undefined, DEFAULT_QUEUE_LIMIT);
  let assigned = 0;
  for (const [turn, session] of queue.entries()) {
    const team = teamIds[turn % teamIds.length];
    if (await tryQueued(parts, session, team, forceOverride)) assigned += 1;
  }
  return { assigned };
}

/** Tries one queued session; whether it was assigned. An error is logged. */
async function tryQueued(
  parts: Parts,
  queued: Session,
  teamId: string | undefined,
  forceOverride: boolean,
): Promise<boolean> {
  const { id } = queued;
  try {
    const outcome = await parts.locks.hold(id, async (): Promise<Readonly<Outcome> | null> => {
      // The queue was read some time ago: what counts is how the session is now.
      const stored = await load(parts, id);
      if (!isUnassigned(stored)) return null;
      const changes = { teamId, context: {} };
      const plan = { engine: parts.engine, source: "queue", forceOverride, changes } as const;
      return (await attempt(parts, stored, plan)).decision.outcome;
    });
    if (outcome?.kind === "error") {
      parts.observer.queuedSessionFailed(id, outcome.code, outcome.message);
    }
    return outcome?.kind === "assign";
  } catch (error) {
    const known = AssignmentEngineError.is(error);
    const [code, message] = known ? [error.code, error.message] : ["other", "something failed"];
    if (!known) parts.observer.failed("service", id, error);
    parts.observer.queuedSessionFailed(id, code, message);
    return false;
  }
}
