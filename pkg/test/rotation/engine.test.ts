/** Turns in a rotation other than the counter, on every way through the engine. */
import { expect, test } from "vitest";

import { AssignmentEngine, type Host, type IndexSource } from "../../src/engine/index.ts";
import type { TakenTurn, TurnRequest } from "../../src/provider/provider.ts";
import { Roster } from "../../src/roster.ts";
import type { Decision, Facts, Request } from "../../src/types.ts";

const now = Date.parse("2026-11-23T09:00:00Z");
const request: Request = { session: { id: "s1", tenantId: "acme", assignedTeamId: "sales" }, now };
const routingConfig = { rotation: "proportional" as const, weights: { b: 3 } };
const agents = ["a", "b"].map((id) => ({ id, name: id, status: "online" }));
const facts = (): Facts => ({ schedule: {}, strategy: { config: routingConfig }, agents });
const roster = () =>
  new Roster({
    tenantId: "acme",
    agents,
    teams: [{ id: "sales", members: ["a", "b"], routingConfig }],
  });

class Source implements IndexSource {
  readonly asked: TurnRequest[] = [];
  readonly given: TakenTurn[] = [];
  readonly #answer: unknown;

  constructor(answer: unknown = { index: 1, stamps: [2n, 1n] }) {
    this.#answer = answer;
  }

  getNextIndex(): number {
    throw new Error("the counter is not asked");
  }

  takeTurns(): number {
    throw new Error("the counter is not asked");
  }

  takeTurn(asked: TurnRequest): TakenTurn {
    this.asked.push(asked);
    return this.#answer as TakenTurn;
  }

  giveBack(_: TurnRequest, turn: TakenTurn): void {
    this.given.push(turn);
  }
}

const host = (source: Partial<IndexSource>): Host => ({
  schedule: () => ({}),
  strategy: () => ({ config: routingConfig }),
  agents: () => agents,
  noAgentPolicy: () => ({}),
  takeTurn: source.takeTurn && ((asked) => source.takeTurn!(asked)),
  giveBack: source.giveBack && ((asked, turn) => source.giveBack!(asked, turn)),
});

const engine = new AssignmentEngine({}, { answerTimeoutMs: 200 });
const ways: [string, (source: IndexSource) => Promise<Decision>][] = [
  ["decide on facts", (source) => engine.decide(request, facts(), source)],
  ["decide on a roster", (source) => engine.decide(request, { roster: roster() }, source)],
  ["decide with a trace", (source) => engine.decide(request, facts(), source, { trace: true })],
  ["run", (source) => engine.run(request, host(source))],
  [
    "decideMany",
    async (source) => (await engine.decideMany([request], { roster: roster() }, source))[0]!,
  ],
];

test.each(ways)("%s asks for a turn among those who are equal", async (_, way) => {
  const source = new Source();
  expect((await way(source)).outcome).toEqual({ kind: "assign", agentId: "b" });
  const candidates = [
    { agentId: "a", weight: 1 },
    { agentId: "b", weight: 3 },
  ];
  const asked = { contextKey: "sales", rotation: "proportional", candidates };
  expect(source.asked).toEqual([{ ...asked, now: expect.any(Number) }]);
  expect(source.given, "it came true").toEqual([]);
});

test.each(ways)("%s without such turns is unsupported", async (_, way) => {
  const { outcome } = await way({ getNextIndex: () => 0 });
  expect(outcome).toMatchObject({ kind: "error", code: "unsupported" });
});

const never = new Promise<never>(() => {});
test.each([
  ["nothing", null, "index_out_of_range"],
  ["the count itself", { index: 2, stamps: [1n, 0n] }, "index_out_of_range"],
  ["a BigInt", { index: 0n, stamps: [1n, 0n] }, "index_out_of_range"],
  [
    "a rejection",
    { then: (_: unknown, fail: (why: Error) => void) => fail(new Error("secret")) },
    "host_failed",
  ],
  ["no answer", never, "host_timeout"],
])("%s is an error, and nothing is given back", async (_, answer, code) => {
  const source = new Source(answer);
  const { outcome } = await engine.decide(request, facts(), source);
  expect(outcome).toMatchObject({ kind: "error", code });
  expect(JSON.stringify(outcome)).not.toContain("secret");
  expect(source.given).toEqual([]);
});

test("a request for a reservation is unsupported", async () => {
  for (const known of [facts(), { roster: roster() }]) {
    const decided = await engine.decide({ ...request, reserve: true }, known, new Source());
    expect(decided.outcome).toMatchObject({ kind: "error", code: "unsupported" });
  }
});
