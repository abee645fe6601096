import { read } from "../engine/wire.ts";
import { AssignmentEngineError, printable } from "../errors.ts";
import type { Team } from "../types.ts";

/** Sessions that the team allows each of its agents; undefined if it sets no limit. */
export function limitOf(team: Team): number | undefined {
  const limit = read(read(team, "routingConfig") ?? {}, "maxLoad") ?? 0;
  if (Number.isSafeInteger(limit) && limit >= 0) return limit === 0 ? undefined : limit;
  // To go on without a limit would be the worst reading of a bad one.
  const path = "team.routingConfig.maxLoad";
  const message = `${path}: the limit of team \`${printable(team.id)}\` is no whole number`;
  throw new AssignmentEngineError("invalid_value", message, { path });
}
