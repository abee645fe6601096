// Deadlines around what is outside: in time, too late, and nothing left behind.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { within } from "../../src/service/deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const late = () => new Error("late");

test("an answer in time is the answer, and no timer is left", async () => {
  expect(await within(1_000, () => 7, late)).toBe(7);
  expect(await within(1_000, async () => "yes", late)).toBe("yes");
  await expect(within(1_000, () => Promise.reject(new Error("no")), late)).rejects.toThrow("no");
  const throws = () => {
    throw new Error("thrown");
  };
  await expect(within(1_000, throws, late)).rejects.toThrow("thrown");
  expect(vi.getTimerCount()).toBe(0);
});

test("no answer in time is the error, and one that comes later is nobody's", async () => {
  for (const settle of ["resolve", "reject"]) {
    const slow = () =>
      new Promise((resolve, reject) => {
        setTimeout(settle === "resolve" ? resolve : reject, 2_000, new Error("too late"));
      });
    const waiting = expect(within(1_000, slow, late)).rejects.toThrow("late");
    await vi.advanceTimersByTimeAsync(3_000);
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  }
});

test("Infinity waits for ever, without a timer", async () => {
  const slow = () => new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1, "at last"));
  const waiting = within(Infinity, slow, late);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount(), "only the slow one's own").toBe(1);
  await vi.advanceTimersByTimeAsync(2 ** 31);
  expect(await waiting).toBe("at last");
});
