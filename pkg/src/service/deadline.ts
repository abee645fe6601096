import type { MaybePromise } from "../types.ts";

/**
 * What `work` comes to, or the error that `late` makes if it does not come to anything within so
 * many milliseconds (`Infinity` waits for ever). `work` goes on then, and what becomes of it is not looked at.
 */
export function within<T>(
  milliseconds: number,
  work: () => MaybePromise<T>,
  late: () => Error,
): Promise<T> {
  // A throw of `work` itself is a rejection like any other.
  const done = new Promise<T>((answer) => answer(work()));
  if (milliseconds === Infinity) return done;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), milliseconds);
    done.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The longest delay that timers know, in milliseconds: about 24 days. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;
