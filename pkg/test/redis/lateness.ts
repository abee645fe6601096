/**
 * How late this process is by no fault of what is tested: a timer that should tick every few
 * milliseconds tells how long the loop, or the whole process, stood still.
 */
export class Lateness {
  readonly #stalls: { at: number; ms: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      const ms = now - this.#last - TICK_MS;
      this.#last = now;
      if (ms > 1) this.#stalls.push({ at: now, ms });
      if (this.#stalls.length > 20_000) this.#stalls.splice(0, 10_000);
    }, TICK_MS);
    this.#timer.unref();
  }

  /** By how many milliseconds ticks since `begin` were late, together. */
  since(begin: number): number {
    let sum = Math.max(0, performance.now() - this.#last - TICK_MS);
    for (let i = this.#stalls.length - 1; i >= 0 && this.#stalls[i]!.at > begin; i -= 1) {
      sum += this.#stalls[i]!.ms;
    }
    return sum;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const TICK_MS = 5;
