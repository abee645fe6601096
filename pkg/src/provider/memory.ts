import type { RoundRobinContextProvider } from "./provider.ts";

/** How many keys {@link InMemoryRoundRobinContextProvider} keeps at most. */
export const IN_MEMORY_KEY_LIMIT = 100_000;

/**
 * Counters in this process: each key starts at 0 and is forgotten with the process.
 *
 * Right for one instance and for tests. Several instances each keep their own place, so together
 * they are fair only on average. Memory is bounded: a key that was not used while half of
 * {@link IN_MEMORY_KEY_LIMIT} others were is dropped and starts at 0 again, which is a legal restart.
 */
export class InMemoryRoundRobinContextProvider implements RoundRobinContextProvider {
  // Two generations instead of a list ordered by use: a key that is used moves to the young one;
  // when that is full it becomes the old one, and what nobody used since goes.
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  async getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    if (!(candidateCount > 0)) return 0;
    const turn = this.#takeTurns(contextKey, 1);
    return turn % candidateCount;
  }

  /** Takes `count` turns at once and answers the first, counted from 0; the others follow it. */
  async takeTurns(contextKey: string, count: number): Promise<number> {
    return this.#takeTurns(contextKey, count);
  }

  #takeTurns(key: string, count: number): number {
    let turn = this.#young.get(key);
    if (turn === undefined) {
      turn = this.#old.get(key) ?? 0;
      this.#old.delete(key);
      if (this.#young.size >= IN_MEMORY_KEY_LIMIT / 2) {
        this.#old = this.#young;
        this.#young = new Map();
      }
    }
    // Beyond 2^53 a number no longer counts.
    const next = turn + count;
    this.#young.set(key, Number.isSafeInteger(next) ? next : 0);
    return turn;
  }
}
