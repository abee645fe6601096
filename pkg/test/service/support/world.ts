import { InMemoryRoundRobinContextProvider } from "../../../src/provider/memory.ts";
import type { RoundRobinContextProvider } from "../../../src/provider/provider.ts";
import { type Handover, AssignmentService } from "../../../src/service/index.ts";
import type { AssignmentServiceOptions } from "../../../src/service/index.ts";
import { FakeClock, type IndexCall, Outbox } from "../../../src/testing/index.ts";
import type { Agent, Schedule, Session, Team, TenantConfig } from "../../../src/types.ts";
import { type Snapshot, WatchedStore } from "./watched-store.ts";

/** A Monday. */
export const NOW = "2026-11-23T10:00:00.000Z";
/** A schedule without a shift: closed for good. */
export const NEVER_OPEN: Schedule = { enabled: true, timezone: "UTC" };

/** Counts in memory and notes what it is asked, or answers as it is told. */
export class Rotation implements RoundRobinContextProvider {
  readonly #counters = new InMemoryRoundRobinContextProvider();
  #asked: IndexCall[] = [];
  #answer: (() => Promise<number>) | undefined;

  /** From now on this is the answer; an error is rejected with. */
  answer(answer: number | Error): void {
    this.#answer = async () => {
      if (typeof answer === "number") return answer;
      throw answer;
    };
  }

  /** The keys and counts it was asked for since the last call of this. */
  takeAsked(): IndexCall[] {
    return this.#asked.splice(0);
  }

  getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    this.#asked.push({ contextKey, candidateCount });
    return this.#answer?.() ?? this.#counters.getNextIndex(contextKey, candidateCount);
  }
}

/** Keeps log lines with their level. */
export class Log {
  #lines: string[] = [];

  debug(message: string): void {
    this.#lines.push(`DEBUG ${message}`);
  }

  warn(message: string): void {
    this.#lines.push(`WARN ${message}`);
  }

  /** The lines since the last call of this. */
  take(): string[] {
    return this.#lines.splice(0);
  }
}

/** A service with everything around it, and short ways to say what is in its world. */
export class World {
  readonly store = new WatchedStore();
  readonly outbox = new Outbox();
  readonly clock = new FakeClock(NOW);
  readonly rotation = new Rotation();
  readonly log = new Log();
  service = this.anotherService();
  readonly #known = new Set<string>();

  /** Another instance in the same world. */
  anotherService(more: Partial<AssignmentServiceOptions> = {}): AssignmentService {
    return new AssignmentService({
      store: this.store,
      provider: this.rotation,
      messenger: this.outbox,
      clock: this.clock,
      logger: this.log,
      ...more,
    });
  }

  /** A team of the tenant `acme`; its members are made online unless they exist. */
  team(id: string, members: string[], more: Partial<Team> = {}, tenantId = "acme"): void {
    for (const member of members) {
      if (!this.#known.has(member)) this.agent({ id: member, name: member, status: "online" });
    }
    this.store.inner.putTeam(tenantId, { id, name: id, members, ...more });
  }

  agent(agent: Agent): void {
    this.#known.add(agent.id);
    this.store.inner.putAgent(agent);
  }

  /** What holds for the tenant `acme`. */
  tenant(config: TenantConfig): void {
    this.store.inner.putTenant("acme", config);
  }

  /** A queued session of the tenant `acme`. */
  session(id: string, more: Partial<Session> = {}): void {
    this.store.inner.putSession(session(id, more));
  }

  /** Queued sessions `s000`, `s001`, …, each a second younger than the one before it. */
  sessions(count: number, more: Partial<Session> = {}): string[] {
    const start = Date.parse("2026-11-23T09:00:00Z");
    return Array.from({ length: count }, (_, n) => {
      const id = numbered(n);
      this.session(id, { createdAt: new Date(start + n * 1_000), ...more });
      return id;
    });
  }

  stored(id: string): Session {
    const found = this.store.inner.sessions().find((one) => one.id === id);
    if (found === undefined) throw new Error(`no session ${id}`);
    return found;
  }

  /** The agent who has the session, or an empty text. */
  owner(id: string): string {
    return this.stored(id).assignedAgentId ?? "";
  }

  /** How many sessions the agent has now, of those that were put here or assigned. */
  load(agentId: string): number {
    const sessions = this.store.inner.sessions();
    return sessions.filter((one) => one.assignedAgentId === agentId && one.status === "assigned")
      .length;
  }

  snapshot(): Promise<Snapshot> {
    return this.store.snapshot("acme");
  }

  handOver(id: string, team?: string | null, context?: Record<string, unknown>): Promise<Handover> {
    return this.service.requestAssignment(id, team, context);
  }

  /** One run over the whole queue. */
  async runQueue(
    options: { teamId?: string; limit?: number } = { limit: Number.MAX_SAFE_INTEGER },
  ): Promise<number> {
    return (await this.service.assignQueuedSessionsToAvailableAgents("acme", options)).assigned;
  }

  async toTeams(teams: string[], force = false): Promise<number> {
    return (await this.service.assignQueuedSessionsToTeams("acme", teams, force)).assigned;
  }

  async toAgents(wanted: [agentId: string, count: number][]): Promise<number> {
    const assignments = wanted.map(([agentId, count]) => ({ agentId, count }));
    return (await this.service.assignQueuedSessionsToAgents("acme", assignments)).assigned;
  }
}

/** A session of the tenant `acme`. */
export function session(id: string, more: Partial<Session> = {}): Session {
  return { id, tenantId: "acme", status: "unassigned", ...more };
}

/** The name of the `n`-th of `World.sessions`. */
export function numbered(n: number): string {
  return `s${String(n).padStart(3, "0")}`;
}

/** The agent of an outcome `assign`, else the outcome's kind. */
export function told({ outcome }: Handover): string {
  return outcome.kind === "assign" ? outcome.agentId : outcome.kind;
}

/** The code of an outcome `error`. */
export function errorCode({ outcome }: Handover): string {
  if (outcome.kind !== "error") throw new Error(`not an error: ${JSON.stringify(outcome)}`);
  return outcome.code;
}
