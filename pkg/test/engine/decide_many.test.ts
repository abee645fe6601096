/** A queue in one breath has the answers of one after the other. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { AssignmentEngine, type IndexSource } from "../../src/engine/index.ts";
import { InMemoryRoundRobinContextProvider } from "../../src/provider/memory.ts";
import { Roster, type RosterConfig } from "../../src/roster.ts";
import type { Decision, Request } from "../../src/types.ts";

const now = Date.parse("2026-11-23T09:00:00Z");
const open = {
  enabled: true,
  timezone: "UTC",
  days: { monday: [{ start: "08:00", end: "17:00" }] },
};
const shut = {
  enabled: true,
  timezone: "UTC",
  days: { monday: [{ start: "10:00", end: "17:00" }] },
};

const agent = (n: number) =>
  fc.record({
    id: fc.constant(`agent-${n}`),
    name: fc.constantFrom("Anna", "ben", ""),
    status: fc.constantFrom("online", "online", "online", "offline"),
    active: fc.nat(3),
    total: fc.nat(3),
  });

const team = (id: string) =>
  fc.record({
    id: fc.constant(id),
    isDefault: fc.boolean(),
    routingStrategy: fc.constantFrom(
      "round_robin",
      "least_active",
      "least_assigned",
      "hybrid",
      "manual",
      "fastest",
    ),
    routingConfig: fc.record({ maxLoad: fc.constantFrom(0, 1, 3, 5) }),
    schedule: fc.constantFrom(null, open, open, shut),
    members: fc.uniqueArray(
      fc.nat(6).map((n) => `agent-${n}`),
      { maxLength: 7 },
    ),
  });

const config: fc.Arbitrary<RosterConfig> = fc.record({
  tenantId: fc.constant("acme"),
  tenant: fc.record({ strategy: fc.constantFrom("least_active", "round_robin") }),
  teams: fc.tuple(team("sales"), team("support")),
  agents: fc.tuple(agent(0), agent(1), agent(2), agent(3), agent(4), agent(5), agent(6)),
});

const request = (n: number): fc.Arbitrary<Request> =>
  fc.record(
    {
      session: fc.record({
        id: fc.constant(`chat-${n}`),
        tenantId: fc.constantFrom("acme", "acme", "acme", "acme", "other"),
        contactId: fc.constantFrom(null, `c-${n}`, "c-1", "c-2"),
        assignedTeamId: fc.constantFrom("sales", "sales", "support", undefined, "gone"),
      }),
      forceOverride: fc.constantFrom(false, false, false, true),
    },
    { requiredKeys: ["session"] },
  );

const queue = fc
  .integer({ min: 0, max: 25 })
  .chain((length) => fc.tuple(...Array.from({ length }, (_, n) => request(n))));

async function oneByOne(roster: Roster, requests: readonly Request[]): Promise<Decision[]> {
  const engine = new AssignmentEngine({}, { clock: () => now });
  const provider = new InMemoryRoundRobinContextProvider();
  const served = new Set<string>(["c-2"]);
  const decisions: Decision[] = [];
  for (const request of requests) {
    const contact = request.session.contactId ?? "";
    const decision = await engine.decide(
      request,
      { roster, contactAssigned: served.has(contact) },
      (key, count) => provider.getNextIndex(key, count),
    );
    if (decision.outcome.kind === "assign") {
      roster.assigned(decision.outcome.agentId);
      if (contact !== "") served.add(contact);
    }
    decisions.push(decision);
  }
  return decisions;
}

const sources: [string, () => IndexSource][] = [
  ["several turns at once", () => new InMemoryRoundRobinContextProvider()],
  [
    "one turn at a time",
    () => {
      const provider = new InMemoryRoundRobinContextProvider();
      return { getNextIndex: (key, count) => provider.getNextIndex(key, count) };
    },
  ],
];

test.each(sources)("with %s", async (_, source) => {
  await fc.assert(
    fc.asyncProperty(config, queue, async (config, requests) => {
      const [alone, together] = [new Roster(config), new Roster(config)];
      const expected = await oneByOne(alone, requests);
      const engine = new AssignmentEngine({}, { clock: () => now });
      const facts = {
        roster: together,
        contactAssigned: ({ contactId }: { contactId?: string | null }) => contactId === "c-2",
      };
      const decided = await engine.decideMany(requests, facts, source());
      expect(JSON.stringify(decided)).toBe(JSON.stringify(expected));
      for (const id of alone.agentIds()) expect(together.agent(id)).toEqual(alone.agent(id));
    }),
    { numRuns: 400, seed: 20261124 },
  );
});

test("takes all the turns of a queue at once, each key once", async () => {
  const asked: [string, number][] = [];
  const source: IndexSource = {
    getNextIndex: () => {
      throw new Error("asked one by one");
    },
    takeTurns: async (key, count) => {
      asked.push([key, count]);
      return 0n;
    },
  };
  const agents = Array.from({ length: 10 }, (_, n) => ({ id: `a${n}`, status: "online" }));
  const members = agents.map(({ id }) => id);
  const roster = new Roster({
    tenantId: "acme",
    teams: [
      { id: "x", members },
      { id: "y", members },
    ],
    agents,
  });
  const requests = Array.from({ length: 1_000 }, (_, n) => ({
    session: { id: `s${n}`, tenantId: "acme", assignedTeamId: n % 4 === 0 ? "y" : "x" },
  }));
  const decisions = await new AssignmentEngine().decideMany(requests, { roster }, source);
  expect(decisions.every(({ outcome }) => outcome.kind === "assign")).toBe(true);
  expect(asked).toEqual([
    ["y", 250],
    ["x", 750],
  ]);
  expect(roster.agentIds().map((id) => roster.agent(id)!.active)).toEqual(Array(10).fill(100));
});

test("turns that cannot be taken are an error of each session", async () => {
  const down = async (): Promise<never> => {
    throw new Error("secret");
  };
  const roster = new Roster({
    tenantId: "acme",
    teams: [{ id: "x", members: ["a"] }],
    agents: [{ id: "a", status: "online" }],
  });
  const requests = [1, 2, 3].map((n) => ({
    session: { id: `s${n}`, tenantId: "acme", assignedTeamId: "x" },
  }));
  for (const source of [{ takeTurns: down, getNextIndex: down }, down]) {
    const decisions = await new AssignmentEngine().decideMany(requests, { roster }, source);
    expect(decisions.map(({ outcome }) => outcome.kind)).toEqual(["error", "error", "error"]);
  }
  expect(roster.agent("a")!.active).toBe(0);
});
