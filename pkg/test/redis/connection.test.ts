import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backoffMs, closeClient } from "../../src/redis/connection.ts";
import { createWith } from "../../src/redis/factory.ts";
import type {
  RedisClient,
  RoundRobinChoice,
  RoundRobinFactoryOptions,
} from "../../src/redis/index.ts";
import { INSTALLED, type Loaders } from "../../src/redis/loader.ts";
import { ioredis6, nodeRedis } from "./clients.ts";
import { Log } from "./log.ts";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./server.ts";
import { code, GRACE_MS, heals, took, until } from "./support.ts";

/** Each library that the factory can make a connection with. */
const LOADERS: [string, Loaders][] = [
  ["ioredis 6", INSTALLED],
  ["ioredis 5", { ...INSTALLED, ioredis: () => import("ioredis5") }],
  ["node-redis 6", { ...INSTALLED, ioredis: async () => undefined }],
];

const DOWN = /^warn assignment_engine\.redis state=down code=[a-z_]+: redis at `127\.0\.0\.1:\d+`/;
const UP = /^log assignment_engine\.redis state=up: redis at `127\.0\.0\.1:\d+` serves again$/;

let server: RedisServer;
let log: Log;
const endings: (() => Promise<void>)[] = [];
beforeEach(async () => {
  log = new Log();
  server = await RedisServer.start();
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  await server.stop();
});

describe.each(LOADERS)("a connection with %s", (_, loaders) => {
  let choice: RoundRobinChoice;
  const pick = (): Promise<number> => choice.provider.getNextIndex("team", 3);
  async function connect(url: string, options: RoundRobinFactoryOptions = {}): Promise<void> {
    const how = { logger: log, startDeadlineMs: 10_000, ...options };
    choice = await createWith(loaders, { env: { REDIS_URL: url }, ...how });
    endings.push(() => choice.close());
    expect(choice.kind).toBe("redis");
    log.take();
  }
  /** There is one line for each change, however many calls failed, and the last says up. */
  async function saysOnce(why: string): Promise<void> {
    await until(() => UP.test(log.lines.at(-1) ?? ""), "up");
    const lines = log.take();
    expect(lines).toEqual([expect.stringMatching(DOWN), expect.stringMatching(UP)]);
    expect(lines[0]).toContain(` code=${why}:`);
  }
  const count = async (one: RedisServer): Promise<number> =>
    Number(await one.ask("GET assignment:rr:team"));

  test("answers by our clock when the server is frozen, and heals by itself", async () => {
    await connect(server.url);
    await pick();
    server.pause();
    let calls = 0;
    for (; calls < 4; calls += 1) {
      const picking = pick();
      const ms = await took(picking);
      expect(["timeout", "unreachable"]).toContain(await code(picking));
      expect(ms).toBeLessThanOrEqual(250 + GRACE_MS);
    }
    server.resume();
    calls += await heals(pick);
    // What timed out may have counted late, but nothing was sent twice.
    expect(await count(server)).toBeLessThanOrEqual(1 + calls);
    await saysOnce("timeout");
  });

  test("leaves a frozen server for a healthy one at the same address", async () => {
    const healthy = await RedisServer.start();
    const proxy = await Proxy.to(server.port);
    endings.push(
      () => healthy.stop(),
      () => proxy.close(),
    );
    await connect(proxy.url);
    await pick();
    server.pause();
    proxy.leadTo(healthy.port);
    expect(await code(pick())).toBe("timeout");
    await heals(pick);
    expect(await count(healthy)).toBeGreaterThan(0);
    expect(proxy.lines).toBe(2);
  });

  test("does not wait for ever for a log-in", async () => {
    await server.ask("ACL SETUSER app on >secret ~* +@all");
    const proxy = await Proxy.to(server.port);
    endings.push(() => proxy.close());
    await connect(proxy.url.replace("//", "//app:secret@"));
    await pick();
    // The line breaks; on the next one the server says nothing.
    const silent = await RedisServer.start();
    endings.push(() => silent.stop());
    silent.pause();
    proxy.leadTo(silent.port);
    await server.ask("CLIENT KILL TYPE normal SKIPME yes");
    await until(() => proxy.lines === 2, "reconnected");
    proxy.leadTo(server.port);
    await heals(pick);
    silent.resume();
  });

  test("fails at once when the server is killed, and is back when the server is", async () => {
    await connect(server.url);
    await pick();
    await server.kill();
    await until(async () => (await code(pick())) === "unreachable", "noticed");
    for (let i = 0; i < 100; i += 1) expect(await code(pick())).toBe("unreachable");
    expect((await choice.check()).status).toBe("down");
    await server.restart();
    await heals(pick);
    expect((await choice.check()).status).toBe("up");
    expect(await pick()).toBeGreaterThanOrEqual(0);
    await saysOnce("unreachable");
  });

  test("comes back without a pick", async () => {
    await connect(server.url);
    await server.kill();
    await until(() => log.lines.length > 0, "down");
    await server.restart();
    await saysOnce("unreachable");
  });

  test("leaves a demoted server for the new master at the same address", async () => {
    const promoted = await RedisServer.start();
    const proxy = await Proxy.to(server.port);
    endings.push(
      () => promoted.stop(),
      () => proxy.close(),
    );
    await connect(proxy.url);
    await pick();
    await server.ask(`REPLICAOF 127.0.0.1 ${promoted.port}`);
    proxy.leadTo(promoted.port);
    expect(await code(pick())).toBe("read_only");
    await heals(pick);
    expect(proxy.lines).toBe(2);
    await saysOnce("read_only");
  });

  test("stays with a replica as long as it is one, and says so once", async () => {
    const proxy = await Proxy.to(server.port);
    endings.push(() => proxy.close());
    await connect(proxy.url);
    await server.ask("REPLICAOF 127.0.0.1 1");
    const end = performance.now() + 500;
    while (performance.now() < end) await code(pick());
    // A line is left once a second at most.
    expect(proxy.lines).toBeLessThanOrEqual(2);
    await server.ask("REPLICAOF NO ONE");
    await heals(pick);
    await saysOnce("read_only");
  });

  test("says nothing new while it comes and goes", async () => {
    const proxy = await Proxy.to(server.port);
    endings.push(() => proxy.close());
    await connect(proxy.url);
    await server.kill();
    await until(() => log.lines.length > 0, "down");
    // The proxy takes each connection, and hangs up.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(proxy.lines).toBeGreaterThan(3);
    expect(proxy.lines).toBeLessThan(15);
    await server.restart();
    await heals(pick);
    await saysOnce("unreachable");
  });

  test("keeps its line when the fault lies with a key or a right", async () => {
    await connect(server.url);
    await server.ask("SET assignment:rr:team hello");
    const connections = (): Promise<string> =>
      server.ask("CLIENT LIST TYPE normal").then((list) =>
        list
          .split("\n")
          .filter((line) => line.includes("cmd=evalsha"))
          .map((line) => line.split(" ")[0])
          .join(),
      );
    expect(await code(pick())).toBe("wrong_type");
    const before = await connections();
    await server.ask("CONFIG SET maxmemory 1");
    expect(await code(pick())).toBe("out_of_memory");
    await server.ask("CONFIG SET maxmemory 0");
    await server.ask("ACL SETUSER default -incr");
    expect(await code(pick())).toBe("not_permitted");
    await server.ask("ACL SETUSER default +incr");
    await server.ask("DEL assignment:rr:team");
    expect(await pick()).toBe(0);
    expect(await connections()).toBe(before);
  });

  test("does not ask again for an answer that was lost", async () => {
    const proxy = await Proxy.to(server.port);
    endings.push(() => proxy.close());
    await connect(proxy.url);
    await pick();
    proxy.cutsReplies = true;
    expect(await code(pick())).toBe("unreachable");
    proxy.cutsReplies = false;
    expect(await count(server)).toBe(2);
    const attempts = await heals(pick);
    expect(await count(server)).toBe(3);
    expect(attempts).toBeGreaterThan(0);
  });

  test("ends once, in time, and leaves no line behind", async () => {
    const lines = (): Promise<number> =>
      server.ask("INFO clients").then((info) => Number(/connected_clients:(\d+)/.exec(info)![1]));
    const before = await lines();
    await connect(server.url);
    expect(await lines()).toBe(before + 1);
    await Promise.all([choice.close(), choice.close()]);
    await choice.close();
    await until(async () => (await lines()) === before, "closed");
    expect(await code(pick())).toBe("unreachable");
    expect((await choice.check()).status).toBe("down");
    expect(log.take()).toEqual([]);
  });

  test("ends in time while the server is frozen, and while it is gone", async () => {
    await connect(server.url);
    server.pause();
    void pick().catch(() => undefined);
    expect(await took(choice.close())).toBeLessThan(2000);
    server.resume();
    await connect(server.url);
    await server.kill();
    await until(async () => (await code(pick())) === "unreachable", "noticed");
    expect(await took(choice.close())).toBeLessThan(2000);
    await server.restart();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await server.ask("CLIENT LIST TYPE normal")).not.toContain("cmd=evalsha");
  });
});

describe("a client of the application's own", () => {
  test("is used and never closed", async () => {
    const client = ioredis6({ port: server.port });
    const choice = await createWith(INSTALLED, { redis: client, logger: log, env: {} });
    expect([choice.kind, choice.reason]).toEqual(["redis", "connected"]);
    expect(log.take()).toEqual([
      "log assignment_engine.round_robin provider=redis reason=connected: round robin is shared through redis",
    ]);
    expect(await choice.provider.getNextIndex("team", 3)).toBe(0);
    expect((await choice.check()).status).toBe("up");
    await choice.close();
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  test("of two methods is checked with these two", async () => {
    const calls: string[] = [];
    const redis = {
      incr: async (key: string) => (calls.push(`incr ${key}`), calls.length),
      expire: async (key: string, seconds: number) => calls.push(`expire ${key} ${seconds}`),
    };
    const choice = await createWith(INSTALLED, { redis, logger: log });
    expect((await choice.check()).status).toBe("up");
    const both = ["incr assignment:rr:", "expire assignment:rr: 60"];
    expect(calls).toEqual([...both, ...both]);
  });

  test("that does not answer is replaced by memory, and still not closed", async () => {
    let closed = false;
    const never = (): Promise<never> => new Promise(() => undefined);
    const redis = { incr: never, expire: never, quit: () => (closed = true) };
    const choice = await createWith(INSTALLED, { redis, logger: log, startDeadlineMs: 50 });
    expect([choice.kind, choice.reason, choice.error?.code]).toEqual([
      "in_memory",
      "unreachable",
      "timeout",
    ]);
    await choice.close();
    expect(closed).toBe(false);
  });

  test("that is none fails the start", async () => {
    const choosing = createWith(INSTALLED, { redis: {} as RedisClient, logger: log });
    expect(await code(choosing)).toBe("configuration");
  });
});

describe("a client that a function of the application's makes", () => {
  test.each([
    ["ioredis", async () => ioredis6({ port: server.port })],
    ["node-redis", () => nodeRedis({ port: server.port })],
  ])("of %s is used and closed", async (_, connect) => {
    const choice = await createWith(INSTALLED, { connect, logger: log, env: { REDIS_URL: "-" } });
    expect(choice.kind).toBe("redis");
    expect(await choice.provider.getNextIndex("team", 3)).toBe(0);
    await choice.close();
    await until(
      async () => !(await server.ask("CLIENT LIST TYPE normal")).includes("cmd=evalsha"),
      "closed",
    );
  });

  test("and that comes too late is closed all the same", async () => {
    let closed = 0;
    const redis = { incr: () => 1, expire: () => 1, quit: async () => (closed += 1) };
    const connect = (): Promise<RedisClient> =>
      new Promise((resolve) => setTimeout(() => resolve(redis), 100));
    const choice = await createWith(INSTALLED, { connect, logger: log, startDeadlineMs: 20 });
    expect(choice.error?.code).toBe("timeout");
    await until(() => closed === 1, "closed");
  });

  test("and that fails is told without its words", async () => {
    const refuse = (message: string) => () => Promise.reject(new Error(message));
    const refused = createWith(INSTALLED, { connect: refuse("WRONGPASS canary"), logger: log });
    expect(await code(refused)).toBe("authentication");
    const gone = { connect: refuse("connect canary"), logger: log };
    expect(await code(createWith(INSTALLED, gone))).toBe("configuration");
    expect(log.take().join()).not.toContain("canary");
  });
});

test("a client is closed politely, else by force, and never in vain", async () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const raise = (): never => {
    throw new Error("canary");
  };
  const calls: string[] = [];
  const called = (name: string, then: () => unknown) => () => (calls.push(name), then());
  const close = (methods: object): Promise<void> => closeClient(methods as RedisClient);
  const fine = async (): Promise<void> => undefined;
  await close({});
  await close({ quit: called("quit", fine), disconnect: called("disconnect", fine) });
  expect(calls.splice(0)).toEqual(["quit"]);
  await close({ close: called("close", fine), quit: called("quit", fine) });
  expect(calls.splice(0)).toEqual(["close"]);
  await close({ quit: called("quit", raise), disconnect: called("disconnect", raise) });
  expect(calls.splice(0)).toEqual(["quit", "disconnect"]);
  const refuse = (): Promise<never> => Promise.reject(new Error("canary"));
  await close({ close: called("close", refuse), destroy: called("destroy", refuse) });
  expect(calls.splice(0)).toEqual(["close", "destroy"]);
  expect(await took(close({ close: never, destroy: called("destroy", never) }))).toBeLessThan(2000);
  expect(calls.splice(0)).toEqual(["destroy"]);
});

test("processes that lost their server come back at different times, within a second", () => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const waits = Array.from({ length: 100 }, () => backoffMs(attempt));
    expect(Math.min(...waits)).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    expect(new Set(waits).size).toBeGreaterThan(5);
  }
  expect(backoffMs(0)).toBeLessThanOrEqual(25);
  expect(backoffMs(20)).toBeGreaterThanOrEqual(375);
});
