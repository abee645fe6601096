import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type RedisClient, RedisRoundRobinContextProvider } from "../../src/redis/index.ts";
import { code, failure, GRACE_MS, PATIENT, shown, thrown, took, until } from "./support.ts";

// Nobody but the tests here may see a rejection that nobody handles.
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(unhandled).toEqual([]);
});

const never = (): Promise<never> => new Promise(() => undefined);

describe("a client with two methods", () => {
  test("has exactly these called, expire after each incr that counted", async () => {
    const calls: unknown[][] = [];
    let turn = 0;
    const redis = new Proxy({} as RedisClient, {
      get: (_, name) => {
        if (name === "incr")
          return (...args: unknown[]) => (calls.push(["incr", ...args]), (turn += 1));
        if (name === "expire") return (...args: unknown[]) => (calls.push(["expire", ...args]), 1);
        return undefined;
      },
    });
    const provider = new RedisRoundRobinContextProvider(redis);
    expect(await provider.getNextIndex("team", 0)).toBe(0);
    expect(calls).toEqual([]);
    expect(await provider.getNextIndex("team", 2)).toBe(0);
    expect(await provider.getNextIndex("team", 2)).toBe(1);
    const both = [
      ["incr", "assignment:rr:team"],
      ["expire", "assignment:rr:team", 604_800],
    ];
    expect(calls).toEqual([...both, ...both]);
    expect("takeTurns" in provider).toBe(false);
  });

  test("has no expire called when incr failed or answered no count", async () => {
    const expire = vi.fn();
    for (const incr of [
      () => Promise.reject(new Error("OOM canary")),
      () => "abc",
      () => {
        throw new Error("canary");
      },
    ]) {
      await failure(new RedisRoundRobinContextProvider({ incr, expire }).getNextIndex("team", 2));
    }
    expect(expire).not.toHaveBeenCalled();
  });

  test("fails when expire fails, for the key would stay for ever", async () => {
    const expire = (): Promise<never> => Promise.reject(new Error("NOPERM canary"));
    const provider = new RedisRoundRobinContextProvider({ incr: async () => 1, expire });
    expect(await code(provider.getNextIndex("team", 2))).toBe("not_permitted");
  });

  test("is given its expire though the deadline has passed meanwhile", async () => {
    let answer: (count: number) => void = () => undefined;
    const incr = (): Promise<number> => new Promise((resolve) => (answer = resolve));
    const expire = vi.fn();
    const provider = new RedisRoundRobinContextProvider({ incr, expire }, { deadlineMs: 20 });
    expect(await code(provider.getNextIndex("team", 2))).toBe("timeout");
    answer(1);
    await until(() => expire.mock.calls.length === 1, "expire");
  });
});

const raise = (): never => {
  throw new Error("canary");
};

test.each<[string, () => unknown]>([
  ["nothing", () => undefined],
  ["null", () => null],
  ["a number", () => 5],
  ["a text", () => "redis://canary@h"],
  ["an empty object", () => ({})],
  ["incr alone", () => ({ incr: () => 1 })],
  ["two numbers", () => ({ incr: 1, expire: 2 })],
  ["evalsha alone", () => ({ evalsha: () => 1 })],
  ["half of node-redis", () => ({ evalSha: () => 1, scriptLoad: "canary" })],
  ["a property that throws", () => Object.defineProperty({}, "evalsha", { get: raise })],
  ["a proxy that throws", () => new Proxy({}, { get: raise })],
])("no client is made of %s", (_, redis) => {
  const error = thrown(() => new RedisRoundRobinContextProvider(redis() as RedisClient));
  expect(error.code).toBe("configuration");
  expect(shown(error)).not.toContain("canary");
});

test("a script that is not known is loaded, and in a cluster run from its source", async () => {
  const missing = (): Error => new Error("NOSCRIPT No matching script. Please use EVAL.");
  const calls: string[] = [];
  const cluster = {
    evalsha: async () => {
      calls.push("evalsha");
      throw missing();
    },
    script: async (subcommand: string) => calls.push(`script ${subcommand}`),
    eval: async (source: string, keys: number, key: string, ttl: string) => {
      calls.push(`eval ${source.includes("INCR")} ${keys} ${key} ${ttl}`);
      return 6;
    },
  };
  expect(await new RedisRoundRobinContextProvider(cluster).getNextIndex("team", 4)).toBe(1);
  expect(calls).toEqual([
    "evalsha",
    "script LOAD",
    "evalsha",
    "eval true 1 assignment:rr:team 604800",
  ]);

  const nodeCluster = {
    evalSha: async () => {
      throw missing();
    },
    scriptLoad: async () => "",
    eval: async (_: string, options: unknown) => {
      expect(options).toEqual({ keys: ["assignment:rr:team"], arguments: ["604800"] });
      return 6;
    },
  };
  expect(await new RedisRoundRobinContextProvider(nodeCluster).getNextIndex("team", 4)).toBe(1);

  // One that may run scripts, but not load any.
  const script = () => Promise.reject(new Error("NOPERM canary"));
  const unloaded = new RedisRoundRobinContextProvider({ ...cluster, script });
  expect(await unloaded.getNextIndex("team", 4)).toBe(1);

  const { evalsha } = cluster;
  const without = new RedisRoundRobinContextProvider({ evalsha, script: cluster.script });
  expect(await code(without.getNextIndex("team", 4))).toBe("other");
  const neither = new RedisRoundRobinContextProvider({ evalsha, script });
  expect(await code(neither.getNextIndex("team", 4))).toBe("not_permitted");
});

test("what a loaded script answers is not asked for again", async () => {
  let runs = 0;
  const redis = {
    evalsha: () => {
      runs += 1;
      const error = runs === 1 ? "NOSCRIPT" : "Connection is closed.";
      return Promise.reject(new Error(error));
    },
    script: () => "",
    eval: vi.fn(),
  };
  const provider = new RedisRoundRobinContextProvider(redis);
  expect(await code(provider.getNextIndex("team", 4))).toBe("unreachable");
  expect(runs).toBe(2);
  expect(redis.eval).not.toHaveBeenCalled();
});

describe("whatever a client does", () => {
  /** Clients of each sort whose every method is `act`. */
  const sorts = (act: () => unknown): RedisClient[] => [
    { evalsha: act, script: act, eval: act, get: act } as RedisClient,
    { evalSha: act, scriptLoad: act, eval: act, get: act } as RedisClient,
    { incr: act, expire: act },
  ];

  const throwing = (value: unknown) => () => {
    throw value;
  };
  const hostilePromise = Object.defineProperty(Promise.resolve(1), "then", {
    get() {
      throw new Error("canary");
    },
  });
  hostilePromise.constructor = Object;

  test.each([
    ["answers undefined", () => undefined, "protocol"],
    ["answers null", () => null, "protocol"],
    ["answers NaN", () => NaN, "protocol"],
    ["answers a fraction", async () => 1.5, "protocol"],
    ["answers an object", async () => ({ canary: 1 }), "protocol"],
    ["answers text", async () => "abc", "protocol"],
    ["answers a list", async () => ["1"], "protocol"],
    ["answers itself", () => sorts, "protocol"],
    ["throws at once", throwing(new Error("canary")), "other"],
    ["throws a text at once", throwing("READONLY canary"), "read_only"],
    ["throws nothing at once", throwing(undefined), "other"],
    ["rejects with nothing", () => Promise.reject(undefined), "other"],
    [
      "rejects with an object without prototype",
      () => Promise.reject(Object.create(null)),
      "other",
    ],
    ["answers a promise that throws when it is looked at", () => hostilePromise, "other"],
    [
      "answers a promise of another make that throws",
      () => ({
        then() {
          throw new Error("canary");
        },
      }),
      "other",
    ],
    [
      "answers a promise of another make that rejects",
      () => ({
        then: (_: unknown, reject: (error: unknown) => void) => reject(new Error("OOM canary")),
      }),
      "out_of_memory",
    ],
    [
      "rejects with the password in the error",
      () =>
        Promise.reject(
          Object.assign(new Error("WRONGPASS canary"), {
            command: { args: ["canary"] },
            url: "canary",
          }),
        ),
      "authentication",
    ],
    [
      "rejects with an error that throws when it is looked at",
      () =>
        Promise.reject(
          new Proxy(new Error("canary"), {
            get() {
              throw new Error("canary");
            },
          }),
        ),
      "other",
    ],
  ])("one that %s gives an error of ours", async (_, act, expected) => {
    for (const redis of sorts(act)) {
      const provider = new RedisRoundRobinContextProvider(redis, PATIENT);
      const calls = [provider.getNextIndex("team", 3), provider.check()];
      if (provider.takeTurns !== undefined) calls.push(provider.takeTurns("team", 3) as never);
      for (const call of calls) {
        const error = await failure(call);
        expect(error.code).toBe(expected);
        expect(shown(error)).not.toContain("canary");
        expect(error.cause).toBeUndefined();
      }
    }
  });

  test("one whose methods vanish later gives an error of ours", async () => {
    const redis: { evalsha?: unknown; script: () => void } = { evalsha: () => 1, script: () => {} };
    const provider = new RedisRoundRobinContextProvider(redis as RedisClient);
    delete redis.evalsha;
    expect(await code(provider.getNextIndex("team", 3))).toBe("other");
  });

  test("one that never answers is left at the deadline", async () => {
    for (const redis of sorts(never)) {
      const provider = new RedisRoundRobinContextProvider(redis, { deadlineMs: 50 });
      const picking = provider.getNextIndex("team", 3);
      const ms = await took(picking);
      expect(await code(picking)).toBe("timeout");
      expect(ms).toBeGreaterThan(25);
      expect(ms).toBeLessThanOrEqual(50 + GRACE_MS);
    }
  });

  test("what comes late is dropped", async () => {
    for (const late of [1, new Error("canary")]) {
      const answers: (() => void)[] = [];
      const answer = (): Promise<unknown> =>
        new Promise((resolve, reject) => {
          answers.push(() => (late instanceof Error ? reject(late) : resolve(late)));
        });
      for (const redis of sorts(answer)) {
        const provider = new RedisRoundRobinContextProvider(redis, { deadlineMs: 5 });
        expect(await code(provider.getNextIndex("team", 3))).toBe("timeout");
        for (const come of answers.splice(0)) come();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  });
});

describe("the calls under way", () => {
  test("are bounded, and one more is refused at once", async () => {
    const answers: (() => void)[] = [];
    const evalsha = vi.fn(() => new Promise((resolve) => answers.push(() => resolve(1))));
    const redis = { evalsha, script: () => "" };
    const provider = new RedisRoundRobinContextProvider(redis, { ...PATIENT, maxInFlight: 3 });
    const picks = [1, 2, 3].map(() => provider.getNextIndex("team", 3));
    const error = await failure(provider.getNextIndex("team", 3));
    expect(error.code).toBe("overloaded");
    expect(evalsha).toHaveBeenCalledTimes(3);
    answers.shift()!();
    await picks[0];
    const fourth = provider.getNextIndex("team", 3);
    expect(evalsha).toHaveBeenCalledTimes(4);
    for (const answer of answers) answer();
    await Promise.all([...picks, fourth]);
  });

  test("that are overdue count until the client is done with them", async () => {
    const answers: (() => void)[] = [];
    const evalsha = vi.fn(() => new Promise((resolve) => answers.push(() => resolve(1))));
    const redis = { evalsha, script: () => "" };
    const provider = new RedisRoundRobinContextProvider(redis, { deadlineMs: 5, maxInFlight: 2 });
    const codes = (n: number): Promise<string[]> =>
      Promise.all(Array.from({ length: n }, () => code(provider.getNextIndex("team", 3))));
    expect(await codes(2)).toEqual(["timeout", "timeout"]);
    // The one that finds out whether the client is well again, and those that are too many.
    expect(await codes(3)).toEqual(["timeout", "overloaded", "overloaded"]);
    expect(evalsha).toHaveBeenCalledTimes(3);
    for (const answer of answers) answer();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await codes(2)).toEqual(["timeout", "timeout"]);
    expect(evalsha).toHaveBeenCalledTimes(5);
  });

  test("that a client has lost are forgotten once it answers again", async () => {
    let lost = true;
    const evalsha = vi.fn(() => (lost ? never() : Promise.resolve(1)));
    const redis = { evalsha, script: () => "" };
    const provider = new RedisRoundRobinContextProvider(redis, { deadlineMs: 50, maxInFlight: 4 });
    const picks = (): Promise<unknown[]> =>
      Promise.all(
        Array.from({ length: 4 }, () => provider.getNextIndex("team", 3).catch((e) => e.code)),
      );
    expect(await picks()).toEqual(Array(4).fill("timeout"));
    lost = false;
    await until(async () => (await provider.getNextIndex("team", 3).catch(() => -1)) === 0, "well");
    expect(await picks()).toEqual([0, 0, 0, 0]);
  });
});

describe("an argument that makes no sense is refused before the client is touched", () => {
  const act = vi.fn(() => 1);
  const provider = new RedisRoundRobinContextProvider({ evalsha: act, script: act });

  test.each([
    [NaN],
    [Infinity],
    [1.5],
    [2 ** 53],
    ["3"],
    [null],
    [undefined],
    [{}],
    [3n],
    [Symbol("3")],
  ])("%o candidates", async (count) => {
    expect(await code(provider.getNextIndex("team", count as number))).toBe("configuration");
    expect(act).not.toHaveBeenCalled();
  });

  test.each([
    [""],
    [undefined],
    [null],
    [5],
    [{}],
    ["x".repeat(257)],
    ["ö".repeat(129)],
    ["€".repeat(86)],
    ["\ud83d"],
    ["a\udc00b"],
  ])("the context key %j", async (key) => {
    expect(await code(provider.getNextIndex(key as string, 3))).toBe("configuration");
    expect(await code(provider.takeTurns!(key as string, 3))).toBe("configuration");
    expect(act).not.toHaveBeenCalled();
  });

  test.each([[0], [-1], [1.5], [NaN], [2 ** 32], ["3"], [undefined]])("%o turns", async (count) => {
    expect(await code(provider.takeTurns!("team", count as number))).toBe("configuration");
    expect(act).not.toHaveBeenCalled();
  });

  test("the longest keys are not", async () => {
    for (const key of [
      "x".repeat(256),
      "ö".repeat(128),
      `${"€".repeat(85)}x`,
      "\u{1f600}".repeat(64),
    ]) {
      expect(await provider.getNextIndex(key, 3)).toBe(0);
    }
    expect(act).toHaveBeenCalledTimes(4);
  });

  test.each([
    [{ deadlineMs: 0 }],
    [{ deadlineMs: -1 }],
    [{ deadlineMs: NaN }],
    [{ deadlineMs: Infinity }],
    [{ deadlineMs: 2 ** 31 }],
    [{ deadlineMs: "250" as never }],
    [{ maxInFlight: 0 }],
    [{ maxInFlight: 1.5 }],
    [{ maxInFlight: Infinity }],
  ])("the options %o", (options) => {
    const make = (): unknown =>
      new RedisRoundRobinContextProvider({ evalsha: act, script: act }, options);
    expect(thrown(make).code).toBe("configuration");
  });
});

test("the observer is told what became of each call, and cannot disturb it", async () => {
  const answers: (() => unknown)[] = [
    () => 1,
    () => Promise.reject(new Error("READONLY")),
    () => 2,
  ];
  const redis = { evalsha: () => answers.shift()!(), script: () => "" };
  const told: string[] = [];
  const provider = new RedisRoundRobinContextProvider(redis, {
    address: "host:1",
    observer: {
      answered() {
        told.push("answered");
        throw new Error("canary");
      },
      failed(error) {
        told.push(`${error.code}: ${error.message}`);
        throw new Error("canary");
      },
    },
  });
  expect(await provider.getNextIndex("team", 5)).toBe(0);
  expect(await code(provider.getNextIndex("team", 5))).toBe("read_only");
  expect(await provider.getNextIndex("team", 5)).toBe(1);
  expect(told).toEqual([
    "answered",
    "read_only: redis at `host:1` is a read-only replica",
    "answered",
  ]);
});
