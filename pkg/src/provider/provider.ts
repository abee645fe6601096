import type { ProviderErrorCode } from "../errors.ts";
import type { Rotation, TurnCandidate } from "../types.ts";

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
  nextCounted?(contextKey: string, candidateCount: number): Promise<CountedTurn>;

  /**
   * Takes a turn in a rotation other than the counter, which needs to know who the candidates are.
   * Without it a team that wants such a rotation gets the outcome `error`, code `unsupported`.
   *
   * Rejects as {@link getNextIndex} does.
   */
  takeTurn?(request: TurnRequest): Promise<TakenTurn>;

  /**
   * Gives back a turn that came to nothing: the session could not be assigned. If that fails the
   * turn stays spent, which is harmless: one agent is passed over once.
   */
  giveBack?(request: TurnRequest, turn: TakenTurn): Promise<void>;
}

/** Whose turn is it among these? */
export interface TurnRequest {
  /** What the rotation keeps its book under. */
  readonly contextKey: string;
  readonly rotation: Rotation;
  /** Who takes turns, at least one, each once; of two alike, the first. */
  readonly candidates: readonly TurnCandidate[];
  /** When, in milliseconds since 1970. */
  readonly now: number;
}

/** A turn that was taken. It is spent unless it is given back. */
export interface TakenTurn extends CountedTurn {
  /** What the agent's stamp has become, and what it was: the rotation's own, for giving back. */
  readonly stamps: readonly [became: bigint, was: bigint];
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
