/**
 * A clock that everything under way has for itself: each ends so many milliseconds after it began.
 *
 * All have the same time, so they end in the order in which they began, and one timer serves them
 * all. A timer for each would cost as much as the rest of a call.
 */
export class Deadline {
  readonly ms: number;
  #first: Timed | undefined;
  #last: Timed | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** Calls `expire` of it when the time is over, unless {@link Deadline.done} comes before. */
  watch(timed: Timed): void {
    timed.due = clock.now() + this.ms;
    timed.before = this.#last;
    if (this.#last === undefined) this.#first = timed;
    else this.#last.after = timed;
    this.#last = timed;
    if (this.#timer === undefined) this.#arm(this.ms);
    else if (timed.before === undefined) keepAlive(this.#timer, true);
  }

  /** It is over, and the clock is not needed for it any more. */
  done(timed: Timed): void {
    const { before, after } = timed;
    if (before === undefined && this.#first !== timed) return;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    timed.before = timed.after = undefined;
    // The timer goes on, for the next one; but it keeps no process alive that is through.
    if (this.#first === undefined && this.#timer !== undefined) keepAlive(this.#timer, false);
  }

  #arm(ms: number): void {
    // A busy process looks at its clock before it looks at its sockets: an answer that lies there
    // already is no late one.
    this.#timer = setTimeout(() => afterInput(() => this.#sweep()), Math.max(1, Math.ceil(ms)));
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = clock.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const timed = this.#first;
      this.done(timed);
      timed.expire();
    }
    // Somebody who was told may have begun something new, and set the timer for it.
    if (this.#first !== undefined && this.#timer === undefined) this.#arm(this.#first.due - now);
  }
}

/** Something under way. */
export abstract class Timed {
  due = 0;
  before: Timed | undefined = undefined;
  after: Timed | undefined = undefined;

  abstract expire(): void;
}

/** Where timers are numbers, they keep nothing alive. */
function keepAlive(timer: ReturnType<typeof setTimeout>, yes: boolean): void {
  if (typeof timer !== "object") return;
  if (yes) timer.ref();
  else timer.unref();
}

/** After the input that has arrived by now was handled, where the runtime can tell. */
function afterInput(callback: () => void): void {
  if (typeof setImmediate === "function") setImmediate(callback);
  else callback();
}

/** The global one is looked up anew each time, which costs as much as the call. */
const clock = performance;
