import type { RoutingConfig, Session } from "../../../src/types.ts";
import { compare } from "./run.ts";

/** What is compared; a number, because it is compared for every agent. */
export type What =
  | typeof NOTHING
  | typeof ACTIVE
  | typeof TOTAL
  | typeof ACTIVE_THEN_TOTAL
  | typeof TOTAL_THEN_ACTIVE
  | typeof MANUAL;
export const NOTHING = 0;
export const ACTIVE = 1;
export const TOTAL = 2;
export const ACTIVE_THEN_TOTAL = 3;
export const TOTAL_THEN_ACTIVE = 4;
export const MANUAL = 5;

/** The order in which equals take turns. */
export type Order = typeof BY_NAME | typeof BY_CREATION | typeof BY_ID;
export const BY_NAME = 0;
export const BY_CREATION = 1;
export const BY_ID = 2;

export interface Routing {
  what: What;
  order: Order;
  /** Infinity where there is none. */
  limit: number;
}

export function routing(
  name: string | null | undefined,
  config: RoutingConfig | null | undefined,
): Routing {
  const what = whatOf(name, config);
  return { what, order: what === NOTHING ? orderOf(config) : BY_ID, limit: limitOf(config) };
}

export function whatOf(
  name: string | null | undefined,
  config: RoutingConfig | null | undefined,
): What {
  if (name == null) return NOTHING;
  // The length leaves at most two to compare with.
  switch (name.length) {
    case 12:
      return name === "least_active" ? ACTIVE : NOTHING;
    case 13:
      return name === "load_balanced" ? ACTIVE : NOTHING;
    case 14:
      return name === "least_assigned" ? TOTAL : NOTHING;
    case 6:
      return name === "hybrid" ? hybrid(config?.priority) : name === "manual" ? MANUAL : NOTHING;
    default:
      return NOTHING;
  }
}

export function hybrid(priority: RoutingConfig["priority"]): What {
  if (!priority?.length) return ACTIVE_THEN_TOTAL;
  const totalFirst = priority[0] === "least_assigned";
  // A criterion that is named again compares what is already equal.
  const both = priority.some((criterion) => (criterion === "least_assigned") !== totalFirst);
  if (totalFirst) return both ? TOTAL_THEN_ACTIVE : TOTAL;
  return both ? ACTIVE_THEN_TOTAL : ACTIVE;
}

export function orderOf(config: RoutingConfig | null | undefined): Order {
  const sortBy = config?.sortBy;
  return sortBy === "created_at" ? BY_CREATION : sortBy === "random" ? BY_ID : BY_NAME;
}

export function limitOf(config: RoutingConfig | null | undefined): number {
  const maxLoad = config?.maxLoad ?? 0;
  return maxLoad > 0 ? maxLoad : Infinity;
}

/** What is compared as one number. Of two counts those beyond `MOST` (67 million) are all equal. */
export function rank(what: What, active: number, total: number): number {
  switch (what) {
    case ACTIVE:
      return active;
    case TOTAL:
      return total;
    case ACTIVE_THEN_TOTAL:
      return Math.min(active, MOST) * (MOST + 1) + Math.min(total, MOST);
    case TOTAL_THEN_ACTIVE:
      return Math.min(total, MOST) * (MOST + 1) + Math.min(active, MOST);
    default:
      return 0;
  }
}

export const MOST = 2 ** 26 - 1;
/** The rank of who is not eligible. */
export const OUT = Number.MAX_SAFE_INTEGER;

export function contextKey(session: Session): string {
  return session.assignedTeamId || session.tenantId;
}
