// The module for Nest under each major of it, with the test runners that go with it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { consumer } from "./support/places.mjs";
import { json, run } from "./support/run.mjs";

const [nest10, nest11, nest12] = ["nest10", "nest11-jest", "nest12-vitest"].map(consumer);

/** Runs a program of the project's in `cwd`. */
const node = (cwd, ...args) => run(process.execPath, args, { cwd });

for (const cwd of [nest10, nest11, nest12]) {
  test(`${cwd.split("/").at(-1)}: the peers that we ask for are those that are there`, async () => {
    const { stdout } = await run("npm", ["ls", "--json"], { cwd, mayFail: true });
    // Our files were put in place by hand, so npm calls them extraneous, and nothing worse.
    const { problems } = JSON.parse(stdout);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], /^extraneous: assignment-engine@/);
  });
}

test("Nest 10, CommonJS: decides, is healthy, closes; a test overrides the rotation", async () => {
  const { nest, ...shown } = await json(["main.js"], { cwd: nest10 });
  assert.match(nest, /^10\./);
  assert.deepEqual(shown, { agent: "anna", health: "up", overridden: "ben", sameClass: true });
});

test("Nest 11, jest and ts-jest: node and jsdom", async (t) => {
  const report = await node(
    nest11,
    "node_modules/jest/bin/jest.js",
    "--ci",
    "--json",
    "--runInBand",
  );
  const { numPassedTests, numTotalTests, testResults } = JSON.parse(report.stdout);
  assert.equal(numPassedTests, numTotalTests, report.stderr);
  assert.equal(numTotalTests, 6);
  assert.equal(testResults.length, 2);
  assert.doesNotMatch(report.stderr, /did not exit|open handle|console\.(warn|error)/);
  t.diagnostic(`jest: ${numPassedTests} passed`);
});

test("Nest 12, Vitest: decides; a test overrides the rotation; require gives the same", async (t) => {
  const report = await node(nest12, "node_modules/vitest/vitest.mjs", "run", "--reporter=json");
  const { numPassedTests, numTotalTests } = JSON.parse(report.stdout);
  assert.equal(numPassedTests, numTotalTests, report.stdout + report.stderr);
  assert.equal(numTotalTests, 3);
  t.diagnostic(`vitest: ${numPassedTests} passed`);
});

test("Nest 12, ESM, ours imported first", async () => {
  assert.deepEqual(await json(["main.mjs"], { cwd: nest12 }), { agent: "anna" });
});

test("Nest 12 from CommonJS", async () => {
  // Node 20 warns that to require ESM is experimental.
  assert.deepEqual(await json(["--no-warnings", "main.cjs"], { cwd: nest12 }), { agent: "anna" });
});

for (const module of ["nodenext", "node16"]) {
  test(`Nest 12: its application compiles under ${module}, all declarations checked`, async () => {
    const tsc = [
      "node_modules/typescript/bin/tsc",
      "-p",
      "tsconfig.module.json",
      "--pretty",
      "false",
    ];
    const { stdout } = await node(nest12, ...tsc, "--module", module, "--moduleResolution", module);
    assert.equal(stdout, "");
  });
}
