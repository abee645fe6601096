/**
 * What a pick costs through Redis, beside a bare INCR through the same client and beside
 * `redis-benchmark`, which is about as quick as a client can be. On a server of its own, on this
 * machine; candidates take turns in rounds.
 */
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type RedisClient, RedisRoundRobinContextProvider } from "../src/redis/index.ts";

const PORT = Number(process.env["BENCH_REDIS_PORT"] ?? 18_799);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 40);
const SEQUENTIAL = 500;
const CONCURRENT = 6_400;
const IN_FLIGHT = 64;
const KEY = "assignment:rr:bench";

/** What is promised, as ratios to the bare INCR of ioredis. */
const SEQUENTIAL_AT_MOST = 1.15;
const THROUGHPUT_AT_LEAST = 0.65;

type Call = () => Promise<unknown>;

/** Prints the figures; tells `promise` which of them are as promised. */
export async function redis(promise: (kept: boolean, what: string) => void): Promise<void> {
  // The bundle of this file lies where there are no packages.
  const require = createRequire(process.env["BENCH_PACKAGE"]!);
  const { Redis } = require("ioredis") as typeof import("ioredis");
  const { createClient } = require("redis") as typeof import("redis");
  const directory = mkdtempSync(join(tmpdir(), "assignment-engine-bench-"));
  const server = spawn(
    "redis-server",
    ["--port", `${PORT}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    { cwd: directory, stdio: "ignore" },
  );
  const ioredis = new Redis({ port: PORT, retryStrategy: () => 50 });
  const node = createClient({ url: `redis://127.0.0.1:${PORT}` });
  ioredis.on("error", () => undefined);
  node.on("error", () => undefined);
  try {
    await ioredis.ping();
    await node.connect();
    const over = (client: RedisClient): Call => {
      const provider = new RedisRoundRobinContextProvider(client, { deadlineMs: 10_000 });
      return () => provider.getNextIndex("team", 5);
    };
    const clients: [string, Call, Call][] = [
      ["ioredis 6", () => ioredis.incr(KEY), over(ioredis)],
      ["node-redis 6", () => node.incr(KEY), over(node)],
    ];
    console.log("\nA pick through Redis");
    console.log(
      `${" ".repeat(34)}${["p50 µs", "p99 µs", "1 at once/s", "64 at once/s"].map((head) => head.padStart(13)).join("")}`,
    );
    for (const [name, incr, pick] of clients) {
      const [bare, ours] = await compared(incr, pick);
      print(`${name}: bare INCR`, bare);
      print(`${name}: getNextIndex`, ours);
      const slower = ours.p50 / bare.p50;
      const throughput = ours.concurrent / bare.concurrent;
      console.log(
        `  ours / bare: p50 ${slower.toFixed(2)}, with ${IN_FLIGHT} at once ${throughput.toFixed(2)} of its throughput`,
      );
      if (name !== "ioredis 6") continue;
      promise(
        slower <= SEQUENTIAL_AT_MOST,
        `a pick takes ${slower.toFixed(2)} times a bare INCR, promised ${SEQUENTIAL_AT_MOST}`,
      );
      promise(
        throughput >= THROUGHPUT_AT_LEAST,
        `${throughput.toFixed(2)} of the throughput of a bare INCR, promised ${THROUGHPUT_AT_LEAST}`,
      );
    }
    for (const clientCount of [1, IN_FLIGHT]) benchmarkTool(clientCount);
  } finally {
    ioredis.disconnect();
    if (node.isOpen) node.destroy();
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Figures {
  p50: number;
  p99: number;
  sequential: number;
  concurrent: number;
}

async function compared(bare: Call, ours: Call): Promise<[Figures, Figures]> {
  const calls = [bare, ours];
  const samples = calls.map(() => ({ p50: [], p99: [], concurrent: [] }) as Samples);
  for (const call of calls) {
    for (let n = 0; n < 4; n += 1) await latencies(call);
    await throughput(call);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [n, call] of calls.entries()) {
      const sorted = await latencies(call);
      samples[n]!.p50.push(sorted[sorted.length >> 1]!);
      samples[n]!.p99.push(sorted[Math.floor(sorted.length * 0.99)]!);
    }
    for (const [n, call] of calls.entries()) samples[n]!.concurrent.push(await throughput(call));
  }
  return [figures(samples[0]!), figures(samples[1]!)];
}

function figures({ p50, p99, concurrent }: Samples): Figures {
  const middle = median(p50);
  return {
    ...{ p50: middle * 1_000, p99: median(p99) * 1_000 },
    ...{ sequential: 1_000 / middle, concurrent: median(concurrent) },
  };
}

type Samples = Record<"p50" | "p99" | "concurrent", number[]>;

/** Milliseconds of each of many calls, one after the other, from the shortest to the longest. */
async function latencies(call: Call): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < SEQUENTIAL; n += 1) {
    const from = performance.now();
    await call();
    times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b);
}

/** Calls a second, with so many under way at any time. */
async function throughput(call: Call): Promise<number> {
  let left = CONCURRENT;
  const from = performance.now();
  const hand = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, hand));
  return (CONCURRENT / (performance.now() - from)) * 1_000;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function print(name: string, { p50, p99, sequential, concurrent }: Figures): void {
  const cells = [p50.toFixed(1), p99.toFixed(1), sequential.toFixed(0), concurrent.toFixed(0)];
  console.log(`  ${name.padEnd(32)}${cells.map((cell) => cell.padStart(13)).join("")}`);
}

/** INCR by the server's own tool; the connections are its own, each with one call at a time. */
function benchmarkTool(clients: number): void {
  const ask = ["-p", `${PORT}`, "-c", `${clients}`, "-n", clients === 1 ? "30000" : "200000"];
  const { stdout } = spawnSync("redis-benchmark", [...ask, "--csv", "-t", "incr"], {
    encoding: "utf8",
  });
  // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95…","p99…","max…"
  const cells = stdout.trim().split("\n").at(-1)?.replaceAll('"', "").split(",") ?? [];
  const [, rate, , , p50, , p99] = cells.map(Number);
  if (rate === undefined || p50 === undefined || p99 === undefined) return;
  console.log(
    `  ${`redis-benchmark, ${clients} at once`.padEnd(32)}${(p50 * 1_000).toFixed(0).padStart(13)}${(p99 * 1_000).toFixed(0).padStart(13)}${rate.toFixed(0).padStart(clients === 1 ? 13 : 26)}`,
  );
}
