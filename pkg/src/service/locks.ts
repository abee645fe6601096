/**
 * One lock per session under way, so that two calls of this process for one session follow each
 * other, first come, first served: the second sees what the first has stored, and the contact gets
 * no message twice. What other processes do is held in check by the store's claim.
 */
export class SessionLocks {
  /** The last in line for each session; who is through and last leaves nothing behind. */
  readonly #last = new Map<string, Promise<void>>();

  /** Does `work` once everybody who came before for this session is through. */
  async hold<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(sessionId);
    let leave!: () => void;
    const through = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last.set(sessionId, through);
    try {
      await before;
      return await work();
    } finally {
      if (this.#last.get(sessionId) === through) this.#last.delete(sessionId);
      leave();
    }
  }

  /** Sessions that somebody has or waits for. */
  get size(): number {
    return this.#last.size;
  }
}
