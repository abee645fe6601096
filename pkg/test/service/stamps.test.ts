// One message, however many decide alike at the same moment: the stamp goes before the message.

import { expect, test } from "vitest";
import { errorCode, NEVER_OPEN, NOW, session, told, World } from "./support/world.ts";

/** Instances with nothing in common but the store: the locks of one process do not hold others. */
function instances(world: World, count: number) {
  return Array.from({ length: count }, () => world.anotherService());
}

for (const [what, key, more] of [
  ["out-of-office", "oooLastSentAt", { schedule: NEVER_OPEN }],
  ["no-agent", "noAgentLastSentAt", {}],
] as const) {
  test(`of 20 runs at once on two instances one sends the ${what} message`, async () => {
    const world = new World();
    world.team("sales", [], more);
    world.session("s1", { assignedTeamId: "sales" });
    world.store.yieldAroundCalls();
    const [one, two] = instances(world, 2);
    const runs = Array.from({ length: 20 }, (_, at) => {
      const service = at % 2 === 0 ? one! : two!;
      return at % 4 < 2
        ? service.requestAssignment("s1", "sales")
        : service.assignQueuedSessionsToAvailableAgents("acme");
    });
    await Promise.all(runs);
    expect(world.outbox.sent).toHaveLength(1);
    expect(world.stored("s1").context).toEqual({ [key]: NOW });
  });
}

test("of 20 instances whose sending fails, none leaves a stamp", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN });
  world.session("s1", { assignedTeamId: "sales", context: { topic: 1 } });
  world.store.yieldAroundCalls();
  world.outbox.fail("the line is down");
  const runs = instances(world, 20).map((one) => one.requestAssignment("s1", "sales"));
  const outcomes = await Promise.all(runs);
  // Those who saw another one's stamp believe it; whoever had to send says that it failed.
  expect(outcomes.some(({ outcome }) => outcome.kind === "error")).toBe(true);
  expect(world.stored("s1").context).toEqual({ topic: 1 });
  world.outbox.recover();
  await world.handOver("s1", "sales");
  expect(world.outbox.sent, "the next try sends").toHaveLength(1);
});

test("who finds the contact told meanwhile decides anew, and says so", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN });
  world.session("s1");
  const told = "2026-11-23T09:59:59.000Z";
  world.store.before(({ method }, store) => {
    if (method === "stamp") store.putSession(session("s1", { context: { oooLastSentAt: told } }));
  });
  const { decision } = await world.handOver("s1", "sales");
  expect(decision.reason).toBe("out_of_office_sent_recently");
  expect(decision.effects).toEqual([]);
  expect(world.outbox.sent).toEqual([]);
  expect(world.stored("s1").context).toEqual({ oooLastSentAt: told });
});

test("who finds the session taken meanwhile sends nothing", async () => {
  const world = new World();
  world.team("sales", []);
  world.session("s1");
  world.store.before(({ method }, store) => {
    if (method !== "stamp") return;
    store.putSession(session("s1", { status: "assigned", assignedAgentId: "rival" }));
  });
  const handover = await world.handOver("s1", "sales");
  expect(told(handover)).toBe("skip");
  expect(handover.decision.reason).toBe("session_taken");
  expect(world.outbox.sent).toEqual([]);
});

test("a stamp older than a day is replaced, and put back if the message cannot be sent", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN });
  const old = { oooLastSentAt: "2026-11-20T08:00:00Z" };
  world.session("s1", { context: old });
  const before = await world.snapshot();
  world.outbox.fail("the line is down");
  expect(errorCode(await world.handOver("s1", "sales"))).toBe("message_failed");
  expect(await world.snapshot()).toEqual(before);
  world.outbox.recover();
  await world.handOver("s1", "sales");
  expect(world.stored("s1").context).toEqual({ oooLastSentAt: NOW });
});

test("a stamp that cannot be taken back is told, and the outcome stays that of the message", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN });
  world.session("s1");
  world.outbox.fail("the line is down");
  world.store.before(({ method }) => (method === "unstamp" ? "fail" : undefined));
  const handover = await world.handOver("s1", "sales");
  expect(errorCode(handover)).toBe("message_failed");
  expect(world.log.take().join("\n")).toContain(
    "WARN assignment_engine.stamp_left sessionId=s1 key=oooLastSentAt",
  );
});

test("a handover that brings a stamp of its own does not hide what is stored", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN });
  world.session("s1");
  const brought = { oooLastSentAt: "2026-11-01T08:00:00Z" };
  await world.handOver("s1", "sales", brought);
  expect(world.outbox.take()).toHaveLength(1);
  expect(world.stored("s1").context).toEqual({ oooLastSentAt: NOW });
});
