// `assignQueuedSessionsToAgents`: so many of the queue, by hand.

import { expect, test } from "vitest";
import { NEVER_OPEN, NOW, numbered, session, World } from "./support/world.ts";

function owners(world: World, count: number): string[] {
  return Array.from({ length: count }, (_, n) => world.owner(numbered(n)));
}

test("each agent gets as many as said, oldest first", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.sessions(6, { context: { topic: "billing" } });
  expect(
    await world.toAgents([
      ["ben", 2],
      ["anna", 3],
    ]),
  ).toBe(5);
  expect(owners(world, 6)).toEqual(["ben", "ben", "anna", "anna", "anna", ""]);
  expect(world.stored("s000")).toMatchObject({
    status: "assigned",
    assignedTeamId: "sales",
    assignedAt: new Date(NOW),
    context: { topic: "billing" },
  });
  expect(world.rotation.takeAsked(), "nobody's turn is used up").toEqual([]);
});

test("an agent may come twice, and nobody gets more than there is", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.sessions(5);
  const wanted: [string, number][] = [
    ["anna", 1],
    ["ben", 0],
    ["anna", 2],
    ["ben", Number.MAX_SAFE_INTEGER],
  ];
  expect(await world.toAgents(wanted)).toBe(5);
  expect(owners(world, 5)).toEqual(["anna", "anna", "anna", "ben", "ben"]);
  expect(await world.toAgents(wanted), "the queue is empty").toBe(0);
  expect(await world.toAgents([])).toBe(0);
});

test("the team is the agent's first active one", async () => {
  const world = new World();
  world.team("a", ["anna"], { createdAt: "2026-01-01T00:00:00Z", isDefault: true });
  world.team("b", ["anna"], { createdAt: "2025-01-01T00:00:00Z" });
  world.team("c", ["anna"], { createdAt: "2024-01-01T00:00:00Z", isActive: false });
  world.team("d", ["anna"]);
  world.session("s1", { assignedTeamId: "d" });
  expect(await world.toAgents([["anna", 1]])).toBe(1);
  expect(world.stored("s1").assignedTeamId).toBe("b");
});

test("neither rules nor presence count", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN, routingStrategy: "manual" });
  world.agent({ id: "anna", status: "offline" });
  world.session("old", { contactId: "c1", status: "assigned", assignedAgentId: "anna" });
  world.session("s1", { contactId: "c1" });
  expect(await world.toAgents([["anna", 1]])).toBe(1);
  expect(world.owner("s1")).toBe("anna");
});

test("the limit of the team holds, and what is left goes to the next", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"], { routingConfig: { maxLoad: 2 } });
  world.team("free", ["cleo"]);
  world.session("old", { status: "assigned", assignedAgentId: "anna" });
  world.sessions(6);
  expect(
    await world.toAgents([
      ["anna", 3],
      ["ben", 1],
      ["anna", 1],
      ["cleo", 9],
    ]),
  ).toBe(6);
  expect(owners(world, 6)).toEqual(["anna", "ben", "cleo", "cleo", "cleo", "cleo"]);
});

test("an agent without an active team here is refused before anything is assigned", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("retired", ["ben"], { isActive: false });
  world.team("theirs", ["zoe"], {}, "other");
  world.sessions(2);
  const before = await world.snapshot();
  for (const agent of ["ben", "zoe", "nobody"]) {
    await expect(
      world.toAgents([
        ["anna", 1],
        [agent, 1],
      ]),
    ).rejects.toMatchObject({
      code: "unknown_agent",
      path: expect.stringMatching(/^assignments\[\d\]\.agentId$/),
      message: `the agent \`${agent}\` is in no active team of the tenant`,
    });
  }
  expect(await world.snapshot()).toEqual(before);
});

test("a limit that is none is refused, and not taken for no limit", async () => {
  const world = new World();
  world.sessions(2);
  for (const maxLoad of ["2", Number.NaN, -1, 1.5] as number[]) {
    world.store.inner.putAgent({ id: "anna" });
    world.store.teams = async () => [
      { id: "sales", members: ["anna"], routingConfig: { maxLoad } },
    ];
    const refused = { code: "invalid_value", path: "team.routingConfig.maxLoad" };
    await expect(world.toAgents([["anna", 1]])).rejects.toMatchObject(refused);
  }
  expect(world.store.takeWrites()).toEqual([]);
});

test("what is taken or removed meanwhile is passed over, what has moved is looked at again", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.team("support", []);
  world.sessions(4);
  let moved = false;
  world.store.before(({ method, sessionId }, store) => {
    if (method !== "claim") return;
    if (sessionId === "s000") {
      store.putSession(session("s000", { status: "assigned", assignedAgentId: "rival" }));
    } else if (sessionId === "s001" && !moved) {
      moved = true;
      store.putSession(session("s001", { assignedTeamId: "support" }));
    } else if (sessionId === "s002") {
      store.remove("s002");
    }
  });
  expect(
    await world.toAgents([
      ["anna", 2],
      ["ben", 2],
    ]),
  ).toBe(2);
  expect([world.owner("s000"), world.owner("s001"), world.owner("s003")]).toEqual([
    "rival",
    "anna",
    "anna",
  ]);
  expect(world.stored("s001").assignedTeamId).toBe("sales");
});

test("what others take meanwhile is made up for from further back in the queue", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.sessions(40);
  // Somebody else is a step ahead for the first dozen.
  let taken = 0;
  world.store.before(({ method, sessionId = "" }, store) => {
    if (method !== "claim" || taken === 12) return;
    taken += 1;
    store.putSession(session(sessionId, { status: "assigned", assignedAgentId: "rival" }));
  });
  const wanted: [string, number][] = [
    ["anna", 10],
    ["ben", 10],
  ];
  expect(await world.toAgents(wanted)).toBe(20);
  expect([world.load("anna"), world.load("ben"), world.load("rival")]).toEqual([10, 10, 12]);
});

test("a queue in which others are always quicker is given up, not read for ever", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(3);
  let reads = 0;
  world.store.before(({ method }) => {
    if (method === "queue") reads += 1;
    return method === "claim" ? { refuse: "session_moved" } : undefined;
  });
  expect(await world.toAgents([["anna", 2]])).toBe(0);
  expect(reads).toBe(8);
});

test("more than one page of the queue is handed out", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(1_100);
  expect(await world.toAgents([["anna", 1_050]])).toBe(1_050);
  expect(world.load("anna")).toBe(1_050);
});
