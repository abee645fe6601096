import { read } from "../engine/wire.ts";
import type { Agent, Session, Team, TenantConfig } from "../types.ts";
import { Given } from "./memory/given.ts";
import { id as checkedId } from "./input.ts";
import { millisecondsOf } from "./instants.ts";
import { merged, rowCopy } from "./json.ts";
import { byBytes } from "./order.ts";
import {
  checkedSession,
  isUnassigned,
  isWith,
  ownerOf,
  teamIdOf,
  withChanges,
} from "./sessions.ts";
import type { Claim, Counts, Expected, Refusal, SessionChanges, SessionStore } from "./store.ts";
import { checkedToken, Tokens } from "./tokens.ts";
import { WaitingLine } from "./memory/waiting.ts";

/**
 * A store in this process, gone when it ends: for tests, demonstrations and services with nothing
 * to keep. Whatever goes in or comes out is a copy. Every method does its work before it answers,
 * so each is a transaction.
 */
export class InMemorySessionStore implements SessionStore {
  readonly #tenants = new Map<string, TenantConfig>();
  readonly #teams = new Map<string, { tenantId: string; team: Team }>();
  readonly #agents = new Map<string, Agent>();
  readonly #sessions = new Map<string, Session>();
  /** The unassigned sessions of each tenant. */
  readonly #waiting = new Map<string, WaitingLine>();
  /** The assigned sessions of each contact. */
  readonly #contacts = new Map<string, Set<string>>();
  /** Sessions each agent has. */
  readonly #active = new Map<string, number>();
  readonly #given = new Map<string, Given>();
  readonly #tokens = new Tokens();

  /** Sets what holds for a tenant. */
  putTenant(id: string, config: TenantConfig): void {
    this.#tenants.set(checkedId(id, "id"), rowCopy(config, "config"));
  }

  /** Adds a team, or replaces the one of the same id. */
  putTeam(tenantId: string, team: Team): void {
    const id = checkedId(team?.id, "team.id");
    const owner = checkedId(tenantId, "tenantId");
    this.#teams.set(id, { tenantId: owner, team: rowCopy(team, "team") });
  }

  /**
   * Adds an agent, or replaces the one of the same id. Its counts are the store's own: those given
   * here are added to them.
   */
  putAgent(agent: Agent): void {
    this.#agents.set(checkedId(agent?.id, "agent.id"), rowCopy(agent, "agent"));
  }

  /** Sets an agent's status, `online` or another word; false if there is no such agent. */
  setStatus(agentId: string, status: string): boolean {
    const agent = this.#agents.get(agentId);
    if (agent !== undefined) agent.status = status;
    return agent !== undefined;
  }

  /** Adds a session, or replaces the one of the same id. */
  putSession(session: Session): void {
    const copy = checkedSession(rowCopy(session, "session"));
    millisecondsOf(read(copy, "createdAt"), "session.createdAt");
    this.#forget(copy.id);
    this.#remember(copy);
  }

  /** Ends a session: its agent has one less. False if there is no such session. */
  resolve(id: string): boolean {
    const session = this.#forget(id);
    if (session !== undefined) this.#remember({ ...session, status: "resolved" });
    return session !== undefined;
  }

  /** Removes a session; null if there is none of that id. */
  remove(id: string): Session | null {
    this.#tokens.delete(id);
    return this.#forget(id) ?? null;
  }

  /** Every session, by id. */
  sessions(): Session[] {
    const sessions = [...this.#sessions.values()].sort((a, b) => byBytes(a.id, b.id));
    return sessions.map((session) => rowCopy(session, "session"));
  }

  async session(id: string): Promise<Session | null> {
    return this.#copyOf(this.#sessions.get(id));
  }

  async queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]> {
    const queue: Session[] = [];
    for (const id of this.#waiting.get(tenantId)?.ids() ?? []) {
      if (queue.length >= limit) break;
      const session = this.#sessions.get(id);
      if (session === undefined) continue;
      if (teamId !== undefined && teamIdOf(session) !== teamId) continue;
      queue.push(rowCopy(session, "session"));
    }
    return queue;
  }

  async claim(
    sessionId: string,
    agentId: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim> {
    const token = checkedToken(expected.token);
    const stored = this.#sessions.get(sessionId);
    if (stored === undefined) return { kind: "refused", refusal: "session_gone" };
    const standing = this.#tokens.standing(sessionId, agentId, token);
    if (standing === "same" && isWith(stored, agentId)) {
      return { kind: "claimed", session: rowCopy(stored, "session") };
    }
    const refusal =
      standing === undefined ? this.#refusal(stored, agentId, expected) : "stale_token";
    if (refusal !== undefined) return { kind: "refused", refusal };
    const session: Session = {
      ...changed(stored, changes),
      status: "assigned",
      assignedAgentId: agentId,
      assignedAt: new Date(changes.at),
      // Whoever takes it over has not accepted it yet.
      ...(expected.owner === undefined ? {} : { acceptedAt: null }),
    };
    this.#forget(sessionId);
    this.#remember(session);
    const given = this.#given.get(agentId) ?? new Given();
    given.add(changes.at.getTime());
    this.#given.set(agentId, given);
    if (token !== undefined) this.#tokens.set(sessionId, { token, agentId });
    return { kind: "claimed", session: rowCopy(session, "session") };
  }

  async update(sessionId: string, changes: SessionChanges): Promise<Session | null> {
    const stored = this.#sessions.get(sessionId);
    if (stored !== undefined && isUnassigned(stored)) {
      this.#sessions.set(sessionId, changed(stored, changes));
    }
    return this.#copyOf(this.#sessions.get(sessionId));
  }

  async stamp(sessionId: string, key: string, seen: unknown, stamp: string): Promise<boolean> {
    const stored = this.#sessions.get(sessionId);
    if (stored === undefined || !isUnassigned(stored)) return false;
    return this.#replaceEntry(stored, key, seen, stamp);
  }

  async unstamp(sessionId: string, key: string, stamp: string, seen: unknown): Promise<boolean> {
    const stored = this.#sessions.get(sessionId);
    return stored !== undefined && this.#replaceEntry(stored, key, stamp, seen);
  }

  async contactHasAssignedSession(
    tenantId: string,
    contactId: string,
    exceptSessionId: string,
  ): Promise<boolean> {
    const sessions = this.#contacts.get(contactKey({ tenantId, contactId }) ?? "");
    return sessions !== undefined && sessions.size > (sessions.has(exceptSessionId) ? 1 : 0);
  }

  async teams(tenantId: string): Promise<Team[]> {
    const teams = [...this.#teams.values()].filter((found) => found.tenantId === tenantId);
    const copies = teams.map(({ team }) => rowCopy(team, "team"));
    return copies.sort((a, b) => byBytes(a.id, b.id));
  }

  async team(id: string): Promise<{ tenantId: string; team: Team } | null> {
    return this.#copyOf(this.#teams.get(id));
  }

  async members(teamId: string, counts: Counts): Promise<Agent[]> {
    const team = this.#teams.get(teamId)?.team;
    const members: Agent[] = [];
    for (const id of (team && read(team, "members")) ?? []) {
      const agent = this.#agents.get(id);
      if (agent === undefined) continue;
      const before = counts.kind === "none" ? 0 : (read(agent, "total") ?? 0);
      const [active, total] = [this.#activeOf(agent), before + this.#givenOf(id, counts)];
      members.push({ ...rowCopy(agent, "agent"), active, total });
    }
    return members;
  }

  async tenant(id: string): Promise<TenantConfig> {
    return this.#copyOf(this.#tenants.get(id)) ?? {};
  }

  #copyOf<T extends object>(row: T | undefined): T | null {
    return row === undefined ? null : rowCopy(row, "row");
  }

  #givenOf(agentId: string, counts: Counts): number {
    const given = this.#given.get(agentId);
    if (given === undefined || counts.kind === "none") return 0;
    return given.count(counts.kind === "since" ? counts.at.getTime() : undefined);
  }

  #activeOf(agent: Agent): number {
    return (read(agent, "active") ?? 0) + (this.#active.get(agent.id) ?? 0);
  }

  #refusal(session: Session, agentId: string, expected: Expected): Refusal | undefined {
    if (!isWith(session, expected.owner ?? undefined)) return "session_taken";
    if (teamIdOf(session) !== (expected.teamId ?? undefined)) return "session_moved";
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return "agent_gone";
    const others = this.#activeOf(agent) - (ownerOf(session) === agentId ? 1 : 0);
    return others >= (expected.maxLoad ?? Infinity) ? "agent_at_limit" : undefined;
  }

  /** Puts `to` in the place of `from` in the context, if that is there; undefined is nothing. */
  #replaceEntry(session: Session, key: string, from: unknown, to: unknown): boolean {
    const context = read(session, "context") ?? {};
    if (JSON.stringify(read(context, key)) !== JSON.stringify(from)) return false;
    const { [key]: _, ...others } = context;
    const replaced = to === undefined ? others : merged(context, { [key]: to });
    const kept = Object.keys(replaced).length === 0 ? null : replaced;
    this.#sessions.set(session.id, rowCopy({ ...session, context: kept }, "session"));
    return true;
  }

  #remember(session: Session): void {
    this.#sessions.set(session.id, session);
    if (isUnassigned(session)) {
      let line = this.#waiting.get(session.tenantId);
      if (line === undefined) this.#waiting.set(session.tenantId, (line = new WaitingLine()));
      line.add(placeOf(session));
      return;
    }
    const owner = session.status === "assigned" ? ownerOf(session) : undefined;
    if (owner === undefined) return;
    this.#burden(owner, 1);
    const contact = contactKey(session);
    if (contact === undefined) return;
    this.#contacts.set(contact, (this.#contacts.get(contact) ?? new Set()).add(session.id));
  }

  #forget(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    this.#sessions.delete(id);
    this.#waiting.get(session.tenantId)?.remove(placeOf(session));
    const owner = session.status === "assigned" ? ownerOf(session) : undefined;
    if (owner !== undefined) this.#burden(owner, -1);
    const contact = contactKey(session);
    if (contact !== undefined) {
      const sessions = this.#contacts.get(contact);
      sessions?.delete(id);
      if (sessions?.size === 0) this.#contacts.delete(contact);
    }
    return session;
  }

  #burden(agentId: string, sessions: number): void {
    this.#active.set(agentId, (this.#active.get(agentId) ?? 0) + sessions);
  }
}

/** The changed session as a copy of its own: the changes are the caller's. */
function changed(session: Session, changes: SessionChanges): Session {
  return rowCopy(withChanges(session, changes), "changes");
}

function placeOf(session: Session): { createdAt: number | undefined; id: string } {
  const createdAt = millisecondsOf(read(session, "createdAt"), "session.createdAt");
  return { createdAt, id: session.id };
}

/** Undefined where nobody wrote. Ids may hold any character, so that none can stand between two. */
function contactKey(session: Pick<Session, "tenantId" | "contactId">): string | undefined {
  const contactId = read(session, "contactId") ?? undefined;
  return contactId === undefined ? undefined : JSON.stringify([session.tenantId, contactId]);
}
