// Where things are.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const sources = join(repository, "tests/packaging/consumers");
/** All that is installed, packed and built. */
export const target = join(repository, "target/packaging");
/** The tarball, and what is in it. */
export const tarball = join(target, "assignment-engine.tgz");
export const unpacked = join(target, "package");

/** The folder of a consumer, with everything installed. */
export function consumer(name) {
  const folder = join(target, name);
  if (!existsSync(join(folder, "package.json"))) {
    throw new Error(`${folder} is missing: run tests/packaging/run.sh`);
  }
  return folder;
}

/** The package.json that is in the tarball. */
export const manifest = () => JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
