/** A month in milliseconds, with a day to spare on either side for time zones. */
const LONGEST_WINDOW_MS = 33 * 24 * 60 * 60 * 1_000;

/** The sessions an agent was given. */
export class Given {
  #ever = 0;
  /** When, for those that a window of time can still reach; the oldest first. */
  #recent: number[] = [];

  add(at: number): void {
    this.#ever += 1;
    this.#recent.push(at);
    const kept = this.#recent.findIndex((oldest) => at - oldest <= LONGEST_WINDOW_MS);
    // Cut off in large pieces: a shift at every turn would copy the list at every turn.
    if (kept > this.#recent.length / 2) this.#recent.splice(0, kept);
  }

  /** Those since then, or ever. */
  count(since: number | undefined): number {
    if (since === undefined) return this.#ever;
    return this.#recent.filter((at) => at >= since).length;
  }
}
