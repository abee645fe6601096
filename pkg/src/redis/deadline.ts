import type { Teller } from "./teller.ts";

/**
 * The calls under way: each ends by a deadline of ours, and so many can be under way at once.
 *
 * A client may keep a call for ever (ioredis does when its server hangs), so a call whose deadline
 * has passed goes on counting until the client is done with it. When as many as allowed are under
 * way, the next one is refused at once. If among them are some that are overdue, one new call a
 * second is let through all the same: if the client answers it, it is well again, and what it
 * still owes it has lost (redis/ioredis#2193), so that is counted no longer.
 */
export class Calls {
  readonly #deadlineMs: number;
  readonly #limit: number;
  #underWay = 0;
  #overdue = 0;
  /** Calls that were overdue in an earlier epoch are counted no longer. */
  #epoch = 0;
  #lastProbe = -Infinity;

  constructor(deadlineMs: number, limit: number) {
    this.#deadlineMs = deadlineMs;
    this.#limit = limit;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Is there room for one call more, other than a probe? */
  get full(): boolean {
    return this.#underWay >= this.#limit;
  }

  /**
   * What `read` makes of the answer to `call`. Rejects with what `teller` says: of a failure of
   * the client, of a call that is too many, and of the deadline. What comes later is dropped; it
   * never becomes an unhandled rejection.
   */
  run<T>(
    call: () => unknown,
    read: (reply: unknown) => T,
    teller: Teller,
    key: string,
    deadlineMs = this.#deadlineMs,
  ): Promise<T> {
    const probe = this.full;
    if (probe && !this.#mayProbe()) return Promise.reject(teller.full(this.#limit));
    let overdueIn: number | undefined;
    let settled = false;
    this.#underWay += 1;
    return new Promise<T>((resolve, reject) => {
      const expire = (): void => {
        if (settled) return;
        overdueIn = this.#epoch;
        this.#overdue += 1;
        reject(teller.timeout(deadlineMs));
      };
      // A busy process looks at its clock before it looks at its sockets: an answer that lies
      // there already is no late one.
      const timer = setTimeout(() => afterInput(expire), deadlineMs);
      const settle = (finish: () => void): void => {
        settled = true;
        clearTimeout(timer);
        if (overdueIn !== undefined) return this.#leaveLate(overdueIn);
        this.#underWay -= 1;
        if (probe) this.#forgetOverdue();
        finish();
      };
      attempt(call).then(
        (reply) =>
          settle(() => {
            try {
              resolve(read(reply));
            } catch (error) {
              reject(teller.failed(error, key));
            }
          }),
        (error: unknown) => settle(() => reject(teller.failed(error, key))),
      );
    });
  }

  #mayProbe(): boolean {
    const now = performance.now();
    if (this.#overdue === 0 || now - this.#lastProbe < PROBE_INTERVAL_MS) return false;
    this.#lastProbe = now;
    return true;
  }

  #leaveLate(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#underWay -= 1;
    this.#overdue -= 1;
  }

  #forgetOverdue(): void {
    this.#underWay -= this.#overdue;
    this.#overdue = 0;
    this.#epoch += 1;
  }
}

const PROBE_INTERVAL_MS = 1000;

/** What `call` answers; what it throws at once is a rejection like any other. */
async function attempt(call: () => unknown): Promise<unknown> {
  return await call();
}

/** After the input that has arrived by now was handled, where the runtime can tell. */
function afterInput(callback: () => void): void {
  if (typeof setImmediate === "function") setImmediate(callback);
  else callback();
}
