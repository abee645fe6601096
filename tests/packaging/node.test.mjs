// The package under plain Node, with nothing else installed.
import assert from "node:assert/strict";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";

import { consumer, manifest, tarball, target, unpacked } from "./support/places.mjs";
import { json, run } from "./support/run.mjs";

const cjs = consumer("node-cjs");
const esm = consumer("node-esm");
/** What a page, a lambda or a careful operator may forbid, and what Node is about to forbid. */
const STRICT = [
  "--disallow-code-generation-from-strings",
  "--pending-deprecation",
  "--throw-deprecation",
];

before(async () => {
  await run("npm", ["install", "--offline", tarball], { cwd: cjs });
});

test("npm installs it from the tarball, and nothing else with it", async (t) => {
  const installed = (await readdir(join(cjs, "node_modules"))).filter((name) => name[0] !== ".");
  assert.deepEqual(installed, ["assignment-engine"]);
  const { stdout } = await run("npm", ["ls", "--all", "--json"], { cwd: cjs });
  const { dependencies, problems } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(dependencies), ["assignment-engine"]);
  // npm lists optional peers that are not there as empty objects.
  for (const [name, found] of Object.entries(
    dependencies["assignment-engine"].dependencies ?? {},
  )) {
    assert.deepEqual(found, {}, name);
  }
  assert.equal(problems, undefined);
  t.diagnostic("npm ls: assignment-engine, no dependencies");
});

test("require: decides, and explains it", async (t) => {
  const shown = await json([...STRICT, "decide.js"], { cwd: cjs });
  assert.deepEqual(shown, {
    outcome: { kind: "assign", agentId: "ben" },
    said: "Session `chat-1` goes to Ben (`ben`).",
    handedTo: "anna",
  });
  t.diagnostic(shown.said);
});

test("import: decides, and knows time zones", async (t) => {
  const shown = await json([...STRICT, "decide.js"], { cwd: esm });
  assert.deepEqual(shown, {
    outcome: { kind: "assign", agentId: "ben" },
    said: "Session `chat-1` goes to Ben (`ben`).",
    closed: "out_of_office",
    nextCheckAt: "2026-11-25T08:00:00.000Z",
    sent: ["We are back on Wednesday."],
  });
  t.diagnostic(`closed until ${shown.nextCheckAt}`);
});

test("every entry can be required; without Nest, /nestjs says what is missing", async (t) => {
  const { version, ...names } = await json([...STRICT, "entries.js"], { cwd: cjs });
  assert.equal(version, manifest().version);
  assert.match(names["assignment-engine/nestjs"], /^MODULE_NOT_FOUND: .*'@nestjs\/common'/);
  for (const [entry, of] of Object.entries(names)) {
    if (Array.isArray(of)) assert.ok(of.length > 2, `${entry}: ${of}`);
  }
  t.diagnostic(names["assignment-engine/nestjs"]);
});

test("require and import give the same classes, entry by entry", async (t) => {
  const { error, roster, ...entries } = await json([...STRICT, "same.js"], { cwd: esm });
  for (const [entry, { names, required, different }] of Object.entries(entries)) {
    assert.deepEqual(names, required, entry);
    assert.deepEqual(different, [], entry);
    t.diagnostic(`${entry}: ${names.length} names`);
  }
  assert.deepEqual(error, { instance: true, path: "roster.agents[0].id" });
  assert.equal(roster, true);
});

test("without a client for Redis installed: memory, a hint, or a client of one's own", async () => {
  assert.deepEqual(await json([...STRICT, "redis.js"], { cwd: cjs }), {
    none: "not_configured",
    inMemory: true,
    refused: { name: "ProviderError", code: "configuration", hint: "run `npm install ioredis`" },
    indexes: [0, 1, 2, 0],
  });
});

test("/web works in Node from bytes, after a try that failed", async () => {
  assert.deepEqual(await json([...STRICT, "web.js"], { cwd: esm }), {
    early: { code: "not_loaded", hint: "await init() first" },
    failed: "not_loaded",
    outcome: { kind: "assign", agentId: "anna" },
  });
});

// The module is read from its file; where that is not there, its bytes are part of the code.
for (const module of ["engine_bg.wasm", "bytes.cjs"]) {
  test(`at load it reads index.cjs, core.cjs, ${module} and no other file`, async (t) => {
    // A copy without everything else that is not read.
    const folder = join(target, "bare");
    const place = join(folder, "node_modules/assignment-engine");
    await rm(folder, { recursive: true, force: true });
    await mkdir(join(place, "dist"), { recursive: true });
    const ours = ["package.json", "dist/index.cjs", "dist/core.cjs", `dist/${module}`];
    for (const file of ours) await cp(join(unpacked, file), join(place, file));
    await cp(join(cjs, "decide.js"), join(folder, "decide.js"));
    await writeFile(join(folder, "package.json"), "{}");
    const [major] = process.versions.node.split(".").map(Number);
    const permission = major >= 24 ? "--permission" : "--experimental-permission";
    const allowed = [
      join(folder, "decide.js"),
      join(folder, "package.json"),
      ...ours.map((file) => join(place, file)),
    ];
    const { outcome } = await json(
      ["--no-warnings", permission, ...allowed.map((file) => `--allow-fs-read=${file}`), allowed[0]],
      { cwd: folder },
    );
    assert.deepEqual(outcome, { kind: "assign", agentId: "ben" });
    t.diagnostic(`allowed to read: ${ours.join(", ")}`);
  });
}

test("from require to the first decision it takes less than 60 ms", async (t) => {
  const runs = [];
  for (let at = 0; at < 11; at += 1) runs.push(await json(["first.js"], { cwd: cjs }));
  const sorted = (of) => runs.map(of).sort((a, b) => a - b);
  const [load, decide, cpu] = ["load", "decide", "cpu"].map((what) => sorted((run) => run[what]));
  t.diagnostic(
    `load ${load[5].toFixed(1)} ms, first decision ${decide[5].toFixed(1)} ms, ` +
      `processor ${cpu[5].toFixed(1)} ms (medians of 11)`,
  );
  assert.ok(runs.every(({ agentId }) => agentId === "anna"));
  // By the processor's time, of the best run: the machine may be busy with something else.
  assert.ok(cpu[0] < 60, `${cpu[0]} ms of the processor`);
});
