/**
 * The module as it lies in a folder; undefined unless it is the one of this build, which ends with
 * its name. In a bundle the folder is another one, and may hold another module of the same name.
 */
export function moduleIn(
  folder: string | undefined,
  build: string,
): Uint8Array<ArrayBuffer> | undefined {
  if (folder === undefined) return undefined;
  try {
    // Not `require`d: bundlers for browsers look for what is, and jest has a mock in its place.
    const { readFileSync } = process.getBuiltinModule("node:fs");
    const bytes = readFileSync(`${folder}/engine_bg.wasm`);
    return bytes.subarray(-build.length).toString("latin1") === build ? bytes : undefined;
  } catch {
    // There is no such file, or no `process` at all.
    return undefined;
  }
}
