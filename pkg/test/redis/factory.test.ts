import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createWith } from "../../src/redis/factory.ts";
import {
  createRoundRobinContextProvider,
  InMemoryRoundRobinContextProvider,
  RedisRoundRobinContextProvider,
  type RoundRobinChoice,
  type RoundRobinFactoryOptions,
} from "../../src/redis/index.ts";
import { INSTALLED, type Loaders } from "../../src/redis/loader.ts";
import { Log } from "./log.ts";
import { freePort, RedisServer, tlsArguments } from "./server.ts";
import { code, failure, GRACE_MS, shown, took } from "./support.ts";

const SLOW = { deadlineMs: 10_000, startDeadlineMs: 10_000 };

/** What goes to the console would be seen by nobody, or by everybody. */
const printed: unknown[][] = [];
const spies = (["log", "info", "warn", "error"] as const).map((method) =>
  vi.spyOn(console, method).mockImplementation((...args) => void printed.push(args)),
);
afterAll(() => spies.forEach((spy) => spy.mockRestore()));

const open: RoundRobinChoice[] = [];
const servers: RedisServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((choice) => choice.close()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  expect(printed.splice(0)).toEqual([]);
});

async function redisServer(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start({ args });
  servers.push(server);
  return server;
}

async function firstTurns(choice: RoundRobinChoice): Promise<number[]> {
  const turns = [];
  for (let i = 0; i < 3; i += 1) turns.push(await choice.provider.getNextIndex("team", 10));
  return turns;
}

/** Each library that a connection can be made with. */
const LOADERS: [string, Loaders][] = [
  ["ioredis 6", INSTALLED],
  ["ioredis 5", { ...INSTALLED, ioredis: () => import("ioredis5") }],
  ["node-redis 6", { ...INSTALLED, ioredis: async () => undefined }],
];

const HOST_ALONE = "REDIS_HOST is set without REDIS_PORT, and names no redis";
const PORT_ALONE = "REDIS_PORT is set without REDIS_HOST, and names no redis";
test.each([
  [{}, ""],
  [{ REDIS_HOST: "h" }, HOST_ALONE],
  [{ REDIS_PORT: "1" }, PORT_ALONE],
  [{ REDIS_HOST: "h", REDIS_PORT: "" }, HOST_ALONE],
  [{ REDIS_HOST: " ", REDIS_PORT: "1" }, PORT_ALONE],
  [{ REDIS_URL: " \t", REDIS_HOST: "", REDIS_PORT: "1" }, PORT_ALONE],
  [{ REDIS_PASSWORD: "canary", REDIS_USERNAME: "u" }, ""],
])("without a redis (%j) the rotation is in memory", async (env, warning) => {
  const log = new Log();
  const choice = await createRoundRobinContextProvider({ env, logger: log });
  expect(choice.kind).toBe("in_memory");
  expect(choice.reason).toBe("not_configured");
  expect(choice.error).toBeUndefined();
  expect(choice.provider).toBeInstanceOf(InMemoryRoundRobinContextProvider);
  expect(await firstTurns(choice)).toEqual([0, 1, 2]);
  expect(await choice.check()).toEqual({ status: "in_memory", reason: "not_configured" });
  expect(log.take()).toEqual([
    ...(warning === "" ? [] : [`warn assignment_engine.round_robin: ${warning}`]),
    "log assignment_engine.round_robin provider=in_memory reason=not_configured: no redis is configured: round robin is kept in this process",
  ]);
  await choice.close();
  await choice.close();
});

test("the environment of the process is read", async () => {
  const server = await redisServer();
  vi.stubEnv("REDIS_URL", server.url);
  try {
    const choice = await createRoundRobinContextProvider({ startDeadlineMs: 10_000 });
    open.push(choice);
    expect(choice.kind).toBe("redis");
    vi.stubEnv("REDIS_URL", "");
    expect((await createRoundRobinContextProvider()).kind).toBe("in_memory");
  } finally {
    vi.unstubAllEnvs();
  }
});

test("neither library is installed", async () => {
  const none: Loaders = { ioredis: async () => undefined, redis: async () => undefined };
  const error = await failure(createWith(none, { env: { REDIS_URL: "redis://h" } }));
  expect(error.code).toBe("configuration");
  expect(error.message).toContain("npm install ioredis");
  expect(error.hint).toContain("npm install ioredis");
  expect((await createWith(none, { env: {} })).kind).toBe("in_memory");
});

describe.each(LOADERS)("with %s", (_, loaders) => {
  async function choose(options: RoundRobinFactoryOptions): Promise<RoundRobinChoice> {
    const choice = await createWith(loaders, { logger: new Log(), ...SLOW, ...options });
    open.push(choice);
    return choice;
  }
  const withUrl = (
    url: string,
    options: RoundRobinFactoryOptions = {},
  ): Promise<RoundRobinChoice> => choose({ env: { REDIS_URL: url }, ...options });
  const fallbackCode = async (
    url: string,
    options?: RoundRobinFactoryOptions,
  ): Promise<unknown> => {
    const choice = await withUrl(url, options);
    expect([choice.kind, choice.reason]).toEqual(["in_memory", "unreachable"]);
    return choice.error?.code;
  };

  test("a redis is found by URL or by host and port", async () => {
    const server = await redisServer();
    await server.ask("XADD analytics:events 1-1 type message");
    const environments: [Record<string, string>, number[]][] = [
      [{ REDIS_URL: server.url, REDIS_HOST: "-", REDIS_PORT: "-" }, [0, 1, 2]],
      [{ REDIS_HOST: "127.0.0.1", REDIS_PORT: `${server.port}` }, [3, 4, 5]],
      [{ REDIS_URL: "", REDIS_HOST: "localhost ", REDIS_PORT: `${server.port}` }, [6, 7, 8]],
    ];
    for (const [env, turns] of environments) {
      const choice = await choose({ env });
      expect([choice.kind, choice.reason, choice.error]).toEqual(["redis", "connected", undefined]);
      expect(choice.provider).toBeInstanceOf(RedisRoundRobinContextProvider);
      expect(await firstTurns(choice)).toEqual(turns);
    }
    const keys = (await server.ask("KEYS *")).split("\n").sort();
    expect(keys).toEqual(["analytics:events", "assignment:rr:", "assignment:rr:team"]);
    expect(await server.ask("XLEN analytics:events")).toBe("1");
  });

  test("a socket, a database, a user", async () => {
    const server = await redisServer("--unixsocket", "redis.sock");
    const path = join(
      await server.ask("CONFIG GET dir").then((text) => text.split("\n")[1]!),
      "redis.sock",
    );
    expect(await firstTurns(await withUrl(`unix://${path}?db=3`))).toEqual([0, 1, 2]);
    await server.ask("ACL SETUSER us@er on >p#w:/ ~* +@all");
    const url = `redis://us%40er:p%23w%3A%2F@127.0.0.1:${server.port}/3`;
    expect(await firstTurns(await withUrl(url))).toEqual([3, 4, 5]);
    expect(await server.ask("INFO keyspace")).toMatch(/^# Keyspace\r\ndb3:keys=2/);
    expect(await code(withUrl(`${server.url}/999`))).toBe("configuration");
  });

  test("one that may come back is replaced by memory, with a warning", async () => {
    const log = new Log();
    expect(await fallbackCode("redis://127.0.0.1:1", { logger: log })).toBe("unreachable");
    expect(log.take()).toEqual([
      "warn assignment_engine.round_robin provider=in_memory reason=unreachable code=unreachable: redis at `127.0.0.1:1` is unreachable: round robin is kept in this process alone",
    ]);
    expect(await fallbackCode("redis://no-such-host.invalid")).toBe("unreachable");
    expect(await fallbackCode("unix:///no/such/socket")).toBe("unreachable");

    const server = await redisServer();
    await server.ask("CONFIG SET maxmemory 1");
    expect(await fallbackCode(server.url)).toBe("out_of_memory");
    await server.ask("CONFIG SET maxmemory 0");
    await server.ask("REPLICAOF 127.0.0.1 1");
    expect(await fallbackCode(server.url)).toBe("read_only");
    await server.kill();
    const choice = await withUrl(server.url);
    expect(choice.error?.code).toBe("unreachable");
    expect(await firstTurns(choice)).toEqual([0, 1, 2]);
    expect(await choice.check()).toEqual({
      status: "in_memory",
      reason: "unreachable",
      code: "unreachable",
      message: `redis at \`127.0.0.1:${server.port}\` is unreachable`,
    });
  });

  test("one that is full of clients is replaced by memory", async () => {
    const server = await redisServer("--maxclients", "1");
    const guest = (await import("node:net")).connect(server.port, "127.0.0.1");
    try {
      await new Promise((resolve) => guest.write("PING\r\n", () => guest.once("data", resolve)));
      expect(["unavailable", "unreachable"]).toContain(await fallbackCode(server.url));
    } finally {
      guest.destroy();
    }
  });

  test("one that is loading is replaced by memory", async () => {
    const server = await redisServer();
    await server.ask("DEBUG POPULATE 400 filler 4096");
    await server.ask("SAVE");
    // Half a millisecond for each key, and a look at the clients after each kilobyte. A restart
    // that waits until the server answers would wait too long.
    await server.kill();
    const restarting = server.restart([
      "--key-load-delay",
      "5000",
      "--loading-process-events-interval-bytes",
      "1024",
    ]);
    let fallback: unknown;
    while (fallback !== "loading") fallback = await fallbackCode(server.url);
    await restarting;
  });

  test("a frozen one holds up the start no longer than its deadline", async () => {
    const server = await redisServer();
    await server.ask("ACL SETUSER app on >secret ~* +@all");
    await (await withUrl(server.url)).close();
    server.pause();
    for (const login of ["", "app:secret@"]) {
      const url = `redis://${login}127.0.0.1:${server.port}`;
      const choosing = withUrl(url, { startDeadlineMs: 300 });
      const ms = await took(choosing);
      expect(ms).toBeLessThanOrEqual(300 + GRACE_MS);
      expect((await choosing).error?.code).toBe("timeout");
      expect((await choosing).error?.message).toContain("within 300 ms");
    }
    server.resume();
  });

  test.each([
    [{ REDIS_HOST: "h", REDIS_PORT: "canary" }],
    [{ REDIS_HOST: "h", REDIS_PORT: "0" }],
    [{ REDIS_HOST: "h", REDIS_PORT: "65536" }],
    [{ REDIS_HOST: "h", REDIS_PORT: "tcp://10.0.0.1:6379" }],
    [{ REDIS_HOST: "user:canary@h", REDIS_PORT: "1" }],
    [{ REDIS_URL: "localhost:6379" }],
    [{ REDIS_URL: "redis://h:canary" }],
    [{ REDIS_URL: "redis://u:1#canary@h" }],
  ])("settings that make no sense (%j) fail the start", async (env) => {
    const error = await failure(choose({ env }));
    expect(error.code).toBe("configuration");
    expect(error.message.endsWith(error.hint!)).toBe(true);
    expect(shown(error)).not.toContain("canary");
  });

  test("options that make no sense fail the start", async () => {
    const env = { REDIS_URL: "redis://127.0.0.1:1" };
    for (const options of [{ startDeadlineMs: 0 }, { deadlineMs: NaN }, { maxInFlight: 0 }]) {
      const server = await redisServer();
      expect(await code(choose({ env: { REDIS_URL: server.url }, ...options }))).toBe(
        "configuration",
      );
    }
    expect(await code(choose({ env, startDeadlineMs: -1 }))).toBe("configuration");
  });

  test("a refused log-in or a missing right fails the start", async () => {
    const server = await redisServer();
    const url = `redis://app:canary@127.0.0.1:${server.port}`;
    const error = await failure(withUrl(url));
    expect(error.code).toBe("authentication");
    expect(error.message).toContain(error.hint);
    expect(shown(error)).not.toContain("canary");

    const needed = "~assignment:rr:* +evalsha +script|load +incr +incrby +expire +get".split(" ");
    for (const missing of needed) {
      const given = needed.filter((right) => right !== missing).join(" ");
      await server.ask(`ACL SETUSER app reset on >canary ${given}`);
      const refused = await failure(withUrl(url));
      expect(refused.code, missing).toBe("not_permitted");
      expect(refused.hint).toContain(missing);
      expect(shown(refused)).not.toContain("canary");
    }
    // With all of them, and no right to whatever clients greet with.
    await server.ask(`ACL SETUSER app reset on >canary ${needed.join(" ")}`);
    await server.ask("ACL LOG RESET");
    const choice = await withUrl(url);
    await choice.provider.getNextIndex("team", 3);
    await choice.provider.takeTurns!("team", 3);
    await choice.check();
    await choice.close();
    expect(await server.ask("ACL LOG")).toBe("");
    // As others document it.
    await server.ask(
      "ACL SETUSER app reset on >canary ~assignment:rr:* +ping +evalsha +script|load +incr +incrby +expire +get",
    );
    expect((await withUrl(url)).kind).toBe("redis");

    await server.ask("CONFIG SET requirepass other");
    expect(await code(withUrl(server.url))).toBe("authentication");
    expect(await code(withUrl(`redis://:canary@127.0.0.1:${server.port}`))).toBe("authentication");
    expect((await withUrl(`redis://:other@127.0.0.1:${server.port}`)).kind).toBe("redis");
  });

  test("a foreign value under the key of the check fails the start", async () => {
    const server = await redisServer();
    await server.ask("SET assignment:rr: hello");
    const error = await failure(withUrl(server.url));
    expect(error.code).toBe("wrong_type");
    expect(error.message).toContain("`assignment:rr:`");
  });

  describe("strangers", () => {
    const listeners: Server[] = [];
    const kept: Socket[] = [];
    afterEach(async () => {
      for (const socket of kept.splice(0)) socket.destroy();
      await Promise.all(listeners.splice(0).map((one) => new Promise((done) => one.close(done))));
    });

    /** Answers the first bytes on each line by what `answer` makes of them, or hangs up. */
    async function stranger(
      answer: (first: Buffer) => Buffer | string | undefined,
    ): Promise<string> {
      const listener = createServer((socket) => {
        kept.push(socket);
        socket.on("error", () => undefined);
        socket.once("data", (first) => {
          const said = answer(first);
          if (said === undefined) socket.destroy();
          else socket.write(said);
        });
      });
      listeners.push(listener);
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      const address = listener.address();
      return `redis://127.0.0.1:${(address as { port: number }).port}`;
    }

    test("whoever is no redis fails the start", async () => {
      const echo = await stranger((first) => first);
      expect(await code(withUrl(echo))).toBe("protocol");
      // A web server that is still waiting for the rest of a greeting in TLS.
      const web = await stranger((first) =>
        first[0] === 0x16 ? "" : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
      );
      expect(await code(withUrl(web, { startDeadlineMs: 500 }))).toBe("protocol");
      // One who hangs up on everybody is down: a proxy without a server behind it.
      expect(await fallbackCode(await stranger(() => undefined))).toBe("unreachable");
    });

    test("who speaks TLS only fails the start", async () => {
      const hello = (first: Buffer): boolean => first[0] === 0x16 && first[1] === 3;
      const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 40]);
      const greeting = Buffer.from([0x16, 3, 3, 0, 61, 2, 0, 0]);
      for (const tls of [
        await stranger((first) => (hello(first) ? alert : undefined)),
        await stranger((first) => (hello(first) ? greeting : undefined)),
        await stranger(() => alert),
        // One that waits for the rest of what looks like a record.
        await stranger((first) => (hello(first) ? alert : "")),
      ]) {
        const error = await failure(withUrl(tls, { startDeadlineMs: 1000 }));
        expect(error.code).toBe("tls");
        expect(error.hint).toContain("rediss://");
      }
    });
  });

  test("TLS is spoken where the URL says so, and a misfit fails the start", async () => {
    const directory = mkdtempSync(join(tmpdir(), "assignment-tls-"));
    try {
      const port = await freePort();
      const server = await redisServer(...tlsArguments(port, directory));
      const plain = await failure(withUrl(`redis://127.0.0.1:${port}`));
      expect([plain.code, plain.hint]).toEqual(["tls", "use `rediss://` in REDIS_URL"]);
      const misfit = await failure(
        withUrl(`rediss://user:canary@127.0.0.1:${server.port}`, { startDeadlineMs: 1000 }),
      );
      expect(misfit.code).toBe("tls");
      expect(misfit.message).toContain("does not speak TLS");
      const untrusted = await failure(withUrl(`rediss://localhost:${port}`));
      expect(untrusted.code).toBe("tls");
      expect(untrusted.hint).toContain("NODE_EXTRA_CA_CERTS");
      expect(shown([plain, misfit, untrusted].map(shown))).not.toContain("canary");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("the log says which provider and why, and shows no password", async () => {
    const server = await redisServer();
    await server.ask("ACL SETUSER canary-user on >canary-pass ~* +@all");
    const log = new Log();
    const login = "canary-user:canary-pass@127.0.0.1";
    const choice = await withUrl(`redis://${login}:${server.port}`, { logger: log });
    expect(log.take()).toEqual([
      `log assignment_engine.round_robin provider=redis reason=connected address=127.0.0.1:${server.port}: round robin is shared through redis`,
    ]);
    const health = [await choice.check()];
    expect(health[0]).toMatchObject({ status: "up", reason: "connected" });
    expect(health[0]!.latencyMs).toBeGreaterThan(0);
    await server.kill();
    health.push(await choice.check());
    expect(health[1]).toMatchObject({ status: "down", reason: "connected", code: "unreachable" });
    const fallback = await withUrl(`redis://${login}:1`, { logger: log });
    health.push(await fallback.check());
    const everything = shown([log.take(), health, choice, fallback, fallback.error].map(shown));
    expect(everything).not.toContain("canary");
  });

  test("a logger that throws, or that has no method for it, changes nothing", async () => {
    const server = await redisServer();
    const raise = (): never => {
      throw new Error("canary");
    };
    for (const logger of [
      { debug: raise, warn: raise, log: raise },
      { debug: raise, warn: raise },
    ]) {
      expect((await withUrl(server.url, { logger })).kind).toBe("redis");
      expect((await choose({ env: {}, logger })).kind).toBe("in_memory");
      expect((await withUrl("redis://127.0.0.1:1", { logger })).kind).toBe("in_memory");
    }
  });
});

test("warnings go to the console where there is no logger", async () => {
  const choice = await createRoundRobinContextProvider({
    env: { REDIS_URL: "redis://127.0.0.1:1" },
  });
  expect(choice.kind).toBe("in_memory");
  const lines = printed.splice(0);
  expect(lines).toHaveLength(1);
  expect(lines[0]![0]).toContain("reason=unreachable");
});
