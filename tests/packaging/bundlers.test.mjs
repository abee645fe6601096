// Bundles that hold the package, run where there is nothing else.
import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createContext, runInContext } from "node:vm";

import { consumer, unpacked } from "./support/places.mjs";
import { json } from "./support/run.mjs";

const cwd = consumer("bundlers");
/** Outside of every node_modules. */
const elsewhere = await mkdtemp(join(tmpdir(), "bundles-"));
after(() => rm(elsewhere, { recursive: true }));

const SAID = "Session `chat-1` goes to Ben (`ben`).";

async function bundle(bundler, source, name, kind, ...external) {
  const out = join(elsewhere, name);
  const warnings = await json(["build.mjs", bundler, `src/${source}`, out, kind, ...external], {
    cwd,
  });
  const code = await readFile(out, "utf8");
  const copies = code.split("AGFzbQEAAAA").length - 1;
  assert.equal(copies, 1, `the module is in the bundle ${copies} times`);
  return { out, code, warnings };
}

// The client libraries that are installed are bundled as well; `redis` is not installed.
const onServers = [
  ["webpack", "app.mjs", "webpack.cjs", "node-cjs"],
  ["webpack", "app.cjs", "webpack-of-cjs.cjs", "node-cjs"],
  ["esbuild", "app.mjs", "esbuild.cjs", "node-cjs"],
  ["esbuild", "app.cjs", "esbuild-of-cjs.cjs", "node-cjs"],
  ["esbuild", "app.mjs", "esbuild.mjs", "node-esm", "ioredis"],
  ["rollup", "app.mjs", "rollup.mjs", "node-esm", "ioredis"],
  ["rollup", "app.mjs", "rollup.cjs", "node-cjs", "ioredis"],
];
for (const [bundler, source, name, kind, ...external] of onServers) {
  const without = external.length > 0 ? ", ioredis left out" : "";
  test(`${bundler}, ${source} for Node as ${name}${without}`, async (t) => {
    const { out, warnings } = await bundle(bundler, source, name, kind, ...external);
    assert.deepEqual(
      warnings.filter((text) => !/["']redis["']/.test(text)),
      [],
    );
    const shown = await json([out], { cwd: elsewhere });
    const missing = "configuration: run `npm install ioredis`";
    const redis = external.length > 0 ? missing : "unreachable";
    assert.deepEqual(shown, { said: SAID, redis, oneCopy: true });
    t.diagnostic(`ran outside of the project: ${shown.said} redis: ${redis}`);
  });
}

const inBrowsers = [
  ["webpack", "page.mjs", { said: SAID, handedTo: "anna" }],
  ["esbuild", "page.mjs", { said: SAID, handedTo: "anna" }],
  ["rollup", "page.mjs", { said: SAID, handedTo: "anna" }],
  ["webpack", "page.cjs", { said: SAID }],
  ["esbuild", "page.cjs", { said: SAID }],
];
for (const [bundler, source, expected] of inBrowsers) {
  test(`${bundler}, ${source} for browsers`, async (t) => {
    const { code, warnings } = await bundle(bundler, source, `${bundler}-${source}.js`, "browser");
    assert.deepEqual(
      warnings.filter((text) => !/["'](io)?redis["']/.test(text)),
      [],
    );
    // As a browser has it: no process, no Buffer, no require.
    const page = { TextDecoder, TextEncoder, performance, setTimeout, clearTimeout, atob, console };
    runInContext(code, createContext(page));
    assert.deepEqual(JSON.parse(await page.shown), expected);
    t.diagnostic(`${Math.round(code.length / 1000)} kB`);
  });
}

test("webpack, assignment-engine/web: the module lies beside the bundle", async (t) => {
  const args = [
    "build.mjs",
    "webpack",
    "src/streamed.mjs",
    join(elsewhere, "web/page.js"),
    "browser",
  ];
  assert.deepEqual(await json(args, { cwd }), []);
  const files = await readdir(join(elsewhere, "web"));
  const module = files.find((file) => file.endsWith(".wasm"));
  assert.equal(files.length, 2, files.join());
  const [beside, ours] = await Promise.all(
    [join(elsewhere, "web", module), join(unpacked, "dist/engine_bg.wasm")].map((file) =>
      readFile(file),
    ),
  );
  assert.ok(beside.equals(ours));
  t.diagnostic(files.join(", "));
});
