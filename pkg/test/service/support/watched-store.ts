import { isDeepStrictEqual } from "node:util";
import { AssignmentEngineError } from "../../../src/errors.ts";
import { InMemorySessionStore } from "../../../src/service/memory-store.ts";
import type {
  Claim,
  Counts,
  Expected,
  Refusal,
  SessionChanges,
  SessionStore,
} from "../../../src/service/store.ts";
import type { Agent, MaybePromise, Session, Team, TenantConfig } from "../../../src/types.ts";

/** A method of the store, with as much as hooks ask about. */
export interface Call {
  method: keyof SessionStore;
  sessionId: string | undefined;
  agentId: string | undefined;
}

/** What comes after a hook: the store does as asked, or it fails, or it refuses the claim. */
export type Then = void | "fail" | { refuse: Refusal };

export type Hook = (call: Call, store: InMemorySessionStore) => Then;

/** Something that was written, or a claim that was not granted. */
export type Write =
  | { kind: "claimed"; session: string; agent: string; limit: number | undefined }
  | { kind: "refused"; session: string; agent: string; refusal: Refusal }
  | { kind: "updated"; session: string }
  | { kind: "stamped" | "unstamped"; session: string; key: string }
  | { kind: "resolved"; session: string; agent: string | undefined };

/** All that a store holds for one tenant. */
export interface Snapshot {
  sessions: Session[];
  queue: Session[];
  teams: Team[];
  members: Agent[][];
  tenant: TenantConfig;
}

/**
 * A store in memory that a test can watch, disturb and break. Every call goes past a hook that can
 * change what is stored, fail the call, or refuse a claim; what is written is noted in the order in
 * which it was written.
 */
export class WatchedStore implements SessionStore {
  readonly inner = new InMemorySessionStore();
  #hook: Hook = () => {};
  #writes: Write[] = [];
  #yields = false;

  /** From now on this comes before each call. */
  before(hook: Hook): void {
    this.#hook = hook;
  }

  /** Fails the `n`-th call from now on, counted from 0, and no other; says whether it came to it. */
  failNth(n: number): { failed: boolean } {
    const told = { failed: false };
    let calls = 0;
    this.before(() => {
      calls += 1;
      if (calls !== n + 1) return undefined;
      told.failed = true;
      return "fail";
    });
    return told;
  }

  /** From now on a call lets others run, before it is carried out and after. */
  yieldAroundCalls(): void {
    this.#yields = true;
  }

  /** Ends a session, and notes whose it was. */
  resolve(id: string): void {
    const agent = this.inner.sessions().find((one) => one.id === id)?.assignedAgentId;
    this.inner.resolve(id);
    this.#writes.push({ kind: "resolved", session: id, agent: agent ?? undefined });
  }

  /** What was written since the last call of this. */
  takeWrites(): Write[] {
    return this.#writes.splice(0);
  }

  async snapshot(tenantId: string): Promise<Snapshot> {
    const teams = await this.inner.teams(tenantId);
    return {
      sessions: this.inner.sessions(),
      queue: await this.inner.queue(tenantId, undefined, Infinity),
      teams,
      members: await Promise.all(
        teams.map((team) => this.inner.members(team.id, { kind: "ever" })),
      ),
      tenant: await this.inner.tenant(tenantId),
    };
  }

  session(id: string): Promise<Session | null> {
    return this.#carryOut({ method: "session", sessionId: id }, () => this.inner.session(id));
  }

  queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]> {
    return this.#carryOut({ method: "queue" }, () => this.inner.queue(tenantId, teamId, limit));
  }

  claim(
    session: string,
    agent: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim> {
    const call = { method: "claim", sessionId: session, agentId: agent } as const;
    return this.#carryOut(call, async (refusal) => {
      const claiming: MaybePromise<Claim> =
        refusal === undefined
          ? this.inner.claim(session, agent, expected, changes)
          : { kind: "refused", refusal };
      // The store in memory has done it by now: the note keeps its place, and says more below.
      const note: Write = { kind: "claimed", session, agent, limit: expected.maxLoad };
      this.#writes.push(note);
      const claim = await claiming;
      if (claim.kind === "refused") {
        const { refusal } = claim;
        this.#writes[this.#writes.indexOf(note)] = { kind: "refused", session, agent, refusal };
      }
      return claim;
    });
  }

  update(session: string, changes: SessionChanges): Promise<Session | null> {
    return this.#carryOut({ method: "update", sessionId: session }, async () => {
      const reading = this.inner.session(session);
      const updating = this.inner.update(session, changes);
      const note: Write = { kind: "updated", session };
      this.#writes.push(note);
      const [before, after] = await Promise.all([reading, updating]);
      if (isDeepStrictEqual(before, after)) this.#writes.splice(this.#writes.indexOf(note), 1);
      return after;
    });
  }

  stamp(session: string, key: string, seen: unknown, stamp: string): Promise<boolean> {
    return this.#carryOut({ method: "stamp", sessionId: session }, async () => {
      const stamped = await this.inner.stamp(session, key, seen, stamp);
      if (stamped) this.#writes.push({ kind: "stamped", session, key });
      return stamped;
    });
  }

  unstamp(session: string, key: string, stamp: string, seen: unknown): Promise<boolean> {
    return this.#carryOut({ method: "unstamp", sessionId: session }, async () => {
      const unstamped = await this.inner.unstamp(session, key, stamp, seen);
      if (unstamped) this.#writes.push({ kind: "unstamped", session, key });
      return unstamped;
    });
  }

  contactHasAssignedSession(tenantId: string, contactId: string, id: string): Promise<boolean> {
    return this.#carryOut({ method: "contactHasAssignedSession", sessionId: id }, () =>
      this.inner.contactHasAssignedSession(tenantId, contactId, id),
    );
  }

  teams(tenantId: string): Promise<Team[]> {
    return this.#carryOut({ method: "teams" }, () => this.inner.teams(tenantId));
  }

  team(id: string): Promise<{ tenantId: string; team: Team } | null> {
    return this.#carryOut({ method: "team" }, () => this.inner.team(id));
  }

  members(teamId: string, counts: Counts): Promise<Agent[]> {
    return this.#carryOut({ method: "members" }, () => this.inner.members(teamId, counts));
  }

  tenant(id: string): Promise<TenantConfig> {
    return this.#carryOut({ method: "tenant" }, () => this.inner.tenant(id));
  }

  async #carryOut<T>(
    call: Partial<Call> & Pick<Call, "method">,
    act: (refusal: Refusal | undefined) => Promise<T>,
  ): Promise<T> {
    await this.#pause();
    const { method, sessionId, agentId } = call;
    const then = this.#hook({ method, sessionId, agentId }, this.inner);
    if (then === "fail") {
      throw new AssignmentEngineError("store_down", "the database is away");
    }
    const answer = await act(then?.refuse);
    await this.#pause();
    return answer;
  }

  async #pause(): Promise<void> {
    if (this.#yields) await new Promise((resolve) => setImmediate(resolve));
  }
}
