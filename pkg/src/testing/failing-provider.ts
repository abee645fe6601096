import {
  InMemoryRoundRobinContextProvider,
  ProviderError,
  type ProviderErrorCode,
  type RoundRobinContextProvider,
} from "../public.ts";

/** How a provider can fail. */
export type FailureKind =
  /** It rejects with a `ProviderError`, as a real one does. */
  | "error"
  /** It throws, before it has given a promise, something that is no error of ours. */
  | "throw"
  /** It never answers. */
  | "never"
  /** It answers what is no index: no number, a fraction, out of range, in turn. */
  | "garbage";

/**
 * Fails as it is told, and then heals: it counts in memory.
 *
 * ```ts
 * const rotation = new FailingRoundRobinContextProvider("never", { times: 2 });
 * // two calls that are never answered; the third one answers 0
 * ```
 */
export class FailingRoundRobinContextProvider implements RoundRobinContextProvider {
  readonly #healthy: RoundRobinContextProvider;
  readonly #code: ProviderErrorCode;
  #kind: FailureKind;
  #left: number;
  #garbage = 0;
  /** Calls so far, those that failed among them. */
  calls = 0;

  /**
   * `times`: how many calls fail; all of them unless said. `code`: of the errors, `unreachable`
   * unless said. `healthy`: who answers once it has healed.
   */
  constructor(
    kind: FailureKind,
    options: { times?: number; code?: ProviderErrorCode; healthy?: RoundRobinContextProvider } = {},
  ) {
    this.#kind = kind;
    this.#left = options.times ?? Infinity;
    this.#code = options.code ?? "unreachable";
    this.#healthy = options.healthy ?? new InMemoryRoundRobinContextProvider();
  }

  /** From now on it fails like this, so many times. */
  fail(kind: FailureKind, times = Infinity): void {
    this.#kind = kind;
    this.#left = times;
  }

  /** From now on it works. */
  heal(): void {
    this.#left = 0;
  }

  getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    if (!(candidateCount > 0)) return Promise.resolve(0);
    this.calls += 1;
    if (this.#left <= 0) return this.#healthy.getNextIndex(contextKey, candidateCount);
    this.#left -= 1;
    switch (this.#kind) {
      case "error":
        return Promise.reject(new ProviderError(this.#code, "the rotation is away"));
      case "throw":
        throw new TypeError("cannot read properties of undefined");
      case "never":
        return new Promise(() => {});
      case "garbage":
        return Promise.resolve(this.#nonsense(candidateCount));
    }
  }

  #nonsense(candidateCount: number): number {
    const all: unknown[] = [Number.NaN, -1, candidateCount, 0.5, "0", null, undefined, 2 ** 60, {}];
    this.#garbage += 1;
    return all[(this.#garbage - 1) % all.length] as number;
  }
}
