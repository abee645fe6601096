import { AssignmentEngineError } from "../errors.ts";
import type { Agent, Session, Team, TenantConfig } from "../types.ts";
import { within } from "./deadline.ts";
import { isObject, nameOf } from "./input.ts";
import { type Observer, STORE_FAILED } from "./observe.ts";
import { checkedSession } from "./sessions.ts";
import {
  type Claim,
  type Counts,
  type Expected,
  REFUSALS,
  type SessionChanges,
  type SessionStore,
} from "./store.ts";

/**
 * A store as the service uses it: each call bounded in time, each answer looked at, and each
 * rejection an {@link AssignmentEngineError}: the store's own if it is one, else `store_failed`
 * with the raw error as its cause; `store_timeout` if there was no answer. After a timeout it is
 * unknown whether what was to be written was written, so it is not tried again.
 */
export class BoundedStore implements SessionStore {
  readonly #store: SessionStore;
  readonly #deadlineMs: number | undefined;
  readonly #observer: Observer | undefined;

  /** Without a deadline, whoever asks sets one; without an observer, whoever asks tells hooks. */
  constructor(store: SessionStore, deadlineMs?: number, observer?: Observer) {
    this.#store = store;
    this.#deadlineMs = deadlineMs;
    this.#observer = observer;
  }

  session(id: string): Promise<Session | null> {
    const read = (row: Session | null) => (row == null ? null : checkedSession(row, id));
    return this.#ask("session", id, () => this.#store.session(id), read);
  }

  queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]> {
    const ask = () => this.#store.queue(tenantId, teamId, limit);
    return this.#ask("queue", "", ask, (rows) =>
      // Some query builders take a limit for a wish.
      listed<Session>("queue", rows)
        .slice(0, limit)
        .map((row) => checkedSession(row)),
    );
  }

  claim(id: string, agentId: string, expected: Expected, changes: SessionChanges): Promise<Claim> {
    const ask = () => this.#store.claim(id, agentId, expected, changes);
    return this.#ask("claim", id, ask, (claim) => {
      if (isObject(claim) && claim.kind === "claimed") checkedSession(claim.session, id);
      else if (!isObject(claim) || claim.kind !== "refused" || !isRefusal(claim.refusal)) {
        throw unusable("claim", claim);
      }
      return claim;
    });
  }

  update(id: string, changes: SessionChanges): Promise<Session | null> {
    const read = (row: Session | null) => (row == null ? null : checkedSession(row, id));
    return this.#ask("update", id, () => this.#store.update(id, changes), read);
  }

  stamp(id: string, key: string, seen: unknown, stamp: string): Promise<boolean> {
    const ask = () => this.#store.stamp(id, key, seen, stamp);
    return this.#ask("stamp", id, ask, (answer) => yesOrNo("stamp", answer));
  }

  unstamp(id: string, key: string, stamp: string, seen: unknown): Promise<boolean> {
    const ask = () => this.#store.unstamp(id, key, stamp, seen);
    return this.#ask("unstamp", id, ask, (answer) => yesOrNo("unstamp", answer));
  }

  contactHasAssignedSession(tenantId: string, contactId: string, id: string): Promise<boolean> {
    const method = "contactHasAssignedSession";
    const ask = () => this.#store.contactHasAssignedSession(tenantId, contactId, id);
    return this.#ask(method, id, ask, (answer) => yesOrNo(method, answer));
  }

  teams(tenantId: string): Promise<Team[]> {
    const read = (rows: Team[]) => listed<Team>("teams", rows);
    return this.#ask("teams", "", () => this.#store.teams(tenantId), read);
  }

  team(id: string): Promise<{ tenantId: string; team: Team } | null> {
    return this.#ask(
      "team",
      "",
      () => this.#store.team(id),
      (found) => {
        if (found == null) return null;
        if (!isObject(found) || !isObject(found.team)) throw unusable("team", found);
        return found;
      },
    );
  }

  members(teamId: string, counts: Counts): Promise<Agent[]> {
    const read = (rows: Agent[]) => listed<Agent>("members", rows);
    return this.#ask("members", "", () => this.#store.members(teamId, counts), read);
  }

  tenant(id: string): Promise<TenantConfig> {
    return this.#ask(
      "tenant",
      "",
      () => this.#store.tenant(id),
      (config) => {
        // A tenant without a row has no configuration.
        if (config == null) return {};
        if (!isObject(config)) throw unusable("tenant", config);
        return config;
      },
    );
  }

  async #ask<T, R>(
    method: keyof SessionStore,
    sessionId: string,
    ask: () => Promise<T>,
    read: (answer: T) => R,
  ): Promise<R> {
    const milliseconds = this.#deadlineMs;
    try {
      if (milliseconds === undefined) return read(await ask());
      return read(await within(milliseconds, ask, () => late(method, milliseconds)));
    } catch (error) {
      this.#observer?.failed(`store.${method}`, sessionId, error);
      if (AssignmentEngineError.is(error)) throw error;
      const message = `the store failed to answer \`${method}\``;
      throw new AssignmentEngineError(STORE_FAILED, message, { cause: error });
    }
  }
}

function listed<T extends object>(method: keyof SessionStore, rows: unknown): T[] {
  if (Array.isArray(rows) && rows.every(isObject)) return rows as unknown as T[];
  throw unusable(method, rows);
}

function yesOrNo(method: keyof SessionStore, answer: unknown): boolean {
  if (typeof answer === "boolean") return answer;
  throw unusable(method, answer);
}

function late(method: keyof SessionStore, milliseconds: number): AssignmentEngineError {
  const unknown = WRITES.includes(method) ? "; whether it was carried out is unknown" : "";
  const message = `the store did not answer \`${method}\` within ${milliseconds} ms${unknown}`;
  return new AssignmentEngineError("store_timeout", message);
}

function unusable(method: keyof SessionStore, answer: unknown): AssignmentEngineError {
  const message = `the store answered \`${method}\` with ${nameOf(answer)} that is no such answer`;
  return new AssignmentEngineError("wrong_type", message, { path: method });
}

const WRITES: readonly (keyof SessionStore)[] = ["claim", "update", "stamp", "unstamp"];

function isRefusal(value: unknown): boolean {
  return REFUSALS.some((refusal) => refusal === value);
}
