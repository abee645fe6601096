/** Whatever a host does, it gets a typed error or a right answer: never a hang, never a broken engine. */
import { afterEach, describe, expect, test } from "vitest";

import { AssignmentEngine, type Host, explain } from "../../src/engine/index.ts";
import { AssignmentEngineError } from "../../src/errors.ts";
import { bindings } from "../../src/kernel/kernel.ts";
import { Roster } from "../../src/roster.ts";
import type { Agent, Decision, Facts, Request } from "../../src/types.ts";

const request: Request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales", contactId: "c1" },
  now: "2026-11-23T09:00:00Z",
};

const agents = (): Agent[] => [
  { id: "anna", name: "Anna", status: "online", active: 1 },
  { id: "ben", name: "Ben", status: "online", active: 1 },
  { id: "cleo", name: "Cleo", status: "offline" },
];

const given = (): Facts => ({
  schedule: {},
  contactAssigned: false,
  strategy: { teamStrategy: "least_active" },
  agents: agents(),
});

const roster = (): Roster =>
  new Roster({
    tenantId: "acme",
    teams: [{ id: "sales", routingStrategy: "least_active", members: ["anna", "ben", "cleo"] }],
    agents: agents(),
  });

/** Every way through a decision: the shortcut on a roster, that on given facts, the whole way. */
const ways: [string, () => [Facts & { roster?: Roster }, { trace?: boolean }]][] = [
  ["a roster", () => [{ roster: roster(), contactAssigned: false }, {}]],
  ["given facts", () => [given(), {}]],
  ["the whole way", () => [given(), { trace: true }]],
];

const never = new Promise<never>(() => {});
const strange: [string, () => unknown, string][] = [
  ["NaN", () => NaN, "index_out_of_range"],
  ["-1", () => -1, "index_out_of_range"],
  ["1.5", () => 1.5, "index_out_of_range"],
  ["the count itself", () => 2, "index_out_of_range"],
  ["Infinity", () => Infinity, "index_out_of_range"],
  ['"1"', () => "1", "index_out_of_range"],
  ["a BigInt", () => 1n, "index_out_of_range"],
  ["nothing", () => undefined, "index_out_of_range"],
  ["null", () => null, "index_out_of_range"],
  ["an object", () => ({ valueOf: () => 1 }), "index_out_of_range"],
  ["a symbol", () => Symbol("1"), "index_out_of_range"],
  ["a promise of NaN", async () => NaN, "index_out_of_range"],
  ["a promise of an object", async () => ({}), "index_out_of_range"],
  ["an error, thrown at once", () => raise(new Error("secret")), "host_failed"],
  ["something else, thrown at once", () => raise("secret"), "host_failed"],
  ["nothing, thrown at once", () => raise(undefined), "host_failed"],
  ["a rejection", () => Promise.reject(new Error("secret")), "host_failed"],
  ["a then that throws", () => ({ then: () => raise(new Error("secret")) }), "host_failed"],
  ["a then that cannot be read", () => unreadable("then"), "host_failed"],
  ["no answer, ever", () => never, "host_timeout"],
  ["a then that does nothing", () => ({ then: () => {} }), "host_timeout"],
];

describe.each(ways)("an index on %s", (_, way) => {
  test.each(strange)("%s", async (_, answer, code) => {
    const engine = new AssignmentEngine({}, { answerTimeoutMs: 50 });
    const [facts, options] = way();
    const decision = await engine.decide(request, facts, answer as () => number, options);
    expect(decision.outcome).toMatchObject({ kind: "error", code });
    expect(decision.rule).toBe("selector");
    expect(JSON.stringify(decision)).not.toContain("secret");
    await works(engine);
  });

  test("answered twice, the first counts", async () => {
    const engine = new AssignmentEngine();
    const [facts, options] = way();
    const twice = {
      then(resolve: (index: number) => void, reject: (error: Error) => void) {
        resolve(1);
        resolve(0);
        reject(new Error("too late"));
      },
    };
    const decision = await engine.decide(
      request,
      facts,
      () => twice as PromiseLike<number>,
      options,
    );
    expect(decision.outcome).toEqual({ kind: "assign", agentId: "ben" });
  });

  test("answered after the time is over", async () => {
    const engine = new AssignmentEngine({}, { answerTimeoutMs: 20 });
    const [facts, options] = way();
    let answer = (_: number): void => {};
    const late = new Promise<number>((resolve) => (answer = resolve));
    const decision = await engine.decide(request, facts, () => late, options);
    expect(decision.outcome).toMatchObject({ kind: "error", code: "host_timeout" });
    answer(0);
    await late;
    await works(engine);
  });

  test("the engine is called again while it asks", async () => {
    const engine = new AssignmentEngine();
    const [facts, options] = way();
    const inner: Decision[] = [];
    const decision = await engine.decide(
      request,
      facts,
      async (_, count) => {
        inner.push(await engine.decide(request, facts, () => 0, options));
        engine.setRules([]);
        inner.push(await engine.decide(request, facts, () => 0, options));
        return count - 1;
      },
      options,
    );
    expect(inner.map(({ outcome }) => outcome.kind)).toEqual(["assign", "stop"]);
    expect(decision.outcome).toEqual({ kind: "assign", agentId: "ben" });
  });
});

test("a roster that changes while it is asked is looked at afresh", async () => {
  const engine = new AssignmentEngine();
  const changing = roster();
  const facts = { roster: changing, contactAssigned: false };
  const decide = (change: () => void): Promise<Decision> =>
    engine.decide(request, facts, async () => {
      change();
      return 1;
    });
  const kinds = async (change: () => void) => (await decide(change)).outcome;
  expect(await kinds(() => changing.assigned("ben"))).toEqual({ kind: "assign", agentId: "anna" });
  changing.released("ben");
  expect(await kinds(() => changing.removeAgent("ben"))).toEqual({
    kind: "assign",
    agentId: "anna",
  });
  expect(await kinds(() => changing.setOnline("anna", false))).toEqual({ kind: "stop" });
});

test("facts of one call are not those of another that waits", async () => {
  const engine = new AssignmentEngine();
  const only = (id: string): Facts => ({
    ...given(),
    agents: agents().map((agent) => ({ ...agent, status: agent.id === id ? "online" : "away" })),
  });
  const waiting: (() => void)[] = [];
  const slow = () => new Promise<number>((resolve) => waiting.push(() => resolve(0)));
  const ids = ["anna", "ben", "cleo", "anna", "ben", "cleo", "ben"];
  const decisions = ids.map((id) => engine.decide(request, only(id), slow));
  for (const answer of waiting.reverse()) answer();
  const chosen = (await Promise.all(decisions)).map(({ outcome }) => outcome);
  expect(chosen).toEqual(ids.map((agentId) => ({ kind: "assign", agentId })));
});

describe("requests and facts that are none", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const bad: [string, unknown, unknown, string?][] = [
    ["nothing", undefined, {}],
    ["null", null, null],
    ["numbers", 7, 7],
    ["texts", "{}", "{}"],
    ["lists", [], []],
    ["a session that is null", { ...request, session: null }, {}, "request.session"],
    ["an id that is a number", session({ id: 7 }), {}, "request.session.id"],
    ["an id of nothing", session({ id: "" }), {}, "request.session.id"],
    ["an id without end", session({ id: "x".repeat(1e6) }), {}, "request.session.id"],
    ["half a character", session({ id: "\ud800" }), {}, "request.session.id"],
    ["a getter that throws", session(unreadable("id")), {}, "request"],
    ["a proxy that throws", trap(), trap(), "request"],
    ["a time that is none", { ...request, now: "yesterday" }, {}, "request.now"],
    ["a time that is no time", { ...request, now: {} }, {}, "request.now"],
    ["NaN for a time", { ...request, now: NaN }, {}, "request.now"],
    ["a fact that does not exist", request, { agent: [] }, "facts.agent"],
    ["a cycle", request, { schedule: cycle }, "facts"],
    ["a BigInt", request, { agents: [{ id: "a", active: 1n }] }, "facts"],
    [
      "a setting misspelt",
      request,
      { strategy: { config: { maxLod: 1 } } },
      "facts.strategy.config.maxLod",
    ],
    [
      "a count below zero",
      request,
      { agents: [{ id: "a", active: -1 }] },
      "facts.agents[0].active",
    ],
    [
      "a count with a half",
      request,
      { agents: [{ id: "a" }, { id: "b", total: 1.5 }] },
      "facts.agents[1].total",
    ],
    ["an agent twice", request, { agents: [{ id: "a" }, { id: "a" }] }, "facts.agents[1].id"],
    ["an agent that is none", request, { agents: [null] }, "facts.agents[0]"],
    ["a list that is none", request, { agents: { length: 1e9 } }, "facts.agents"],
    ["a list with holes", request, { agents: new Array(3) }, "facts.agents[0]"],
    ["a roster that is none", request, { roster: {} }, "facts.roster"],
  ];
  test.each(bad)("%s", async (_, badRequest, badFacts, path) => {
    const engine = new AssignmentEngine();
    const refused = await engine
      .decide(badRequest as Request, badFacts as Facts, () => 0)
      .then(JSON.stringify, (error: unknown) => error);
    expect(AssignmentEngineError.is(refused), String(refused)).toBe(true);
    expect(refused).toMatchObject({ name: "AssignmentEngineError" });
    if (path !== undefined) expect((refused as AssignmentEngineError).path).toBe(path);
    await works(engine);
  });

  test.each(["yesterday", "", {}, NaN, Infinity, 1e17])("the time %s", async (now) => {
    const engine = new AssignmentEngine();
    for (const [, way] of ways) {
      const [facts, options] = way();
      const refused = engine.decide({ ...request, now: now as number }, facts, () => 0, options);
      await expect(refused).rejects.toMatchObject({ code: "invalid_value", path: "request.now" });
    }
    expect(engine.turn(roster(), "sales", NaN)).toBeUndefined();
  });

  test.each([undefined, null, 7, {}, []])("%s for a function", async (source) => {
    const refused = new AssignmentEngine().decide(request, given(), source as never);
    await expect(refused).rejects.toMatchObject({ code: "wrong_type", path: "getNextIndex" });
  });

  test("a provider will do for its function", async () => {
    const provider = {
      turn: 1,
      async getNextIndex() {
        return this.turn;
      },
    };
    const { outcome } = await new AssignmentEngine().decide(request, given(), provider);
    expect(outcome).toEqual({ kind: "assign", agentId: "ben" });
  });

  test("a getter that answers differently each time is asked once", async () => {
    const engine = new AssignmentEngine();
    let asked = 0;
    const lying = {
      get id() {
        asked += 1;
        return `agent-${asked}`;
      },
      status: "online",
      name: "Liar",
    };
    for (const options of [{}, { trace: true }]) {
      asked = 0;
      const facts = { ...given(), agents: [lying] };
      const { outcome } = await engine.decide(request, facts, () => 0, options);
      // The shortcut looks once to compare and once to take over; what counts is one reading.
      expect(outcome.kind).toBe("assign");
      expect(asked).toBeLessThanOrEqual(3);
    }
  });
});

describe("prototypes that are polluted", () => {
  const evil: Record<string, unknown> = {
    forceOverride: true,
    excluded: ["anna"],
    source: "evil",
    contactAssigned: true,
    status: "online",
    active: 99,
    availability: { isOpen: false },
    agents: [{ id: "evil", status: "online" }],
    roster: {},
    strategy: { teamStrategy: "manual" },
    trace: true,
    contactId: "evil",
    assignedTeamId: "evil",
    now: 0,
    id: "evil",
    code: "evil",
    then: undefined,
  };
  const prototype = Object.prototype as Record<string, unknown>;

  afterEach(() => {
    for (const key of [...Object.keys(evil), "toJSON"]) delete prototype[key];
    delete (Array.prototype as { toJSON?: unknown }).toJSON;
  });

  test.each(ways)("change no decision on %s", async (_, way) => {
    const engine = new AssignmentEngine();
    const [facts, options] = way();
    const right = await engine.decide(request, facts, () => 0, options);
    for (const enumerable of [true, false]) {
      for (const [key, value] of Object.entries(evil)) {
        Object.defineProperty(prototype, key, {
          value,
          enumerable,
          configurable: true,
          writable: true,
        });
      }
      const again = await engine.decide(request, facts, () => 0, options);
      for (const key of Object.keys(evil)) delete prototype[key];
      expect(JSON.stringify(again)).toBe(JSON.stringify(right));
    }
  });

  test.each(ways)("with toJSON make a typed error or no difference on %s", async (_, way) => {
    const engine = new AssignmentEngine();
    const [facts, options] = way();
    const right = await engine.decide(request, facts, () => 0, options);
    prototype["toJSON"] = () => "evil";
    const again = await engine
      .decide(request, facts, () => 0, options)
      .then(
        (decision) => ({ decision }),
        (error: unknown) => ({ error }),
      );
    delete prototype["toJSON"];
    if ("error" in again) expect(AssignmentEngineError.is(again.error)).toBe(true);
    else expect(again.decision).toEqual(right);
    await works(engine);
  });
});

describe("a host", () => {
  const answers = strange.filter(([name]) => !["-1", "1.5", "the count itself"].includes(name));
  const methods = ["schedule", "contactAssigned", "strategy", "agents", "noAgentPolicy"] as const;
  test.each(methods)("answers %s with anything at all", async (method) => {
    for (const [name, answer] of answers) {
      const engine = new AssignmentEngine({}, { answerTimeoutMs: 30 });
      const host: Host = {
        schedule: () => ({}),
        contactAssigned: () => false,
        strategy: () => ({}),
        agents: () => (method === "noAgentPolicy" ? [] : agents()),
        noAgentPolicy: () => ({}),
        getNextIndex: () => 0,
        [method]: answer,
      };
      const { outcome, reason } = await engine.run(request, host);
      // No answer counts as an empty one where everything may be absent.
      const empty = ["nothing", "null", "an object", "a promise of an object", "a symbol"];
      if (empty.includes(name) && outcome.kind !== "error") continue;
      expect(outcome, name).toMatchObject({ kind: "error" });
      expect(reason).toBe("fact_unavailable");
      expect(JSON.stringify(outcome)).not.toContain("secret");
    }
  });

  test("has no methods", async () => {
    const { outcome } = await new AssignmentEngine().run(request, {});
    expect(outcome).toMatchObject({ kind: "error", code: "not_answered" });
  });

  test("has rules of its own that answer anything", async () => {
    for (const [name, answer] of answers) {
      const engine = new AssignmentEngine({}, { answerTimeoutMs: 30 });
      engine.setRules([answer as never]);
      const { outcome } = await engine.decide(request, {}, () => 0);
      expect(outcome, name).toMatchObject({ kind: "error" });
      const dropIn = await engine.run(structuredClone(request));
      expect(dropIn, name).toMatchObject({ outcome: "error" });
    }
  });

  test("gives rules that are none", () => {
    const engine = new AssignmentEngine();
    for (const rules of [null, 7, [null], ["schedule"], new Array(2), Array(65).fill(() => {})]) {
      expect(() => engine.setRules(rules as never)).toThrow(AssignmentEngineError);
    }
  });
});

describe("a module that fails", () => {
  test("is replaced, and rosters outlive it", async () => {
    const engine = new AssignmentEngine();
    const kept = roster();
    kept.assigned("anna");
    kept.setTotal("sales", "ben", 7);
    const facts = { roster: kept, contactAssigned: false };
    const before = await engine.decide(request, facts, () => 0, { trace: true });
    for (let n = 0; n < 3; n += 1) {
      const waiting = engine.start(request, {});
      destroy();
      const failures = [
        () => engine.start(request, given()),
        () => explain(before),
        () => new Roster({ tenantId: "acme" }),
        () => kept.setActive("cleo", 1),
      ];
      expect(failures[n]).toThrow(expect.objectContaining({ code: "engine_trapped" }));
      // The very next call works.
      const after = await engine.decide(request, facts, () => 0, { trace: true });
      expect(JSON.stringify(after)).toBe(JSON.stringify(before));
      expect((await engine.decide(request, facts, () => 0)).outcome).toEqual(before.outcome);
      if (waiting.kind === "done") throw new Error("nothing was given");
      expect(() => engine.resume(waiting.run, { schedule: {} })).toThrow(
        expect.objectContaining({ code: "run_over" }),
      );
    }
  });

  test("does so under a decision that waits", async () => {
    const engine = new AssignmentEngine();
    const kept = roster();
    const facts = { roster: kept, contactAssigned: false };
    const decision = await engine.decide(request, facts, async () => {
      destroy();
      expect(() => engine.start(request, given())).toThrow("was started afresh");
      return 1;
    });
    expect(decision.outcome).toEqual({ kind: "assign", agentId: "ben" });
  });

  /** Scribbles over the module's memory, so that whatever it does next goes wrong. */
  function destroy(): void {
    const { memory } = bindings().initSync({ module: new ArrayBuffer(0) });
    new Uint8Array(memory.buffer).fill(0xff);
  }
});

async function works(engine: AssignmentEngine): Promise<void> {
  const { outcome } = await engine.decide(request, given(), () => 1);
  expect(outcome).toEqual({ kind: "assign", agentId: "ben" });
}

function raise(thrown: unknown): never {
  throw thrown;
}

function unreadable(key: string): object {
  return Object.defineProperty({}, key, {
    get: () => raise(new Error("secret")),
    enumerable: true,
  });
}

function trap(): object {
  const refuse = () => raise(new Error("secret"));
  return new Proxy(
    {},
    { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse },
  );
}

function session(fields: object): unknown {
  const whole = { ...request.session };
  return {
    ...request,
    session: Object.defineProperties(whole, Object.getOwnPropertyDescriptors(fields)),
  };
}
