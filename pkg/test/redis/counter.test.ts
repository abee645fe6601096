import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RedisRoundRobinContextProvider, turnIndex } from "../../src/redis/index.ts";
import { ioredis5, ioredis6, LIBRARIES, nodeRedis, type TestClient } from "./clients.ts";
import { RedisServer } from "./server.ts";
import { code, failure, PATIENT } from "./support.ts";

const KEY = "assignment:rr:team";
const WEEK = 604_800;

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.ask("FLUSHALL");
  await server.ask("SCRIPT FLUSH");
});

async function ttl(): Promise<number> {
  return Number(await server.ask(`TTL ${KEY}`));
}

describe.each(LIBRARIES)("$name", (library) => {
  let client: TestClient;
  let provider: RedisRoundRobinContextProvider;
  beforeEach(async () => {
    client = await library.connect({ port: server.port });
    provider = new RedisRoundRobinContextProvider(client.redis, PATIENT);
  });
  afterEach(() => client.close());

  test("turns follow each other, and each refreshes the time to live", async () => {
    for (const expected of [0, 1, 2, 0, 1]) {
      expect(await provider.getNextIndex("team", 3)).toBe(expected);
      expect(await ttl()).toBeGreaterThan(WEEK - 10);
      expect(await ttl()).toBeLessThanOrEqual(WEEK);
      await server.ask(`EXPIRE ${KEY} 100`);
    }
    expect(await server.ask(`GET ${KEY}`)).toBe("5");
  });

  test("a key without a time to live gets one", async () => {
    await server.ask(`SET ${KEY} 41`);
    expect(await provider.getNextIndex("team", 10)).toBe(1);
    expect(await ttl()).toBeGreaterThan(0);
  });

  test("nobody to choose from does not touch the store", async () => {
    for (const count of [0, -1, -0.5, -Infinity]) {
      expect(await provider.getNextIndex("team", count)).toBe(0);
    }
    expect(await server.ask("KEYS *")).toBe("");
  });

  test("any number in the key gives a valid index, and an exact one in one round trip", async () => {
    const values = [
      -(2n ** 63n),
      1n - 2n ** 63n,
      -9_007_199_254_740_995n,
      -9_007_199_254_740_993n,
      -9_007_199_254_740_992n,
      -9_007_199_254_740_991n,
      -9_007_199_254_740_949n,
      -4_503_599_627_370_497n,
      -3n,
      -1n,
      0n,
      4_503_599_627_370_494n,
      4_503_599_627_370_495n,
      9_007_199_254_740_949n,
      9_007_199_254_740_990n,
      9_007_199_254_740_991n,
      9_007_199_254_740_992n,
      9_007_199_254_740_993n,
      9_007_199_254_740_994n,
      2n ** 63n - 2n,
    ];
    for (const before of values) {
      for (const count of [2, 3, 10, 65_536, 2 ** 32 - 1]) {
        await server.ask(`SET ${KEY} ${before}`);
        const index = await provider.getNextIndex("team", count);
        // The new value less one is the value before.
        if (library.scripts) expect(index, `${before}`).toBe(turnIndex(before, count));
        expect(Number.isInteger(index) && index >= 0 && index < count, `${before}`).toBe(true);
        expect(await ttl()).toBeGreaterThan(0);
      }
    }
  });

  test("the largest counter is an error that heals with the key", async () => {
    await server.ask(`SET ${KEY} ${2n ** 63n - 1n} EX 100`);
    const error = await failure(provider.getNextIndex("team", 3));
    expect(error.code).toBe("overflow");
    expect(error.message).toContain(KEY);
    expect(await ttl()).toBeLessThanOrEqual(100);
    await server.ask(`DEL ${KEY}`);
    expect(await provider.getNextIndex("team", 3)).toBe(0);
  });

  test("a foreign value under the key is an error that refreshes nothing", async () => {
    const values = ["RPUSH KEY a", "SADD KEY a", "XADD KEY * a b", "SET KEY hello", "SET KEY 1.5"];
    for (const foreign of values) {
      await server.ask(`DEL ${KEY}`);
      await server.ask(foreign.replace("KEY", KEY));
      await server.ask(`EXPIRE ${KEY} 100`);
      const dump = await server.ask(`DUMP ${KEY}`);
      for (let i = 0; i < 3; i += 1) {
        expect(await code(provider.getNextIndex("team", 3)), foreign).toBe("wrong_type");
      }
      expect(await ttl()).toBeLessThanOrEqual(100);
      expect(await server.ask(`DUMP ${KEY}`)).toBe(dump);
    }
  });

  test("a full server is an error that refreshes nothing", async () => {
    expect(await provider.getNextIndex("team", 3)).toBe(0);
    await server.ask(`EXPIRE ${KEY} 100`);
    await server.ask("CONFIG SET maxmemory 1");
    try {
      expect(await code(provider.getNextIndex("team", 3))).toBe("out_of_memory");
    } finally {
      await server.ask("CONFIG SET maxmemory 0");
    }
    expect(await ttl()).toBeLessThanOrEqual(100);
    expect(await provider.getNextIndex("team", 3)).toBe(1);
  });

  test("flushed scripts cost no pick", async () => {
    for (const expected of [0, 1, 2, 0]) {
      expect(await provider.getNextIndex("team", 3)).toBe(expected);
      await server.ask("SCRIPT FLUSH");
    }
    expect(await server.ask(`GET ${KEY}`)).toBe("4");
  });

  test("concurrent picks after a flush count once each", async () => {
    const picks = Array.from({ length: 64 }, () => provider.getNextIndex("team", 64));
    const indices = (await Promise.all(picks)).sort((a, b) => a - b);
    expect(indices).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(await server.ask(`GET ${KEY}`)).toBe("64");
  });

  test("nothing outside our prefix is touched", async () => {
    await server.ask("XADD analytics:events 1-1 type message");
    await server.ask("XGROUP CREATE analytics:events processor 0");
    const before = await server.ask("DUMP analytics:events");
    await provider.check();
    for (let i = 0; i < 10; i += 1) await provider.getNextIndex("team", 3);
    await provider.takeTurns?.("team", 5);
    const keys = (await server.ask("KEYS *")).split("\n").sort();
    // The bare prefix is what a check counts under, for a minute.
    expect(keys).toEqual(["analytics:events", "assignment:rr:", KEY]);
    const probeTtl = Number(await server.ask("TTL assignment:rr:"));
    expect(probeTtl).toBeGreaterThan(0);
    expect(probeTtl).toBeLessThanOrEqual(60);
    expect(await server.ask("DUMP analytics:events")).toBe(before);
  });

  test("keys are the context key byte for byte", async () => {
    const contexts = ["a", "A", "a ", "{a}", "a:b", "größe", "x\ny", "\0", "\u{1f600}", "a*?[b]"];
    for (const context of contexts) await provider.getNextIndex(context, 3);
    for (const context of contexts) {
      expect(await server.ask(["GET", `assignment:rr:${context}`]), context).toBe("1");
    }
  });

  test("several turns are taken in one go, or not at all", async () => {
    if (!library.scripts) {
      expect(provider.takeTurns).toBeUndefined();
      expect("takeTurns" in provider).toBe(false);
      return;
    }
    const takeTurns = provider.takeTurns!;
    expect(await takeTurns("team", 3)).toBe(0n);
    expect(await ttl()).toBeGreaterThan(WEEK - 10);
    expect(await provider.getNextIndex("team", 10)).toBe(3);
    expect(await takeTurns("team", 1)).toBe(4n);
    expect(await takeTurns("team", 2 ** 32 - 1)).toBe(5n);
    expect(await takeTurns("team", 1)).toBe(2n ** 32n + 4n);
    await server.ask(`SET ${KEY} -2`);
    expect(await takeTurns("team", 5)).toBe(-2n);
    await server.ask(`SET ${KEY} ${-(2n ** 63n)}`);
    expect(await takeTurns("team", 1)).toBe(-(2n ** 63n));
    await server.ask(`SET ${KEY} 9007199254740990`);
    expect(await takeTurns("team", 5)).toBe(9007199254740990n);
    expect(await takeTurns("team", 1)).toBe(9007199254740995n);
    await server.ask(`SET ${KEY} ${2n ** 63n - 6n} EX 100`);
    expect(await code(takeTurns("team", 6))).toBe("overflow");
    expect(await ttl()).toBeLessThanOrEqual(100);
    expect(await takeTurns("team", 5)).toBe(2n ** 63n - 6n);
    expect(await ttl()).toBeGreaterThan(100);
    await server.ask("SCRIPT FLUSH");
    expect(await takeTurns("other", 2)).toBe(0n);
  });

  test("an answer that lies there when a busy process wakes up is not late", async () => {
    const hasty = new RedisRoundRobinContextProvider(client.redis, { deadlineMs: 100 });
    await provider.getNextIndex("team", 5);
    const picking = hasty.getNextIndex("team", 5);
    // After this the process looks at its clock first, and then at its sockets.
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        const end = performance.now() + 300;
        while (performance.now() < end) {
          // It computes beyond the deadline.
        }
        resolve();
      });
    });
    if (library.scripts) expect(await picking).toBe(1);
    // The second of two round trips is a late one.
    else expect(await code(picking)).toBe("timeout");
  });

  test("the server's commands are the expected ones", async () => {
    await provider.getNextIndex("team", 3);
    await server.ask("CONFIG RESETSTAT");
    for (let i = 0; i < 100; i += 1) await provider.getNextIndex("team", 3);
    const stats = await server.ask("INFO commandstats");
    const calls = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)]
      .map(([, name, count]) => `${name} ${count}`)
      .sort();
    // A script's own two commands are counted by the server, but do not travel.
    const traveled = library.scripts ? ["evalsha 100"] : [];
    expect(calls).toEqual(["config|resetstat 1", ...traveled, "expire 100", "incr 100"]);
  });
});

test("clients of all sorts rotate as one", async () => {
  const clients = await Promise.all(LIBRARIES.map((one) => one.connect({ port: server.port })));
  try {
    const providers = clients.map(
      ({ redis }) => new RedisRoundRobinContextProvider(redis, PATIENT),
    );
    let turn = 0;
    for (const provider of [...providers, ...providers]) {
      expect(await provider.getNextIndex("team", 5)).toBe(turn % 5);
      turn += 1;
    }
    const served = [0, 0, 0];
    await Promise.all(
      providers.map(async (provider) => {
        for (let i = 0; i < 100; i += 1) served[await provider.getNextIndex("team", 3)]! += 1;
      }),
    );
    expect(served).toEqual([200, 200, 200]);
  } finally {
    for (const client of clients) client.close();
  }
});

test("a key prefix of the client goes before ours", async () => {
  const six = ioredis6({ port: server.port }, { keyPrefix: "app:" });
  const five = ioredis5({ port: server.port }, { keyPrefix: "app:" });
  const node = await nodeRedis({ port: server.port }, { keyPrefix: "app:" });
  try {
    for (const [index, redis] of [six, five, node].entries()) {
      const provider = new RedisRoundRobinContextProvider(redis, PATIENT);
      expect(await provider.getNextIndex("team", 10)).toBe(index);
      await provider.check();
    }
    const keys = (await server.ask("KEYS *")).split("\n").sort();
    expect(keys).toEqual(["app:assignment:rr:", "app:assignment:rr:team"]);
  } finally {
    six.disconnect();
    five.disconnect();
    node.destroy();
  }
});

test("node-redis may answer numbers as bigints or texts, and texts as bytes", async () => {
  const node = await nodeRedis({ port: server.port });
  try {
    // The first byte of an answer: `:` a number, `$` a text.
    for (const mapping of [{ 58: String }, { 58: BigInt }, { 36: Buffer }]) {
      const client = node.withTypeMapping(mapping as never);
      const provider = new RedisRoundRobinContextProvider(client, PATIENT);
      await server.ask(`SET ${KEY} 7`);
      expect(await provider.getNextIndex("team", 5)).toBe(2);
      await server.ask(`SET ${KEY} 9007199254740993`);
      expect(await provider.getNextIndex("team", 10)).toBe(3);
    }
  } finally {
    node.destroy();
  }
});

test("the second copy of a library is as good as the first", async () => {
  const client = ioredis6({ port: server.port });
  try {
    // As far from the class as it goes: no prototype, and methods that insist on their object.
    const copy = Object.assign(Object.create(null), {
      evalsha: (...args: [string, number, ...string[]]) => client.evalsha(...args),
      script: (...args: ["LOAD", string]) => client.script(...args),
    });
    const provider = new RedisRoundRobinContextProvider(copy, PATIENT);
    expect(await provider.getNextIndex("team", 3)).toBe(0);
    expect(provider.takeTurns).toBeDefined();
  } finally {
    client.disconnect();
  }
});
