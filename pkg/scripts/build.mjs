// Builds dist/ from src/:  node scripts/build.mjs
//
// What is of use everywhere is bundled once, as core.cjs, and the entries show parts of it. So `require` and
// `import` give the same classes, and the engine is there once in a process. The module is read from
// the file beside the code, and where that is not found, as in every bundle, taken from bytes.cjs.
// Browsers and other bundlers of ESM get a bundle of their own with the bytes in it, and `web` one
// without. The WebAssembly itself comes from scripts/build-wasm.sh of the repository.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const src = join(root, "src");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  target: "es2022",
  legalComments: "none",
  // Half of what there is to read at load is comments and blanks; names stay, for stack traces.
  minifyWhitespace: true,
  logLevel: "warning",
  // `sideEffects` in package.json is for those who use the package.
  ignoreAnnotations: true,
  external: ["ioredis", "redis", "@nestjs/common", "node:*"],
};
// Without the mark of a translated ES module, which some bundlers take for a promise of a default
// export.
const plain = { js: "module.exports = { ...module.exports };" };

await build({
  ...common,
  entryPoints: [join(src, "all.ts")],
  outfile: join(dist, "core.cjs"),
  format: "cjs",
  platform: "node",
  footer: plain,
  external: [...common.external, "./bytes.cjs"],
});
await build({
  ...common,
  entryPoints: [join(src, "kernel/generated/bytes.mjs")],
  outfile: join(dist, "bytes.cjs"),
  format: "cjs",
  platform: "node",
  footer: plain,
});
await build({
  ...common,
  entryPoints: [join(src, "index.ts")],
  outfile: join(dist, "index.browser.mjs"),
  format: "esm",
  platform: "browser",
});
await build({
  ...common,
  entryPoints: [join(src, "web.ts")],
  outfile: join(dist, "web.mjs"),
  format: "esm",
  platform: "browser",
});
for (const [entry, endings] of [
  ["redis", ["cjs", "mjs"]],
  ["nestjs", ["cjs", "mjs"]],
  // Classes that are handed around: one of each, so ES modules take them from there.
  ["typeorm", ["cjs"]],
  ["testing", ["cjs"]],
]) {
  for (const ending of endings) {
    const cjs = ending === "cjs";
    await build({
      ...common,
      entryPoints: [join(src, entry, "index.ts")],
      outfile: join(dist, `${entry}.${ending}`),
      format: cjs ? "cjs" : "esm",
      platform: "node",
      footer: cjs ? plain : {},
      // Jest without ES modules cannot import.
      supported: { "dynamic-import": !cjs },
      plugins: [fromElsewhere(ending)],
    });
  }
}
// Directly in the `try` around it a bundler sees that the package may be missing.
await rewrite(
  join(dist, "redis.cjs"),
  /await Promise\.resolve\(\)\.then\(\(\) ?=> ?(__toESM\(require\("[^"]+"\)\))\)/g,
  "$1",
);
await copyFile(join(src, "kernel/generated/engine_bg.wasm"), join(dist, "engine_bg.wasm"));

await writeEntries();
await writeTypes();
for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]) {
  await copyFile(join(root, "..", name), join(root, name));
}

/** Replaces every occurrence, of which there must be some. */
async function rewrite(file, pattern, replacement) {
  const text = await readFile(file, "utf8");
  const rewritten = text.replace(pattern, replacement);
  if (rewritten === text) throw new Error(`${file}: nothing matches ${pattern}`);
  await writeFile(file, rewritten);
}

/** What is in another entry is taken from there, so that each class is there once. */
function fromElsewhere(ending) {
  const external = (path) => ({ path: `./${path}.${ending}`, external: true });
  return {
    name: "from-elsewhere",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.\/redis\/index\.ts$/ }, () => external("redis"));
      onResolve({ filter: /^(\.\.\/|\.\/(policy|provider)\.ts$)/ }, ({ path }) =>
        path.startsWith("../redis/index") ? external("redis") : external("core"),
      );
    },
  };
}

/** The entries: lists of names. */
async function writeEntries() {
  const core = createRequire(import.meta.url)(join(dist, "core.cjs"));
  const all = Object.keys(core).sort();
  await writeFile(join(dist, "core.mjs"), esm(all));
  const names = await exportsOf(join(src, "index.ts"));
  const missing = names.filter((name) => !all.includes(name));
  if (missing.length > 0) throw new Error(`index: not in core: ${missing.join(", ")}`);
  const lines = names.map((name) => `exports.${name} = core.${name};\n`).join("");
  await writeFile(
    join(dist, "index.cjs"),
    `"use strict";\nconst core = require("./core.cjs");\n${lines}`,
  );
  await writeFile(join(dist, "index.mjs"), esm(names));
  for (const entry of ["typeorm", "testing"]) {
    const names = await exportsOf(join(src, entry, "index.ts"));
    await writeFile(join(dist, `${entry}.mjs`), esm(names, entry));
  }
}

function esm(names, from = "core") {
  const lines = names.map((name) => `export const ${name} = all.${name};\n`).join("");
  return `import all from "./${from}.cjs";\n${lines}`;
}

/** The names that a module of the sources exports. */
async function exportsOf(entry) {
  const { metafile } = await build({
    ...common,
    entryPoints: [entry],
    format: "esm",
    platform: "node",
    write: false,
    metafile: true,
    outdir: dist,
  });
  return Object.values(metafile.outputs)[0].exports.sort();
}

/** Declarations, one tree for both kinds of modules, with an entry of each kind. */
async function writeTypes() {
  const types = join(dist, "types");
  const tsc = join(root, "node_modules/.bin/tsc");
  execFileSync(tsc, ["-p", join(root, "tsconfig.build.json"), "--outDir", types], {
    stdio: "inherit",
  });
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const path = join(types, file);
    const text = await readFile(path, "utf8");
    // Declarations name files as TypeScript's sources do; those who read them have the .js.
    await writeFile(path, text.replace(/((?:from|import)\s*\(?\s*"\.[^"]*)\.m?ts"/g, '$1.js"'));
  }
  // Nest 12 is of ES modules alone, of which a declaration that counts as CommonJS may name nothing.
  const nest = join(types, "nestjs");
  for (const file of await readdir(nest)) {
    const text = await readFile(join(nest, file), "utf8");
    const esm = text.replace(/("\.\/[^"]*)\.js"/g, '$1.mjs"');
    await writeFile(join(nest, file.replace(/\.d\.ts$/, ".d.mts")), esm);
  }
  for (const [entry, source] of [
    ["index", "index"],
    ["redis", "redis/index"],
    ["testing", "testing/index"],
    ["nestjs", "nestjs/index"],
    ["typeorm", "typeorm/index"],
    ["web", "web"],
  ]) {
    const text = (ending) => `export * from "./types/${source}.${ending}";\n`;
    await writeFile(join(dist, `${entry}.d.mts`), text(entry === "nestjs" ? "mjs" : "js"));
    if (entry !== "web") await writeFile(join(dist, `${entry}.d.ts`), text("js"));
  }
}
