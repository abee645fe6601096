/** What is remembered between decisions never shows: each is that of an engine that remembers nothing. */
import { expect, test } from "vitest";

import { AssignmentEngine } from "../../src/engine/index.ts";
import { AssignmentEngineError } from "../../src/errors.ts";
import { Roster } from "../../src/roster.ts";
import type { Agent, Decision, Facts, Request } from "../../src/types.ts";

const now = Date.parse("2026-11-23T09:00:00Z");
const request: Request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales", contactId: "c1" },
  now,
};

/** Numbers below `limit` that only look random (xorshift). */
function randoms(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function people(count: number): Agent[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `agent-${n}`,
    name: `Name ${(n * 7) % count}`,
    createdAt: new Date(now - (n % 5) * 86_400_000),
    status: n % 4 === 0 ? "away" : "online",
    active: n % 3,
    total: n % 2,
  }));
}

const STRATEGIES = ["round_robin", "least_active", "least_assigned", "hybrid"] as const;

test.each(STRATEGIES)(
  "on a roster, by %s, round after round and change after change",
  (strategy) => {
    const random = randoms(7);
    const engine = new AssignmentEngine();
    const agents = people(37);
    const ids = agents.map(({ id }) => id);
    const roster = new Roster({
      tenantId: "acme",
      teams: [{ id: "sales", routingStrategy: strategy, members: ids }],
      agents,
    });
    const whole = (index: (count: number) => number): Decision => {
      const step = engine.start(request, { roster, contactAssigned: false });
      if (step.kind === "done" || step.need.kind !== "next_index") throw new Error("no pick");
      const picked = engine.resume(step.run, { nextIndex: index(step.need.candidateCount) });
      if (picked.kind === "need") throw new Error("nothing is missing");
      return picked.decision;
    };
    let rounds = 0;
    for (let n = 0; n < 3_000; n += 1) {
      const turn = engine.turn(roster, "sales", now)!;
      const index = n % turn.candidateCount;
      // Now and then between the two halves, mostly after many that change nothing.
      const late = random(97) === 0;
      const id = ids[random(ids.length)]!;
      if (late) roster.assigned(id);
      expect(turn.resume(index)).toEqual(whole((count) => index % count));
      if (index === turn.candidateCount - 1) rounds += 1;
      if (random(61) > 0) continue;
      [
        () => roster.released(id),
        () => roster.setOnline(id, random(3) > 0),
        () => roster.setTotal("sales", id, random(3)),
        () => {
          const added = `agent-${n}-${ids.length}`;
          roster.removeAgent(id);
          roster.addAgent({ id: added, status: "online" });
          roster.join("sales", added, 0);
          ids[ids.indexOf(id)] = added;
        },
      ][random(4)]!();
    }
    expect(rounds).toBeGreaterThan(20);
  },
);

const schedule = () => ({
  enabled: true,
  timezone: "UTC",
  days: { monday: [{ start: "08:00", end: "17:00" }], tuesday: [] as object[] },
});

/** One field that is another one: right, wrong, or the same in another guise. */
const changes: [string, (facts: Record<string, any>, agent: Record<string, any>) => unknown][] = [
  ["nothing", () => {}],
  ["an id", (_, agent) => (agent["id"] = "zoe")],
  ["an id of somebody else", (facts, agent) => (agent["id"] = facts["agents"][5].id)],
  ["an id that is half a character", (_, agent) => (agent["id"] = "agent-\ud800")],
  ["an id that is a number", (_, agent) => (agent["id"] = 4)],
  ["an id that is an object", (_, agent) => (agent["id"] = { toJSON: () => "agent-9" })],
  ["no id", (_, agent) => delete agent["id"]],
  ["a name", (_, agent) => (agent["name"] = "Aaron")],
  ["a name that is half a character", (_, agent) => (agent["name"] = "Name \udc00")],
  ["no name", (_, agent) => (agent["name"] = null)],
  ["a name that is a number", (_, agent) => (agent["name"] = 3)],
  ["a date", (_, agent) => (agent["createdAt"] = new Date(now + 1))],
  ["a date as a text", (_, agent) => (agent["createdAt"] = agent["createdAt"].toISOString())],
  ["a date that is none", (_, agent) => (agent["createdAt"] = new Date(NaN))],
  ["a date as a number", (_, agent) => (agent["createdAt"] = agent["createdAt"].getTime())],
  [
    "a date in another guise",
    (_, agent) => (agent["createdAt"] = { toJSON: () => "2020-01-01T00:00:00Z" }),
  ],
  ["no date", (_, agent) => delete agent["createdAt"]],
  ["a status", (_, agent) => (agent["status"] = "busy")],
  ["a status for those who work", (_, agent) => (agent["status"] = "online")],
  ["a status without end", (_, agent) => (agent["status"] = "x".repeat(300))],
  ["a status that is half a character", (_, agent) => (agent["status"] = "\ud800")],
  ["a status that is none", (_, agent) => (agent["status"] = true)],
  ["no status", (_, agent) => delete agent["status"]],
  ["a count", (_, agent) => (agent["active"] = 0)],
  ["a count below zero", (_, agent) => (agent["active"] = -1)],
  ["a count with a half", (_, agent) => (agent["total"] = 0.5)],
  ["a count that is too large", (_, agent) => (agent["total"] = 2 ** 32)],
  ["a count as a text", (_, agent) => (agent["active"] = "1")],
  ["NaN for a count", (_, agent) => (agent["active"] = NaN)],
  ["no count", (_, agent) => (agent["total"] = undefined)],
  ["an agent less", (facts) => facts["agents"].pop()],
  ["agents in another order", (facts) => facts["agents"].reverse()],
  ["an agent that is none", (facts) => (facts["agents"][3] = null)],
  ["a hole", (facts) => delete facts["agents"][3]],
  ["a limit", (facts) => (facts["strategy"].config.maxLoad = 1)],
  ["a limit that is none", (facts) => (facts["strategy"].config.maxLoad = -1)],
  ["another strategy", (facts) => (facts["strategy"].teamStrategy = "manual")],
  ["a setting misspelt", (facts) => (facts["strategy"].config.maxLod = 1)],
  [
    "settings in another order",
    (facts) => (facts["schedule"] = { tenantMessage: "-", schedule: schedule() }),
  ],
  ["other hours", (facts) => (facts["schedule"].schedule.days.monday[0].start = "10:00")],
  ["hours that are none", (facts) => (facts["schedule"].schedule.days.monday[0].end = "25:00")],
  ["a day more", (facts) => (facts["schedule"].schedule.days.sunday = [])],
  ["a day that is none", (facts) => (facts["schedule"].schedule.days.someday = [])],
  ["a list for an object", (facts) => (facts["schedule"].schedule.days = [])],
  ["an object for a list", (facts) => (facts["schedule"].schedule.days.tuesday = {})],
  ["null for a schedule", (facts) => (facts["schedule"].schedule = null)],
  ["undefined for a field", (facts) => (facts["schedule"].availability = undefined)],
  ["a field that cannot be written", (facts) => (facts["schedule"].availability = () => 1)],
  ["a policy", (facts) => (facts["noAgent"] = { noAgentAction: "queue" })],
  ["a policy that is none", (facts) => (facts["noAgent"] = { noAgentAction: "sing" })],
  ["a fact that does not exist", (facts) => (facts["agent"] = [])],
];

test.each(STRATEGIES)(
  "on given facts, by %s, whatever is another in the next call",
  async (strategy) => {
    const random = randoms(11);
    const engine = new AssignmentEngine();
    const facts = (): Facts => ({
      schedule: { schedule: schedule() as never, tenantMessage: "-" },
      contactAssigned: false,
      strategy: { teamStrategy: strategy, config: { maxLoad: 3 } },
      agents: people(9),
    });
    const outcome = (given: Facts, trace: boolean, index: number) =>
      engine
        .decide(request, given, (_, count) => index % count, { trace })
        .then(
          ({ trace: _, ...decision }) => decision,
          ({ code, path }: AssignmentEngineError) => ({ code, path }),
        );
    const usual = await outcome(facts(), true, 1);
    expect(usual).toMatchObject({ outcome: { kind: "assign" } });
    for (const [what, change] of changes) {
      for (let n = 0; n < 3; n += 1) {
        const index = random(100);
        const at = random(9);
        const changed = () => {
          const given = facts();
          change(given, given.agents![at]! as never);
          return given;
        };
        const right = await outcome(changed(), true, index);
        expect(await outcome(changed(), false, index), what).toEqual(right);
        expect(await outcome(facts(), false, 1), `after ${what}`).toEqual(usual);
      }
    }
  },
);

test("two agents who change places in what is compared", async () => {
  const engine = new AssignmentEngine();
  const facts = (): Facts => ({
    schedule: {},
    contactAssigned: false,
    strategy: {},
    agents: [
      { id: "a", name: "B", status: "online" },
      { id: "b", name: "A", status: "online" },
    ],
  });
  const first = async (given: Facts) => (await engine.decide(request, given, () => 0)).outcome;
  expect(await first(facts())).toEqual({ kind: "assign", agentId: "b" });
  const swapped = facts();
  [swapped.agents![0]!.name, swapped.agents![1]!.name] = ["A", "B"];
  expect(await first(swapped)).toEqual({ kind: "assign", agentId: "a" });
  expect(await first(facts())).toEqual({ kind: "assign", agentId: "b" });
});
