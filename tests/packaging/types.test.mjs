// The declarations under every compiler and every way to resolve modules, all of them checked: the
// files of consumers/types compile, and where they expect an error there is one.
import assert from "node:assert/strict";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";

import { consumer } from "./support/places.mjs";
import { run } from "./support/run.mjs";

const folder = consumer("types");
const made = join(folder, "made");
/** Files for Node: without the DOM, as a server is compiled. */
const SERVER = ["engine", "service", "redis", "nestjs", "typeorm"];
/** All declarations are checked, but for the compiler's own. */
const STRICT = [
  "--noEmit",
  "--strict",
  "--skipLibCheck",
  "false",
  "--skipDefaultLibCheck",
  "--esModuleInterop",
  "--experimentalDecorators",
  "--emitDecoratorMetadata",
  "--target",
  "es2022",
];
const NODE = ["--lib", "es2022", "--types", "node"];
const PAGE = ["--lib", "es2022,dom,dom.iterable", "--typeRoots", "none"];
/** The strictest that applications have. */
const STRICTEST = [
  "--exactOptionalPropertyTypes",
  "--noUncheckedIndexedAccess",
  "--noImplicitOverride",
  "--isolatedModules",
  "--verbatimModuleSyntax",
  "--noUnusedLocals",
];

const ways = [
  {
    about: "commonjs, node10",
    compilers: ["5.9", "6.0"],
    options: [
      "--module",
      "commonjs",
      "--moduleResolution",
      "node10",
      "--target",
      "es2021",
      "--types",
      "node",
    ],
    files: SERVER.map((name) => `src/${name}.ts`),
  },
  {
    about: "node16, files of CommonJS and of ESM",
    compilers: ["5.9", "6.0", "7.0"],
    options: ["--module", "node16", ...NODE],
    files: SERVER.flatMap((name) => [`made/${name}.cts`, `made/${name}.mts`]),
  },
  {
    about: "nodenext, files of CommonJS and of ESM",
    compilers: ["5.9", "6.0", "7.0"],
    options: ["--module", "nodenext", ...NODE],
    files: SERVER.flatMap((name) => [`made/${name}.cts`, `made/${name}.mts`]),
  },
  {
    about: "the clients of ioredis and node-redis",
    compilers: ["5.9", "7.0"],
    options: ["--module", "nodenext", ...NODE],
    files: ["made/clients.mts"],
  },
  {
    about: "preserve, bundler, strictest",
    compilers: ["5.9", "6.0", "7.0"],
    options: ["--module", "preserve", "--moduleResolution", "bundler", ...STRICTEST, ...NODE],
    files: SERVER.map((name) => `src/${name}.ts`),
  },
  {
    about: "a page: preserve, bundler, DOM, no Node",
    compilers: ["5.9", "6.0", "7.0"],
    options: ["--module", "preserve", "--moduleResolution", "bundler", ...PAGE],
    files: ["src/engine.ts", "src/service.ts", "src/web.ts"],
  },
];

before(async () => {
  await mkdir(made, { recursive: true });
  for (const file of await readdir(join(folder, "src"))) {
    for (const kind of ["cts", "mts"]) {
      await copyFile(join(folder, "src", file), join(made, file.replace(/ts$/, kind)));
    }
  }
});

for (const { about, compilers, options, files } of ways) {
  for (const version of compilers) {
    test(`TypeScript ${version}: ${about}`, async () => {
      const tsc = join("node_modules", `typescript-${version}`, "bin/tsc");
      // node10 is on its way out, and says so from 6.0 on.
      const silent =
        options.includes("node10") && version === "6.0" ? ["--ignoreDeprecations", "6.0"] : [];
      const args = [tsc, ...STRICT, ...options, ...silent, "--pretty", "false", ...files];
      const { stdout } = await run(process.execPath, args, { cwd: folder });
      assert.equal(stdout, "");
    });
  }
}
