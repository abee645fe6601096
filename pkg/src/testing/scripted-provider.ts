import { ProviderError, type RoundRobinContextProvider } from "../public.ts";

/** One question for an index. */
export interface IndexCall {
  contextKey: string;
  candidateCount: number;
}

/**
 * Answers the indexes of a script, in their order, and keeps who asked. What is not in range is
 * answered all the same: whoever asks has to notice.
 *
 * ```ts
 * const rotation = new ScriptedRoundRobinContextProvider([0, 2, 1]);
 * await rotation.getNextIndex("sales", 3); // 0, then 2, then 1
 * rotation.calls; // [{ contextKey: "sales", candidateCount: 3 }, …]
 * ```
 *
 * When the script is at its end it rejects, or begins anew with `{ repeat: true }`.
 */
export class ScriptedRoundRobinContextProvider implements RoundRobinContextProvider {
  /** Every call that took an index, oldest first. */
  readonly calls: IndexCall[] = [];
  readonly #script: readonly number[];
  readonly #repeat: boolean;
  #next = 0;

  constructor(script: readonly number[], options: { repeat?: boolean } = {}) {
    this.#script = [...script];
    this.#repeat = options.repeat === true;
  }

  async getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    if (!(candidateCount > 0)) return 0;
    this.calls.push({ contextKey, candidateCount });
    if (this.#repeat && this.#next === this.#script.length) this.#next = 0;
    const index = this.#script[this.#next];
    if (index === undefined) {
      const asked = `call ${this.calls.length}, for \`${contextKey}\` of ${candidateCount}`;
      throw new ProviderError("other", `the script has no answer left: ${asked}`);
    }
    this.#next += 1;
    return index;
  }

  /** Answers that were not asked for yet. */
  get left(): number {
    return this.#script.length - this.#next;
  }
}
