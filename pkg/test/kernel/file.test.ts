/** The module's file is used where it is that of this build, and nothing else that is found there. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { moduleIn } from "../../src/kernel/file.ts";
import { BASE64 } from "../../src/kernel/generated/bytes.mjs";
import { BUILD } from "../../src/kernel/generated/build.mjs";

const generated = join(import.meta.dirname, "../../src/kernel/generated");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assignment-engine-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the file and the text hold the same module, which ends with its name", async () => {
  const bytes = moduleIn(generated, BUILD);
  const file = await readFile(join(generated, "engine_bg.wasm"));
  expect(file.equals(bytes!)).toBe(true);
  expect(file.equals(Buffer.from(BASE64, "base64"))).toBe(true);
  expect(WebAssembly.Module.customSections(new WebAssembly.Module(bytes!), "build")).toEqual([
    new TextEncoder().encode(BUILD).buffer,
  ]);
});

test("no folder, no file, a file of another build, an empty one: no module", async () => {
  expect(moduleIn(undefined, BUILD)).toBeUndefined();
  expect(moduleIn(folder, BUILD)).toBeUndefined();
  const bytes = await readFile(join(generated, "engine_bg.wasm"));
  const last = bytes.length - 1;
  bytes[last] = bytes[last] === 0x30 ? 0x31 : 0x30;
  for (const wrong of [bytes, bytes.subarray(0, last), new Uint8Array()]) {
    await writeFile(join(folder, "engine_bg.wasm"), wrong);
    expect(moduleIn(folder, BUILD)).toBeUndefined();
  }
});
