import { availability } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import { AssignmentEngineError } from "../errors.ts";
import type { Availability, Team } from "../types.ts";
import { unknownTeam } from "./handover.ts";
import { byBytes } from "./order.ts";
import type { Parts } from "./parts.ts";
import { settingsOf } from "./tenants.ts";

/** A team that can take sessions from the queue now. */
export interface TeamAvailability {
  teamId: string;
  name: string;
  /** Its active members, online or not. */
  memberCount: number;
}

/** See `AssignmentService.getTeamsAvailableForQueue`. */
export async function teamsAvailable(parts: Parts, tenantId: string): Promise<TeamAvailability[]> {
  const now = parts.now();
  const available = (await parts.store.teams(tenantId))
    .map((team) => ({
      team,
      teamId: team.id,
      name: read(team, "name") ?? "",
      memberCount: read(team, "members")?.length ?? 0,
    }))
    .filter(({ team, memberCount }) => read(team, "isActive") !== false && memberCount > 0)
    .filter(({ team }) => isOpen(parts, team, now))
    .map(({ team: _, ...shown }) => shown);
  return available.sort((a, b) => byBytes(a.name, b.name) || byBytes(a.teamId, b.teamId));
}

/** See `AssignmentService.checkScheduleAvailability`. */
export async function scheduleAvailability(parts: Parts, teamId: string): Promise<Availability> {
  const found = await parts.store.team(teamId);
  if (found === null) throw unknownTeam(teamId);
  const tenant = settingsOf(await parts.store.tenant(found.tenantId));
  const schedule = read(found.team, "schedule") ?? null;
  return availability({ schedule, tenantMessage: tenant.outOfOfficeMessage }, parts.now());
}

/** One team's broken schedule does not hide the other teams. */
function isOpen(parts: Parts, team: Team, now: number): boolean {
  try {
    return availability({ schedule: read(team, "schedule") ?? null }, now).isOpen;
  } catch (error) {
    if (!AssignmentEngineError.is(error)) throw error;
    parts.observer.teamLeftOut(team.id, error);
    return false;
  }
}
