import type { Instant } from "../public.ts";
import { millisecondsOf } from "../service/instants.ts";

const NOW = new WeakMap<FakeClock, number>();

/**
 * A clock that stands where it was put.
 *
 * ```ts
 * const clock = new FakeClock("2026-11-23T10:00:00Z");
 * const service = new AssignmentService({ store, clock });
 * clock.advance(24 * 60 * 60 * 1000);
 * ```
 */
export interface FakeClock {
  /** The instant it shows: it is a `Clock`. */
  (): Date;
}

export class FakeClock {
  /** It shows `2026-01-01T00:00:00Z` unless said. */
  constructor(now: Instant | number = "2026-01-01T00:00:00Z") {
    const clock: FakeClock = Object.setPrototypeOf(() => clock.now(), new.target.prototype);
    clock.set(now);
    return clock;
  }

  /** The instant it shows. */
  now(): Date {
    return new Date(NOW.get(this) ?? Number.NaN);
  }

  /** Puts it to an instant. */
  set(now: Instant | number): void {
    const instant = typeof now === "number" ? new Date(now) : now;
    NOW.set(this, millisecondsOf(instant, "now") ?? Number.NaN);
  }

  /** Moves it by so many milliseconds. */
  advance(milliseconds: number): void {
    this.set(this.now().getTime() + milliseconds);
  }
}
