/**
 * Runs made at random by the native engine, run again on the package: what is asked and what is
 * decided must be the same text. RANDOM_RUNS says how many.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, test } from "vitest";

import { type AssignmentEngine, type Answer, explain } from "../../src/engine/index.ts";
import { AssignmentEngineError } from "../../src/errors.ts";
import type { Facts, Request } from "../../src/types.ts";
import type { Case, JsonObject } from "./cases.ts";
import { engineOf, rosterOf } from "./subject.ts";

interface NativeRun {
  pipeline: Case["pipeline"];
  request: JsonObject;
  facts: JsonObject;
  roster: JsonObject | null;
  trace: boolean;
  steps: { need: string; answer: JsonObject }[];
  end: { decision: string; explain: string[] } | { refused: { code: string; message: string } };
}

const RUNS = Number(process.env["RANDOM_RUNS"] ?? 100_000);
const REPOSITORY = join(import.meta.dirname, "../../..");

test(
  `${RUNS} random runs are decided as natively, to the letter`,
  { timeout: 600_000 },
  async () => {
    const engines = new Map<string, AssignmentEngine>();
    const known = { decided: 0, refused: 0, ordinary: 0 };
    const native = spawn(
      "cargo",
      [
        "run",
        "--quiet",
        "--locked",
        "--release",
        "-p",
        "conformance",
        "--example",
        "random_runs",
      ].concat("--", "0", String(RUNS)),
      { cwd: REPOSITORY, stdio: ["ignore", "pipe", "inherit"] },
    );
    const exit = once(native, "exit");
    for await (const line of createInterface({ input: native.stdout })) {
      const run = JSON.parse(line) as NativeRun;
      const key = JSON.stringify(run.pipeline);
      const engine = engines.get(key) ?? engineOf(run as unknown as Case);
      engines.set(key, engine);
      await compare(engine, run, known);
    }
    expect((await exit)[0]).toBe(0);
    expect(known.decided + known.refused).toBe(RUNS);
    expect(known.ordinary).toBeGreaterThan(RUNS / 100);
    console.log(`${RUNS} runs: ${JSON.stringify(known)}`);
  },
);

async function compare(
  engine: AssignmentEngine,
  run: NativeRun,
  known: { decided: number; refused: number; ordinary: number },
): Promise<void> {
  const roster = run.roster === null ? undefined : rosterOf(run.roster);
  const request = run.request as unknown as Request;
  const facts = { ...run.facts, roster } as Facts;
  let step = engine.start(request, facts, { trace: run.trace });
  for (const { need, answer } of run.steps) {
    if (step.kind === "done") throw new Error(`nobody asks ${need}`);
    if (JSON.stringify(step.need) !== need) expect(step.need).toEqual(JSON.parse(need));
    try {
      step = engine.resume(step.run, answer as unknown as Answer);
    } catch (error) {
      if (!AssignmentEngineError.is(error)) throw error;
      expect({ refused: { code: error.code, message: error.message } }).toEqual(run.end);
      known.refused += 1;
      return;
    }
  }
  if (step.kind === "need") throw new Error(`nobody answers ${JSON.stringify(step.need)}`);
  if ("refused" in run.end) throw new Error(`not refused: ${JSON.stringify(run)}`);
  const decided = JSON.stringify(step.decision);
  if (decided !== run.end.decision) expect(step.decision).toEqual(JSON.parse(run.end.decision));
  expect(decided).toBe(run.end.decision);
  expect(explain(step.decision)).toEqual(run.end.explain);
  known.decided += 1;
  // What needs an index at most is decided by `decide` too, where it takes its shortcuts.
  const other = ({ need }: { need: string }): boolean => !need.includes('"kind":"next_index"');
  if (run.trace || run.steps.some((step) => other(step) || !("nextIndex" in step.answer))) return;
  const indexes = run.steps.map(({ answer }) => answer["nextIndex"] as number);
  const again = await engine.decide(request, facts, async () => indexes.shift()!);
  expect(JSON.stringify(again)).toBe(run.end.decision);
  if (again.outcome.kind === "assign" && Object.isFrozen(again)) known.ordinary += 1;
}
