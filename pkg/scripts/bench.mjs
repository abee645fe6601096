// Bundles and runs bench/bench.ts:  node scripts/bench.mjs [load] [resident] [given] [queue]
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = await mkdtemp(join(tmpdir(), "assignment-engine-bench-"));
const outfile = join(folder, "bench.mjs");
await build({
  entryPoints: [join(root, "bench/bench.ts")],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  ignoreAnnotations: true,
  external: ["ioredis", "redis"],
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: {
    ...process.env,
    BENCH_PACKAGE: join(root, "dist/index.cjs"),
    BENCH_MODULE: join(root, "dist/engine_bg.wasm"),
  },
});
await rm(folder, { recursive: true });
process.exit(status ?? 1);
