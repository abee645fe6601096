import { defaultTeam } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import { AssignmentEngineError, printable } from "../errors.ts";
import type { Session, Team } from "../types.ts";
import type { Parts } from "./parts.ts";
import { teamIdOf } from "./sessions.ts";
import type { Assigned } from "./queue.ts";
import type { Claim } from "./store.ts";

/** So many queued sessions for one agent. */
export interface ManualAssignment {
  /** Who gets them. */
  agentId: string;
  /** How many; a whole number from 0 up. */
  count: number;
}

/** See `AssignmentService.assignQueuedSessionsToAgents`. */
export async function assignToAgents(
  parts: Parts,
  tenantId: string,
  assignments: readonly ManualAssignment[],
): Promise<Assigned> {
  const teams = await parts.store.teams(tenantId);
  const plans = assignments.map(({ agentId, count }) => {
    const team = firstActiveTeam(teams, agentId);
    return { agentId, left: count, team, maxLoad: limitOf(team) };
  });
  const wanted = assignments.reduce((sum, { count }) => sum + count, 0);
  const limit = Math.min(wanted, Number.MAX_SAFE_INTEGER);
  const queue = limit === 0 ? [] : await parts.store.queue(tenantId, undefined, limit);
  let assigned = 0;
  let next = 0;
  for (const plan of plans) {
    for (; plan.left > 0; next += 1) {
      const session = queue[next];
      if (session === undefined) return { assigned };
      const claim = await claimByHand(parts, session, plan.agentId, plan.team, plan.maxLoad);
      if (claim.kind === "claimed") {
        assigned += 1;
        plan.left -= 1;
      } else if (claim.refusal === "agent_at_limit" || claim.refusal === "agent_gone") {
        // The session is still there for whoever comes next.
        break;
      }
    }
  }
  return { assigned };
}

function claimByHand(
  parts: Parts,
  session: Session,
  agentId: string,
  team: Team,
  maxLoad: number | undefined,
): Promise<Claim> {
  return parts.locks.hold(session.id, async () => {
    const expected = { teamId: teamIdOf(session), maxLoad };
    const changes = { teamId: team.id, context: {}, at: new Date(parts.now()) };
    const claim = await parts.store.claim(session.id, agentId, expected, changes);
    if (claim.kind === "refused") parts.observer.claimRefused(session.id, agentId, claim.refusal);
    return claim;
  });
}

/** The first active team that the agent is in: oldest first, ties by id. */
function firstActiveTeam(teams: readonly Team[], agentId: string): Team {
  const mine = teams.filter((team) => read(team, "members")?.includes(agentId));
  // A default team does not come first here.
  const first = defaultTeam(mine.map((team) => ({ ...team, isDefault: false })));
  const team = first && mine.find((team) => team.id === first.id);
  if (team !== undefined) return team;
  const message = `the agent \`${printable(agentId)}\` is in no active team of the tenant`;
  throw new AssignmentEngineError("unknown_agent", message);
}

/** Sessions that the team allows each of its agents; none if it sets no limit. */
function limitOf(team: Team): number | undefined {
  const limit = read(read(team, "routingConfig") ?? {}, "maxLoad") ?? 0;
  if (Number.isSafeInteger(limit) && limit >= 0) return limit === 0 ? undefined : limit;
  // To go on without a limit would be the worst reading of a bad one.
  const path = "team.routingConfig.maxLoad";
  const message = `${path}: the limit of team \`${printable(team.id)}\` is no whole number`;
  throw new AssignmentEngineError("invalid_value", message, { path });
}
