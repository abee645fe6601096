// What callers hand in that is not what it should be: a typed error, and nothing else happens.

import { afterEach, expect, test } from "vitest";
import { AssignmentEngineError } from "../../src/errors.ts";
import { AssignmentService, InMemorySessionStore } from "../../src/service/index.ts";
import { MAX_DEPTH, MAX_VALUES, merged } from "../../src/service/json.ts";
import { World } from "./support/world.ts";

afterEach(() => {
  expect(({} as Record<string, unknown>).polluted, "no prototype is polluted").toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

function open(): World {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1", { context: { old: 1 } });
  return world;
}

/** It rejects with such an error of ours, and the store is as it was. */
async function expectRefused(
  world: World,
  call: () => Promise<unknown>,
  code: string,
  path: string,
): Promise<void> {
  const before = await world.snapshot();
  const error = await call().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!AssignmentEngineError.is(error)) throw new Error(`${path}: ${String(error)}`);
  expect([error.code, error.path]).toEqual([code, path]);
  expect(error.message).toContain(path);
  expect(await world.snapshot()).toEqual(before);
  expect(world.store.takeWrites()).toEqual([]);
}

/** An object of a depth of its own, counted from 1. */
function nested(depth: number): Record<string, unknown> {
  let value: Record<string, unknown> = {};
  for (let level = 1; level < depth; level += 1) value = { a: value };
  return value;
}

const circle: Record<string, unknown> = {};
circle.self = circle;

const CONTEXTS: [what: string, context: unknown, code: string, path: string][] = [
  ["a text", "{}", "wrong_type", "context"],
  ["a number", 7, "wrong_type", "context"],
  ["a list", [1], "wrong_type", "context"],
  ["a function", () => {}, "wrong_type", "context"],
  ["a map", new Map([["a", 1]]), "wrong_type", "context"],
  ["a date", new Date(), "wrong_type", "context"],
  [
    "a prototype",
    JSON.parse('{"__proto__": {"polluted": 1}}'),
    "invalid_value",
    "context.__proto__",
  ],
  [
    "a prototype within",
    JSON.parse('{"a": [{"__proto__": {"polluted": 1}}]}'),
    "invalid_value",
    "context.a[0].__proto__",
  ],
  [
    "a getter",
    Object.defineProperty({}, "a", { enumerable: true, get: () => 1 }),
    "wrong_type",
    "context.a",
  ],
  ["a function within", { a: { b: () => {} } }, "wrong_type", "context.a.b"],
  ["a symbol", { a: Symbol("x") }, "wrong_type", "context.a"],
  ["a bigint", { a: 1n }, "wrong_type", "context.a"],
  ["no number", { a: [1, Number.NaN] }, "invalid_value", "context.a[1]"],
  ["no instant", { a: new Date(Number.NaN) }, "invalid_value", "context.a"],
  ["a set within", { a: new Set([1]) }, "wrong_type", "context.a"],
  ["a promise within", { a: Promise.resolve() }, "wrong_type", "context.a"],
  ["a proxy that throws", new Proxy({}, { ownKeys: () => thrown() }), "invalid_value", "context"],
  [
    "too many values",
    { a: Array(MAX_VALUES).fill(1) },
    "too_large",
    `context.a[${MAX_VALUES - 1}]`,
  ],
];

function thrown(): never {
  throw new Error("boo");
}

test.each(CONTEXTS)("a context that is or holds %s is refused", async (_, context, code, path) => {
  const world = open();
  const handing = () => world.handOver("s1", "sales", context as Record<string, unknown>);
  await expectRefused(world, handing, code, path);
});

test("a circle and a tower are refused", async () => {
  const world = open();
  for (const context of [circle, nested(MAX_DEPTH + 2), nested(100_000)]) {
    const handing = world.handOver("s1", "sales", context);
    await expect(handing).rejects.toMatchObject({ code: "too_large" });
  }
  await world.handOver("s1", "sales", nested(MAX_DEPTH + 1));
});

test("a context is taken as JSON, and what becomes of it later does not count", async () => {
  const world = open();
  class Context {
    list = [1, undefined, { deep: true }];
    at = new Date("2026-11-23T09:00:00Z");
    absent = undefined;
    constructor_ = "fine";
  }
  const context = Object.assign(new Context(), { constructor: "fine", prototype: 1 });
  const handing = world.handOver("s1", "sales", context as unknown as Record<string, unknown>);
  context.list.length = 0;
  await handing;
  expect(world.stored("s1").context).toEqual({
    old: 1,
    list: [1, null, { deep: true }],
    at: "2026-11-23T09:00:00.000Z",
    constructor_: "fine",
    constructor: "fine",
    prototype: 1,
  });
  expect("absent" in world.stored("s1").context!).toBe(false);
});

test("a stored context with hostile names is merged and pollutes nothing", async () => {
  const stored = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 1}}');
  const both = merged(stored, { a: 1 });
  expect(Object.keys(both)).toEqual(["__proto__", "constructor", "a"]);
  expect(Object.getPrototypeOf(both)).toBe(Object.prototype);
  expect((both as { polluted?: unknown }).polluted).toBeUndefined();

  const world = open();
  const row = { ...world.stored("s1"), context: stored };
  world.store.session = async () => row;
  await world.handOver("s1", "sales", { a: 1 });
  expect(world.owner("s1")).toBe("anna");
});

const IDS: [value: unknown, code: string][] = [
  [undefined, "wrong_type"],
  [null, "wrong_type"],
  [7, "wrong_type"],
  [["s1"], "wrong_type"],
  [() => "s1", "wrong_type"],
  ["", "invalid_value"],
  ["x".repeat(129), "too_large"],
  ["ä".repeat(65), "too_large"],
  ["x\ud800", "invalid_value"],
];

test.each(IDS)("an id that is %j is refused everywhere", async (id, code) => {
  const world = open();
  const bad = id as string;
  const { service } = world;
  const calls: [path: string, call: () => Promise<unknown>][] = [
    ["sessionId", () => service.requestAssignment(bad, "sales")],
    ["tenantId", () => service.assignQueuedSessionsToAvailableAgents(bad)],
    ["tenantId", () => service.assignQueuedSessionsToTeams(bad, ["sales"])],
    ["teamIds[1]", () => service.assignQueuedSessionsToTeams("acme", ["sales", bad])],
    ["tenantId", () => service.assignQueuedSessionsToAgents(bad, [])],
    [
      "assignments[0].agentId",
      () => service.assignQueuedSessionsToAgents("acme", [{ agentId: bad, count: 1 }]),
    ],
    ["session.id", () => service.assignSession({ id: bad, tenantId: "acme" })],
    ["tenantId", () => service.getTeamsAvailableForQueue(bad)],
    ["teamId", () => service.checkScheduleAvailability(bad)],
  ];
  if (bad != null && bad !== "") {
    calls.push(["teamId", () => service.requestAssignment("s1", bad)]);
    const options = { teamId: bad };
    calls.push([
      "options.teamId",
      () => service.assignQueuedSessionsToAvailableAgents("acme", options),
    ]);
  }
  for (const [path, call] of calls) await expectRefused(world, call, code, path);
});

test("an id of 128 bytes is one", async () => {
  const world = open();
  for (const id of [
    "x".repeat(128),
    "ä".repeat(64),
    "😀".repeat(32),
    " ",
    "__proto__",
    "constructor",
  ]) {
    world.session(id);
    expect((await world.handOver(id, "sales")).outcome.kind, id).toBe("assign");
  }
});

test.each([
  ["one", "wrong_type"],
  [null, "wrong_type"],
  [undefined, "wrong_type"],
  [1n, "wrong_type"],
  [-1, "invalid_value"],
  [1.5, "invalid_value"],
  [Number.NaN, "invalid_value"],
  [Infinity, "invalid_value"],
])("a count of %s is refused", async (value, code) => {
  const world = open();
  const count = value as number;
  const { service } = world;
  const assignments = [
    { agentId: "anna", count: 1 },
    { agentId: "anna", count },
  ];
  const byHand = () => service.assignQueuedSessionsToAgents("acme", assignments);
  await expectRefused(world, byHand, code, "assignments[1].count");
  if (value == null) return;
  const run = () => service.assignQueuedSessionsToAvailableAgents("acme", { limit: count });
  await expectRefused(world, run, code, "options.limit");
});

test("lists, options and flags of another kind are refused", async () => {
  const world = open();
  const { service } = world;
  const any = (value: unknown) => value as never;
  for (const [path, call] of [
    ["teamIds", () => service.assignQueuedSessionsToTeams("acme", any("sales"))],
    ["teamIds", () => service.assignQueuedSessionsToTeams("acme", any({ 0: "sales", length: 1 }))],
    ["forceOverride", () => service.assignQueuedSessionsToTeams("acme", ["sales"], any("no"))],
    ["options", () => service.assignQueuedSessionsToAvailableAgents("acme", any(7))],
    ["options", () => service.assignQueuedSessionsToAvailableAgents("acme", any(["sales"]))],
    ["assignments", () => service.assignQueuedSessionsToAgents("acme", any({}))],
    ["assignments[0]", () => service.assignQueuedSessionsToAgents("acme", any([null]))],
    ["assignments[0].agentId", () => service.assignQueuedSessionsToAgents("acme", any([{}]))],
  ] as [string, () => Promise<unknown>][]) {
    await expectRefused(world, call, "wrong_type", path);
  }
});

test("a service that cannot work is not made", () => {
  const store = new InMemorySessionStore();
  const any = (value: unknown) => value as never;
  for (const [options, code, path] of [
    [undefined, "wrong_type", "options"],
    [{}, "missing_field", "options.store"],
    [{ store: { session() {} } }, "missing_field", "options.store.queue"],
    [{ store, provider: {} }, "missing_field", "options.provider.getNextIndex"],
    [{ store, messenger: {} }, "missing_field", "options.messenger.send"],
    [{ store, answerTimeoutMs: 0 }, "invalid_value", "options.answerTimeoutMs"],
    [{ store, answerTimeoutMs: 2 ** 31 }, "invalid_value", "options.answerTimeoutMs"],
    [{ store, answerTimeoutMs: "10" }, "invalid_value", "options.answerTimeoutMs"],
  ] as const) {
    const error = expect(() => new AssignmentService(any(options)));
    error.toThrow(expect.objectContaining({ code, path }));
  }
});

test("a clock that answers no instant is an error before anything happens", async () => {
  const world = open();
  for (const now of [Number.NaN, new Date(Number.NaN), "now"] as number[]) {
    const service = world.anotherService({ clock: () => now });
    const handing = service.requestAssignment("s1", "sales");
    await expect(handing).rejects.toMatchObject({ code: "invalid_value" });
  }
  expect(world.store.takeWrites()).toEqual([]);
});

test("a row of a class with accessors is a row", async () => {
  class Row {
    #row = { id: "s1", tenantId: "acme", contactId: "c1", assignedTeamId: null };
    get id() {
      return this.#row.id;
    }
    get tenantId() {
      return this.#row.tenantId;
    }
    get contactId() {
      return this.#row.contactId;
    }
    get assignedTeamId() {
      return this.#row.assignedTeamId;
    }
  }
  const world = open();
  world.store.session = async () => new Row();
  const { session } = await world.handOver("s1", "sales");
  expect(session.assignedAgentId).toBe("anna");
});

test.each<[name: string, value: unknown]>([
  ["status", "assigned"],
  ["assignedTeamId", "theirs"],
  ["assignedAgentId", "mallory"],
  ["contactId", "c1"],
  ["context", "nonsense"],
  ["teamId", "theirs"],
  ["limit", 0],
  ["enabled", false],
  ["strategy", "manual"],
  ["settings", { waterfall: { noAgentAction: "queue" } }],
  ["routingStrategy", "manual"],
  ["routingConfig", { maxLoad: 1 }],
  ["maxLoad", 1],
  ["schedule", { enabled: true, timezone: "UTC" }],
  ["isActive", false],
  ["isDefault", true],
  ["members", ["mallory"]],
  ["countsSince", "2026-11-23T00:00:00Z"],
  ["agentId", "mallory"],
  ["count", 5],
])("a prototype that somebody else has polluted with `%s` changes nothing", async (name, value) => {
  const outcomes: unknown[] = [];
  for (const polluted of [false, true]) {
    const world = open();
    world.team("support", ["ben"]);
    world.team("empty", []);
    world.session("taken", { contactId: "c1", status: "assigned", assignedAgentId: "anna" });
    for (const id of ["s2", "s3", "s4", "s5"]) world.session(id);
    if (polluted) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    }
    try {
      outcomes.push([
        (await world.handOver("s1")).decision,
        (await world.handOver("s2", "empty")).decision,
        (await world.service.assignSession("s3"))?.assignedAgentId,
        await world.toAgents([["ben", 1]]),
        await world.runQueue({}),
        await world.service.getTeamsAvailableForQueue("acme"),
        await world.service.checkScheduleAvailability("sales"),
        world.outbox.sent.length,
      ]);
    } finally {
      delete (Object.prototype as Record<string, unknown>)[name];
    }
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
});
