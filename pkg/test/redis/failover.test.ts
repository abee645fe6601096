import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster, Redis } from "ioredis";
import { createCluster } from "redis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type RedisClient, RedisRoundRobinContextProvider } from "../../src/redis/index.ts";
import { Lateness } from "./lateness.ts";
import { ask, freePort, RedisServer } from "./server.ts";
import { GRACE_MS, until } from "./support.ts";

// Failovers under load, with clients that were handed in: the library finds the new master, our
// deadline holds meanwhile, and each pick is an index or an error of ours.

const DEADLINE_MS = 250;
const lateness = new Lateness();
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});
afterAll(() => lateness.stop());

/** Picks from several hands, until it is told to stop; each is in time, and of a sort we know. */
class Load {
  readonly outcomes: string[] = [];
  /** How many of a team's last picks have gone well, one after the other. */
  readonly #inARow = new Map<string, number>();
  #over = false;
  readonly #hands: Promise<void>[];

  constructor(provider: RedisRoundRobinContextProvider, teams: readonly string[]) {
    this.#hands = teams.map(async (team) => {
      while (!this.#over) {
        const begin = performance.now();
        const outcome = await provider.getNextIndex(team, 3).then(
          (index) => ([0, 1, 2].includes(index) ? "index" : `no index: ${index}`),
          (error) => `${error.code}`,
        );
        const late = performance.now() - begin - lateness.since(begin) - DEADLINE_MS;
        this.#inARow.set(team, outcome === "index" ? (this.#inARow.get(team) ?? 0) + 1 : 0);
        this.outcomes.push(late <= GRACE_MS ? outcome : `late by ${late} ms`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
  }

  /** Waits until so many picks after this have gone well. */
  async goesOn(count = 20): Promise<void> {
    const from = this.outcomes.length;
    const well = (): number => this.outcomes.slice(from).filter((one) => one === "index").length;
    await until(() => well() >= count, "picks go well again");
  }

  /** Waits until the last picks of every team have gone well. */
  async allWell(): Promise<void> {
    await until(() => [...this.#inARow.values()].every((count) => count >= 5), "all teams well");
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#hands);
    expect(this.outcomes.filter((one) => !/^[a-z_]+$/.test(one))).toEqual([]);
  }
}

test("Sentinel failover", async () => {
  const master = await RedisServer.start();
  const replica = await RedisServer.start({ args: ["--replicaof", `127.0.0.1 ${master.port}`] });
  const directory = mkdtempSync(join(tmpdir(), "assignment-sentinel-"));
  const port = await freePort();
  const config = join(directory, "sentinel.conf");
  writeFileSync(
    config,
    `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n`,
  );
  const sentinel: ChildProcess = spawn("redis-server", [config, "--sentinel"], { stdio: "ignore" });
  endings.push(
    () => new Promise((resolve) => sentinel.once("exit", resolve).kill("SIGKILL")),
    () => master.stop(),
    () => replica.stop(),
    () => rmSync(directory, { recursive: true, force: true }),
  );
  await until(async () => {
    const told = await ask(port, "SENTINEL replicas main").catch(() => "");
    return told.includes(`${replica.port}`);
  }, "the sentinel knows the replica");

  const redis = new Redis({
    sentinels: [{ host: "127.0.0.1", port }],
    name: "main",
    retryStrategy: () => 100,
    sentinelRetryStrategy: () => 100,
  });
  redis.on("error", () => undefined);
  endings.unshift(() => redis.disconnect());
  const provider = new RedisRoundRobinContextProvider(redis, { deadlineMs: DEADLINE_MS });
  const load = new Load(provider, ["a", "b", "c"]);
  await load.goesOn();
  await master.kill();
  await until(async () => (await replica.ask("ROLE")).startsWith("master"), "promoted");
  const promoted = performance.now();
  await load.goesOn(1);
  expect(performance.now() - promoted - lateness.since(promoted)).toBeLessThanOrEqual(2000);
  await load.goesOn();
  await load.stop();
}, 60_000);

/** Three masters and a replica of the first. */
let nodes: RedisServer[] = [];
beforeAll(async () => {
  const args = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
  nodes = await Promise.all([1, 2, 3, 4].map(() => RedisServer.start({ args })));
  const [first, ...others] = nodes;
  for (const node of others) await node.ask(`CLUSTER MEET 127.0.0.1 ${first!.port}`);
  await first!.ask("CLUSTER ADDSLOTSRANGE 0 5460");
  await nodes[1]!.ask("CLUSTER ADDSLOTSRANGE 5461 10922");
  await nodes[2]!.ask("CLUSTER ADDSLOTSRANGE 10923 16383");
  const id = await first!.ask("CLUSTER MYID");
  await until(async () => (await nodes[3]!.ask("CLUSTER NODES")).includes(id), "met");
  await nodes[3]!.ask(`CLUSTER REPLICATE ${id}`);
  await until(async () => {
    const infos = await Promise.all(nodes.map((node) => node.ask("CLUSTER INFO")));
    return infos.every((info) => info.includes("cluster_state:ok"));
  }, "a cluster");
  await until(async () => (await nodes[3]!.ask("ROLE")).includes("connected"), "replicating");
}, 40_000);
afterAll(() => Promise.all(nodes.map((node) => node.stop())));

async function clusterClients(): Promise<[string, RedisClient][]> {
  const roots = nodes.slice(1).map(({ port }) => ({ host: "127.0.0.1", port }));
  const ioredis = new Cluster(roots, { clusterRetryStrategy: () => 100 });
  ioredis.on("error", () => undefined);
  const node = createCluster({
    rootNodes: roots.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` })),
  });
  node.on("error", () => undefined);
  await node.connect();
  endings.push(
    () => ioredis.disconnect(),
    () => node.destroy(),
  );
  return [
    ["ioredis", ioredis],
    ["node-redis", node],
  ];
}

/** Keys in each third of the slots: one hand for each. */
const TEAMS = ["a", "b", "c", "d", "e", "f"];

async function loads(): Promise<Load[]> {
  return (await clusterClients()).map(
    ([name, redis]) =>
      new Load(
        new RedisRoundRobinContextProvider(redis, { deadlineMs: DEADLINE_MS }),
        TEAMS.map((team) => `${name}-${team}`),
      ),
  );
}

test("slot migration under load", async () => {
  const both = await loads();
  await Promise.all(both.map((load) => load.goesOn()));
  const [from, to] = [nodes[1]!, nodes[2]!];
  const [fromId, toId] = await Promise.all([from.ask("CLUSTER MYID"), to.ask("CLUSTER MYID")]);
  const keys = (await from.ask("KEYS assignment:rr:*")).split("\n").filter((key) => key !== "");
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    const slot = await from.ask(`CLUSTER KEYSLOT ${key}`);
    await to.ask(`CLUSTER SETSLOT ${slot} IMPORTING ${fromId}`);
    await from.ask(`CLUSTER SETSLOT ${slot} MIGRATING ${toId}`);
    await from.ask(`MIGRATE 127.0.0.1 ${to.port} ${key} 0 1000`);
    // The key is there, and the slot still here: who asks here is sent there for this once.
    await Promise.all(both.map((load) => load.goesOn(5)));
    for (const node of [to, from, nodes[0]!])
      await node.ask(`CLUSTER SETSLOT ${slot} NODE ${toId}`);
  }
  await Promise.all(both.map((load) => load.goesOn()));
  for (const key of keys) expect(Number(await to.ask(`GET ${key}`))).toBeGreaterThan(0);
  await Promise.all(both.map((load) => load.stop()));
  const failed = both.flatMap(({ outcomes }) => outcomes.filter((one) => one !== "index"));
  expect(failed.length).toBeLessThan(20);
}, 60_000);

test("Cluster failover", async () => {
  const both = await loads();
  await Promise.all(both.map((load) => load.goesOn()));
  await nodes[0]!.kill();
  await until(async () => (await nodes[3]!.ask("ROLE")).startsWith("master"), "promoted");
  await until(
    async () => (await nodes[3]!.ask("CLUSTER INFO")).includes("cluster_state:ok"),
    "whole again",
  );
  // All teams, those of the lost master among them.
  await Promise.all(both.map((load) => load.allWell()));
  await Promise.all(both.map((load) => load.stop()));
}, 60_000);
