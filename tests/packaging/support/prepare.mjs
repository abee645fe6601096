// Packs the package and gives it to every consumer:  node support/prepare.mjs
//
// What a consumer needs from the registry is installed when its lock file has changed. The package
// itself is put in place anew each time, as files: a link would find the modules of ../../pkg.
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { repository, sources, tarball, target, unpacked } from "./places.mjs";
import { run } from "./run.mjs";

/** This one installs the tarball itself, while it is tested. */
const BARE = "node-cjs";

await mkdir(target, { recursive: true });
await pack();
for (const name of await readdir(sources)) await prepare(name);

async function pack() {
  const packing = join(target, "packing");
  await fresh(packing);
  // As it lies there: what is tested is dist/ as it was built.
  const args = ["pack", "--ignore-scripts", "--pack-destination", packing];
  await run("npm", args, { cwd: join(repository, "pkg") });
  const [file] = await readdir(packing);
  await rename(join(packing, file), tarball);
  await rm(packing, { recursive: true });
  await rm(unpacked, { recursive: true, force: true });
  await run("tar", ["-xzf", tarball], { cwd: target });
}

async function prepare(name) {
  const from = join(sources, name);
  const to = join(target, name);
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(to)) {
    if (entry !== "node_modules") await rm(join(to, entry), { recursive: true });
  }
  await cp(from, to, { recursive: true, filter: (path) => !path.endsWith("/node_modules") });

  const modules = join(to, "node_modules");
  if (name === BARE) return rm(modules, { recursive: true, force: true });
  const stampFile = join(modules, ".prepared");
  const stamp = await stampOf(from);
  if ((await readFile(stampFile, "utf8").catch(() => "")) !== stamp) {
    console.log(`installing what ${name} needs`);
    await run("npm", ["ci", "--ignore-scripts", "--prefer-offline"], { cwd: to, seconds: 300 });
    await mkdir(modules, { recursive: true });
    await writeFile(stampFile, stamp);
  }
  // Caches of tools, which know packages by their version.
  await rm(join(modules, ".vite"), { recursive: true, force: true });
  const place = join(modules, "assignment-engine");
  await rm(place, { recursive: true, force: true });
  await cp(unpacked, place, { recursive: true });
}

async function stampOf(folder) {
  const hash = createHash("sha256").update(
    `${process.version} ${process.platform} ${process.arch}`,
  );
  for (const file of ["package.json", "package-lock.json"]) {
    hash.update(await readFile(join(folder, file)));
  }
  return hash.digest("hex");
}

async function fresh(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
}
