import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./server.ts";
import { until } from "./support.ts";

// Fifty processes on one server that is away for fifteen seconds: each says little, and they do not
// all come back at once. Each process is the factory's connection and four picks a second.

const PROCESSES = 50;
const OUTAGE_MS = 15_000;
const PROGRAM = `
import { createRoundRobinContextProvider } from "./index.ts";
const say = (line) => console.log("LINE " + line);
const logger = { debug() {}, log: say, warn: say };
const choice = await createRoundRobinContextProvider({ logger, startDeadlineMs: 60000, deadlineMs: 2000 });
console.log("READY " + choice.kind);
let [good, bad] = [0, 0];
process.on("message", (what) => process.send(what === "count" ? { good, bad } : 0));
setInterval(() => choice.provider.getNextIndex("team", 3).then(() => (good += 1), () => (bad += 1)), 250);
`;

let directory: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "assignment-herd-"));
  const resolve = createRequire(import.meta.url).resolve;
  await build({
    stdin: {
      contents: PROGRAM,
      resolveDir: join(import.meta.dirname, "../../src/redis"),
      loader: "ts",
    },
    ...{ bundle: true, platform: "node", format: "esm", target: "node20" },
    alias: { ioredis: resolve("ioredis") },
    // The client is part of it, for there is no node_modules there.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    external: ["redis"],
    outfile: join(directory, "herd.mjs"),
    logLevel: "error",
  });
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

test("50 processes, 15 s outage", async () => {
  const server = await RedisServer.start();
  const proxy = await Proxy.to(server.port);
  try {
    const lines = new Map<ChildProcess, string[]>();
    let ready = 0;
    for (let n = 0; n < PROCESSES; n += 1) {
      const child = spawn(process.execPath, [join(directory, "herd.mjs")], {
        env: { PATH: process.env["PATH"], REDIS_URL: proxy.url },
        stdio: ["ignore", "pipe", "inherit", "ipc"],
      });
      children.push(child);
      lines.set(child, []);
      let rest = "";
      child.stdout!.on("data", (chunk: Buffer) => {
        const whole = (rest + chunk.toString()).split("\n");
        rest = whole.pop()!;
        for (const line of whole) {
          if (line === "READY redis") ready += 1;
          else if (line.startsWith("LINE ")) lines.get(child)!.push(line);
        }
      });
      // Ten at a time: to begin is most of what such a process does.
      if (n % 10 === 9) await until(() => ready === n + 1, `${n + 1} processes`);
    }
    expect(ready).toBe(PROCESSES);
    for (const said of lines.values()) said.length = 0;

    await server.kill();
    const opened: number[] = [];
    let before = proxy.lines;
    for (let passed = 0; passed < OUTAGE_MS; passed += 250) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      opened.push(proxy.lines - before);
      before = proxy.lines;
    }
    await server.restart();
    const back = performance.now();
    const counts = (): Promise<{ good: number; bad: number }[]> =>
      Promise.all(
        children.map(
          (child) =>
            new Promise<{ good: number; bad: number }>((resolve) => {
              child.once("message", resolve);
              child.send("count");
            }),
        ),
      );
    const good = (await counts()).map((count) => count.good);
    await until(
      async () => (await counts()).every((count, n) => count.good > good[n]!),
      "all back",
    );
    expect(performance.now() - back).toBeLessThan(5000);
    // Every process says at most five lines, and the last one says that all is well.
    const said = [...lines.values()];
    await until(() => said.every((one) => one.at(-1)?.includes("state=up") === true), "said");
    expect(Math.max(...said.map((one) => one.length))).toBeLessThanOrEqual(5);
    expect((await counts()).every(({ bad }) => bad > 0)).toBe(true);
    // After the first second waits are between 375 and 750 ms: about 90 attempts a second, and in
    // no quarter of one much more than its share.
    const settled = opened.slice(8);
    const mean = settled.reduce((sum, count) => sum + count, 0) / settled.length;
    expect(mean).toBeLessThanOrEqual(PROCESSES / 1.5);
    expect(Math.max(...settled)).toBeLessThanOrEqual(PROCESSES);
  } finally {
    await proxy.close();
    await server.stop();
  }
}, 120_000);
