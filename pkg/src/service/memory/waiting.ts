import { byBytes } from "../order.ts";

/** A session's place in line: when it came, and its id. */
interface Place {
  createdAt: number | undefined;
  id: string;
}

/** Sessions in line, oldest first, ties by id; those that do not say when they came, come first. */
export class WaitingLine {
  readonly #places: Place[] = [];

  add(place: Place): void {
    const at = this.#find(place);
    this.#places.splice(at, 0, place);
  }

  remove(place: Place): void {
    const at = this.#find(place);
    if (this.#places[at]?.id === place.id) this.#places.splice(at, 1);
  }

  *ids(): Generator<string> {
    for (const { id } of this.#places) yield id;
  }

  /** Where the place is, or would be. */
  #find(place: Place): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order(this.#places[middle]!, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function order(a: Place, b: Place): number {
  const [left, right] = [a.createdAt ?? -Infinity, b.createdAt ?? -Infinity];
  return left === right ? byBytes(a.id, b.id) : left < right ? -1 : 1;
}
