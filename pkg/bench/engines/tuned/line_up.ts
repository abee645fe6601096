import { OUT, rank, type Routing, routing } from "./routing.ts";

/**
 * Agents in turn order, each with a rank: the smallest are best.
 *
 * The smallest rank and how many have it are kept, of every block of 64 and of all. A count of 0
 * means that the last of them is gone: no rank is as small as the one kept, and the next that asks
 * looks for the smallest anew.
 */
export class LineUp {
  readonly routing: Routing;
  /** The agents by their place in turn order, and the place of each agent. */
  readonly #order: Int32Array;
  readonly #places: Int32Array;
  /** The rank of each place. */
  readonly #ranks: Float64Array;
  readonly #leasts: Float64Array;
  readonly #counts: Int32Array;
  #least = OUT;
  #count: number;
  /** A place, and how many of the best come before it: mostly the next turn is close by. */
  #cursor = 0;
  #before = 0;

  constructor(routing: Routing, order: Int32Array) {
    this.routing = routing;
    this.#order = order;
    this.#places = new Int32Array(order.length);
    order.forEach((agent, place) => (this.#places[agent] = place));
    this.#ranks = new Float64Array(order.length).fill(OUT);
    const blocks = (order.length + BLOCK - 1) >>> BLOCK_BITS;
    this.#leasts = new Float64Array(blocks).fill(OUT);
    this.#counts = new Int32Array(blocks);
    for (let block = 0; block < blocks; block++) this.#summarize(block);
    this.#count = order.length;
  }

  put(agent: number, rank: number): void {
    const place = this.#places[agent]!;
    const ranks = this.#ranks;
    const old = ranks[place]!;
    if (old === rank) return;
    ranks[place] = rank;

    const block = place >>> BLOCK_BITS;
    const least = this.#leasts[block]!;
    if (rank < least) {
      this.#leasts[block] = rank;
      this.#counts[block] = 1;
    } else if (rank === least) {
      this.#counts[block]!++;
    } else if (old === least) {
      this.#counts[block]!--;
    }

    if (rank < this.#least) {
      this.#least = rank;
      this.#count = 1;
      this.#cursor = place;
      this.#before = 0;
    } else if (rank === this.#least) {
      this.#count++;
      if (place < this.#cursor) this.#before++;
    } else if (old === this.#least) {
      this.#count--;
      if (place < this.#cursor) this.#before--;
    }
  }

  /** How many are best. */
  best(): number {
    if (this.#count === 0) this.#look();
    return this.#least === OUT ? 0 : this.#count;
  }

  /** The `k`-th of them, right after `best`; -1 if there is none. */
  nth(k: number): number {
    if (!(k >= 0 && k < this.#count)) return -1;
    const ranks = this.#ranks;
    const least = this.#least;
    let place = this.#cursor;
    let before = this.#before;
    if (k < before) {
      place = 0;
      before = 0;
    }
    // The rest of the block, then whole blocks.
    const end = Math.min((place | (BLOCK - 1)) + 1, ranks.length);
    for (; place < end; place++) {
      if (ranks[place] === least && before++ === k) return this.#found(place, k);
    }
    const leasts = this.#leasts;
    const counts = this.#counts;
    let block = end >>> BLOCK_BITS;
    for (; ; block++) {
      if (leasts[block] !== least) continue;
      const after = before + counts[block]!;
      if (k < after) break;
      before = after;
    }
    place = block << BLOCK_BITS;
    while (ranks[place] !== least || before++ !== k) place++;
    return this.#found(place, k);
  }

  #found(place: number, before: number): number {
    this.#cursor = place;
    this.#before = before;
    return this.#order[place]!;
  }

  #look(): void {
    const leasts = this.#leasts;
    const counts = this.#counts;
    let least = OUT;
    let count = 0;
    let first = 0;
    for (let block = 0; block < leasts.length; block++) {
      // A rank that is gone was smaller than all others of its block.
      if (counts[block] === 0) {
        if (leasts[block]! >= least) continue;
        this.#summarize(block);
      }
      const rank = leasts[block]!;
      if (rank <= least) {
        if (rank < least) {
          least = rank;
          count = 0;
          first = block;
        }
        count += counts[block]!;
      }
    }
    this.#least = least;
    this.#count = count;
    this.#cursor = first << BLOCK_BITS;
    this.#before = 0;
  }

  #summarize(block: number): void {
    const ranks = this.#ranks;
    const end = Math.min((block + 1) << BLOCK_BITS, ranks.length);
    let least = OUT;
    let count = 0;
    for (let place = block << BLOCK_BITS; place < end; place++) {
      const rank = ranks[place]!;
      if (rank <= least) {
        if (rank < least) {
          least = rank;
          count = 0;
        }
        count++;
      }
    }
    this.#leasts[block] = least;
    this.#counts[block] = count;
  }
}

export const BLOCK_BITS = 6;
export const BLOCK = 1 << BLOCK_BITS;
