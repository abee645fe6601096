// The store and the rotation fail, at every step: what is not done is not half done.

import { expect, test } from "vitest";
import { AssignmentEngineError, ProviderError, type ProviderErrorCode } from "../../src/errors.ts";
import type { SessionStore } from "../../src/service/index.ts";
import { FailingRoundRobinContextProvider, type FailureKind } from "../../src/testing/index.ts";
import type { Snapshot, WatchedStore } from "./support/watched-store.ts";
import { errorCode, NEVER_OPEN, NOW, told, World } from "./support/world.ts";

const STORE_DOWN = { code: "store_down", message: "the database is away" };

/** Ways in which a handover of `s1` to `sales` goes: each asks the store other things. */
const SITUATIONS: [what: string, make: (world: World) => void][] = [
  [
    "assigned",
    (world) =>
      world.team("sales", ["anna", "ben"], {
        routingStrategy: "least_assigned",
        routingConfig: { timeWindow: "day", maxLoad: 3 },
      }),
  ],
  [
    "nobody there",
    (world) => {
      world.team("sales", []);
      world.team("help", ["anna"], { isDefault: true });
    },
  ],
  ["closed", (world) => world.team("sales", ["anna"], { schedule: NEVER_OPEN })],
  [
    "contact busy",
    (world) => {
      world.team("sales", ["anna"]);
      world.session("old", { contactId: "c1", status: "assigned", assignedAgentId: "anna" });
    },
  ],
  ["limited", (world) => world.team("sales", ["anna", "ben"], { routingConfig: { maxLoad: 1 } })],
];

function prepared(make: (world: World) => void, assignedTeamId?: string): World {
  const world = new World();
  make(world);
  world.session("s1", { contactId: "c1", context: { old: 1 }, assignedTeamId });
  return world;
}

/** All is as it was; but a contact who was told stays stamped, so as not to be told again. */
async function expectUntouched(world: World, before: Snapshot, what: string): Promise<void> {
  const after = await world.snapshot();
  const writes = world.store.takeWrites();
  if (world.outbox.take().length === 0) {
    expect(after, what).toEqual(before);
    expect(writes).toEqual([]);
    return;
  }
  const [stamped] = writes;
  if (writes.length !== 1 || stamped?.kind !== "stamped") throw new Error(JSON.stringify(writes));
  for (const session of [...after.sessions, ...after.queue]) {
    if (session.id !== stamped.session) continue;
    expect(session.context).toHaveProperty(stamped.key, NOW);
    delete session.context![stamped.key];
  }
  expect(after, what).toEqual(before);
}

test.each(SITUATIONS)(
  "%s: whichever call of a handover fails, the store is as it was",
  async (_, make) => {
    for (const team of ["sales", undefined]) {
      let step = 0;
      for (; ; step += 1) {
        const world = prepared(make);
        const before = await world.snapshot();
        const told = world.store.failNth(step);
        const handing = world.handOver("s1", team, { a: 1 });
        const handover = await handing.catch((error: AssignmentEngineError) => error);
        if (!told.failed) break;
        if (AssignmentEngineError.is(handover)) {
          expect(handover).toMatchObject(STORE_DOWN);
        } else {
          expect(handover.outcome, `call ${step}`).toMatchObject({ kind: "error", ...STORE_DOWN });
          expect(handover.session).toEqual(before.sessions.find(({ id }) => id === "s1"));
        }
        await expectUntouched(world, before, `call ${step}`);
      }
      expect(step).toBeGreaterThanOrEqual(5);
    }
  },
);

test.each(SITUATIONS)(
  "%s: whichever call of a dispatch fails, the store is as it was",
  async (_, make) => {
    let step = 0;
    for (; ; step += 1) {
      const world = prepared(make, "sales");
      const before = await world.snapshot();
      const told = world.store.failNth(step);
      const assigning = world.service.assignSession("s1");
      const assigned = await assigning.catch((error: AssignmentEngineError) => error);
      if (!told.failed) break;
      if (assigned !== null) expect(assigned, `call ${step}`).toMatchObject(STORE_DOWN);
      await expectUntouched(world, before, `call ${step}`);
    }
    expect(step).toBeGreaterThanOrEqual(4);
  },
);

/**
 * Runs over a queue of four: each session is either as it was or wholly done, and after the
 * failure of one session the run goes on.
 */
async function aRunSurvives(run: (world: World) => Promise<number>): Promise<void> {
  let step = 0;
  for (; ; step += 1) {
    const world = new World();
    world.team("sales", ["anna"]);
    world.team("support", ["ben"]);
    world.sessions(4, { assignedTeamId: "sales", context: { old: 1 } });
    const before = await world.snapshot();
    const told = world.store.failNth(step);
    const ran = await run(world).catch((error: AssignmentEngineError) => error);
    if (!told.failed) {
      expect(ran).toBe(4);
      break;
    }
    const { sessions } = await world.snapshot();
    if (AssignmentEngineError.is(ran)) {
      expect(ran).toMatchObject(STORE_DOWN);
      expect(sessions, `call ${step}`).toEqual(before.sessions);
    } else {
      expect(ran, `call ${step}: all but one`).toBe(3);
      const done = sessions.filter(({ status }) => status === "assigned");
      expect(done).toHaveLength(3);
      const left = sessions.find(({ status }) => status !== "assigned");
      expect(left).toEqual(before.sessions.find(({ id }) => id === left?.id));
    }
  }
  expect(step).toBeGreaterThan(4 * 4);
}

test("whichever call of a queue run fails, only its session is left as it was", () =>
  aRunSurvives((world) => world.runQueue()));

test("whichever call of a run over teams fails, only its session is left as it was", () =>
  aRunSurvives((world) => world.toTeams(["support", "sales"])));

test("whichever call by hand fails, what was not assigned is as it was", async () => {
  let step = 0;
  for (; ; step += 1) {
    const world = new World();
    world.team("sales", ["anna", "ben"]);
    world.sessions(4, { context: { old: 1 } });
    const before = await world.snapshot();
    const told = world.store.failNth(step);
    const running = world.toAgents([
      ["anna", 2],
      ["ben", 2],
    ]);
    const ran = await running.catch((error: AssignmentEngineError) => error);
    if (!told.failed) {
      expect(ran).toBe(4);
      break;
    }
    expect(ran, `call ${step}`).toMatchObject(STORE_DOWN);
    const claims = world.store.takeWrites().length;
    const { sessions } = await world.snapshot();
    for (const [n, session] of sessions.entries()) {
      if (n < claims) expect(session.status, `call ${step}`).toBe("assigned");
      else expect(session, `call ${step}`).toEqual(before.sessions[n]);
    }
  }
  expect(step, "teams, queue, and a claim per session").toBe(2 + 4);
});

test("whichever call of a question fails, the error is told", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  for (const step of [0, 1]) {
    world.store.failNth(step);
    const asked = world.service.checkScheduleAvailability("sales");
    await expect(asked).rejects.toMatchObject(STORE_DOWN);
  }
  world.store.failNth(0);
  const asked = world.service.getTeamsAvailableForQueue("acme");
  await expect(asked).rejects.toMatchObject(STORE_DOWN);
});

test.each<ProviderErrorCode>(["timeout", "unreachable", "read_only", "wrong_type"])(
  "a rotation that fails with %s is an error with this code, and the row untouched",
  async (code) => {
    const world = new World();
    world.team("sales", ["anna", "ben"]);
    world.session("s1", { context: { old: 1 } });
    world.rotation.answer(new ProviderError(code, "the rotation is away"));
    const before = await world.snapshot();
    const handover = await world.handOver("s1", "sales", { a: 1 });
    expect(errorCode(handover)).toBe(code);
    expect(handover.session).toEqual(before.sessions[0]);
    expect(await world.service.assignSession("s1")).toBeNull();
    expect(await world.runQueue()).toBe(0);
    expect(await world.toTeams(["sales"], true)).toBe(0);
    expect(await world.snapshot()).toEqual(before);
    expect(world.store.takeWrites()).toEqual([]);
    expect(world.outbox.sent).toEqual([]);
  },
);

test.each<FailureKind>(["error", "throw", "never", "garbage"])(
  "a rotation that fails with %s leaves the row, and once it heals the session is assigned",
  async (kind) => {
    const world = new World();
    world.team("sales", ["anna", "ben"]);
    world.session("s1", { context: { old: 1 } });
    const provider = new FailingRoundRobinContextProvider(kind, { times: 3 });
    world.service = world.anotherService({ provider, answerTimeoutMs: 40 });
    const before = await world.snapshot();
    for (let tries = 0; tries < 3; tries += 1) {
      const handover = await world.handOver("s1", "sales", { a: 1 });
      expect(handover.outcome.kind, `try ${tries}`).toBe("error");
      expect(await world.snapshot()).toEqual(before);
    }
    expect(told(await world.handOver("s1", "sales", { a: 1 }))).toBe("anna");
    expect(provider.calls).toBe(4);
  },
);

test.each([
  [1, true],
  [2, false],
  [-1, false],
  [0.5, false],
  [Number.NaN, false],
  [2 ** 32, false],
])("an index of %d for two: fine is %s", async (index, fine) => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1");
  world.rotation.answer(index);
  const handover = await world.handOver("s1", "sales");
  expect(handover.outcome.kind === "assign").toBe(fine);
  if (fine) return;
  expect(errorCode(handover)).toBe("index_out_of_range");
  expect(world.store.takeWrites()).toEqual([]);
});

test("more members than the engine takes are an error", async () => {
  const world = new World();
  world.team(
    "sales",
    Array.from({ length: 10_001 }, (_, n) => `agent-${n}`),
  );
  world.session("s1");
  const handover = await world.handOver("s1", "sales");
  expect(errorCode(handover)).toBe("too_many_agents");
  expect(world.store.takeWrites()).toEqual([]);
});

test("after a failure the next call works", async () => {
  const world = prepared(SITUATIONS[0]![1]);
  for (let step = 0; step < 5; step += 1) {
    world.store.failNth(step);
    await world.handOver("s1", "sales").catch(() => {});
  }
  world.store.before(() => {});
  const handover = await world.handOver("s1", "sales", { a: 1 });
  expect(handover.outcome.kind).toBe("assign");
  expect(world.stored("s1").context).toEqual({ old: 1, a: 1 });
  expect(world.store.takeWrites().map(({ kind }) => kind)).toEqual(["claimed"]);
});

/** A store of which one method answers as said. */
function storeWhose(world: World, method: Method, answer: () => unknown): SessionStore {
  return new Proxy(world.store, {
    get(store, name) {
      if (name === method) return answer;
      const value = store[name as Method];
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}

type Method = keyof WatchedStore & keyof SessionStore;

const METHODS: Method[] = [
  "session",
  "claim",
  "contactHasAssignedSession",
  "teams",
  "team",
  "members",
  "tenant",
];

/** Hands `s1` over, and says how that failed: the code, and whether it was a rejection. */
async function failureOf(
  world: World,
  store: SessionStore,
  team?: string,
): Promise<{ code: string; rejected: boolean; error?: AssignmentEngineError }> {
  const service = world.anotherService({ store, answerTimeoutMs: 40 });
  try {
    const handover = await service.requestAssignment("s1", team, { a: 1 });
    return { code: errorCode(handover), rejected: false };
  } catch (error) {
    if (!AssignmentEngineError.is(error)) throw error;
    return { code: error.code, rejected: true, error };
  }
}

test.each(METHODS)("a store whose `%s` never answers is not waited for", async (method) => {
  const world = prepared(SITUATIONS[0]![1]);
  const before = await world.snapshot();
  const store = storeWhose(world, method, () => new Promise(() => {}));
  const failure = await failureOf(world, store, method === "teams" ? undefined : "sales");
  expect(failure.code).toBe(failure.rejected ? "store_timeout" : "host_timeout");
  if (method === "claim") expect(failure.error?.message).toContain("is unknown");
  expect(await world.snapshot()).toEqual(before);
});

test.each(METHODS)("of a raw error of `%s` only the fact is told", async (method) => {
  const world = prepared(SITUATIONS[0]![1]);
  const before = await world.snapshot();
  const raw = new Error("connect ECONNREFUSED postgres://root:hunter2@db");
  for (const answer of [() => Promise.reject(raw), () => thrown(raw)]) {
    const store = storeWhose(world, method, answer);
    const failure = await failureOf(world, store, method === "teams" ? undefined : "sales");
    expect(failure.code).toBe("store_failed");
    expect(await world.snapshot()).toEqual(before);
    if (failure.rejected) expect(failure.error?.cause).toBe(raw);
    expect(failure.error?.message ?? "").not.toContain("hunter2");
    expect(world.log.take().join("\n")).not.toContain("hunter2");
  }
});

function thrown(error: Error): never {
  throw error;
}

test.each(METHODS)(
  "an answer of `%s` that is none is an error, and nothing is saved",
  async (method) => {
    const garbage = [7, "yes", [1], true, [null], { kind: "claimed" }, { id: 7, tenantId: "acme" }];
    for (const answer of garbage) {
      if (method === "contactHasAssignedSession" && answer === true) continue;
      // Objects that are no team's, tenant's or agent's rows are rows without a column that counts.
      if (method === "tenant" && typeof answer === "object" && !Array.isArray(answer)) continue;
      const world = prepared(SITUATIONS[0]![1]);
      const before = await world.snapshot();
      const store = storeWhose(world, method, async () => answer);
      const failure = await failureOf(world, store, method === "teams" ? undefined : "sales");
      expect(failure.code, JSON.stringify(answer)).toMatch(/^(wrong_type|missing_field)$/);
      expect(await world.snapshot(), JSON.stringify(answer)).toEqual(before);
    }
  },
);

test("another session than the one asked for is no answer", async () => {
  const other = { id: "s2", tenantId: "acme" };
  for (const [method, answer] of [
    ["session", other],
    ["claim", { kind: "claimed", session: other }],
    ["update", other],
  ] as const) {
    const world = prepared(SITUATIONS[method === "update" ? 2 : 0]![1]);
    const failure = await failureOf(
      world,
      storeWhose(world, method, async () => answer),
      "sales",
    );
    expect([failure.code, failure.rejected], method).toEqual(["wrong_type", true]);
  }
});

test("a claim that times out is not tried again, and the session is free for the next call", async () => {
  const world = prepared(SITUATIONS[0]![1]);
  let claims = 0;
  const store = storeWhose(world, "claim", () => {
    claims += 1;
    return new Promise(() => {});
  });
  const service = world.anotherService({ store, answerTimeoutMs: 30 });
  for (let tries = 1; tries <= 2; tries += 1) {
    const handing = service.requestAssignment("s1", "sales");
    await expect(handing).rejects.toMatchObject({ code: "store_timeout" });
    expect(claims).toBe(tries);
  }
});

test("an update that times out is not tried again", async () => {
  const world = prepared(SITUATIONS[2]![1]);
  let updates = 0;
  const store = storeWhose(world, "update", () => {
    updates += 1;
    return new Promise(() => {});
  });
  const service = world.anotherService({ store, answerTimeoutMs: 30 });
  const handing = service.requestAssignment("s1", "sales");
  await expect(handing).rejects.toMatchObject({ code: "store_timeout" });
  expect(updates).toBe(1);
});

test("hooks get the raw error, once", async () => {
  const world = prepared(SITUATIONS[0]![1]);
  const raw = new Error("raw");
  const failed: unknown[] = [];
  for (const method of ["claim", "session", "members"] as const) {
    const store = storeWhose(world, method, () => Promise.reject(raw));
    const hooks = { failed: (event: unknown) => failed.push(event) };
    const service = world.anotherService({ store, hooks });
    await service.requestAssignment("s1", "sales").catch(() => {});
  }
  expect(failed).toEqual([
    { what: "store.claim", sessionId: "s1", error: raw },
    { what: "store.session", sessionId: "s1", error: raw },
    { what: "the agents", sessionId: "s1", error: raw },
  ]);
});
