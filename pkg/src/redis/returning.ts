import type { ProviderError, ProviderErrorCode } from "../errors.ts";
import { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
import type { CountedTurn, RoundRobinContextProvider } from "../provider/provider.ts";

/** A provider that picks can move over to. */
type Shared = RoundRobinContextProvider & {
  takeTurns?: ((contextKey: string, count: number) => Promise<bigint | number>) | undefined;
};

/**
 * Counts in memory because the Redis that is named could not be used at the start, tries it again
 * from time to time, and moves over for good the first time that it can.
 */
export class ReturningRoundRobinContextProvider implements RoundRobinContextProvider {
  readonly #memory = new InMemoryRoundRobinContextProvider();
  readonly #intervalMs: number;
  readonly #retry: () => Promise<Shared>;
  readonly #failed: (error: ProviderError) => void;
  #shared: Shared | undefined;
  #code: ProviderErrorCode;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /**
   * Calls `retry` every `intervalMs`, less a random half, until it answers a provider; `failed` is
   * told why it does not.
   */
  constructor(
    code: ProviderErrorCode,
    intervalMs: number,
    retry: () => Promise<Shared>,
    failed: (error: ProviderError) => void,
  ) {
    this.#code = code;
    this.#intervalMs = intervalMs;
    this.#retry = retry;
    this.#failed = failed;
    this.#wait();
  }

  getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    return (this.#shared ?? this.#memory).getNextIndex(contextKey, candidateCount);
  }

  async nextCounted(contextKey: string, candidateCount: number): Promise<CountedTurn> {
    const shared = this.#shared;
    if (shared?.nextCounted !== undefined) return shared.nextCounted(contextKey, candidateCount);
    const index = await this.getNextIndex(contextKey, candidateCount);
    return shared === undefined && candidateCount > 0
      ? { index, fromMemory: this.#code }
      : { index };
  }

  /** Of a client that has only `incr` and `expire`, one turn after the other. */
  async takeTurns(contextKey: string, count: number): Promise<bigint | number> {
    const shared = this.#shared;
    if (shared === undefined) return this.#memory.takeTurns(contextKey, count);
    if (shared.takeTurns !== undefined) return shared.takeTurns(contextKey, count);
    const first = await shared.getNextIndex(contextKey, MANY);
    for (let taken = 1; taken < count; taken += 1) await shared.getNextIndex(contextKey, MANY);
    return first;
  }

  /** Tries no more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#stopped) return;
    const ms = this.#intervalMs * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#try(), ms);
    // Nobody waits for that; where timers are numbers, processes do not end.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  async #try(): Promise<void> {
    try {
      this.#shared = await this.#retry();
    } catch (error) {
      this.#code = (error as ProviderError).code;
      this.#failed(error as ProviderError);
      this.#wait();
    }
  }
}

/** So that an index is a turn. */
const MANY = Number.MAX_SAFE_INTEGER;
