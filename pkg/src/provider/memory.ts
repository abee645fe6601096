import { ProviderError } from "../errors.ts";
import { toJson } from "../engine/wire.ts";
import { type Bindings, call } from "../kernel/kernel.ts";
import type { RoundRobinContextProvider, TakenTurn, TurnRequest } from "./provider.ts";

/** How many keys {@link InMemoryRoundRobinContextProvider} keeps at most. */
export const IN_MEMORY_KEY_LIMIT = 100_000;

/**
 * Counters in this process: each key starts at 0 and is forgotten with the process.
 *
 * Right for one instance and for tests. Several instances each keep their own place, so together
 * they are fair only on average. Memory is bounded: a key that was not used while half of
 * {@link IN_MEMORY_KEY_LIMIT} others were is dropped and starts at 0 again, which is a legal restart.
 * Of the books of other rotations a tenth as many are kept.
 */
export class InMemoryRoundRobinContextProvider implements RoundRobinContextProvider {
  readonly #counters = new Recent<number>(IN_MEMORY_KEY_LIMIT / 2);
  // As text: so a module that has to be started afresh loses none, and none has to be freed.
  readonly #books = new Recent<string>(IN_MEMORY_KEY_LIMIT / 20);

  async getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    if (!(candidateCount > 0)) return 0;
    const turn = this.#takeTurns(contextKey, 1);
    return turn % candidateCount;
  }

  /** Takes `count` turns at once and answers the first, counted from 0; the others follow it. */
  async takeTurns(contextKey: string, count: number): Promise<number> {
    return this.#takeTurns(contextKey, count);
  }

  /** In memory the module has to be loaded for it, as for a decision. */
  async takeTurn(request: TurnRequest): Promise<TakenTurn> {
    const { now } = request;
    const taken = this.#withBook(request, (book, candidates) => book.take(candidates, now));
    if (taken === undefined) throw new ProviderError("other", "there is nobody to take turns");
    const [index, became, was] = taken as unknown as [bigint, bigint, bigint];
    return { index: Number(index), stamps: [became, was] };
  }

  async giveBack(request: TurnRequest, { index, stamps }: TakenTurn): Promise<void> {
    this.#withBook(request, (book, candidates) => book.giveBack(candidates, index, ...stamps));
  }

  #takeTurns(key: string, count: number): number {
    const turn = this.#counters.get(key) ?? 0;
    // Beyond 2^53 a number no longer counts.
    const next = turn + count;
    this.#counters.set(key, Number.isSafeInteger(next) ? next : 0);
    return turn;
  }

  /** What is refused, and a module that fails, leave the book as it was. */
  #withBook<T>(request: TurnRequest, work: (book: TurnBook, candidates: string) => T): T {
    const { contextKey, rotation } = request;
    const candidates = toJson("candidates", request.candidates ?? null);
    const key = `${rotation}:${contextKey}`;
    const kept = this.#books.get(key);
    return call(({ TurnBook }) => {
      const book = kept === undefined ? new TurnBook(rotation) : TurnBook.fromJson(kept);
      const done = work(book, candidates);
      const text = book.toJson();
      book.free();
      // One that could not be read again would block its key: it begins anew, like one that was dropped.
      if (isReadable(text)) this.#books.set(key, text);
      else this.#books.delete(key);
      return done;
    });
  }
}

/** As much as the module reads at once, in bytes of UTF-8; a letter has three at the most. */
const MAX_BOOK_BYTES = 4 * 1024 * 1024;

function isReadable(text: string): boolean {
  if (text.length * 3 <= MAX_BOOK_BYTES) return true;
  return new TextEncoder().encode(text).length <= MAX_BOOK_BYTES;
}

type TurnBook = InstanceType<Bindings["TurnBook"]>;

/**
 * Two generations instead of a list ordered by use: a key that is used moves to the young one; when
 * that is full it becomes the old one, and what nobody used since goes.
 */
class Recent<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  readonly #generation: number;

  constructor(generation: number) {
    this.#generation = generation;
  }

  get(key: string): T | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: T): void {
    if (!this.#young.has(key)) {
      this.#old.delete(key);
      if (this.#young.size >= this.#generation) {
        this.#old = this.#young;
        this.#young = new Map();
      }
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
