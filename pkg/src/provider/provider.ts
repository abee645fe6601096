import type { ProviderErrorCode } from "../errors.ts";

/**
 * Counts turns, so that candidates are served one after the other.
 *
 * Each call takes one turn under `contextKey` and answers that turn modulo `candidateCount`. A
 * counter that restarts (an expired key, a failover) changes whose turn it is and nothing else.
 */
export interface RoundRobinContextProvider {
  /**
   * Takes the next turn under `contextKey` and answers a whole number in `[0, candidateCount)`.
   * For `candidateCount <= 0` the answer is 0, and no store is touched.
   *
   * Rejects with a `ProviderError` when the store gave no usable answer. Nothing may be assigned
   * then. A turn may have been taken all the same, which is harmless: a position is passed over.
   */
  getNextIndex(contextKey: string, candidateCount: number): Promise<number>;

  /**
   * {@link getNextIndex}, and who counted: the trace of a decision shows a turn that came from
   * memory. Only a provider with two places to count in has more to say than the index.
   */
  takeTurn?(contextKey: string, candidateCount: number): Promise<CountedTurn>;
}

/** A turn, and whether the store counted it. */
export interface CountedTurn {
  /** A whole number in `[0, candidateCount)`. */
  readonly index: number;
  /** The turn was counted in memory in the store's place, because of this. */
  readonly fromMemory?: ProviderErrorCode;
}

/** The token under which Nest's injector keeps the {@link RoundRobinContextProvider}. */
export const ROUND_ROBIN_CONTEXT_PROVIDER = "RoundRobinContextProvider";
