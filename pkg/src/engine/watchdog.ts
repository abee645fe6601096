/**
 * Ends what takes too long.
 *
 * One timer serves all that is under way: every call has the same time, so they end in the order in
 * which they began. The time is counted in sixteenths, by the timer itself; asking a clock at every
 * call would cost as much as a decision. So a call ends after its time, and at most a sixteenth later.
 */
export class Watchdog {
  readonly milliseconds: number;
  #first: Watched | undefined;
  #last: Watched | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticks = 0;

  /** `Infinity` never ends anything. */
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  /** Calls `expire` once the time is over, unless {@link Watchdog.done} came before. */
  watch(watched: Watched): void {
    if (this.milliseconds === Infinity) return;
    if (this.#timer === undefined) this.#arm();
    watched.since = this.#ticks;
    watched.before = this.#last;
    if (this.#last === undefined) this.#first = watched;
    else this.#last.after = watched;
    this.#last = watched;
  }

  /** False if the time was over already. */
  done(watched: Watched): boolean {
    if (!watched.pending) return false;
    watched.pending = false;
    if (this.milliseconds === Infinity) return true;
    const { before, after } = watched;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    watched.before = watched.after = undefined;
    return true;
  }

  /** The answer, or a rejection with `late()` when it does not come in time. */
  bounded<T>(answer: PromiseLike<T>, late: () => unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const watched: Watched = {
        expire: () => reject(late()),
        pending: true,
        since: 0,
        before: undefined,
        after: undefined,
      };
      this.watch(watched);
      answer.then(
        (value) => {
          if (this.done(watched)) resolve(value);
        },
        (error: unknown) => {
          if (this.done(watched)) reject(error);
        },
      );
    });
  }

  #arm(): void {
    const timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#ticks += 1;
        this.#sweep();
      },
      Math.max(1, this.milliseconds / TICKS),
    );
    this.#timer = timer;
    // The timer outlives quick calls, so it must not keep a process alive that is done. Where
    // something is still under way when nothing else is left to do, it does.
    if (typeof timer === "object" && "unref" in timer) {
      timer.unref();
      onceIdle(() => {
        if (this.#timer === timer && this.#first !== undefined) timer.ref();
      });
    }
  }

  #sweep(): void {
    // The tick in which a call began may have been nearly over.
    while (this.#first !== undefined && this.#ticks - this.#first.since > TICKS) {
      const watched = this.#first;
      this.done(watched);
      watched.expire();
    }
    if (this.#first !== undefined) this.#arm();
  }
}

const TICKS = 16;

/** A call under way. The watchdog keeps in it what it needs to know; all but `expire` is its own. */
export interface Watched {
  /** Ends the call. */
  expire(): void;
  pending: boolean;
  since: number;
  before: Watched | undefined;
  after: Watched | undefined;
}

const idle = new Set<() => void>();

function onceIdle(work: () => void): void {
  if (typeof process !== "object" || typeof process.once !== "function") return;
  if (idle.size === 0) {
    process.once("beforeExit", () => {
      const waiting = [...idle];
      idle.clear();
      for (const each of waiting) each();
    });
  }
  idle.add(work);
}
