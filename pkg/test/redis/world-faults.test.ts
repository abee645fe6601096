import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWith } from "../../src/redis/factory.ts";
import type { RoundRobinChoice } from "../../src/redis/index.ts";
import { INSTALLED, type Loaders } from "../../src/redis/loader.ts";
import { Lateness } from "./lateness.ts";
import { Log } from "./log.ts";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./server.ts";
import { code, GRACE_MS, until } from "./support.ts";

// What a server can do to the connection that the factory makes, fault by fault: the lines of
// docs/RELIABILITY.md. Each pick is in time, whatever happens, and healed means: at most two
// seconds after a server is there that can be written to, without a restart.

const DEADLINE_MS = 250;
const HEALED_MS = 2000;
const KEY = "assignment:rr:team";
const LIBRARIES: readonly [string, Loaders][] = [
  ["ioredis 6", INSTALLED],
  ["node-redis 6", { ...INSTALLED, ioredis: async () => undefined }],
];

describe.each(LIBRARIES)("with %s", (_, loaders) => {
  let server: RedisServer;
  let choice: RoundRobinChoice;
  let lateness: Lateness;
  const endings: (() => unknown)[] = [];
  beforeEach(async () => {
    server = await RedisServer.start();
    lateness = new Lateness();
    endings.push(
      () => lateness.stop(),
      () => server.stop(),
    );
  });
  afterEach(async () => {
    for (const end of endings.splice(0)) await end();
  });

  async function connect(port = server.port): Promise<void> {
    const env = { REDIS_URL: `redis://127.0.0.1:${port}` };
    choice = await createWith(loaders, { env, logger: new Log(), startDeadlineMs: 10_000 });
    expect(choice.kind).toBe("redis");
    endings.unshift(() => choice.close());
    await back();
  }

  /** The code of a pick, or `index`; it was in time. */
  async function pick(): Promise<string> {
    const begin = performance.now();
    const outcome = await choice.provider.getNextIndex("team", 3).then(
      (index) => ([0, 1, 2].includes(index) ? "index" : `no index: ${index}`),
      (error) => `${error.code}`,
    );
    const late = performance.now() - begin - lateness.since(begin) - DEADLINE_MS;
    expect(late).toBeLessThanOrEqual(GRACE_MS);
    return outcome;
  }
  const ttl = async (): Promise<number> => Number(await server.ask(`TTL ${KEY}`));

  /** Picks until one goes well; by `begin` a server was there that can be written to. */
  async function back(begin = performance.now()): Promise<void> {
    await until(async () => (await pick()) === "index", "back");
    const late = performance.now() - begin - lateness.since(begin);
    expect(late).toBeLessThanOrEqual(HEALED_MS);
  }
  async function refusals(fault: string, allowed: readonly string[]): Promise<void> {
    await until(async () => (await pick()) !== "index", fault);
    for (let n = 0; n < 5; n += 1) expect(allowed, fault).toContain(await pick());
  }
  const lines = async (): Promise<string[]> =>
    [...(await server.ask("CLIENT LIST TYPE normal")).matchAll(/^id=(\d+) .*cmd=evalsha/gm)].map(
      ([, id]) => id!,
    );

  test("kill -9", async () => {
    await connect();
    await server.kill();
    await refusals("killed", ["unreachable"]);
    await server.restart();
    await back();
  });

  test("SIGSTOP", async () => {
    await connect();
    server.pause();
    // The first two are asked of the line that there is; then it is left.
    expect([await pick(), await pick()]).toEqual(["timeout", "timeout"]);
    await refusals("stopped", ["timeout", "unreachable"]);
    server.resume();
    await back();
  });

  test("CLIENT PAUSE", async () => {
    await connect();
    await server.ask("CLIENT PAUSE 1200 ALL");
    const paused = performance.now() + 1200;
    expect([await pick(), await pick()]).toEqual(["timeout", "timeout"]);
    while (performance.now() < paused) {
      expect(["timeout", "unreachable", "index"]).toContain(await pick());
    }
    await back();
  });

  test("busy script", async () => {
    await connect();
    const before = await lines();
    await server.ask("CONFIG SET busy-reply-threshold 1");
    const endless = expect(server.ask(["EVAL", "while true do end", "0"])).rejects.toThrow();
    await until(async () => (await pick()) === "busy", "busy");
    expect(await pick()).toBe("busy");
    await server.ask("SCRIPT KILL");
    await endless;
    await back();
    expect(await lines()).toEqual(before);
  });

  test("maxmemory", async () => {
    await connect();
    const before = await lines();
    await server.ask(`EXPIRE ${KEY} 100`);
    await server.ask("CONFIG SET maxmemory 1");
    await refusals("full", ["out_of_memory"]);
    expect(await ttl()).toBeLessThanOrEqual(100);
    await server.ask("CONFIG SET maxmemory 0");
    await back();
    expect(await lines()).toEqual(before);
  });

  test("REPLICAOF", async () => {
    const promoted = await RedisServer.start();
    const proxy = await Proxy.to(server.port);
    endings.push(
      () => proxy.close(),
      () => promoted.stop(),
    );
    await connect(proxy.port);
    await server.ask(`REPLICAOF 127.0.0.1 ${promoted.port}`);
    expect(await pick()).toBe("read_only");
    proxy.leadTo(promoted.port);
    await back();
    expect(Number(await promoted.ask(`GET ${KEY}`))).toBeGreaterThan(0);
  });

  test("MASTERDOWN", async () => {
    await connect();
    await server.ask("CONFIG SET replica-serve-stale-data no");
    await server.ask("REPLICAOF 127.0.0.1 1");
    await refusals("no master", ["unavailable", "unreachable"]);
    await server.ask("REPLICAOF NO ONE");
    await back();
  });

  test("loading", async () => {
    await connect();
    await server.ask("DEBUG POPULATE 400 filler 4096");
    await server.ask("SAVE");
    await server.kill();
    // Half a millisecond for each key, and a look at the clients after each kilobyte.
    const slow = ["--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024"];
    const restarting = server.restart(slow);
    const seen = new Set<string>();
    await until(async () => seen.add(await pick()).has("loading"), "loading");
    await restarting;
    await until(
      async () => !(await server.ask("INFO persistence")).includes("loading:1"),
      "loaded",
    );
    await back();
  }, 20_000);

  test("FLUSHALL", async () => {
    await connect();
    await server.ask("FLUSHALL");
    expect(await pick()).toBe("index");
    expect(await server.ask(`GET ${KEY}`)).toBe("1");
    expect(await ttl()).toBeGreaterThan(604_000);
  });

  test("eviction", async () => {
    await connect();
    await server.ask("CONFIG SET maxmemory-policy volatile-lru");
    const used = /used_memory:(\d+)/.exec(await server.ask("INFO memory"))![1]!;
    await server.ask(`CONFIG SET maxmemory ${Number(used) + 50_000}`);
    await until(async () => {
      await server.ask(["XADD", "analytics:events", "*", "v", "x".repeat(10_000)]).catch(() => "");
      return (await server.ask(`EXISTS ${KEY}`)) === "0";
    }, "evicted");
    expect(["index", "out_of_memory"]).toContain(await pick());
    await server.ask("CONFIG SET maxmemory 0");
    await back();
    expect(await ttl()).toBeGreaterThan(604_000);
  });

  test("SCRIPT FLUSH", async () => {
    await connect();
    for (let n = 0; n < 5; n += 1) {
      await server.ask("SCRIPT FLUSH");
      const count = Number(await server.ask(`GET ${KEY}`));
      expect(await pick()).toBe("index");
      expect(await server.ask(`GET ${KEY}`)).toBe(`${count + 1}`);
    }
  });

  test("ACL changed under way", async () => {
    await connect();
    await server.ask("ACL SETUSER default -incr");
    await refusals("a right less", ["not_permitted"]);
    await server.ask("ACL SETUSER default +incr");
    await back();
  });

  test("password changed under way", async () => {
    await server.ask("ACL SETUSER app on >one ~assignment:* +@all");
    const env = { REDIS_URL: `redis://app:one@127.0.0.1:${server.port}` };
    choice = await createWith(loaders, { env, logger: new Log(), startDeadlineMs: 10_000 });
    endings.unshift(() => choice.close());
    await back();
    await server.ask("ACL SETUSER app resetpass >two");
    await server.ask("CLIENT KILL USER app");
    await refusals("another password", ["unreachable", "authentication", "timeout"]);
    await server.ask("ACL SETUSER app >one");
    await back();
  });

  test("wrong type", async () => {
    await connect();
    await server.ask(`DEL ${KEY}`);
    await server.ask(`RPUSH ${KEY} a`);
    await server.ask(`EXPIRE ${KEY} 100`);
    await refusals("a list", ["wrong_type"]);
    expect(await ttl()).toBeLessThanOrEqual(100);
    await server.ask(`DEL ${KEY}`);
    await back();
  });

  test("2^63-1", async () => {
    await connect();
    await server.ask(`SET ${KEY} ${2n ** 63n - 1n} EX 100`);
    await refusals("at its end", ["overflow"]);
    expect(await ttl()).toBeLessThanOrEqual(100);
    await server.ask(`DEL ${KEY}`);
    await back();
  });

  test("negative", async () => {
    await connect();
    await server.ask(`SET ${KEY} -5`);
    for (let n = 0; n < 8; n += 1) expect(await pick()).toBe("index");
    expect(await server.ask(`GET ${KEY}`)).toBe("3");
    expect(await ttl()).toBeGreaterThan(604_000);
  });

  test("10,000 calls under faults", async () => {
    const proxy = await Proxy.to(server.port);
    endings.push(() => proxy.close());
    await connect(proxy.port);
    let calls = 0;
    const outcomes = new Map<string, number>();
    let over = false;
    const faults = (async () => {
      const rest = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));
      for (let n = 0; !over; n += 1) {
        await rest(150);
        if (n % 4 === 0) {
          server.pause();
          await rest(400);
          server.resume();
        } else if (n % 4 === 1) {
          proxy.cutsReplies = true;
          await rest(50);
          proxy.cutsReplies = false;
        } else if (n % 4 === 2) {
          await server.kill();
          await rest(100);
          await server.restart();
        } else {
          await server.ask("REPLICAOF 127.0.0.1 1").catch(() => "");
          await rest(100);
          await server.ask("REPLICAOF NO ONE").catch(() => "");
        }
      }
    })();
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (calls < 10_000) {
          calls += 1;
          const outcome = await pick();
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          // A failure that is told at once would use up all calls within one fault.
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }),
    );
    over = true;
    await faults;
    await back();
    expect([...outcomes.keys()].every((key) => /^[a-z_]+$/.test(key))).toBe(true);
    expect(outcomes.get("timeout")).toBeGreaterThan(0);
    expect(outcomes.get("unreachable")).toBeGreaterThan(0);
    expect(outcomes.get("index")).toBeGreaterThan(1000);
  }, 60_000);

  test("too many calls at once", async () => {
    const env = { REDIS_URL: server.url };
    choice = await createWith(loaders, { env, maxInFlight: 8, startDeadlineMs: 10_000 });
    endings.unshift(() => choice.close());
    server.pause();
    const picks = Array.from({ length: 20 }, () => code(choice.provider.getNextIndex("team", 3)));
    const codes = await Promise.all(picks);
    expect(codes.filter((one) => one === "overloaded")).toHaveLength(12);
    server.resume();
    await back();
  });
});
