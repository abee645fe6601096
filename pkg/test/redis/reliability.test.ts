import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../../../docs/RELIABILITY.md", import.meta.url), "utf8");
const ours = page.slice(page.indexOf("## npm package"));
const rows = ours
  .slice(ours.indexOf("| Fault"), ours.indexOf("\n\nA process that has no server"))
  .split("\n")
  .slice(2)
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );

test("every fault of the page has its outcome, its test, and that test is there", () => {
  expect(rows.length).toBeGreaterThan(20);
  for (const cells of rows) {
    expect(cells, cells[0]).toHaveLength(5);
    expect(
      cells.every((cell) => cell !== ""),
      cells[0],
    ).toBe(true);
    const [, file, title] = /^`([a-z-]+\.test\.ts)`: (.+)$/.exec(cells[4]!) ?? [];
    expect(file, cells[0]).toBeDefined();
    const source = readFileSync(new URL(file!, import.meta.url), "utf8");
    const titles = [...source.matchAll(/\btest(?:\.each\([^)]*\))?\(\s*"([^"]+)"/g)];
    const found = titles.some(([, name]) => name!.includes(title!));
    expect(found, `${file}: ${title}`).toBe(true);
  }
});

test("every code that a pick can fail with is one of the package", () => {
  const codes = readFileSync(new URL("../../src/errors.ts", import.meta.url), "utf8");
  const named = rows.flatMap(([, answers]) => [...answers!.matchAll(/`([a-z_]+)`/g)]);
  expect(named.length).toBeGreaterThan(15);
  for (const [, code] of named) expect(codes).toContain(`| "${code}"`);
});
