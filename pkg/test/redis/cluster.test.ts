import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createRoundRobinContextProvider,
  RedisRoundRobinContextProvider,
} from "../../src/redis/index.ts";
import { ioredis6, nodeRedis } from "./clients.ts";
import { RedisServer } from "./server.ts";
import { code, failure, PATIENT, until } from "./support.ts";

/** Two nodes, one of which has every slot. */
let owner: RedisServer;
let other: RedisServer;
beforeAll(async () => {
  const args = ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"];
  owner = await RedisServer.start({ args });
  other = await RedisServer.start({ args });
  await owner.ask("CLUSTER ADDSLOTSRANGE 0 16383");
  await owner.ask(`CLUSTER MEET ${other.host} ${other.port}`);
  await until(async () => {
    const [here, there] = await Promise.all([owner.ask("CLUSTER INFO"), other.ask("CLUSTER INFO")]);
    const ready = /cluster_state:ok[^]*cluster_slots_assigned:16384[^]*cluster_known_nodes:2/;
    return ready.test(here) && ready.test(there);
  }, "a cluster");
}, 20_000);
afterAll(async () => {
  await owner.stop();
  await other.stop();
});

test("a client of one server that is sent to another node says so", async () => {
  const ioredis = ioredis6({ port: other.port });
  const node = await nodeRedis({ port: other.port });
  try {
    for (const redis of [ioredis, node]) {
      const provider = new RedisRoundRobinContextProvider(redis, PATIENT);
      expect(await code(provider.getNextIndex("team", 3))).toBe("cluster");
    }
  } finally {
    ioredis.disconnect();
    node.destroy();
  }
});

test("the start fails on such a node", async () => {
  const error = await failure(
    createRoundRobinContextProvider({ env: { REDIS_URL: other.url }, startDeadlineMs: 10_000 }),
  );
  expect(error.code).toBe("cluster");
  expect(error.hint).toContain("cluster");
});

test("clients that speak to clusters rotate as one, with no script loaded anywhere", async () => {
  const ioredis = new Cluster([{ host: other.host, port: other.port }]);
  const node = createCluster({ rootNodes: [{ url: other.url }] });
  await node.connect();
  try {
    const providers = [ioredis, node].map(
      (redis) => new RedisRoundRobinContextProvider(redis, PATIENT),
    );
    for (let turn = 0; turn < 12; turn += 1) {
      await owner.ask("SCRIPT FLUSH");
      await other.ask("SCRIPT FLUSH");
      expect(await providers[turn % 2]!.getNextIndex("team", 5)).toBe(turn % 5);
    }
    expect(await providers[0]!.takeTurns!("team", 3)).toBe(12n);
    expect(await providers[1]!.takeTurns!("team", 3)).toBe(15n);
  } finally {
    ioredis.disconnect();
    node.destroy();
  }
});
