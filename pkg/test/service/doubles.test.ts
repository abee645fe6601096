// What `assignment-engine/testing` offers.

import { expect, test } from "vitest";
import { AssignmentEngineError, ProviderError } from "../../src/errors.ts";
import type { Clock } from "../../src/types.ts";
import {
  FailingRoundRobinContextProvider,
  FakeClock,
  Outbox,
  ScriptedRoundRobinContextProvider,
} from "../../src/testing/index.ts";

test("a script is answered in order, its questions are kept, and its end is an error", async () => {
  const rotation = new ScriptedRoundRobinContextProvider([0, 2, 7]);
  expect(await rotation.getNextIndex("sales", 0), "nobody to choose from").toBe(0);
  expect(await rotation.getNextIndex("sales", -1)).toBe(0);
  expect(rotation.calls).toEqual([]);
  expect(rotation.left).toBe(3);
  for (const index of [0, 2, 7]) expect(await rotation.getNextIndex("sales", 3)).toBe(index);
  const beyond = rotation.getNextIndex("acme", 2);
  await expect(beyond).rejects.toBeInstanceOf(ProviderError);
  await expect(beyond).rejects.toThrow("the script has no answer left: call 4, for `acme` of 2");
  expect(rotation.calls).toHaveLength(4);
  expect(rotation.calls[3]).toEqual({ contextKey: "acme", candidateCount: 2 });
});

test("a script can begin anew", async () => {
  const rotation = new ScriptedRoundRobinContextProvider([1, 0], { repeat: true });
  const answers = [];
  for (let n = 0; n < 5; n += 1) answers.push(await rotation.getNextIndex("sales", 2));
  expect(answers).toEqual([1, 0, 1, 0, 1]);
  const empty = new ScriptedRoundRobinContextProvider([], { repeat: true });
  await expect(empty.getNextIndex("sales", 2)).rejects.toThrow("no answer left");
});

test("a provider fails as told, so many times, and then heals", async () => {
  const rotation = new FailingRoundRobinContextProvider("error", { times: 2, code: "loading" });
  expect(await rotation.getNextIndex("sales", 0)).toBe(0);
  for (let n = 0; n < 2; n += 1) {
    await expect(rotation.getNextIndex("sales", 2)).rejects.toMatchObject({ code: "loading" });
  }
  expect([
    await rotation.getNextIndex("sales", 2),
    await rotation.getNextIndex("sales", 2),
  ]).toEqual([0, 1]);
  rotation.fail("throw", 1);
  expect(() => rotation.getNextIndex("sales", 2)).toThrow(TypeError);
  rotation.fail("never");
  const never = rotation.getNextIndex("sales", 2);
  const soon = new Promise((resolve) => setTimeout(resolve, 20, "soon"));
  expect(await Promise.race([never, soon])).toBe("soon");
  rotation.fail("garbage");
  for (let n = 0; n < 20; n += 1) {
    const index: unknown = await rotation.getNextIndex("sales", 2);
    expect(index === 0 || index === 1, String(index)).toBe(false);
  }
  rotation.heal();
  expect(await rotation.getNextIndex("sales", 2)).toBe(0);
  expect(rotation.calls).toBe(2 + 2 + 1 + 1 + 20 + 1);
});

test("a clock stands where it was put, and is a clock", () => {
  const clock = new FakeClock("2026-11-23T10:00:00Z");
  const asClock: Clock = clock;
  expect(clock).toBeInstanceOf(FakeClock);
  expect(asClock()).toEqual(new Date("2026-11-23T10:00:00Z"));
  clock.advance(1_500);
  expect(clock().toISOString()).toBe("2026-11-23T10:00:01.500Z");
  clock.set(0);
  expect(clock.now().getTime()).toBe(0);
  clock.set(new Date(7));
  clock().setTime(99);
  expect(clock().getTime(), "what it gives away is a copy").toBe(7);
  expect(new FakeClock()().toISOString()).toBe("2026-01-01T00:00:00.000Z");
  expect(() => clock.set("yesterday")).toThrow(AssignmentEngineError);
  expect(() => clock.set(Number.NaN)).toThrow(AssignmentEngineError);
  expect(clock().getTime()).toBe(7);
});

test("an outbox keeps messages, or fails", async () => {
  const outbox = new Outbox();
  const session = { id: "s1", tenantId: "acme" };
  const message = { about: "no_agent", text: "busy" } as { about: "no_agent"; text: string };
  await outbox.send(session, message);
  message.text = "changed";
  expect(outbox.sent).toEqual([{ sessionId: "s1", message: { about: "no_agent", text: "busy" } }]);
  outbox.fail("the line is down");
  await expect(outbox.send(session, message)).rejects.toThrow("the line is down");
  outbox.recover();
  await outbox.send(session, message);
  expect(outbox.takeTexts()).toEqual(["busy", "changed"]);
  expect(outbox.take()).toEqual([]);
});
