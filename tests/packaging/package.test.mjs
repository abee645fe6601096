// What is in the tarball, and what linters of packages say about it.
import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { consumer, manifest, repository, tarball, unpacked } from "./support/places.mjs";
import { run } from "./support/run.mjs";

const lint = consumer("lint");
const { files, bytes } = await listed();

/** The files of the tarball, and how large they are together. */
async function listed() {
  const files = [];
  let bytes = 0;
  for (const entry of await readdir(unpacked, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    assert.ok(entry.isFile(), `${entry.name} is no ordinary file`);
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.push(path.slice(unpacked.length + 1));
    bytes += (await stat(path)).size;
  }
  return { files: files.sort(), bytes };
}

test("the tarball holds what is built, the licences and the README, and nothing else", async (t) => {
  const entries = ["index", "redis", "nestjs", "typeorm", "testing"];
  const expected = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "package.json",
    "dist/engine_bg.wasm",
    "dist/bytes.cjs",
    "dist/core.cjs",
    "dist/core.mjs",
    "dist/index.browser.mjs",
    "dist/web.mjs",
    "dist/web.d.mts",
    ...entries.flatMap((name) => ["cjs", "mjs", "d.ts", "d.mts"].map((as) => `dist/${name}.${as}`)),
  ];
  const isDeclaration = (file) => /^dist\/types\/[\w/-]+\.d\.m?ts$/.test(file);
  assert.deepEqual(
    files.filter((file) => !isDeclaration(file)),
    expected.sort(),
  );
  const packed = (await stat(tarball)).size;
  t.diagnostic(`${files.length} files, ${kilobytes(packed)} packed, ${kilobytes(bytes)} unpacked`);
});

const kilobytes = (count) => `${Math.round(count / 1000)} kB`;

test("package.json: nothing runs at installation, nothing is installed along", () => {
  const { scripts = {}, dependencies, optionalDependencies, ...rest } = manifest();
  const atInstallation = Object.keys(scripts).filter((name) =>
    /install|prepare|prepublish/.test(name),
  );
  assert.deepEqual(atInstallation, []);
  assert.deepEqual(dependencies ?? {}, {});
  assert.deepEqual(optionalDependencies ?? {}, {});
  assert.equal(rest.bundleDependencies ?? rest.bundledDependencies, undefined);
  assert.deepEqual(
    Object.keys(rest.peerDependencies).filter((name) => !rest.peerDependenciesMeta[name]?.optional),
    [],
    "peers that are not optional",
  );
});

test("every path that package.json names is in the tarball", () => {
  const named = [];
  const walk = (value) => {
    if (typeof value === "string") {
      if (value.startsWith("./")) named.push(value.slice(2));
    } else if (typeof value === "object" && value !== null) {
      Object.values(value).forEach(walk);
    }
  };
  walk(manifest());
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((path) => !files.includes(path)),
    [],
  );
});

test("no file names a place on the machine that built it", async (t) => {
  const places = [...new Set([repository, homedir()])].filter((place) => place.length > 1);
  const anyHome = /\/(?:root|home\/[\w.-]+|Users\/[\w.-]+)\/[\w.@-]+/g;
  const found = [];
  const look = (name, text) => {
    const hits = text.match(anyHome) ?? places.filter((place) => text.includes(`${place}/`));
    if (hits.length > 0) found.push(`${name}: ${hits.length} times, ${hits[0]} for instance`);
  };
  let modules = 0;
  for (const file of files) {
    const bytes = await readFile(join(unpacked, file));
    const text = bytes.toString("latin1");
    look(file, text);
    if (bytes.subarray(0, 4).toString("latin1") === "\0asm") modules += 1;
    // The module inside the code: \0asm in base64.
    for (const [base64] of text.matchAll(/AGFzb[A-Za-z0-9+/=]{1000,}/g)) {
      modules += 1;
      look(`${file}, the module in it`, Buffer.from(base64, "base64").toString("latin1"));
    }
  }
  assert.equal(modules, 3, "the module by itself, in bytes.cjs, and in index.browser.mjs");
  assert.deepEqual(found, []);
  t.diagnostic(`${files.length} files and the module inside two of them`);
});

test("publint has nothing to say", async (t) => {
  const args = ["node_modules/publint/src/cli.js", "run", tarball, "--strict"];
  const { stdout } = await run(process.execPath, args, { cwd: lint });
  assert.match(stdout, /All good!/);
  assert.doesNotMatch(stdout, /Suggestions|Warnings|Errors/);
  t.diagnostic("publint: all good");
});

test("are the types wrong? No, in every way to resolve a module", async (t) => {
  // A module of WebAssembly has no types.
  const args = ["--exclude-entrypoints", "./engine_bg.wasm", "--no-definitely-typed"];
  const attw = ["node_modules/@arethetypeswrong/cli/dist/index.js", tarball, "--format", "json"];
  // Into a file: it exits before a pipe has taken all it says.
  await run("sh", ["-c", 'exec "$0" "$@" >attw.json', process.execPath, ...attw, ...args], {
    cwd: lint,
    mayFail: true,
  });
  const { analysis } = JSON.parse(await readFile(join(lint, "attw.json"), "utf8"));
  const entries = Object.keys(analysis.entrypoints);
  assert.deepEqual(entries.sort(), [
    ".",
    "./nestjs",
    "./package.json",
    "./redis",
    "./testing",
    "./typeorm",
    "./web",
  ]);
  // /web is for ESM only, and is not there for those who know no `exports`.
  const meant = ({ kind, entrypoint, resolutionKind }) =>
    entrypoint === "./web" &&
    ((kind === "CJSResolvesToESM" && resolutionKind === "node16-cjs") ||
      (kind === "NoResolution" && resolutionKind === "node10"));
  assert.deepEqual(
    analysis.problems.filter((problem) => !meant(problem)),
    [],
  );
  t.diagnostic("attw: no problems, node10 included; /web is for ESM");
});
