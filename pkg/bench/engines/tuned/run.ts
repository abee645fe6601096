import type { Agent, Facts, Instant } from "../../../src/types.ts";
import type { Request, Result } from "../shapes.ts";
import { isOpen } from "./hours.ts";
import {
  CLOSED,
  CONTACT_ALREADY_ASSIGNED,
  EVERYBODY_AT_LIMIT,
  MANUAL_STRATEGY,
  NO_MEMBERS,
  NOBODY,
  NOBODY_ONLINE,
} from "./results.ts";
import {
  ACTIVE,
  ACTIVE_THEN_TOTAL,
  BY_CREATION,
  BY_ID,
  BY_NAME,
  limitOf,
  MANUAL,
  NOTHING,
  type Order,
  orderOf,
  TOTAL,
  whatOf,
} from "./routing.ts";

/** One decision under way. */
export class Run {
  agents: readonly Agent[] = NOBODY;
  /** How many are best. */
  count = 0;
  /** Their places in `agents`, in no order. */
  #best: Int32Array = new Int32Array(ROOM);
  #order: Order = BY_ID;
  /** A key for each of them, how many have that key, and when each was made; see `#nth`. */
  #keys: Uint8Array = new Uint8Array(ROOM);
  readonly #counts = new Int32Array(256);
  #times: Float64Array = new Float64Array(ROOM);
  /** Have they keys already? */
  #keyed = false;

  /** Finds the best, or what ends the run before there is something to pick. */
  sift(request: Request, facts: Facts): Result | null {
    const { session } = request;
    const forced = request.forceOverride === true;
    if (!forced && session.assignedTeamId) {
      const fact = facts.schedule;
      if (fact != null && !isOpen(fact.availability, fact.schedule, request.now)) return CLOSED;
    }
    if (facts.contactAssigned && session.contactId) return CONTACT_ALREADY_ASSIGNED;

    const strategy = facts.strategy;
    const config = strategy?.config;
    const what = whatOf(strategy?.teamStrategy || strategy?.tenantStrategy, config);
    if (what === MANUAL) return MANUAL_STRATEGY;
    const limit = limitOf(config);

    const agents = facts.agents ?? NOBODY;
    if (agents.length > this.#best.length) this.#grow(agents.length * 2);
    this.#keyed = false;
    this.#order = BY_ID;
    if (what === NOTHING) {
      this.#order = orderOf(config);
      this.#siftAll(agents, forced, limit);
    } else if (what === ACTIVE || what === TOTAL) {
      this.#siftOne(agents, forced, limit, what === ACTIVE);
    } else {
      this.#siftTwo(agents, forced, limit, what === ACTIVE_THEN_TOTAL);
    }
    if (this.count === 0) return nobody(agents.length, forced ? agents.length : onlineOf(agents));
    this.agents = agents;
    return null;
  }

  /** The `index`-th of the best in turn order. */
  pick(index: number): Agent | undefined {
    if (!(index >= 0 && index < this.count)) return undefined;
    return this.agents[this.#nth(index)];
  }

  // All who are eligible are equal. While each is at hand, its key is made: fetching them once more
  // for that would cost as much again.
  #siftAll(agents: readonly Agent[], forced: boolean, limit: number): void {
    const best = this.#best;
    const keys = this.#keys;
    const counts = this.#counts;
    const times = this.#times;
    const limited = limit !== Infinity;
    const order = this.#order;
    let count = 0;
    if (agents.length <= FEW) {
      for (let i = 0; i < agents.length; i++) {
        if (isEligible(agents[i]!, forced, limited, limit)) best[count++] = i;
      }
    } else if (order === BY_CREATION) {
      for (let i = 0; i < agents.length; i++) {
        const agent = agents[i]!;
        if (!isEligible(agent, forced, limited, limit)) continue;
        times[count] = instant(agent.createdAt);
        best[count++] = i;
      }
    } else if (order === BY_NAME) {
      counts.fill(0);
      for (let i = 0; i < agents.length; i++) {
        const agent = agents[i]!;
        if (!isEligible(agent, forced, limited, limit)) continue;
        const key = nameKey(agent.name, 0);
        keys[count] = key;
        counts[key]!++;
        best[count++] = i;
      }
    } else {
      counts.fill(0);
      for (let i = 0; i < agents.length; i++) {
        const agent = agents[i]!;
        if (!isEligible(agent, forced, limited, limit)) continue;
        const key = idKey(agent.id, 0);
        keys[count] = key;
        counts[key]!++;
        best[count++] = i;
      }
    }
    this.#keyed = true;
    this.count = count;
  }

  // The counts are looked at before the status: most agents are out by them, and they are cheaper.
  #siftOne(agents: readonly Agent[], forced: boolean, limit: number, byActive: boolean): void {
    const best = this.#best;
    let count = 0;
    let least = Infinity;
    for (let i = 0; i < agents.length; i++) {
      const agent = agents[i]!;
      const active = agent.active ?? 0;
      const value = byActive ? active : (agent.total ?? 0);
      if (value <= least && active < limit && (forced || agent.status === "online")) {
        if (value < least) {
          least = value;
          count = 0;
        }
        best[count++] = i;
      }
    }
    this.count = count;
  }

  #siftTwo(agents: readonly Agent[], forced: boolean, limit: number, activeFirst: boolean): void {
    const best = this.#best;
    let count = 0;
    let least = Infinity;
    let second = Infinity;
    for (let i = 0; i < agents.length; i++) {
      const agent = agents[i]!;
      const active = agent.active ?? 0;
      const total = agent.total ?? 0;
      const value = activeFirst ? active : total;
      if (value > least || active >= limit) continue;
      const next = activeFirst ? total : active;
      if (value === least && next > second) continue;
      if (!forced && agent.status !== "online") continue;
      if (value < least || next < second) {
        least = value;
        second = next;
        count = 0;
      }
      best[count++] = i;
    }
    this.count = count;
  }

  /**
   * The place of the `index`-th of the best in turn order.
   *
   * Sorting is not needed for that, nor are whole names: the agents are told apart by their first
   * letter, then those who share the right one by their second, until few are left. By date it is
   * the same, the time between the first and the last being cut into 255.
   */
  #nth(index: number): number {
    const { agents } = this;
    const best = this.#best;
    const keys = this.#keys;
    const counts = this.#counts;
    let count = this.count;
    let order = this.#order;
    let keyed = this.#keyed;
    let depth = 0;
    while (count > FEW) {
      if (order === BY_CREATION) {
        if (!keyed)
          for (let i = 0; i < count; i++) this.#times[i] = instant(agents[best[i]!]!.createdAt);
        if (this.#cut(count)) {
          order = BY_ID;
          keyed = false;
          continue;
        }
      } else if (!keyed) {
        counts.fill(0);
        for (let i = 0; i < count; i++) {
          const agent = agents[best[i]!]!;
          const key = order === BY_NAME ? nameKey(agent.name, depth) : idKey(agent.id, depth);
          keys[i] = key;
          counts[key]!++;
        }
      }
      keyed = false;

      // Which key has the one who is looked for?
      let key = 0;
      while (index >= counts[key]!) index -= counts[key++]!;
      let left = 0;
      for (let i = 0; left < counts[key]!; i++) {
        if (keys[i] === key) best[left++] = best[i]!;
      }
      count = left;
      if (order === BY_CREATION) continue;
      if (key === OTHER_LETTER) break;
      if (key !== NO_LETTER) {
        depth++;
      } else if (order === BY_NAME) {
        order = BY_ID;
        depth = 0;
      } else {
        return best[0]!; // The same id, again and again.
      }
    }
    sort(agents, best, count, this.#order);
    return best[index]!;
  }

  /** Gives those made early a small key and those made late a great one; were all made at once? */
  #cut(count: number): boolean {
    const times = this.#times;
    let first = Infinity;
    let last = -Infinity;
    let unknown = 0;
    for (let i = 0; i < count; i++) {
      const at = times[i]!;
      if (at === Infinity) {
        unknown++;
      } else {
        if (at < first) first = at;
        if (at > last) last = at;
      }
    }
    if (unknown === count || (unknown === 0 && first === last)) return true;
    const keys = this.#keys;
    const counts = this.#counts;
    counts.fill(0);
    const scale = first === last ? 0 : 254 / (last - first);
    for (let i = 0; i < count; i++) {
      const at = times[i]!;
      const key = at === Infinity ? 255 : ((at - first) * scale) | 0;
      keys[i] = key;
      counts[key]!++;
    }
    return false;
  }

  #grow(size: number): void {
    this.#best = new Int32Array(size);
    this.#keys = new Uint8Array(size);
    this.#times = new Float64Array(size);
  }
}

/** So many agents need no larger arrays. */
export const ROOM = 64;
/** Up to here an insertion sort is the fastest way to the n-th. */
export const FEW = 10;

export function isEligible(
  agent: Agent,
  forced: boolean,
  limited: boolean,
  limit: number,
): boolean {
  return (forced || agent.status === "online") && (!limited || (agent.active ?? 0) < limit);
}

/** Of the letter at `depth` in a name: its place among all letters, upper or lower case. */
export function nameKey(name: string | undefined, depth: number): number {
  if (name === undefined || depth >= name.length) return NO_LETTER;
  const unit = folded(name.charCodeAt(depth));
  return unit < OTHER_LETTER - 1 ? unit + 1 : OTHER_LETTER;
}

export function idKey(id: string, depth: number): number {
  if (depth >= id.length) return NO_LETTER;
  const unit = id.charCodeAt(depth);
  return unit < OTHER_LETTER - 1 ? unit + 1 : OTHER_LETTER;
}

/** The key of a text that is at its end, and the one of all letters that have none of their own. */
export const NO_LETTER = 0;
export const OTHER_LETTER = 255;

export function sort(
  agents: readonly Agent[],
  list: Int32Array,
  count: number,
  order: Order,
): void {
  if (count > FEW) {
    list.subarray(0, count).sort((a, b) => compare(agents[a]!, agents[b]!, order));
    return;
  }
  for (let i = 1; i < count; i++) {
    const place = list[i]!;
    const agent = agents[place]!;
    let j = i - 1;
    while (j >= 0 && compare(agents[list[j]!]!, agent, order) > 0) {
      list[j + 1] = list[j]!;
      j--;
    }
    list[j + 1] = place;
  }
}

export function compare(a: Agent, b: Agent, order: Order): number {
  if (order === BY_NAME) return compareNames(a, b);
  if (order === BY_CREATION) {
    const first = instant(a.createdAt);
    const second = instant(b.createdAt);
    if (first !== second) return first < second ? -1 : 1;
  }
  return compareIds(a.id, b.id);
}

export function compareIds(a: string, b: string): number {
  // Mostly the first letter tells; of an empty text it is not a number.
  const difference = a.charCodeAt(0) - b.charCodeAt(0);
  if (difference < 0 || difference > 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** ASCII letters without regard to case, everything else by code unit; ties by id. */
export function compareNames(a: Agent, b: Agent): number {
  const first = a.name ?? "";
  const second = b.name ?? "";
  const length = Math.min(first.length, second.length);
  for (let i = 0; i < length; i++) {
    const difference = folded(first.charCodeAt(i)) - folded(second.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return first.length - second.length || compareIds(a.id, b.id);
}

export function folded(unit: number): number {
  return unit >= 65 && unit <= 90 ? unit + 32 : unit;
}

/** Whose date is unknown comes last. */
export function instant(at: Instant | null | undefined): number {
  if (at == null) return Infinity;
  return typeof at === "string" ? Date.parse(at) : at.getTime();
}

/** The places of the agents in turn order. */
export function sortedPlaces(agents: readonly Agent[], order: Order): Int32Array {
  return Int32Array.from(agents, (_, place) => place).sort((a, b) =>
    compare(agents[a]!, agents[b]!, order),
  );
}

export function onlineOf(agents: readonly Agent[]): number {
  let online = 0;
  for (const agent of agents) if (agent.status === "online") online++;
  return online;
}

export function nobody(members: number, online: number): Result {
  return members === 0 ? NO_MEMBERS : online === 0 ? NOBODY_ONLINE : EVERYBODY_AT_LIMIT;
}
