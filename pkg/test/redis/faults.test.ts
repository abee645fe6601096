import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RedisRoundRobinContextProvider } from "../../src/redis/index.ts";
import { ioredis6, LIBRARIES, type TestClient } from "./clients.ts";
import { RedisServer } from "./server.ts";
import { code, GRACE_MS, heals, PATIENT, took, until } from "./support.ts";

// Clients as applications set them up, with the defaults of their libraries: some queue while
// there is no line, some send again. Our deadline holds all the same.

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

describe.each(LIBRARIES)("$name", (library) => {
  let client: TestClient;
  let provider: RedisRoundRobinContextProvider;
  const pick = (): Promise<number> => provider.getNextIndex("team", 3);
  beforeEach(async () => {
    client = await library.connect({ port: server.port });
    provider = new RedisRoundRobinContextProvider(client.redis);
    await heals(pick);
  });
  afterEach(() => client.close());

  test("a frozen server is left by our clock, and welcome when it goes on", async () => {
    server.pause();
    try {
      for (let i = 0; i < 3; i += 1) {
        const picking = pick();
        const ms = await took(picking);
        expect(await code(picking)).toBe("timeout");
        expect(ms).toBeGreaterThan(200);
        expect(ms).toBeLessThanOrEqual(250 + GRACE_MS);
      }
    } finally {
      server.resume();
    }
    await heals(pick);
  });

  test("a killed server is an error in time, and welcome when it is back", async () => {
    await server.kill();
    for (let i = 0; i < 3; i += 1) {
      const picking = pick();
      const ms = await took(picking);
      expect(["timeout", "unreachable"]).toContain(await code(picking));
      expect(ms).toBeLessThanOrEqual(250 + GRACE_MS);
    }
    await server.restart();
    await heals(pick);
  });
});

test.each(LIBRARIES)("$name: a replica says that it is one", async (library) => {
  const client = await library.connect({ port: server.port });
  try {
    const provider = new RedisRoundRobinContextProvider(client.redis, PATIENT);
    await provider.getNextIndex("team", 3);
    await server.ask("REPLICAOF 127.0.0.1 1");
    expect(await code(provider.getNextIndex("team", 3))).toBe("read_only");
    await server.ask("CONFIG SET replica-serve-stale-data no");
    // Of a command the server looks first at what it writes, of a script at its master.
    const answer = library.scripts ? "unavailable" : "read_only";
    expect(await code(provider.getNextIndex("team", 3))).toBe(answer);
  } finally {
    await server.ask("CONFIG SET replica-serve-stale-data yes");
    await server.ask("REPLICAOF NO ONE");
    client.close();
  }
});

test("a server that cannot save, or has not enough replicas, says so", async () => {
  const redis = ioredis6({ port: server.port });
  try {
    const provider = new RedisRoundRobinContextProvider(redis, PATIENT);
    await provider.getNextIndex("team", 3);
    await server.ask("CONFIG SET min-replicas-to-write 1");
    expect(await code(provider.getNextIndex("team", 3))).toBe("unavailable");
  } finally {
    await server.ask("CONFIG SET min-replicas-to-write 0");
    redis.disconnect();
  }
});

test("a server that is busy with a script says so", async () => {
  const redis = ioredis6({ port: server.port });
  try {
    const provider = new RedisRoundRobinContextProvider(redis, PATIENT);
    await provider.getNextIndex("team", 3);
    await server.ask("CONFIG SET busy-reply-threshold 1");
    const endless = server.ask(["EVAL", "while true do end", "0"]);
    const ended = expect(endless).rejects.toThrow("killed");
    const answer = (): Promise<unknown> => provider.getNextIndex("team", 3).catch((e) => e.code);
    await until(async () => (await answer()) === "busy", "busy");
    await server.ask("SCRIPT KILL");
    await ended;
    await heals(() => provider.getNextIndex("team", 3));
  } finally {
    await server.ask("CONFIG SET busy-reply-threshold 5000");
    redis.disconnect();
  }
});

test("a client that was closed, or subscribed, gives an error of ours", async () => {
  const closed = ioredis6({ port: server.port });
  await closed.quit();
  const provider = new RedisRoundRobinContextProvider(closed, PATIENT);
  expect(await code(provider.getNextIndex("team", 3))).toBe("unreachable");

  const subscribed = ioredis6({ port: server.port }, { protocol: 2 });
  try {
    await subscribed.subscribe("news");
    const mistaken = new RedisRoundRobinContextProvider(subscribed, PATIENT);
    expect(await code(mistaken.getNextIndex("team", 3))).toBe("configuration");
  } finally {
    subscribed.disconnect();
  }
});
