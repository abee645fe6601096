// The module with a real Redis: who opens the connection, who closes it, and how health shows it.

import * as terminusModule from "@nestjs/terminus";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  AssignmentHealthIndicator,
  type AssignmentHealthResult,
  AssignmentModule,
  type AssignmentRedisOptions,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "../../src/nestjs/index.ts";
import { InMemoryRoundRobinContextProvider } from "../../src/provider/memory.ts";
import { type CounterClient, RedisRoundRobinContextProvider } from "../../src/redis/index.ts";
import { FailingRoundRobinContextProvider } from "../../src/testing/index.ts";
import { RedisServer } from "../redis/server.ts";
import { handOver, lines, start, store } from "./support.ts";

let server: RedisServer;
let named: AssignmentRedisOptions;

beforeAll(async () => {
  server = await RedisServer.start();
  const env = { REDIS_HOST: server.host, REDIS_PORT: `${server.port}` };
  // No test is about speed, and the machine may be busy.
  named = { env, deadlineMs: 2_000, startDeadlineMs: 5_000 };
});

beforeEach(() => server.ask("FLUSHALL"));

afterAll(() => server.stop());

/** Connections that clients hold, besides the one that asks. */
async function connections(): Promise<number> {
  const info = await server.ask("CLIENT LIST");
  return info.trim().split("\n").length - 1;
}

test("with a Redis named it counts there, shared by all instances, and closes what it opened", async () => {
  const before = await connections();
  const both = store();
  const modules = [];
  for (let n = 0; n < 2; n += 1) {
    modules.push(await start(AssignmentModule.forRoot({ store: both, redis: named })));
  }
  const [one, two] = modules;
  expect(one!.get(ROUND_ROBIN_CONTEXT_PROVIDER)).toBeInstanceOf(RedisRoundRobinContextProvider);
  const owners = [];
  for (const [n, module] of [one!, two!, one!, two!].entries()) {
    owners.push(await handOver(module, `s${n + 1}`));
  }
  expect(owners).toEqual(["anna", "ben", "anna", "ben"]);
  expect(await server.ask("GET assignment:rr:sales")).toBe("4");
  expect(await connections()).toBeGreaterThanOrEqual(before + 2);
  for (const module of modules) {
    await module.close();
    await module.close();
  }
  await expect.poll(connections).toBe(before);
});

test("its health is up with the Redis, down without it, and up again", async () => {
  const broken = await RedisServer.start();
  try {
    const env = { REDIS_HOST: broken.host, REDIS_PORT: `${broken.port}` };
    const redis = { env, deadlineMs: 500, startDeadlineMs: 5_000 };
    const { HealthCheckService, TerminusModule } = terminusModule;
    const module = await start(AssignmentModule.forRoot({ store: store(), redis }), {
      imports: [TerminusModule.forRoot({ logger: false })],
    });
    const health = module.get(AssignmentHealthIndicator);
    const terminus = module.get(HealthCheckService, { strict: false });
    // Terminus 10 knows no such service, and takes no `down` for an answer.
    const since11 = "HealthIndicatorService" in terminusModule;
    const asked = (): Promise<AssignmentHealthResult<"assignment">> =>
      since11 ? health.check("assignment") : health.checkOrThrow("assignment");
    const check = () => terminus.check([asked]);
    expect(await health.check()).toEqual({
      assignmentEngine: {
        status: "up",
        provider: "redis",
        degraded: false,
        reason: "connected",
        latencyMs: expect.any(Number),
      },
    });
    expect(await check()).toMatchObject({
      status: "ok",
      details: { assignment: { status: "up" } },
    });

    await broken.kill();
    await expect.poll(() => health.check()).toMatchObject({ assignmentEngine: { status: "down" } });
    const { assignmentEngine: down } = await health.check();
    expect(down).toMatchObject({ provider: "redis", degraded: false, code: expect.any(String) });
    expect(JSON.stringify(down), "no address").not.toContain(String(broken.port));
    await expect(check()).rejects.toMatchObject({
      response: { status: "error", error: { assignment: { status: "down" } } },
    });
    await expect(health.checkOrThrow("old")).rejects.toMatchObject({
      isHealthCheckError: true,
      causes: { old: { status: "down" } },
    });
    expect(await handOver(module), "nobody is assigned without a turn").toBe("error");

    await broken.restart();
    await expect
      .poll(() => health.check(), { timeout: 10_000 })
      .toMatchObject({ assignmentEngine: { status: "up" } });
    expect(await health.checkOrThrow()).toHaveProperty("assignmentEngine.status", "up");
    expect(await handOver(module)).toBe("anna");
  } finally {
    await broken.stop();
  }
});

test("with a fallback it hands over while the Redis is away, counts that, and its health is degraded", async () => {
  const broken = await RedisServer.start();
  try {
    const env = { REDIS_HOST: broken.host, REDIS_PORT: `${broken.port}` };
    const codes: string[] = [];
    const module = await start(
      AssignmentModule.forRoot({
        store: store(),
        redis: { env, startDeadlineMs: 5_000, policy: "fallback" },
        hooks: { countedInMemory: ({ code }) => codes.push(code) },
      }),
    );
    const health = module.get(AssignmentHealthIndicator);
    expect((await health.check()).assignmentEngine.degraded).toBe(false);
    await broken.kill();
    await expect
      .poll(() => health.check())
      .toMatchObject({
        assignmentEngine: { status: "up", provider: "redis", degraded: true },
      });
    expect(["anna", "ben"]).toContain(await handOver(module));
    expect(codes).toEqual([expect.stringMatching(/^(unreachable|timeout)$/)]);
  } finally {
    await broken.stop();
  }
});

test("a Redis that cannot be reached at the start means in memory, with a warning", async () => {
  const env = { REDIS_HOST: "127.0.0.1", REDIS_PORT: "1" };
  const redis = { env, startDeadlineMs: 500 };
  const module = await start(AssignmentModule.forRoot({ store: store(), redis }));
  const provider = module.get(ROUND_ROBIN_CONTEXT_PROVIDER);
  expect(provider).toBeInstanceOf(InMemoryRoundRobinContextProvider);
  const warnings = lines.filter(({ level }) => level === "warn");
  expect(warnings).toEqual([
    {
      level: "warn",
      context: "AssignmentEngine",
      message: expect.stringContaining("provider=in_memory reason=unreachable"),
    },
  ]);
  const health = await module.get(AssignmentHealthIndicator).check();
  expect(health.assignmentEngine).toEqual({
    status: "up",
    provider: "in_memory",
    degraded: true,
    reason: "unreachable",
    code: "unreachable",
  });
  expect(await handOver(module)).toBe("anna");
});

test("a wrong password fails the start, and leaves no connection", async () => {
  const before = await connections();
  await server.ask("ACL SETUSER someone on >right ~assignment:rr:* +@all");
  const env = { REDIS_URL: `redis://someone:wrong@${server.host}:${server.port}` };
  const starting = start(AssignmentModule.forRoot({ store: store(), redis: { ...named, env } }));
  await expect(starting).rejects.toMatchObject({ code: "authentication" });
  await expect(starting).rejects.not.toThrow("wrong");
  await expect.poll(connections).toBe(before);
});

test("a client of the application's is used and not closed", async () => {
  const client = new Redis(server.port, server.host);
  try {
    const redis = { client, deadlineMs: 2_000 };
    const module = await start(
      AssignmentModule.forRootAsync({
        useFactory: () => ({ redis }),
        store: store(),
      }),
    );
    expect([await handOver(module, "s1"), await handOver(module, "s2")]).toEqual(["anna", "ben"]);
    const health = await module.get(AssignmentHealthIndicator).check();
    expect(health.assignmentEngine).toMatchObject({ status: "up", provider: "redis" });
    await module.close();
    expect(client.status).toBe("ready");
    expect(await client.get("assignment:rr:sales")).toBe("2");
  } finally {
    client.disconnect();
  }
});

test("a client that can no more than incr and expire will do", async () => {
  const counts = new Map<string, number>();
  const calls: string[] = [];
  const client: CounterClient = {
    async incr(key) {
      calls.push(`incr ${key}`);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count;
    },
    async expire(key, seconds) {
      calls.push(`expire ${key} ${seconds}`);
      return 1;
    },
  };
  const module = await start(AssignmentModule.forRoot({ store: store(), redis: { client } }));
  calls.length = 0;
  expect(await handOver(module)).toBe("anna");
  expect(calls).toEqual(["incr assignment:rr:sales", "expire assignment:rr:sales 604800"]);
});

test("a provider of the application's is asked for its health if it can be, and not closed", async () => {
  const asked: string[] = [];
  const provider = Object.assign(new FailingRoundRobinContextProvider("error"), {
    check: async () => {
      asked.push("check");
      if (asked.length === 2) throw new Error("redis://root:hunter2@db is away");
    },
    close: () => asked.push("close"),
    quit: () => asked.push("quit"),
  });
  const module = await start(AssignmentModule.forRoot({ store: store(), provider }));
  const health = module.get(AssignmentHealthIndicator);
  expect(await health.check("a")).toEqual({
    a: { status: "up", provider: "custom", degraded: false },
  });
  expect(await health.check("b")).toEqual({
    b: { status: "down", provider: "custom", degraded: false, code: "other" },
  });
  await module.close();
  expect(asked).toEqual(["check", "check"]);
});

test("a connection that will not close does not hold the application up", async () => {
  const closing: string[] = [];
  const client: CounterClient = {
    incr: async () => 1,
    expire: async () => 1,
  };
  const hanging = Object.assign(client, {
    quit: () => {
      closing.push("quit");
      return new Promise(() => {});
    },
  });
  const redis = { connect: () => hanging };
  const shutdownTimeoutMs = 100;
  const module = await start(
    AssignmentModule.forRoot({ store: store(), redis, shutdownTimeoutMs }),
  );
  const begin = performance.now();
  await module.close();
  expect(performance.now() - begin).toBeLessThan(1_000);
  expect(closing).toEqual(["quit"]);
});

test("modules that are destroyed may still hand sessions over", async () => {
  const ended: string[] = [];
  const module = await start(AssignmentModule.forRoot({ store: store(), redis: named }), {
    providers: [
      {
        provide: "LAST_CALL",
        useValue: {
          onModuleDestroy: async () => void ended.push(await handOver(module, "s1")),
          beforeApplicationShutdown: async () => void ended.push(await handOver(module, "s2")),
        },
      },
    ],
  });
  await module.close();
  expect(ended).toEqual(["anna", "ben"]);
});
