import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TICKET_SCRIPT, TURNS_SCRIPT } from "../../src/redis/script.ts";

test.each([
  ["ticket", TICKET_SCRIPT],
  ["turns", TURNS_SCRIPT],
])("the name of the %s script is its hash", (_, script) => {
  expect(script.sha).toBe(createHash("sha1").update(script.source).digest("hex"));
});

test.each([
  ["ONE", TICKET_SCRIPT],
  ["MANY", TURNS_SCRIPT],
])("the Rust provider's script %s is the same, but for where texts begin", (name, script) => {
  const rust = readFileSync(
    new URL("../../../native/src/provider/redis/counter.rs", import.meta.url),
    "utf8",
  );
  const source = script.source.replaceAll(`${2 ** 52}`, `${2 ** 53}`);
  expect(rust).toContain(`const ${name}: &str = "\\\n${source}";`);
});

test("the two scripts differ in their count alone", () => {
  const counted = "'INCRBY', KEYS[1], ARGV[2]";
  expect(TURNS_SCRIPT.source.replace(counted, "'INCR', KEYS[1]")).toBe(TICKET_SCRIPT.source);
});
