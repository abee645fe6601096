import { defaultTeam } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import { AssignmentEngineError, printable } from "../errors.ts";
import type { Session, Team } from "../types.ts";
import { limitOf } from "./limit.ts";
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
  const plans = assignments.map(({ agentId, count }, at) => {
    const team = firstActiveTeam(teams, agentId, `assignments[${at}].agentId`);
    return { agentId, left: count, team, maxLoad: limitOf(team) };
  });
  let assigned = 0;
  let missed = 0;
  while (missed < MAX_READS_IN_VAIN) {
    const wanted = plans.reduce((sum, { left }) => sum + left, 0);
    if (wanted === 0) break;
    const limit = Math.min(wanted, QUEUE_PAGE);
    const queue = await parts.store.queue(tenantId, undefined, limit);
    const given = await handOut(parts, queue, plans);
    assigned += given.assigned;
    // Others have taken or moved some of these: those behind them are to be had.
    const worthAnotherLook = given.lost > 0 || (given.assigned > 0 && queue.length === limit);
    if (!worthAnotherLook) break;
    missed = given.assigned > 0 ? 0 : missed + 1;
  }
  return { assigned };
}

/** Sessions read from the queue at once. */
const QUEUE_PAGE = 500;

/** Reads of the queue, one after the other, of which others take everything before the run ends. */
const MAX_READS_IN_VAIN = 8;

/** What one agent is still to get. */
interface Plan {
  readonly agentId: string;
  left: number;
  readonly team: Team;
  readonly maxLoad: number | undefined;
}

/** Gives these sessions to the agents; how many they got, and how many somebody else had changed. */
async function handOut(
  parts: Parts,
  queue: readonly Session[],
  plans: readonly Plan[],
): Promise<{ assigned: number; lost: number }> {
  let [assigned, lost, next] = [0, 0, 0];
  for (const plan of plans) {
    for (; plan.left > 0; next += 1) {
      const session = queue[next];
      if (session === undefined) return { assigned, lost };
      const claim = await claimByHand(parts, session, plan.agentId, plan.team, plan.maxLoad);
      if (claim.kind === "claimed") {
        assigned += 1;
        plan.left -= 1;
      } else if (claim.refusal === "agent_at_limit" || claim.refusal === "agent_gone") {
        // The session is still there for whoever comes next.
        plan.left = 0;
        break;
      } else {
        lost += 1;
      }
    }
  }
  return { assigned, lost };
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
function firstActiveTeam(teams: readonly Team[], agentId: string, path: string): Team {
  const mine = teams.filter((team) => read(team, "members")?.includes(agentId));
  // A default team does not come first here.
  const first = defaultTeam(mine.map((team) => ({ ...team, isDefault: false })));
  const team = first && mine.find((team) => team.id === first.id);
  if (team !== undefined) return team;
  const message = `the agent \`${printable(agentId)}\` is in no active team of the tenant`;
  throw new AssignmentEngineError("unknown_agent", message, { path });
}
