import { ProviderError, type ProviderErrorCode } from "../errors.ts";
import { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
import type { CountedTurn, RoundRobinContextProvider } from "../provider/provider.ts";
import { checkDeadline } from "./caller.ts";

/** How many failures in a row open a breaker where nothing else is said. */
export const BREAKER_FAILURES = 5;

/** How long an open breaker asks nobody where nothing else is said, in milliseconds. */
export const BREAKER_PAUSE_MS = 2000;

/**
 * What a pick becomes that the store fails to count.
 *
 * - `fail`: it fails. Nobody gets a turn that the store did not count.
 * - `fallback`: this pick is counted in memory, and the next one asks the store again. With a frozen
 *   store each pick takes as long as its deadline.
 * - `breaker`: picks fail until so many have failed in a row. From then on they are counted in
 *   memory at once, for the pause; after it one pick at a time asks the store, and the first that
 *   succeeds ends it. A failure that is about one key (`wrong_type`, `overflow`) does not count.
 *
 * Turns counted in memory are even within this process, from a place of its own; over all processes
 * the difference is at most one turn per process and outage. They are not made up for afterwards.
 */
export type RunTimePolicy =
  | "fail"
  | "fallback"
  | "breaker"
  | { breaker: { failures?: number | undefined; pauseMs?: number | undefined } };

/** Is told of what {@link ResilientRoundRobinContextProvider} does; what it throws is ignored. */
export interface PolicyObserver {
  /** A pick was counted in memory, because of this. */
  countedInMemory?(event: { code: ProviderErrorCode }): void;
  /** The breaker has opened or closed: where picks are counted from now on. */
  breaker?(event: { countsIn: "memory" | "store"; code: ProviderErrorCode }): void;
}

/** What the policy needs of the provider that it stands before. */
type Store = RoundRobinContextProvider & {
  takeTurns?: ((contextKey: string, count: number) => Promise<bigint | number>) | undefined;
};

/**
 * A provider with a {@link RunTimePolicy} for its failures.
 *
 * A turn that came from memory says so ({@link CountedTurn}), which puts it into the trace of the
 * decision. A misuse (`configuration`) is never covered up.
 */
export class ResilientRoundRobinContextProvider implements RoundRobinContextProvider {
  readonly #store: Store;
  readonly #memory = new InMemoryRoundRobinContextProvider();
  /** Where this process begins to count, so that not all begin with the same agent. */
  readonly #offset = Math.floor(Math.random() * 2 ** 32);
  readonly #observer: PolicyObserver;
  readonly #breaker: Breaker | undefined;
  readonly #falls: boolean;

  /** As {@link RedisRoundRobinContextProvider.takeTurns}; undefined if the store has none. */
  declare readonly takeTurns?: (contextKey: string, count: number) => Promise<bigint | number>;

  /** Throws a `ProviderError` with code `configuration` for a policy that there is none. */
  constructor(store: Store, policy: RunTimePolicy, observer: PolicyObserver = {}) {
    this.#store = store;
    this.#observer = observer;
    const { kind, failures, pauseMs } = checkPolicy(policy);
    this.#falls = kind !== "fail";
    this.#breaker = kind === "breaker" ? new Breaker(failures, pauseMs) : undefined;
    if (store.takeTurns !== undefined) {
      this.takeTurns = async (contextKey, count) => {
        const taken = await this.#take<bigint | number>(
          () => store.takeTurns!(contextKey, count),
          async () => (await this.#memory.takeTurns(contextKey, count)) + this.#offset,
        );
        return taken.value;
      };
    }
  }

  async getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    return (await this.nextCounted(contextKey, candidateCount)).index;
  }

  async nextCounted(contextKey: string, candidateCount: number): Promise<CountedTurn> {
    if (typeof candidateCount === "number" && candidateCount <= 0) return { index: 0 };
    const { value: index, fromMemory } = await this.#take(
      () => this.#store.getNextIndex(contextKey, candidateCount),
      async () => {
        const index = await this.#memory.getNextIndex(contextKey, candidateCount);
        return (index + this.#offset) % candidateCount;
      },
    );
    return fromMemory === undefined ? { index } : { index, fromMemory };
  }

  async #take<T>(
    shared: () => Promise<T>,
    own: () => Promise<T>,
  ): Promise<{ value: T; fromMemory?: ProviderErrorCode }> {
    const breaker = this.#breaker;
    const admission = breaker?.admit();
    let code = admission?.memory;
    if (code === undefined) {
      try {
        const value = await shared();
        if (breaker?.served(admission?.probe === true) === true) {
          this.#tell(() => this.#observer.breaker?.({ countsIn: "store", code: breaker.why }));
        }
        return { value };
      } catch (error) {
        code = ProviderError.is(error) ? (error.code as ProviderErrorCode) : "other";
        const covered = this.#covers(code, admission?.probe === true);
        if (!covered) throw error;
      }
    }
    const fromMemory = code;
    this.#tell(() => this.#observer.countedInMemory?.({ code: fromMemory }));
    return { value: await own(), fromMemory };
  }

  /** Is this failure made good from memory? */
  #covers(code: ProviderErrorCode, probe: boolean): boolean {
    if (!this.#falls || code === "configuration") {
      if (probe) this.#breaker?.postpone();
      return false;
    }
    if (this.#breaker === undefined) return true;
    if (ABOUT_ONE_KEY.has(code)) {
      // The store is well.
      this.#breaker.served(probe);
      return false;
    }
    const before = this.#breaker.isOpen;
    const open = this.#breaker.failed(code, probe);
    if (open && !before) {
      this.#tell(() => this.#observer.breaker?.({ countsIn: "memory", code }));
    }
    return open;
  }

  #tell(what: () => void): void {
    try {
      what();
    } catch {
      // Whoever watches takes no part.
    }
  }
}

/** Closed, open, or open with one pick under way that asks the store. */
class Breaker {
  why: ProviderErrorCode = "other";
  readonly #limit: number;
  readonly #pauseMs: number;
  #failures = 0;
  /** Until when nobody asks the store; undefined while it is closed. */
  #until: number | undefined;
  #probing = false;

  constructor(limit: number, pauseMs: number) {
    this.#limit = limit;
    this.#pauseMs = pauseMs;
  }

  get isOpen(): boolean {
    return this.#until !== undefined;
  }

  /** From memory because of this; or from the store, as the one pick that finds out about it. */
  admit(): { memory?: ProviderErrorCode; probe?: true } {
    if (this.#until === undefined) return {};
    if (this.#probing || performance.now() < this.#until) return { memory: this.why };
    this.#probing = true;
    return { probe: true };
  }

  /** The store has answered; true if that closes the breaker. */
  served(probe: boolean): boolean {
    // A late answer of before it opened closes nothing.
    if (this.#until !== undefined && !probe) return false;
    const closes = this.#until !== undefined;
    this.#failures = 0;
    this.#until = undefined;
    this.#probing = false;
    return closes;
  }

  /** Is it open from now on, or was it already? */
  failed(code: ProviderErrorCode, probe: boolean): boolean {
    if (this.#until !== undefined) {
      if (probe) this.postpone();
      return true;
    }
    this.#failures += 1;
    if (this.#failures < this.#limit) return false;
    this.why = code;
    this.postpone();
    return true;
  }

  /** The pause begins, or begins again. */
  postpone(): void {
    this.#probing = false;
    this.#until = performance.now() + this.#pauseMs;
  }
}

/** The parts of a policy; throws a `ProviderError` with code `configuration` for one that is none. */
export function checkPolicy(policy: RunTimePolicy): {
  kind: "fail" | "fallback" | "breaker";
  failures: number;
  pauseMs: number;
} {
  const standard = { failures: BREAKER_FAILURES, pauseMs: BREAKER_PAUSE_MS };
  if (policy === "fail" || policy === "fallback" || policy === "breaker") {
    return { kind: policy, ...standard };
  }
  const given = (policy as { breaker?: unknown } | null | undefined)?.breaker;
  if (typeof given !== "object" || given === null) {
    throw new ProviderError("configuration", "`policy` is neither fail, fallback nor breaker");
  }
  const { failures = BREAKER_FAILURES, pauseMs = BREAKER_PAUSE_MS } = given as {
    failures?: number;
    pauseMs?: number;
  };
  if (!Number.isSafeInteger(failures) || failures < 1) {
    throw new ProviderError("configuration", "`failures` is not a whole number from 1");
  }
  checkDeadline("pauseMs", pauseMs);
  return { kind: "breaker", failures, pauseMs };
}

const ABOUT_ONE_KEY: ReadonlySet<ProviderErrorCode> = new Set(["wrong_type", "overflow"]);
