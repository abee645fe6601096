/** Every case of the suite that all implementations share, on the package. */
import { describe, expect, test } from "vitest";

import { AssignmentEngine, type Host, type IndexSource } from "../../src/engine/index.ts";
import { AssignmentEngineError } from "../../src/errors.ts";
import type { TakenTurn } from "../../src/provider/provider.ts";
import type { Decision, Need } from "../../src/types.ts";
import { type Case, type Json, cases } from "./cases.ts";
import { Told, ended, engineOf, observe } from "./subject.ts";

const all = cases();

test("there are as many cases as the other implementations run", () => {
  expect(all.length).toBeGreaterThanOrEqual(620);
});

describe("step by step", () => {
  test.each(all)("$name", (case_) => {
    const { asked, end } = observe(case_);
    expect(asked).toEqual((case_.answers ?? []).map(({ need }) => need));
    if ("refused" in end) expect(end.refused).toEqual(case_.expect["refused"]);
    else expectDecision(case_, end.decision, end.lines);
  });
});

/** A driver cannot be brought to give a wrong answer, or to change its input under a waiting run. */
const forDrivers = all.filter(
  (case_) =>
    !("refused" in case_.expect) && (case_.answers ?? []).every(({ meanwhile }) => !meanwhile),
);

describe("through decide, with and without a trace", () => {
  // What else than an index is asked there, nobody answers.
  const given = forDrivers.filter(({ answers }) =>
    (answers ?? []).every(({ answer }) => "nextIndex" in answer),
  );
  test.each(given)("$name", async (case_) => {
    for (const trace of [true, false]) {
      const engine = engineOf(case_);
      const asked: Json[] = [];
      const next = (need: Json): number => {
        asked.push(need);
        return case_.answers![asked.length - 1]!.answer["nextIndex"] as number;
      };
      const source: IndexSource = {
        getNextIndex: async (contextKey, candidateCount) =>
          next({ kind: "next_index", contextKey, candidateCount }),
        takeTurn: async ({ now, ...asked }) => taken(next({ kind: "turn", ...asked } as never)),
      };
      const decision = await engine.decide(...new Told(case_).input, source, { trace });
      expect(asked).toEqual((case_.answers ?? []).map(({ need }) => need));
      const { decision: last, lines } = ended(case_, decision);
      if (trace === (case_.traced ?? true)) expectDecision(case_, last, lines);
      else expectDecision(withoutTrace(case_), last, []);
    }
  });
});

describe("through run, the host asked for each fact", () => {
  const asked = forDrivers.filter(
    ({ roster, facts, answers }) =>
      roster === undefined && Object.keys(facts ?? {}).length === 0 && answers !== undefined,
  );
  test.each(asked)("$name", async (case_) => {
    const script = [...case_.answers!];
    const answer = (need: Need | Json): never => {
      const next = script.shift();
      if (next === undefined) throw new Error("more is asked than the case answers");
      expect(need).toEqual(next.need);
      if ("failed" in next.answer) throw failure(next.answer["failed"]);
      return Object.values(next.answer)[0] as never;
    };
    const host: Host = {
      schedule: async (need) => answer(need),
      contactAssigned: async (need) => answer(need),
      strategy: async (need) => answer(need),
      agents: async (need) => answer(need),
      noAgentPolicy: async (need) => answer(need),
      getNextIndex: async (contextKey, candidateCount) =>
        answer({ kind: "next_index", contextKey, candidateCount }),
      takeTurn: async ({ now, ...asked }) => taken(answer({ kind: "turn", ...asked } as never)),
    };
    // Nobody reserves places here: the host is not asked.
    if (case_.request["reserve"] === true) return;
    // The host's own rules are asked one level above: the other describe blocks have them.
    if (case_.pipeline?.some((place) => typeof place !== "string")) return;
    const engine = engineOf(case_);
    const decision = await engine.run(new Told(case_).input[0], host, {
      trace: case_.traced ?? true,
    });
    const { decision: last, lines } = ended(case_, decision);
    expectDecision(case_, last, lines);
  });
});

test("an engine of its own for each case is not needed", async () => {
  const engine = new AssignmentEngine();
  const standard = forDrivers.filter(({ pipeline }) => pipeline === undefined);
  const decide = async (case_: Case): Promise<Decision> => {
    const indexes = (case_.answers ?? []).map(({ answer }) => answer["nextIndex"] as number);
    const getNextIndex = async () => indexes.shift()!;
    const takeTurn = async () => taken(indexes.shift()!);
    return engine.decide(...new Told(case_).input, { getNextIndex, takeTurn });
  };
  const alone: string[] = [];
  for (const case_ of standard) alone.push(JSON.stringify(await decide(case_)));
  const together = await Promise.all(standard.map(decide));
  expect(together.map((decision) => JSON.stringify(decision))).toEqual(alone);
});

function taken(index: number): TakenTurn {
  return { index, stamps: [1n, 0n] };
}

function failure(failed: Json | undefined): Error {
  const { code, message } = failed as { code: string; message: string };
  return new AssignmentEngineError(code, message);
}

function withoutTrace(case_: Case): Case {
  const { trace, rules, candidates, explain, ...rest } = case_.expect;
  return { ...case_, expect: rest };
}

/** What is absent in the case must be absent or empty; the trace is compared where it is given. */
function expectDecision({ expect: expected }: Case, decision: Decision, lines: string[]): void {
  const { trace, rules, candidates, explain, ...plain } = expected;
  const { trace: traced, ...decided } = decision;
  expect(decided).toEqual({ effects: [], warnings: [], ...plain });
  if (trace !== undefined) expect(traced).toEqual(trace);
  if (rules !== undefined) expect(traced?.rules).toEqual(rules);
  if (candidates !== undefined) expect(traced?.candidates).toEqual(candidates);
  if (explain !== undefined) expect(lines).toEqual(explain);
}
