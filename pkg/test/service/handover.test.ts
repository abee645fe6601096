// `requestAssignment`: which team, what is merged, what is stored, and in how many writes.

import { expect, test } from "vitest";
import type { Team } from "../../src/types.ts";
import { errorCode, NOW, session, told, World } from "./support/world.ts";

test("an agent of the team gets the session, and nothing else changes", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1", { contactId: "c1", priority: 3 });
  const handover = await world.handOver("s1", "sales");
  expect(told(handover)).toBe("anna");
  expect(handover.outcome).toBe(handover.decision.outcome);
  expect(handover.session).toEqual(world.stored("s1"));
  expect(handover.session).toEqual({
    ...session("s1", { contactId: "c1", priority: 3 }),
    status: "assigned",
    assignedAgentId: "anna",
    assignedTeamId: "sales",
    assignedAt: new Date(NOW),
    updatedAt: new Date(NOW),
  });
});

test.each([[undefined], [null], [""], [" "], ["\t \n"]])(
  "the team %j means the default team",
  async (blank) => {
    const world = new World();
    world.team("a-sales", ["anna"]);
    world.team("help", ["ben"], { isDefault: true });
    world.session("s1");
    expect(told(await world.handOver("s1", blank))).toBe("ben");
    expect(world.stored("s1").assignedTeamId).toBe("help");
  },
);

const DEFAULTS: [what: string, teams: [string, string[], Partial<Team>][], team?: string][] = [
  [
    "the default team comes first, however young",
    [
      ["a", ["anna"], { createdAt: "2020-01-01T00:00:00Z" }],
      ["b", ["ben"], { createdAt: "2026-01-01T00:00:00Z", isDefault: true }],
    ],
    "b",
  ],
  [
    "a default team without members gives way to one with members",
    [
      ["a", [], { isDefault: true }],
      ["b", ["ben"], {}],
    ],
    "b",
  ],
  [
    "a default team that is not active gives way",
    [
      ["a", ["anna"], { isDefault: true, isActive: false }],
      ["b", ["ben"], {}],
    ],
    "b",
  ],
  [
    "the oldest of several",
    [
      ["a", ["anna"], { createdAt: "2026-01-01T00:00:00Z" }],
      ["b", ["ben"], { createdAt: new Date("2025-01-01T00:00:00Z") }],
      ["c", ["cleo"], {}],
    ],
    "b",
  ],
  [
    "no team has members: the default team itself",
    [
      ["a", [], {}],
      ["b", [], { isDefault: true }],
    ],
    "b",
  ],
  [
    "no team has members, several default ones: the oldest",
    [
      ["a", [], { isDefault: true, createdAt: "2026-01-01T00:00:00Z" }],
      ["b", [], { isDefault: true, createdAt: "2025-01-01T00:00:00Z" }],
      ["c", [], { isDefault: true }],
    ],
    "b",
  ],
  [
    "no team has members, and none is the default",
    [
      ["a", [], {}],
      ["b", [], {}],
    ],
  ],
  [
    "no team has members, and the default one is not active",
    [["a", [], { isDefault: true, isActive: false }]],
  ],
  ["there is no team", []],
];

test.each(DEFAULTS)("%s", async (_, teams, team) => {
  const world = new World();
  for (const [id, members, more] of teams) world.team(id, members, more);
  world.team("0", ["zoe"], { isDefault: true }, "other");
  world.session("s1");
  await world.handOver("s1");
  expect(world.stored("s1").assignedTeamId).toBe(team);
});

test.each([
  ["support", "ben"],
  [undefined, "cleo"],
])("the team in force (%j) replaces the one the session had", async (asked, owner) => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.team("help", ["cleo"], { isDefault: true });
  world.session("s1", { assignedTeamId: "sales" });
  expect(told(await world.handOver("s1", asked))).toBe(owner);
});

test("a team that is not the tenant's is refused", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("theirs", ["zoe"], {}, "other");
  world.session("s1");
  const before = await world.snapshot();
  for (const team of ["nowhere", "theirs"]) {
    await expect(world.handOver("s1", team, { a: 1 })).rejects.toMatchObject({
      code: "unknown_team",
      message: `the tenant has no team \`${team}\``,
    });
  }
  const tooLong = world.handOver("s1", "t".repeat(129));
  await expect(tooLong).rejects.toMatchObject({ code: "too_large", path: "teamId" });
  expect(await world.snapshot()).toEqual(before);
  expect(world.store.takeWrites()).toEqual([]);
});

test("a session that is not there is refused", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  await expect(world.handOver("s1")).rejects.toMatchObject({
    code: "unknown_session",
    message: "there is no session `s1`",
  });
});

test.each([
  ["assign", ["anna"]],
  ["stop", []],
])("on %s the context goes over older entries and keeps the others", async (kind, members) => {
  const world = new World();
  world.tenant({ settings: { waterfall: { noAgentAction: "queue" } } });
  world.team("sales", members);
  const context = { account: "wa-1", topic: { deep: 1 }, language: "de" };
  world.session("s1", { context });
  const handover = await world.handOver("s1", "sales", { topic: "billing", fresh: null });
  expect(handover.outcome.kind).toBe(kind);
  const merged = { account: "wa-1", topic: "billing", language: "de", fresh: null };
  expect(world.stored("s1").context).toEqual(merged);
  expect(handover.session).toEqual(world.stored("s1"));
});

test("a session without context gets one only if there is something to keep", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1");
  world.session("s2");
  await world.handOver("s1", "sales");
  await world.handOver("s2", "sales", { a: 1 });
  expect(world.stored("s1").context).toBeUndefined();
  expect(world.stored("s2").context).toEqual({ a: 1 });
});

test("team, context and decision are one write", async () => {
  const world = new World();
  world.tenant({ settings: { waterfall: { noAgentAction: "reply" } } });
  world.team("sales", ["anna"], { routingConfig: { maxLoad: 1 } });
  world.team("empty", []);
  for (const [id, contactId] of [
    ["s1", "c1"],
    ["s2", "c2"],
    ["s3", "c1"],
    ["s4", "c4"],
  ] as const) {
    world.session(id, { contactId });
  }
  const topic = { topic: "billing" };

  expect((await world.handOver("s1", "sales", topic)).outcome.kind).toBe("assign");
  const claimed = { kind: "claimed", session: "s1", agent: "anna", limit: 1 };
  expect(world.store.takeWrites()).toEqual([claimed]);

  expect((await world.handOver("s2", "empty", topic)).outcome.kind).toBe("stop");
  expect(world.store.takeWrites(), "the stamp goes before the message").toEqual([
    { kind: "stamped", session: "s2", key: "noAgentLastSentAt" },
    { kind: "updated", session: "s2" },
  ]);
  const stored = world.stored("s2");
  expect(stored.assignedTeamId).toBe("empty");
  expect(stored.context).toEqual({ topic: "billing", noAgentLastSentAt: NOW });

  expect((await world.handOver("s3", "sales", topic)).outcome.kind).toBe("skip");
  expect(world.store.takeWrites()).toEqual([{ kind: "updated", session: "s3" }]);

  world.rotation.answer(7);
  world.team("crowd", ["ben", "cleo"]);
  const before = await world.snapshot();
  const failed = await world.handOver("s4", "crowd", topic);
  expect(errorCode(failed)).toBe("index_out_of_range");
  expect(world.store.takeWrites()).toEqual([]);
  expect(await world.snapshot()).toEqual(before);
  expect(failed.session, "and so it is answered").toEqual(world.stored("s4"));
});

test("a session that stays unassigned keeps all but team and context", async () => {
  const world = new World();
  world.tenant({ settings: { waterfall: { noAgentAction: "queue" } } });
  world.team("sales", []);
  const more = {
    contactId: "c1",
    priority: -2,
    channel: "whatsapp",
    createdAt: "2026-11-20T00:00:00Z",
    lastMessageAt: "2026-11-21T00:00:00Z",
    column: "of the host's own",
  };
  world.session("s1", more);
  const { session: answered } = await world.handOver("s1", "sales");
  const expected = { ...session("s1", more), assignedTeamId: "sales", updatedAt: new Date(NOW) };
  expect(world.stored("s1")).toEqual(expected);
  expect(answered).toEqual(expected);
});

test.each(["assigned", "resolved"] as const)(
  "a session that is %s is left alone",
  async (status) => {
    const world = new World();
    world.team("sales", ["anna"]);
    world.session("s1", { status, assignedAgentId: "ben" });
    const before = await world.snapshot();
    const handover = await world.handOver("s1", "sales", { a: 1 });
    expect(handover.outcome).toEqual({ kind: "skip" });
    expect(handover.decision).toMatchObject({
      rule: "claim",
      reason: "session_taken",
      effects: [],
    });
    expect(handover.session).toEqual(world.stored("s1"));
    expect(await world.snapshot()).toEqual(before);
    expect(world.store.takeWrites()).toEqual([]);
    expect(world.rotation.takeAsked()).toEqual([]);
  },
);

test("the contact's other session holds this one back, and only within the tenant", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("old", { contactId: "c1", status: "assigned", assignedAgentId: "anna" });
  world.session("far", {
    tenantId: "other",
    contactId: "c2",
    status: "assigned",
    assignedAgentId: "zoe",
  });
  world.session("s1", { contactId: "c1" });
  world.session("s2", { contactId: "c2" });
  world.session("s3");
  for (const [id, outcome] of [
    ["s1", "skip"],
    ["s2", "anna"],
    ["s3", "anna"],
  ] as const) {
    expect(told(await world.handOver(id, "sales")), id).toBe(outcome);
  }
  world.store.resolve("old");
  const handover = await world.handOver("s1", "sales");
  expect(told(handover), "once the other one is over").toBe("anna");
});

test("a handover forces nothing", async () => {
  const world = new World();
  world.agent({ id: "anna", status: "away" });
  world.team("sales", ["anna"]);
  world.session("s1");
  const handover = await world.handOver("s1", "sales");
  expect(handover.decision.reason).toBe("nobody_online");
  expect(world.owner("s1")).toBe("");
});

test("the rotation is asked under team or tenant, and only for a real pick", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben", "cleo"]);
  world.team("empty", []);
  for (const id of ["s1", "s2", "s3"]) world.session(id);
  await world.handOver("s1", "empty");
  expect(world.rotation.takeAsked()).toEqual([]);
  await world.handOver("s2", "sales");
  expect(world.rotation.takeAsked()).toEqual([{ contextKey: "sales", candidateCount: 3 }]);
  await world.service.assignSession("s3");
  expect(world.rotation.takeAsked()).toEqual([{ contextKey: "acme", candidateCount: 3 }]);
});

test("another tenant's team on a session has no members for it", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("theirs", ["zoe"], {}, "other");
  world.session("s1", { assignedTeamId: "theirs" });
  world.session("s2", { assignedTeamId: "gone" });
  expect(await world.runQueue()).toBe(0);
  for (const id of ["s1", "s2"]) {
    expect(await world.service.assignSession(id), id).toBeNull();
    expect(world.owner(id)).toBe("");
  }
  expect(world.load("zoe")).toBe(0);
});

test("team and tenant are read once for each try", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1", { contactId: "c1" });
  const asked: string[] = [];
  world.store.before(({ method }) => void asked.push(method));
  await world.handOver("s1", "sales");
  expect(asked.sort()).toEqual([
    "claim",
    "contactHasAssignedSession",
    "members",
    "session",
    "team",
    "team",
    "tenant",
  ]);
});
