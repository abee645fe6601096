import { AssignmentEngineError, printable } from "../errors.ts";
import { defaultTeam } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import type { Decision, Outcome, Session } from "../types.ts";
import { defaultTeamOf, teamOf } from "./facts.ts";
import type { Parts } from "./parts.ts";
import { attempt, leftAlone } from "./run.ts";
import { isUnassigned } from "./sessions.ts";

/** What a handover came to. */
export interface Handover {
  /** The session as it is now. */
  session: Session;
  /** Who got the session, or why nobody did. */
  outcome: Readonly<Outcome>;
  /** What was decided about it, and why. */
  decision: Decision;
}

/** See `AssignmentService.requestAssignment`; the arguments have been checked. */
export function requestAssignment(
  parts: Parts,
  id: string,
  team: string | undefined,
  context: Record<string, unknown>,
): Promise<Handover> {
  return parts.locks.hold(id, async () => {
    const stored = await load(parts, id);
    const { session, decision } = isUnassigned(stored)
      ? await attempt(parts, stored, {
          engine: parts.engine,
          source: "handover",
          forceOverride: false,
          changes: { teamId: await effectiveTeam(parts, stored.tenantId, team), context },
        })
      : leftAlone(parts, stored);
    return { session, outcome: decision.outcome, decision };
  });
}

/** See `AssignmentService.assignSession`. */
export function assignSession(parts: Parts, id: string): Promise<Session | null> {
  return parts.locks.hold(id, async () => {
    const stored = await load(parts, id);
    if (!isUnassigned(stored)) return null;
    const { session, decision } = await attempt(parts, stored, {
      engine: parts.dispatch,
      source: "handover",
      forceOverride: false,
      changes: { teamId: undefined, context: {} },
    });
    return decision.outcome.kind === "assign" ? session : null;
  });
}

export async function load(parts: Parts, id: string): Promise<Session> {
  const session = await parts.store.session(id);
  if (session !== null) return session;
  throw new AssignmentEngineError("unknown_session", `there is no session \`${printable(id)}\``);
}

export function unknownTeam(id: string, path?: string): AssignmentEngineError {
  const message = `the tenant has no team \`${printable(id)}\``;
  return new AssignmentEngineError("unknown_team", message, { path });
}

/**
 * The team asked for, else the one for sessions without a team, else, if no team has members, the
 * default team itself.
 */
async function effectiveTeam(
  parts: Parts,
  tenantId: string,
  asked: string | undefined,
): Promise<string | undefined> {
  if (asked !== undefined) {
    const team = await teamOf(parts.store, tenantId, asked);
    if (team === null) throw unknownTeam(asked);
    return team.id;
  }
  const withMembers = await defaultTeamOf(parts.store, tenantId);
  if (withMembers !== null) return withMembers.id;
  const teams = await parts.store.teams(tenantId);
  const defaults = teams.filter((team) => read(team, "isDefault") === true);
  // Taken for teams with members, so that the same order decides.
  return defaultTeam(defaults.map((team) => ({ ...team, members: [team.id] })))?.id;
}
