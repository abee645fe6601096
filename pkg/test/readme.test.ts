/** Every block of TypeScript in the README and in docs/NODE.md compiles, runs, and prints what it says. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";

const pkg = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8")) as {
  name: string;
  peerDependencies: Record<string, string>;
};
const documents = ["README.md", "docs/NODE.md"].map((name) => {
  return [name, readFileSync(join(pkg, "..", name), "utf8")] as const;
});

interface Block {
  name: string;
  code: string;
  prints: string | undefined;
}

/** Blocks of TypeScript; one of text after the words "It prints:" is what comes out. */
const blocks = documents.flatMap(([document, text]) => {
  const found = text.matchAll(/```ts\n(.*?)```\n(?:\nIt prints:\n\n```text\n(.*?)```)?/gs);
  return Array.from(found, ([, code, prints], at): Block => {
    return { name: `${document}, block ${at + 1}`, code: code!, prints };
  });
});

// Inside the package, so that what it needs is found.
const folder = mkdtempSync(join(pkg, "node_modules/.readme-"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
afterAll(() => rmSync(folder, { recursive: true }));

const entries = {
  "": "index.ts",
  "/redis": "redis/index.ts",
  "/nestjs": "nestjs/index.ts",
  "/testing": "testing/index.ts",
};
const sources = Object.entries(entries).map(([name, file]) => [
  `assignment-engine${name}`,
  join(pkg, "src", file),
]);

test("there are blocks", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(9);
});

test.each(blocks)("$name", async ({ code, prints }) => {
  const file = join(folder, "block.ts");
  const outfile = join(folder, "block.mjs");
  writeFileSync(file, code);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    ignoreAnnotations: true,
    alias: Object.fromEntries(sources.reverse()),
    external: ["@nestjs/*", "reflect-metadata", "ioredis", "redis"],
    logLevel: "silent",
  });
  const env = { ...process.env, REDIS_URL: "", REDIS_HOST: "", REDIS_PORT: "" };
  const printed = execFileSync(process.execPath, [outfile], { encoding: "utf8", env });
  if (prints !== undefined) expect(printed).toBe(prints);
  // A comment behind a line that prints says what it prints.
  for (const [, said] of code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)) {
    if (!said!.startsWith("what ")) expect(printed.split("\n")).toContain(said);
  }
});

test("every block compiles", () => {
  const files = blocks.map(({ code }, at) => {
    const file = join(folder, `block${at}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const config = join(folder, "tsconfig.json");
  const paths = Object.fromEntries(sources.map(([name, file]) => [name, [file]]));
  writeFileSync(
    config,
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { paths, noUncheckedIndexedAccess: true },
      include: [],
      files,
    }),
  );
  execFileSync(join(pkg, "node_modules/.bin/tsc"), ["-p", config], { stdio: "inherit" });
});

test("npm installs what there is", () => {
  const known = new Set([manifest.name, ...Object.keys(manifest.peerDependencies)]);
  const lines = documents.flatMap(([, text]) => [...text.matchAll(/^npm install (.*)$/gm)]);
  expect(lines.length).toBeGreaterThanOrEqual(2);
  for (const [, names] of lines) {
    for (const name of names!.split(" ")) expect(known).toContain(name);
  }
});
