// `assignSession`, strategy and save alone; and rules of the host's.

import { expect, test } from "vitest";
import {
  ASSIGNMENT_ENGINE_RULES,
  type AssignmentRule,
  eligibilityRule,
  selectorRule,
  strategyRule,
} from "../../src/engine/index.ts";
import { AssignmentService, InMemorySessionStore } from "../../src/service/index.ts";
import { errorCode, NEVER_OPEN, NOW, told, World } from "./support/world.ts";

test("neither schedule nor contact counts", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN });
  world.session("old", { contactId: "c1", status: "assigned", assignedAgentId: "anna" });
  world.session("s1", { contactId: "c1", assignedTeamId: "sales" });
  const assigned = await world.service.assignSession("s1");
  expect(assigned).toEqual(world.stored("s1"));
  expect(assigned).toMatchObject({
    status: "assigned",
    assignedAgentId: "anna",
    assignedAt: new Date(NOW),
  });
  expect(world.store.takeWrites()).toHaveLength(1);
  expect(world.outbox.sent).toEqual([]);
});

test("a session handed in is taken by its id and loaded anew", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.session("s1", { assignedTeamId: "sales" });
  const stale = { id: "s1", tenantId: "other", assignedTeamId: "support" };
  expect((await world.service.assignSession(stale))?.assignedAgentId).toBe("anna");
});

test.each([
  ["least_active", "ben"],
  ["round_robin", "anna"],
])("the strategy counts: %s", async (routingStrategy, owner) => {
  const world = new World();
  world.team("sales", ["anna", "ben"], { routingStrategy });
  world.session("old", { status: "assigned", assignedAgentId: "anna" });
  world.session("s1", { assignedTeamId: "sales" });
  await world.service.assignSession("s1");
  expect(world.owner("s1")).toBe(owner);
});

test("what least_assigned counts begins at midnight where the team is", async () => {
  // 10:00 UTC is 19:00 in Tokyo, whose day began at 15:00 UTC.
  for (const [timezone, owner] of [
    ["Asia/Tokyo", "anna"],
    ["UTC", "ben"],
  ] as const) {
    const world = new World();
    world.team("sales", ["anna", "ben"], {
      routingStrategy: "least_assigned",
      routingConfig: { timeWindow: "day" },
      schedule: { enabled: false, timezone },
    });
    for (const [id, agent, at] of [
      ["old1", "anna", "2026-11-22T14:59:00Z"],
      ["old2", "anna", "2026-11-23T00:01:00Z"],
      ["old3", "ben", "2026-11-22T15:00:00Z"],
      ["old4", "ben", "2026-11-22T16:00:00Z"],
    ] as const) {
      world.session(id);
      const expected = { teamId: undefined, maxLoad: undefined };
      await world.store.inner.claim(id, agent, expected, { context: {}, at: new Date(at) });
    }
    world.session("s1", { assignedTeamId: "sales" });
    await world.service.assignSession("s1");
    expect(world.owner("s1"), timezone).toBe(owner);
  }
});

test("the strategy counts: manual", async () => {
  const world = new World();
  world.team("sales", ["anna"], { routingStrategy: "manual" });
  world.session("s1", { assignedTeamId: "sales" });
  expect(await world.service.assignSession("s1")).toBeNull();
});

test("without a team the default team serves, and the session stays without", async () => {
  const world = new World();
  world.team("help", ["anna"], { isDefault: true });
  world.session("s1");
  const assigned = await world.service.assignSession("s1");
  expect(assigned?.assignedAgentId).toBe("anna");
  expect(assigned?.assignedTeamId).toBeUndefined();
});

test("nobody, an owner and an error all come to null, with nothing assigned", async () => {
  const world = new World();
  world.tenant({ settings: { waterfall: { noAgentAction: "queue" } } });
  world.team("sales", ["anna", "ben"]);
  world.team("empty", []);
  world.session("nobody", { assignedTeamId: "empty" });
  world.session("taken", { assignedTeamId: "sales", status: "assigned", assignedAgentId: "ben" });
  world.session("fails", { assignedTeamId: "sales" });
  world.rotation.answer(9);
  const before = await world.snapshot();
  for (const id of ["nobody", "taken", "fails"]) {
    expect(await world.service.assignSession(id), id).toBeNull();
  }
  expect(world.rotation.takeAsked(), "only for the one that fails").toHaveLength(1);
  expect(await world.snapshot()).toEqual(before);
  expect(world.store.takeWrites()).toEqual([]);
  const unknown = world.service.assignSession("unknown");
  await expect(unknown).rejects.toMatchObject({ code: "unknown_session" });
});

/** The standard rules with one of the host's before the selector. */
function withRule(world: World, rule: AssignmentRule): void {
  const rules = [...ASSIGNMENT_ENGINE_RULES.slice(0, -1), rule, selectorRule];
  world.service = world.anotherService({ rules });
}

test("a rule of the host's narrows the choice and sees what asked", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben", "cleo"]);
  const asked: unknown[] = [];
  withRule(world, async function skills(request, context) {
    asked.push([request.source, context.agents]);
    context.agents = ["cleo"];
    return { outcome: "continue" };
  });
  world.session("s1");
  world.session("s2");
  expect(told(await world.handOver("s1", "sales"))).toBe("cleo");
  expect(await world.runQueue()).toBe(1);
  expect(world.owner("s2")).toBe("cleo");
  const everybody = ["anna", "ben", "cleo"];
  expect(asked).toEqual([
    ["handover", everybody],
    ["queue", everybody],
  ]);
});

test("a rule of the host's that fails or says error leaves the row alone", async () => {
  const rules: AssignmentRule[] = [
    async () => {
      throw new Error("the skill service is away");
    },
    async () => ({ outcome: "error", message: "no skills" }),
    () => new Promise(() => {}),
  ];
  for (const rule of rules) {
    const world = new World();
    world.team("sales", ["anna", "ben", "cleo"]);
    world.service = world.anotherService({
      rules: [strategyRule, eligibilityRule, rule, selectorRule],
      answerTimeoutMs: 40,
    });
    world.session("s1");
    const before = await world.snapshot();
    expect(errorCode(await world.handOver("s1", "sales", { a: 1 }))).toMatch(/^host_/);
    expect(await world.snapshot()).toEqual(before);
  }
});

test("an agent whom the store does not know is refused a bounded number of times", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben", "cleo"]);
  let asked = 0;
  withRule(world, async () => {
    asked += 1;
    return { outcome: "assign", agentId: "nobody" };
  });
  world.session("s1");
  const before = await world.snapshot();
  expect(errorCode(await world.handOver("s1", "sales"))).toBe("claims_refused");
  expect(await world.snapshot()).toEqual(before);
  expect(asked).toBe(8);
  const writes = world.store.takeWrites().map(({ kind }) => kind);
  expect(writes).toEqual(Array(8).fill("refused"));
});

test("the dispatch does not ask the host's rules", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  withRule(world, async () => ({ outcome: "stop" }));
  world.session("s1", { assignedTeamId: "sales" });
  expect((await world.service.assignSession("s1"))?.assignedAgentId).toBe("anna");
});

test("a service needs nothing but a store", async () => {
  const store = new InMemorySessionStore();
  store.putAgent({ id: "anna", status: "online" });
  store.putTeam("acme", { id: "sales", members: ["anna"] });
  store.putSession({ id: "s1", tenantId: "acme" });
  const service = new AssignmentService({ store });
  const before = Date.now();
  const { session } = await service.requestAssignment("s1");
  expect(session.assignedAgentId).toBe("anna");
  const at = Number(session.assignedAt);
  expect(before <= at && at <= Date.now(), "the machine's time").toBe(true);
});

test.each([undefined, true])("a trace is there if it was asked for: %s", async (trace) => {
  const world = new World();
  world.service = world.anotherService({ trace });
  world.team("sales", ["anna", "ben"]);
  world.session("s1");
  const { decision } = await world.handOver("s1", "sales");
  expect(decision.trace?.candidates.length).toBe(trace && 2);
});
