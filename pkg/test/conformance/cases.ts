/** Reads the cases of `tests/cases`; `tests/README.md` describes them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** One case, with the file before its name and the way after it. */
export interface Case {
  name: string;
  pipeline?: (string | { host: string })[];
  request: JsonObject;
  facts?: JsonObject;
  roster?: JsonObject;
  traced?: boolean;
  answers?: { need: Json; meanwhile?: Meanwhile; answer: JsonObject }[];
  messageFailed?: string;
  overruled?: { outcome: JsonObject; reason: string };
  expect: JsonObject;
}

export interface Meanwhile {
  request?: Json;
  facts?: Json;
  roster?: JsonObject;
  rosterChanges?: JsonObject[];
}

const FOLDER = join(import.meta.dirname, "../../../tests/cases");

/** Every case, each way of telling it a case of its own. */
export function cases(): Case[] {
  const found: Case[] = [];
  for (const folder of readdirSync(FOLDER).sort()) {
    for (const file of readdirSync(join(FOLDER, folder)).sort()) {
      const document = JSON.parse(readFileSync(join(FOLDER, folder, file), "utf8")) as {
        base?: Json;
        cases: JsonObject[];
      };
      for (const each of document.cases) {
        const whole = merged(document.base ?? {}, each) as JsonObject;
        const name = `${folder}/${file.replace(".json", "")}: ${String(whole["name"])}`;
        const { ways, ...told } = whole;
        if (ways === undefined) found.push({ ...(told as unknown as Case), name });
        for (const { way, ...more } of (ways ?? []) as JsonObject[]) {
          const case_ = merged(told, more) as unknown as Case;
          found.push({ ...case_, name: `${name} (${String(way)})` });
        }
      }
    }
  }
  return found;
}

/** Merges `patch` over `target` as RFC 7396 says. */
export function merged(target: Json, patch: Json): Json {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const object: JsonObject =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete object[key];
    else object[key] = merged(object[key] ?? null, value);
  }
  return object;
}
