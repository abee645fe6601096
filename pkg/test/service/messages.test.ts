// What contacts hear, and how often: out of office, and nobody free.

import { expect, test } from "vitest";
import type { Schedule, TenantConfig } from "../../src/types.ts";
import { errorCode, NEVER_OPEN, NOW, told, World } from "./support/world.ts";

const BUSY = "All of our agents are currently busy. We will get back to you shortly.";
const DAY = 24 * 60 * 60 * 1_000;

/** Closed for good, with more in the schedule. */
function closed(more: Partial<Schedule> = {}): { schedule: Schedule } {
  return { schedule: { ...NEVER_OPEN, ...more } };
}

function stamp(world: World, name: string): unknown {
  return world.stored("s1").context?.[name];
}

const OWN = { outOfOfficeMessage: "sales sleeps" };
const TENANTS: TenantConfig = { settings: { outOfOfficeMessage: "acme sleeps" } };

test.each<[Partial<Schedule>, TenantConfig, string]>([
  [OWN, TENANTS, "sales sleeps"],
  [{}, TENANTS, "acme sleeps"],
  [{}, { ...TENANTS, enabled: false }, "We are currently closed."],
  [{}, {}, "We are currently closed."],
])("the text is the team's %j, else the tenant's %j, else the usual one", async (...sample) => {
  const [team, tenant, text] = sample;
  const world = new World();
  world.tenant(tenant);
  world.team("sales", ["anna"], closed(team));
  world.session("s1");
  const handover = await world.handOver("s1", "sales");
  expect(handover.decision.reason).toBe("out_of_office");
  expect(world.outbox.takeTexts()).toEqual([text]);
  expect(stamp(world, "oooLastSentAt")).toBe(NOW);
});

test("a message names session, account and picture", async () => {
  const world = new World();
  world.team("sales", ["anna"], closed({ outOfOfficeImage: "https://acme.example/moon.png" }));
  world.team("empty", []);
  world.session("s1", { context: { account: "old" } });
  world.session("s2", { context: { account: "wa-2" } });
  world.session("s3");
  await world.handOver("s1", "sales", { account: "wa-1" });
  for (const id of ["s2", "s3"]) await world.handOver(id, "empty");
  expect(world.outbox.take()).toEqual([
    {
      sessionId: "s1",
      message: {
        about: "out_of_office",
        text: "We are currently closed.",
        account: "wa-1",
        mediaUrl: "https://acme.example/moon.png",
      },
    },
    { sessionId: "s2", message: { about: "no_agent", text: BUSY, account: "wa-2" } },
    { sessionId: "s3", message: { about: "no_agent", text: BUSY } },
  ]);
});

test.each([
  ["2026-11-24T09:59:59.999Z", 1],
  ["2026-11-24T10:00:00.000Z", 0],
  ["2026-11-25T09:59:59.999Z", 0],
  ["2026-11-25T17:00:00.000Z", 1],
])("at %s a team that opens within a day says nothing: %i messages", async (now, messages) => {
  const world = new World();
  world.clock.set(now);
  const days = { wednesday: [{ start: "10:00", end: "17:00" }] };
  world.team("sales", ["anna"], { schedule: { enabled: true, timezone: "UTC", days } });
  world.session("s1");
  expect(told(await world.handOver("s1", "sales"))).toBe("stop");
  expect(world.outbox.sent).toHaveLength(messages);
  expect(stamp(world, "oooLastSentAt") !== undefined).toBe(messages === 1);
});

const STAMPS = ["oooLastSentAt", "noAgentLastSentAt"];

/** A world in which a contact hears something: closed for good, or nobody there. */
function speaking(stamp: string): World {
  const world = new World();
  if (stamp === "oooLastSentAt") world.team("sales", ["anna"], closed());
  else world.team("sales", []);
  return world;
}

test.each(STAMPS)("%s: not again before 24 hours, whichever way it comes", async (name) => {
  const world = speaking(name);
  world.session("s1", { context: { kept: 1 } });
  world.session("s2");
  await world.handOver("s1", "sales");
  await world.handOver("s2", "sales");
  expect(world.outbox.take(), "one per session").toHaveLength(2);
  world.clock.advance(DAY - 1);
  await world.handOver("s1", "sales");
  await world.runQueue();
  expect(world.outbox.take(), "a millisecond early").toHaveLength(0);
  expect(stamp(world, name)).toBe(NOW);
  world.clock.advance(1);
  await world.runQueue();
  await world.runQueue();
  expect(world.outbox.take(), "on time, and once").toHaveLength(2);
  expect(stamp(world, name)).toBe("2026-11-24T10:00:00.000Z");
  expect(stamp(world, "kept")).toBe(1);
});

test.each(STAMPS)(
  "the stamp %s wins over one that is handed over with the session",
  async (name) => {
    const world = speaking(name);
    world.session("s1");
    await world.handOver("s1", "sales", { [name]: "2020-01-01T00:00:00Z", a: 1 });
    expect(world.outbox.sent).toHaveLength(1);
    expect(world.stored("s1").context).toEqual({ [name]: NOW, a: 1 });
  },
);

test.each(STAMPS)("a %s that is no instant holds nothing back", async (name) => {
  for (const value of [null, 7, "yesterday", {}]) {
    const world = speaking(name);
    world.session("s1", { context: { [name]: value } });
    await world.handOver("s1", "sales");
    expect(world.outbox.sent, JSON.stringify(value)).toHaveLength(1);
    expect(stamp(world, name)).toBe(NOW);
  }
});

test("the tenant chooses between a reply and silence", async () => {
  const reply = { noAgentAction: "reply", noAgentMessage: "nobody there" } as const;
  const queue = { noAgentAction: "queue", noAgentMessage: "nobody there" } as const;
  for (const [enabled, waterfall, texts] of [
    [true, reply, ["nobody there"]],
    [true, {}, [BUSY]],
    [true, queue, []],
    [false, queue, [BUSY]],
  ] as const) {
    const world = new World();
    world.tenant({ enabled, settings: { waterfall } });
    world.team("sales", []);
    world.session("s1");
    expect(told(await world.handOver("s1", "sales"))).toBe("stop");
    expect(world.outbox.takeTexts(), JSON.stringify(waterfall)).toEqual(texts);
    expect(stamp(world, "noAgentLastSentAt") !== undefined).toBe(texts.length > 0);
  }
});

test("an out-of-office message that cannot be sent is an error, and no stamp", async () => {
  const world = speaking("oooLastSentAt");
  world.session("s1", { context: { topic: 1 } });
  const before = await world.snapshot();
  world.outbox.fail("the line is down");
  const handover = await world.handOver("s1", "sales", { a: 1 });
  expect(handover.outcome).toMatchObject({
    code: "message_failed",
    message: expect.stringContaining("the line is down"),
  });
  expect(await world.snapshot()).toEqual(before);
  expect(world.store.takeWrites().map(({ kind }) => kind)).toEqual(["stamped", "unstamped"]);
  world.outbox.recover();
  await world.handOver("s1", "sales");
  expect(world.outbox.sent, "it is sent at the next try").toHaveLength(1);
});

test("a no-agent message that cannot be sent changes no outcome and is no stamp", async () => {
  const world = speaking("noAgentLastSentAt");
  world.session("s1");
  world.outbox.fail("the line is down");
  const handover = await world.handOver("s1", "sales", { a: 1 });
  expect(told(handover)).toBe("stop");
  expect(handover.decision.reason).toBe("no_members");
  expect(handover.decision.warnings[0]?.code).toBe("message_not_sent");
  expect(world.stored("s1").context, "team and context are stored").toEqual({ a: 1 });
  world.outbox.recover();
  expect(await world.runQueue()).toBe(0);
  expect(world.outbox.takeTexts(), "it is sent at the next try").toEqual([BUSY]);
});

test.each(STAMPS)("%s: fifty handovers of one session at once send one message", async (name) => {
  const world = speaking(name);
  world.store.yieldAroundCalls();
  world.session("s1");
  const calls = Array.from({ length: 50 }, () => world.handOver("s1", "sales"));
  expect((await Promise.all(calls)).map(told)).toEqual(Array(50).fill("stop"));
  expect(world.outbox.sent).toHaveLength(1);
});

test.each(["silence", "throw", "text", "nothing", "error"])(
  "a messenger that answers with %s is a message that was not sent",
  async (how) => {
    const world = speaking("oooLastSentAt");
    world.session("s1");
    const failed: unknown[] = [];
    const answers: Record<string, () => Promise<void>> = {
      silence: () => new Promise(() => {}),
      throw: () => {
        throw new Error("no line");
      },
      text: () => Promise.reject("no line"),
      nothing: () => Promise.reject(undefined),
      error: () => Promise.reject(new Error("no line")),
    };
    const service = world.anotherService({
      messenger: { send: answers[how]! },
      answerTimeoutMs: 30,
      hooks: { failed: (event) => failed.push([event.what, event.sessionId]) },
    });
    const handover = await service.requestAssignment("s1", "sales");
    expect(errorCode(handover)).toBe("message_failed");
    expect(handover.outcome).toHaveProperty(
      "message",
      how === "silence"
        ? "the messenger did not answer within 30 ms"
        : how === "nothing"
          ? "the messenger failed"
          : "no line",
    );
    expect(failed).toEqual([["messenger.send", "s1"]]);
    expect(stamp(world, "oooLastSentAt")).toBeUndefined();
  },
);

test("without a messenger messages are dropped with one warning, and still in the effects", async () => {
  const world = speaking("noAgentLastSentAt");
  const service = world.anotherService({ messenger: undefined });
  world.session("s1");
  world.session("s2");
  const handover = await service.requestAssignment("s1", "sales");
  await service.requestAssignment("s2", "sales");
  expect(handover.decision.effects[0]).toMatchObject({ kind: "send_message", text: BUSY });
  const warnings = world.log.take().filter((line) => line.startsWith("WARN"));
  expect(warnings).toEqual([
    "WARN assignment_engine.no_messenger sessionId=s1 messages to contacts are dropped, " +
      "for the service has no messenger",
  ]);
});
