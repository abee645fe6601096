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

test("the ticket script is that of the Rust provider, but for where texts begin", () => {
  const rust = readFileSync(
    new URL("../../../native/src/provider/redis/script.rs", import.meta.url),
    "utf8",
  );
  const source = TICKET_SCRIPT.source.replaceAll(`${2 ** 52}`, `${2 ** 53}`);
  expect(rust).toContain(`const SOURCE: &str = "\\\n${source}";`);
});

test("the two scripts differ in their count alone", () => {
  const counted = "'INCRBY', KEYS[1], ARGV[2]";
  expect(TURNS_SCRIPT.source.replace(counted, "'INCR', KEYS[1]")).toBe(TICKET_SCRIPT.source);
});
