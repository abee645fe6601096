/**
 * The same engine as fast as TypeScript gets it: nothing is sorted or copied to make a decision. All
 * that is remembered of one for the next are offsets of time zones.
 *
 * - {@link TunedEngine} is given the agents as objects each time, and remembers nothing of them. One
 *   pass finds who is best, and looking at a letter or two of each of those finds whose turn it is.
 * - {@link TunedRoster} keeps a team's agents in arrays, in turn order, with a summary of every 64.
 *   A change costs O(1); a decision scans no more than the summaries and a block or two.
 */
import type {
  Agent,
  Facts,
  Instant,
  RoutingConfig,
  Schedule,
  Session,
  Shift,
  Team,
} from "../../src/types.ts";
import type { GetNextIndex, Request, Result, StopReason } from "./shapes.ts";

export class TunedEngine {
  /** Decisions wait for their index side by side, so each needs a list of its own. */
  readonly #idle: Run[] = [];

  async decide(request: Request, facts: Facts, getNextIndex: GetNextIndex): Promise<Result> {
    const run = this.#idle.pop() ?? new Run();
    const early = run.sift(request, facts);
    if (early !== null) {
      this.#idle.push(run);
      return early;
    }
    const index = await getNextIndex(contextKey(request.session), run.count);
    const agent = run.pick(index);
    run.agents = NOBODY;
    this.#idle.push(run);
    return agent === undefined ? NO_CANDIDATE_LEFT : { kind: "assign", agentId: agent.id };
  }
}

/** A team whose agents are kept between decisions and updated in place, by their place in the list. */
export class TunedRoster {
  readonly #teamId: string;
  readonly #ids: string[];
  readonly #online: Uint8Array;
  readonly #active: Uint32Array;
  readonly #total: Uint32Array;
  readonly #hours: Hours | null;
  readonly #agents: Agent[];
  readonly #own: LineUp;
  readonly #tenantStrategy: string | null | undefined;
  /** For sessions without a team: the team's settings do not count for those. */
  #tenantWide: LineUp | null = null;
  #onlineCount = 0;

  constructor(team: Team, agents: readonly Agent[], tenantStrategy?: string | null) {
    this.#teamId = team.id;
    this.#tenantStrategy = tenantStrategy;
    this.#agents = [...agents];
    this.#ids = agents.map((agent) => agent.id);
    this.#online = Uint8Array.from(agents, (agent) => (agent.status === "online" ? 1 : 0));
    this.#active = Uint32Array.from(agents, (agent) => agent.active ?? 0);
    this.#total = Uint32Array.from(agents, (agent) => agent.total ?? 0);
    this.#onlineCount = this.#online.reduce((sum, one) => sum + one, 0);
    this.#hours = team.schedule?.enabled ? new Hours(team.schedule) : null;
    this.#own = this.#lineUp(routing(team.routingStrategy || tenantStrategy, team.routingConfig));
  }

  setOnline(index: number, online: boolean): void {
    const now = online ? 1 : 0;
    this.#onlineCount += now - this.#online[index]!;
    this.#online[index] = now;
    this.#refresh(index);
  }

  /** Counts a session that the agent was given. */
  assigned(index: number): void {
    this.#active[index]!++;
    this.#total[index]!++;
    this.#refresh(index);
  }

  /** Counts a session that the agent no longer has. */
  released(index: number): void {
    const active = this.#active[index]!;
    if (active === 0) return;
    this.#active[index] = active - 1;
    this.#refresh(index);
  }

  async decide(
    session: Session,
    now: number,
    contactAssigned: boolean,
    getNextIndex: GetNextIndex,
  ): Promise<Result> {
    const early = this.#early(session, now, contactAssigned);
    if (early !== null) return early;
    const lineUp = this.#lineUpFor(session);
    const count = lineUp.best();
    if (count === 0) return this.#nobody();
    const index = await getNextIndex(contextKey(session), count);
    // The roster may have changed meanwhile: the index then counts among those who are best now.
    const still = lineUp.best();
    if (still === 0) return this.#nobody();
    const agent = lineUp.nth(still === count ? index : index % still);
    return agent < 0 ? NO_CANDIDATE_LEFT : { kind: "assign", agentId: this.#ids[agent]! };
  }

  /**
   * One after the other, each assignment counting for those that follow. The first pick takes turn
   * `firstTurn`, the next ones the turns after it. No contact has a session already.
   */
  decideMany(sessions: readonly Session[], now: number, firstTurn: number): Result[] {
    const results: Result[] = [];
    let turn = firstTurn;
    for (let i = 0; i < sessions.length; i++) {
      const session = sessions[i]!;
      const early = this.#early(session, now, false);
      if (early !== null) {
        results.push(early);
        continue;
      }
      const lineUp = this.#lineUpFor(session);
      const count = lineUp.best();
      if (count === 0) {
        results.push(this.#nobody());
        continue;
      }
      const agent = lineUp.nth(turn++ % count);
      this.assigned(agent);
      results.push({ kind: "assign", agentId: this.#ids[agent]! });
    }
    return results;
  }

  #early(session: Session, now: number, contactAssigned: boolean): Result | null {
    if (session.assignedTeamId) {
      if (session.assignedTeamId !== this.#teamId) throw new Error("a session of another team");
      if (this.#hours !== null && !this.#hours.isOpen(now)) return CLOSED;
    }
    if (contactAssigned && session.contactId) return CONTACT_ALREADY_ASSIGNED;
    return this.#lineUpFor(session).routing.what === MANUAL ? MANUAL_STRATEGY : null;
  }

  #lineUpFor(session: Session): LineUp {
    if (session.assignedTeamId) return this.#own;
    return (this.#tenantWide ??= this.#lineUp(routing(this.#tenantStrategy, null)));
  }

  #lineUp(routing: Routing): LineUp {
    const lineUp = new LineUp(routing, sortedPlaces(this.#agents, routing.order));
    for (let index = 0; index < this.#ids.length; index++) this.#put(lineUp, index);
    return lineUp;
  }

  #refresh(index: number): void {
    this.#put(this.#own, index);
    if (this.#tenantWide !== null) this.#put(this.#tenantWide, index);
  }

  #put(lineUp: LineUp, index: number): void {
    const active = this.#active[index]!;
    const { what, limit } = lineUp.routing;
    const eligible = this.#online[index] === 1 && active < limit;
    lineUp.put(index, eligible ? rank(what, active, this.#total[index]!) : OUT);
  }

  #nobody(): Result {
    return nobody(this.#ids.length, this.#onlineCount);
  }
}

// ---------------------------------------------------------------------------------- routing

/** What is compared; a number, because it is compared for every agent. */
type What =
  | typeof NOTHING
  | typeof ACTIVE
  | typeof TOTAL
  | typeof ACTIVE_THEN_TOTAL
  | typeof TOTAL_THEN_ACTIVE
  | typeof MANUAL;
const NOTHING = 0;
const ACTIVE = 1;
const TOTAL = 2;
const ACTIVE_THEN_TOTAL = 3;
const TOTAL_THEN_ACTIVE = 4;
const MANUAL = 5;

/** The order in which equals take turns. */
type Order = typeof BY_NAME | typeof BY_CREATION | typeof BY_ID;
const BY_NAME = 0;
const BY_CREATION = 1;
const BY_ID = 2;

interface Routing {
  what: What;
  order: Order;
  /** Infinity where there is none. */
  limit: number;
}

function routing(
  name: string | null | undefined,
  config: RoutingConfig | null | undefined,
): Routing {
  const what = whatOf(name, config);
  return { what, order: what === NOTHING ? orderOf(config) : BY_ID, limit: limitOf(config) };
}

function whatOf(name: string | null | undefined, config: RoutingConfig | null | undefined): What {
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

function hybrid(priority: RoutingConfig["priority"]): What {
  if (!priority?.length) return ACTIVE_THEN_TOTAL;
  const totalFirst = priority[0] === "least_assigned";
  // A criterion that is named again compares what is already equal.
  const both = priority.some((criterion) => (criterion === "least_assigned") !== totalFirst);
  if (totalFirst) return both ? TOTAL_THEN_ACTIVE : TOTAL;
  return both ? ACTIVE_THEN_TOTAL : ACTIVE;
}

function orderOf(config: RoutingConfig | null | undefined): Order {
  const sortBy = config?.sortBy;
  return sortBy === "created_at" ? BY_CREATION : sortBy === "random" ? BY_ID : BY_NAME;
}

function limitOf(config: RoutingConfig | null | undefined): number {
  const maxLoad = config?.maxLoad ?? 0;
  return maxLoad > 0 ? maxLoad : Infinity;
}

/** What is compared as one number. Of two counts those beyond `MOST` (67 million) are all equal. */
function rank(what: What, active: number, total: number): number {
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

const MOST = 2 ** 26 - 1;
/** The rank of who is not eligible. */
const OUT = Number.MAX_SAFE_INTEGER;

function contextKey(session: Session): string {
  return session.assignedTeamId || session.tenantId;
}

// --------------------------------------------------------------------------- agents as objects

/** One decision under way. */
class Run {
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
const ROOM = 64;
/** Up to here an insertion sort is the fastest way to the n-th. */
const FEW = 10;

function isEligible(agent: Agent, forced: boolean, limited: boolean, limit: number): boolean {
  return (forced || agent.status === "online") && (!limited || (agent.active ?? 0) < limit);
}

/** Of the letter at `depth` in a name: its place among all letters, upper or lower case. */
function nameKey(name: string | undefined, depth: number): number {
  if (name === undefined || depth >= name.length) return NO_LETTER;
  const unit = folded(name.charCodeAt(depth));
  return unit < OTHER_LETTER - 1 ? unit + 1 : OTHER_LETTER;
}

function idKey(id: string, depth: number): number {
  if (depth >= id.length) return NO_LETTER;
  const unit = id.charCodeAt(depth);
  return unit < OTHER_LETTER - 1 ? unit + 1 : OTHER_LETTER;
}

/** The key of a text that is at its end, and the one of all letters that have none of their own. */
const NO_LETTER = 0;
const OTHER_LETTER = 255;

function sort(agents: readonly Agent[], list: Int32Array, count: number, order: Order): void {
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

function compare(a: Agent, b: Agent, order: Order): number {
  if (order === BY_NAME) return compareNames(a, b);
  if (order === BY_CREATION) {
    const first = instant(a.createdAt);
    const second = instant(b.createdAt);
    if (first !== second) return first < second ? -1 : 1;
  }
  return compareIds(a.id, b.id);
}

function compareIds(a: string, b: string): number {
  // Mostly the first letter tells; of an empty text it is not a number.
  const difference = a.charCodeAt(0) - b.charCodeAt(0);
  if (difference < 0 || difference > 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** ASCII letters without regard to case, everything else by code unit; ties by id. */
function compareNames(a: Agent, b: Agent): number {
  const first = a.name ?? "";
  const second = b.name ?? "";
  const length = Math.min(first.length, second.length);
  for (let i = 0; i < length; i++) {
    const difference = folded(first.charCodeAt(i)) - folded(second.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return first.length - second.length || compareIds(a.id, b.id);
}

function folded(unit: number): number {
  return unit >= 65 && unit <= 90 ? unit + 32 : unit;
}

/** Whose date is unknown comes last. */
function instant(at: Instant | null | undefined): number {
  if (at == null) return Infinity;
  return typeof at === "string" ? Date.parse(at) : at.getTime();
}

/** The places of the agents in turn order. */
function sortedPlaces(agents: readonly Agent[], order: Order): Int32Array {
  return Int32Array.from(agents, (_, place) => place).sort((a, b) =>
    compare(agents[a]!, agents[b]!, order),
  );
}

function onlineOf(agents: readonly Agent[]): number {
  let online = 0;
  for (const agent of agents) if (agent.status === "online") online++;
  return online;
}

function nobody(members: number, online: number): Result {
  return members === 0 ? NO_MEMBERS : online === 0 ? NOBODY_ONLINE : EVERYBODY_AT_LIMIT;
}

// ----------------------------------------------------------------------------- agents in arrays

/**
 * Agents in turn order, each with a rank: the smallest are best.
 *
 * The smallest rank and how many have it are kept, of every block of 64 and of all. A count of 0
 * means that the last of them is gone: no rank is as small as the one kept, and the next that asks
 * looks for the smallest anew.
 */
class LineUp {
  readonly routing: Routing;
  /** The agents by their place in turn order, and the place of each agent. */
  readonly #order: Int32Array;
  readonly #places: Int32Array;
  /** The rank of each place. */
  readonly #ranks: Float64Array;
  readonly #leasts: Float64Array;
  readonly #counts: Int32Array;
  #least = OUT;
  #count: number;
  /** A place, and how many of the best come before it: mostly the next turn is close by. */
  #cursor = 0;
  #before = 0;

  constructor(routing: Routing, order: Int32Array) {
    this.routing = routing;
    this.#order = order;
    this.#places = new Int32Array(order.length);
    order.forEach((agent, place) => (this.#places[agent] = place));
    this.#ranks = new Float64Array(order.length).fill(OUT);
    const blocks = (order.length + BLOCK - 1) >>> BLOCK_BITS;
    this.#leasts = new Float64Array(blocks).fill(OUT);
    this.#counts = new Int32Array(blocks);
    for (let block = 0; block < blocks; block++) this.#summarize(block);
    this.#count = order.length;
  }

  put(agent: number, rank: number): void {
    const place = this.#places[agent]!;
    const ranks = this.#ranks;
    const old = ranks[place]!;
    if (old === rank) return;
    ranks[place] = rank;

    const block = place >>> BLOCK_BITS;
    const least = this.#leasts[block]!;
    if (rank < least) {
      this.#leasts[block] = rank;
      this.#counts[block] = 1;
    } else if (rank === least) {
      this.#counts[block]!++;
    } else if (old === least) {
      this.#counts[block]!--;
    }

    if (rank < this.#least) {
      this.#least = rank;
      this.#count = 1;
      this.#cursor = place;
      this.#before = 0;
    } else if (rank === this.#least) {
      this.#count++;
      if (place < this.#cursor) this.#before++;
    } else if (old === this.#least) {
      this.#count--;
      if (place < this.#cursor) this.#before--;
    }
  }

  /** How many are best. */
  best(): number {
    if (this.#count === 0) this.#look();
    return this.#least === OUT ? 0 : this.#count;
  }

  /** The `k`-th of them, right after `best`; -1 if there is none. */
  nth(k: number): number {
    if (!(k >= 0 && k < this.#count)) return -1;
    const ranks = this.#ranks;
    const least = this.#least;
    let place = this.#cursor;
    let before = this.#before;
    if (k < before) {
      place = 0;
      before = 0;
    }
    // The rest of the block, then whole blocks.
    const end = Math.min((place | (BLOCK - 1)) + 1, ranks.length);
    for (; place < end; place++) {
      if (ranks[place] === least && before++ === k) return this.#found(place, k);
    }
    const leasts = this.#leasts;
    const counts = this.#counts;
    let block = end >>> BLOCK_BITS;
    for (; ; block++) {
      if (leasts[block] !== least) continue;
      const after = before + counts[block]!;
      if (k < after) break;
      before = after;
    }
    place = block << BLOCK_BITS;
    while (ranks[place] !== least || before++ !== k) place++;
    return this.#found(place, k);
  }

  #found(place: number, before: number): number {
    this.#cursor = place;
    this.#before = before;
    return this.#order[place]!;
  }

  #look(): void {
    const leasts = this.#leasts;
    const counts = this.#counts;
    let least = OUT;
    let count = 0;
    let first = 0;
    for (let block = 0; block < leasts.length; block++) {
      // A rank that is gone was smaller than all others of its block.
      if (counts[block] === 0) {
        if (leasts[block]! >= least) continue;
        this.#summarize(block);
      }
      const rank = leasts[block]!;
      if (rank <= least) {
        if (rank < least) {
          least = rank;
          count = 0;
          first = block;
        }
        count += counts[block]!;
      }
    }
    this.#least = least;
    this.#count = count;
    this.#cursor = first << BLOCK_BITS;
    this.#before = 0;
  }

  #summarize(block: number): void {
    const ranks = this.#ranks;
    const end = Math.min((block + 1) << BLOCK_BITS, ranks.length);
    let least = OUT;
    let count = 0;
    for (let place = block << BLOCK_BITS; place < end; place++) {
      const rank = ranks[place]!;
      if (rank <= least) {
        if (rank < least) {
          least = rank;
          count = 0;
        }
        count++;
      }
    }
    this.#leasts[block] = least;
    this.#counts[block] = count;
  }
}

const BLOCK_BITS = 6;
const BLOCK = 1 << BLOCK_BITS;

// ------------------------------------------------------------------------------- opening hours

function isOpen(
  answered: { isOpen: boolean } | null | undefined,
  schedule: Schedule | null | undefined,
  now: number,
): boolean {
  if (answered != null) return answered.isOpen;
  if (schedule == null || !schedule.enabled) return true;
  const zone = zoneNamed(schedule.timezone);
  if (zone === null) return false;
  const local = now + zone.offsetAt(now);
  const day = Math.floor(local / DAY);
  const minute = Math.floor((local - day * DAY) / MINUTE);
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 3) % 7) + 7) % 7;
  const today = shiftsOf(schedule, weekday);
  if (today !== undefined) {
    for (let i = 0; i < today.length; i++) {
      const start = minutes(today[i]!.start);
      if (minute < start) continue;
      const end = minutes(today[i]!.end);
      if (end <= start || minute < end) return true;
    }
  }
  const yesterday = shiftsOf(schedule, weekday === 0 ? 6 : weekday - 1);
  if (yesterday !== undefined) {
    for (let i = 0; i < yesterday.length; i++) {
      const end = minutes(yesterday[i]!.end);
      if (minute < end && end <= minutes(yesterday[i]!.start)) return true;
    }
  }
  return false;
}

function shiftsOf(schedule: Schedule, weekday: number): Shift[] | undefined {
  const days = schedule.days;
  if (days == null) return undefined;
  switch (weekday) {
    case 0:
      return days.monday;
    case 1:
      return days.tuesday;
    case 2:
      return days.wednesday;
    case 3:
      return days.thursday;
    case 4:
      return days.friday;
    case 5:
      return days.saturday;
    default:
      return days.sunday;
  }
}

/** `HH:MM` as minutes since midnight. */
function minutes(time: string): number {
  return (
    time.charCodeAt(0) * 600 +
    time.charCodeAt(1) * 60 +
    time.charCodeAt(3) * 10 +
    time.charCodeAt(4) -
    48 * 671
  );
}

/** The opening hours of a team that is kept, with the stretch of time in which nothing changes. */
class Hours {
  readonly #zone: Zone | null;
  /** Spans of minutes since Monday 00:00, in order and apart: start, end, start, end, … */
  readonly #spans: number[] = [];
  #from = Infinity;
  #until = -Infinity;
  #open = false;

  constructor(schedule: Schedule) {
    this.#zone = zoneNamed(schedule.timezone);
    const spans: [number, number][] = [];
    for (let weekday = 0; weekday < 7; weekday++) {
      for (const shift of shiftsOf(schedule, weekday) ?? []) {
        const midnight = weekday * 1_440;
        const start = midnight + minutes(shift.start);
        let end = midnight + minutes(shift.end);
        if (end <= start) end += 1_440;
        spans.push([start, Math.min(end, WEEK)]);
        if (end > WEEK) spans.push([0, end - WEEK]);
      }
    }
    spans.sort((a, b) => a[0] - b[0]);
    for (const [start, end] of spans) {
      const last = this.#spans.length - 1;
      if (last > 0 && start <= this.#spans[last]!) {
        this.#spans[last] = Math.max(this.#spans[last]!, end);
      } else {
        this.#spans.push(start, end);
      }
    }
  }

  isOpen(now: number): boolean {
    if (!(now >= this.#from && now < this.#until)) this.#look(now);
    return this.#open;
  }

  #look(now: number): void {
    const zone = this.#zone;
    if (zone === null) {
      this.#from = -Infinity;
      this.#until = Infinity;
      return;
    }
    const offset = zone.offsetAt(now);
    const local = now + offset + 3 * DAY;
    const week = Math.floor(local / (7 * DAY)) * 7 * DAY;
    const minute = Math.floor((local - week) / MINUTE);
    const spans = this.#spans;
    let edge = 0;
    while (edge < spans.length && spans[edge]! <= minute) edge++;
    const instantOf = (minute: number) => week - 3 * DAY - offset + minute * MINUTE;
    this.#open = edge % 2 === 1;
    // Only as far as the offset is known to hold.
    this.#from = Math.max(edge > 0 ? instantOf(spans[edge - 1]!) : instantOf(0), zone.from);
    this.#until = Math.min(
      edge < spans.length ? instantOf(spans[edge]!) : instantOf(WEEK),
      zone.until,
    );
  }
}

/** A time zone, with the stretch of time for which its offset is known. */
class Zone {
  readonly #format: Intl.DateTimeFormat;
  from = Infinity;
  until = -Infinity;
  #offset = 0;
  readonly #days = new Map<number, { from: number; until: number; offset: number }>();

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /** Milliseconds that local time is ahead of UTC. */
  offsetAt(now: number): number {
    if (!(now >= this.from && now < this.until)) this.#look(now);
    return this.#offset;
  }

  #look(now: number): void {
    const start = Math.floor(now / DAY) * DAY;
    let span = this.#days.get(start);
    if (span === undefined || !(now >= span.from && now < span.until)) {
      span = this.#spanAround(now, start);
      if (this.#days.size >= 4_000) this.#days.clear();
      this.#days.set(start, span);
    }
    this.from = span.from;
    this.until = span.until;
    this.#offset = span.offset;
  }

  /** No zone has changed its offset twice in a day since 1970, so both ends of a day tell. */
  #spanAround(now: number, start: number): { from: number; until: number; offset: number } {
    const end = start + DAY;
    const offset = this.#offsetOf(now);
    if (start < 0) return { from: now, until: now + 1, offset };
    const early = this.#offsetOf(start);
    if (early === this.#offsetOf(end)) return { from: start, until: end, offset: early };
    // The last second with the early offset, and the first with the late one.
    let before = start;
    let after = end;
    while (after - before > 1_000) {
      const middle = Math.floor((before + after) / 2_000) * 1_000;
      if (this.#offsetOf(middle) === early) before = middle;
      else after = middle;
    }
    return now < after
      ? { from: start, until: after, offset }
      : { from: after, until: end, offset };
  }

  #offsetOf(at: number): number {
    let [year, month, day, hour, minute, second] = [0, 0, 0, 0, 0, 0];
    let beforeChrist = false;
    for (const { type, value } of this.#format.formatToParts(at)) {
      if (type === "year") year = Number(value);
      else if (type === "month") month = Number(value);
      else if (type === "day") day = Number(value);
      else if (type === "hour") hour = Number(value);
      else if (type === "minute") minute = Number(value);
      else if (type === "second") second = Number(value);
      else if (type === "era") beforeChrist = value.startsWith("B");
    }
    const local = new Date(0);
    local.setUTCFullYear(beforeChrist ? 1 - year : year, month - 1, day);
    local.setUTCHours(hour, minute, second);
    return local.getTime() - Math.floor(at / 1_000) * 1_000;
  }
}

let lastName: string | null | undefined;
let lastZone: Zone | null = null;
const zones = new Map<string, Zone | null>();

/** The zone of that name; null where it is missing, blank or unknown. */
function zoneNamed(name: string | null | undefined): Zone | null {
  if (name === lastName) return lastZone;
  let zone = zones.get(name ?? "");
  if (zone === undefined) {
    zone = makeZone((name ?? "").trim());
    if (zones.size >= 1_000) zones.clear();
    zones.set(name ?? "", zone);
  }
  lastName = name;
  lastZone = zone;
  return zone;
}

function makeZone(timeZone: string): Zone | null {
  // Offsets are no zones, though some engines take them.
  if (timeZone === "" || timeZone.startsWith("+") || timeZone.startsWith("-")) return null;
  try {
    return new Zone(
      new Intl.DateTimeFormat("en-US", {
        timeZone,
        calendar: "gregory",
        era: "short",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
        hourCycle: "h23",
      }),
    );
  } catch {
    return null;
  }
}

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Minutes in a week. */
const WEEK = 10_080;

const NOBODY: readonly Agent[] = [];

const stop = (reason: StopReason): Result => Object.freeze({ kind: "stop", reason });
const CLOSED = stop("closed");
const MANUAL_STRATEGY = stop("manual_strategy");
const NO_MEMBERS = stop("no_members");
const NOBODY_ONLINE = stop("nobody_online");
const EVERYBODY_AT_LIMIT = stop("everybody_at_limit");
const NO_CANDIDATE_LEFT = stop("no_candidate_left");
const CONTACT_ALREADY_ASSIGNED: Result = Object.freeze({
  kind: "skip",
  reason: "contact_already_assigned",
});
