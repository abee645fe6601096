/**
 * The same engine as fast as TypeScript gets it: nothing is sorted or copied to make a decision. All
 * that is remembered of one for the next are offsets of time zones.
 *
 * - {@link TunedEngine} is given the agents as objects each time, and remembers nothing of them. One
 *   pass finds who is best, and looking at a letter or two of each of those finds whose turn it is.
 * - {@link TunedRoster} keeps a team's agents in arrays, in turn order, with a summary of every 64.
 *   A change costs O(1); a decision scans no more than the summaries and a block or two.
 */
import type { Agent, Facts, Session, Team } from "../../src/types.ts";
import type { GetNextIndex, Request, Result } from "./shapes.ts";
import { Hours } from "./tuned/hours.ts";
import { LineUp } from "./tuned/line_up.ts";
import {
  CLOSED,
  CONTACT_ALREADY_ASSIGNED,
  MANUAL_STRATEGY,
  NO_CANDIDATE_LEFT,
  NOBODY,
} from "./tuned/results.ts";
import { contextKey, MANUAL, OUT, rank, type Routing, routing } from "./tuned/routing.ts";
import { nobody, Run, sortedPlaces } from "./tuned/run.ts";

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
