import type { SessionStore } from "../../service/store.ts";
import type { Agent, Session, Team, TenantConfig } from "../../types.ts";

/**
 * A store under test, and the means to say what is in it. Each check makes a tenant of its own, so
 * all can share one database.
 */
export interface StoreFixture {
  /**
   * The store; as several, if it can be had over several connections: what is said of claims at once
   * is tried over all of them.
   */
  stores: readonly [SessionStore, ...SessionStore[]];
  /** An id that nothing has, of the kind that the store's ids are. */
  newId(): string;
  /** Adds a tenant. */
  putTenant(id: string, config: TenantConfig): Promise<void>;
  /** Adds an agent, who is in no team yet. */
  putAgent(tenantId: string, agent: Agent): Promise<void>;
  /** Adds a team with members who are all there. */
  putTeam(tenantId: string, team: Team): Promise<void>;
  /** Adds a session, or puts it in the place of the one of that id. */
  putSession(session: Session): Promise<void>;
}

/** One rule of {@link SessionStore} that a store keeps or breaks. */
export interface StoreCheck {
  name: string;
  /** Rejects, saying what is wrong, if the store breaks the rule. */
  run(): Promise<void>;
}

/** The present of the checks. */
export const AT = new Date("2026-11-23T10:00:00.000Z");

/** One tenant, with short ways to put things there and to look at them. */
export class Tenant {
  readonly #fixture: StoreFixture;
  readonly id: string;
  #put = 0;

  constructor(fixture: StoreFixture) {
    this.#fixture = fixture;
    this.id = fixture.newId();
  }

  get store(): SessionStore {
    return this.#fixture.stores[0];
  }

  /** One of the stores, in turn. */
  storeAt(turn: number): SessionStore {
    const { stores } = this.#fixture;
    return stores[turn % stores.length] ?? stores[0];
  }

  newId(): string {
    return this.#fixture.newId();
  }

  /** Agents who are online. Answers their ids. */
  async agents(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => this.newId());
    for (const [at, id] of ids.entries()) {
      await this.#fixture.putAgent(this.id, { id, name: `Agent ${at}`, status: "online" });
    }
    return ids;
  }

  async agent(): Promise<string> {
    return (await this.agents(1))[0]!;
  }

  async team(members: string[], more: Partial<Team> = {}): Promise<string> {
    const id = this.newId();
    await this.#fixture.putTeam(this.id, { id, name: "Support", members, ...more });
    return id;
  }

  configure(config: TenantConfig): Promise<void> {
    return this.#fixture.putTenant(this.id, config);
  }

  /** A session that waits, each a second younger than the one before, of a contact of its own. */
  async session(more: Partial<Session> = {}): Promise<string> {
    this.#put += 1;
    const id = more.id ?? this.newId();
    const createdAt = new Date(AT.getTime() - 3_600_000 + this.#put * 1_000);
    const row = { status: "unassigned", contactId: this.newId(), createdAt, ...more } as const;
    await this.#fixture.putSession({ ...row, updatedAt: createdAt, id, tenantId: this.id });
    return id;
  }

  async sessions(count: number, more: Partial<Session> = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(await this.session(more));
    return ids;
  }

  /** The session as the store has it, with what is absent as null. */
  async look(id: string, store = this.store): Promise<Looked | null> {
    const session = await store.session(id);
    return session === null ? null : looked(session);
  }

  /** How many sessions each of these has. */
  async loads(team: string): Promise<Record<string, number>> {
    const members = await this.store.members(team, { kind: "none" });
    return Object.fromEntries(members.map(({ id, active }) => [id, active ?? 0]));
  }
}

/** A session as the checks compare it. */
export interface Looked {
  status: string;
  owner: string | null;
  team: string | null;
  context: unknown;
  assignedAt: string | null;
  acceptedAt: string | null;
  updatedAt: string | null;
}

export function looked(session: Session): Looked {
  const instant = (value: unknown) =>
    value == null ? null : new Date(value as Date | string).toISOString();
  return {
    status: session.status ?? "unassigned",
    owner: session.assignedAgentId ?? null,
    team: session.assignedTeamId ?? null,
    context: session.context ?? null,
    assignedAt: instant(session.assignedAt),
    acceptedAt: instant(session.acceptedAt),
    updatedAt: instant(session.updatedAt),
  };
}

/** Throws unless the two are the same as JSON, whatever the order of the entries. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [canonical(actual), canonical(expected)];
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, but it is ${found}`);
}

/** Throws unless the promise rejects with an error of this code. */
export async function rejects(
  promise: Promise<unknown>,
  code: string,
  what: string,
): Promise<void> {
  const found = await promise.then(
    () => "no rejection",
    (error: unknown) => (error as { code?: unknown } | null)?.code,
  );
  same(found, code, what);
}

function canonical(value: unknown): string {
  return String(JSON.stringify(value, (_, part: unknown) => sorted(part)));
}

function sorted(part: unknown): unknown {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
  return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
}
