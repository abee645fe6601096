// `assignQueuedSessionsToAvailableAgents`: which sessions, in which order, and how far.

import { expect, test } from "vitest";
import { session, World } from "./support/world.ts";

/** The sessions that were claimed, in that order. */
function claimed(world: World): string[] {
  return world.store
    .takeWrites()
    .flatMap((write) => (write.kind === "claimed" ? [write.session] : []));
}

test("the oldest goes first, and of equally old ones the smaller id", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  for (const [id, createdAt] of [
    ["d", "2026-11-23T09:00:00Z"],
    ["b", new Date("2026-11-23T09:00:00Z")],
    ["a", "2026-11-23T09:30:00Z"],
    ["c", "2026-11-22T10:00:00+01:00"],
  ] as const) {
    world.session(id, { createdAt, priority: 1 });
  }
  expect(await world.runQueue({ limit: 2 })).toBe(2);
  expect(claimed(world)).toEqual(["c", "b"]);
  expect(await world.runQueue({ limit: 2 })).toBe(2);
  expect(claimed(world)).toEqual(["d", "a"]);
  expect(await world.runQueue({ limit: 2 })).toBe(0);
});

test("fifty unless said otherwise", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  const sessions = world.sessions(120);
  expect(await world.runQueue({ limit: 0 })).toBe(0);
  const run = await world.service.assignQueuedSessionsToAvailableAgents("acme");
  expect(run).toEqual({ assigned: 50 });
  expect(claimed(world)).toEqual(sessions.slice(0, 50));
  expect(await world.runQueue({ limit: 60 })).toBe(60);
  expect(await world.runQueue({})).toBe(10);
});

test("for a limit of nothing the store is not asked: some take 0 for no limit", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(2);
  const asked: string[] = [];
  world.store.before(({ method }) => void asked.push(method));
  expect(await world.runQueue({ limit: 0 })).toBe(0);
  expect(await world.toAgents([["anna", 0]])).toBe(0);
  expect(await world.toTeams([])).toBe(0);
  expect(asked, "who anna is").toEqual(["teams"]);
});

test("a store that does not hold to the limit is held to it", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(5);
  const queue = world.store.queue.bind(world.store);
  world.store.queue = (tenantId, teamId) => queue(tenantId, teamId, 100);
  expect(await world.runQueue({ limit: 3 })).toBe(3);
});

test("only the team that was named; a blank name is none", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.session("s1", { assignedTeamId: "sales" });
  world.session("s2", { assignedTeamId: "support" });
  world.session("s3");
  expect(await world.runQueue({ teamId: "support" })).toBe(1);
  expect(claimed(world)).toEqual(["s2"]);
  expect(world.owner("s2")).toBe("ben");
  expect(await world.runQueue({ teamId: "nowhere" })).toBe(0);
  expect(await world.runQueue({ teamId: " " })).toBe(2);
  expect(claimed(world)).toEqual(["s1", "s3"]);
});

test("only what waits, and only in this tenant", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("held", { status: "assigned", assignedAgentId: "ben" });
  world.session("over", { status: "resolved" });
  world.session("foreign", { tenantId: "other" });
  world.session("waits");
  const others = ["held", "over", "foreign"];
  const before = others.map((id) => world.stored(id));
  expect(await world.runQueue()).toBe(1);
  expect(claimed(world)).toEqual(["waits"]);
  expect(others.map((id) => world.stored(id))).toEqual(before);
});

test("the whole engine decides", async () => {
  const world = new World();
  const days = { tuesday: [{ start: "09:00", end: "17:00" }] };
  world.team("closed", ["anna"], { schedule: { enabled: true, timezone: "UTC", days } });
  world.team("full", ["ben"], { routingConfig: { maxLoad: 1 } });
  world.session("s1", { assignedTeamId: "closed" });
  world.session("old", { contactId: "c1", status: "assigned", assignedAgentId: "cleo" });
  world.session("s2", { assignedTeamId: "full", contactId: "c1" });
  world.session("s3", { assignedTeamId: "full", contactId: "c3" });
  world.session("s4", { assignedTeamId: "full", contactId: "c4" });
  expect(await world.runQueue(), "closed, skipped, assigned, full").toBe(1);
  expect(claimed(world)).toEqual(["s3"]);
  world.clock.set("2026-11-24T09:00:00Z");
  world.store.resolve("s3");
  world.store.resolve("old");
  expect(await world.runQueue(), "open, free, full again").toBe(2);
  expect(claimed(world)).toEqual(["s1", "s2"]);
  expect(world.owner("s1")).toBe("anna");
});

test("the load moves on within a run", async () => {
  const world = new World();
  const routingConfig = { maxLoad: 3 };
  world.team("sales", ["anna", "ben"], { routingStrategy: "least_active", routingConfig });
  world.session("old1", { status: "assigned", assignedAgentId: "anna" });
  world.session("old2", { status: "assigned", assignedAgentId: "anna" });
  world.sessions(9, { assignedTeamId: "sales" });
  expect(await world.runQueue()).toBe(4);
  expect([world.load("anna"), world.load("ben")]).toEqual([3, 3]);
});

test("one session's error is logged and does not end the run", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(6, { assignedTeamId: "sales" });
  const before = await world.snapshot();
  // Another step fails each time: to load it, to read a fact of it, to store it.
  let about: string | undefined;
  world.store.before(({ method, sessionId }) => {
    if (method === "session") about = sessionId;
    const fails: Record<string, string> = { s001: "session", s002: "members", s004: "claim" };
    return about !== undefined && fails[about] === method ? "fail" : undefined;
  });
  expect(await world.runQueue()).toBe(3);
  expect(claimed(world)).toEqual(["s000", "s003", "s005"]);
  for (const n of [1, 2, 4]) {
    expect(world.stored(`s00${n}`), "untouched").toEqual(before.sessions[n]);
  }
  const lines = world.log.take().filter((line) => line.startsWith("WARN"));
  expect(lines).toEqual(
    ["s001", "s002", "s004"].map(
      (id) =>
        `WARN assignment_engine.queued_session_failed sessionId=${id} code=store_down` +
        " error=the database is away",
    ),
  );
});

test("a session that was taken since the queue was read is passed over", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(3, { assignedTeamId: "sales" });
  world.store.before(({ method, sessionId }, store) => {
    if (method === "session" && sessionId === "s001") {
      store.putSession(session("s001", { status: "assigned", assignedAgentId: "rival" }));
    }
  });
  expect(await world.runQueue()).toBe(2);
  expect(world.owner("s001")).toBe("rival");
  expect(world.rotation.takeAsked(), "no turn is used up for it").toHaveLength(2);
  expect(claimed(world)).toEqual(["s000", "s002"]);
});
