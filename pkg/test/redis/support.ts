import { expect } from "vitest";
import { ProviderError } from "../../src/redis/index.ts";
import { Lateness } from "./lateness.ts";

/** The error that `promise` rejects with, which must be one of ours. */
export async function failure(promise: Promise<unknown>): Promise<ProviderError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome))
    throw new Error(`should have failed: ${JSON.stringify(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(ProviderError);
  return outcome.error as ProviderError;
}

/** The code of the error that `promise` rejects with. */
export async function code(promise: Promise<unknown>): Promise<string> {
  return (await failure(promise)).code;
}

/** The code of the error that `call` throws. */
export function thrown(call: () => unknown): ProviderError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(ProviderError);
    return error as ProviderError;
  }
  throw new Error("should have thrown");
}

/** Waits until `check` is true, for 10 s at most. */
export async function until(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Calls again and again until it goes well; answers how many calls it took. */
export async function heals(call: () => Promise<unknown>): Promise<number> {
  let attempts = 0;
  await until(async () => {
    attempts += 1;
    return call().then(
      () => true,
      () => false,
    );
  }, "healed");
  return attempts;
}

/**
 * How long it took until `promise` was settled, in milliseconds, without the time for which this
 * whole process stood still.
 */
export async function took(promise: Promise<unknown>): Promise<number> {
  const lateness = new Lateness();
  const begin = performance.now();
  await promise.catch(() => undefined);
  const ms = performance.now() - begin - lateness.since(begin);
  lateness.stop();
  return ms;
}

/** What the scheduler of a busy machine may add to a deadline, in milliseconds. */
export const GRACE_MS = 50;

/** Longer than any answer takes: for tests that are not about time. */
export const PATIENT = { deadlineMs: 10_000 };

/** Everything an error or a value shows of itself, in every way that logs show it. */
export function shown(value: unknown): string {
  const properties = value instanceof Error ? Object.getOwnPropertyNames(value) : [];
  const parts = properties.map((name) =>
    String((value as unknown as Record<string, unknown>)[name]),
  );
  return [String(value), JSON.stringify(value), ...parts].join(" ");
}
