// The service on PostgreSQL: two instances, each with a pool of its own.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AssignmentService, type AssignmentServiceOptions } from "../../src/service/index.ts";
import { Outbox } from "../../src/testing/index.ts";
import type { Session, Team } from "../../src/types.ts";
import { Database, STARTING_MS } from "./support/database.ts";

let database: Database;
let outbox: Outbox;
let services: [AssignmentService, AssignmentService];
let tenantId: string;
let fixture: ReturnType<Database["fixture"]>;

beforeAll(async () => {
  database = await Database.start();
  fixture = database.fixture([await database.store(), await database.store()]);
}, STARTING_MS);
afterAll(() => database?.stop());
beforeEach(() => {
  tenantId = randomUUID();
  outbox = new Outbox();
  services = [instance(0), instance(1)];
});

function instance(at: number, more: Partial<AssignmentServiceOptions> = {}): AssignmentService {
  return new AssignmentService({ store: fixture.stores[at]!, messenger: outbox, ...more });
}

async function agents(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const [at, id] of ids.entries()) {
    await fixture.putAgent(tenantId, { id, name: `Agent ${at}`, status: "online" });
  }
  return ids;
}

async function team(members: string[], more: Partial<Team> = {}): Promise<string> {
  const id = randomUUID();
  await fixture.putTeam(tenantId, { id, members, ...more });
  return id;
}

async function sessions(count: number, more: Partial<Session> = {}): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const start = Date.now() - 3_600_000;
  for (const [at, id] of ids.entries()) {
    await fixture.putSession({ id, tenantId, createdAt: new Date(start + at), ...more });
  }
  return ids;
}

/** How many sessions each agent has, and whether each was given once. */
async function loads(): Promise<Record<string, number>> {
  const given = await database.server.rows(
    "SELECT session_id, agent_id FROM given WHERE tenant_id = $1",
    [tenantId],
  );
  expect(new Set(given.map((row) => row["session_id"])).size).toBe(given.length);
  const loads: Record<string, number> = {};
  for (const row of given) {
    const agent = String(row["agent_id"]);
    loads[agent] = (loads[agent] ?? 0) + 1;
  }
  return loads;
}

const CLOSED = { enabled: true, timezone: "UTC", days: {} };

test.each([
  ["out of office", "oooLastSentAt", { schedule: CLOSED }],
  ["nobody there", "noAgentLastSentAt", {}],
])("%s: 20 runs at once on two instances send one message", async (_, key, more) => {
  const teamId = await team([], more);
  const [id] = (await sessions(1, { assignedTeamId: teamId })) as [string];
  const runs = Array.from({ length: 20 }, async (_, at) => {
    const service = services[at % 2]!;
    if (at % 4 > 1) return service.assignQueuedSessionsToAvailableAgents(tenantId);
    const { outcome } = await service.requestAssignment(id, teamId);
    expect(outcome.kind).toBe("stop");
    return outcome;
  });
  await Promise.all(runs);
  expect(outbox.sent).toHaveLength(1);
  const stored = await fixture.stores[0].session(id);
  expect(Object.keys(stored?.context ?? {})).toEqual([key]);
  expect(Date.now() - Date.parse(String(stored?.context?.[key]))).toBeLessThan(60_000);
});

test("a message that cannot be sent leaves no stamp, and all as it was", async () => {
  const teamId = await team([], { schedule: CLOSED });
  const [id] = (await sessions(1, { context: { topic: 1 } })) as [string];
  const before = await fixture.stores[0].session(id);
  outbox.fail("the line is down");
  const { outcome } = await services[0].requestAssignment(id, teamId, { left: "behind" });
  expect(outcome).toMatchObject({ kind: "error", code: "message_failed" });
  expect(await fixture.stores[0].session(id)).toEqual(before);
  outbox.recover();
  await services[1].requestAssignment(id, teamId);
  expect(outbox.sent).toHaveLength(1);
});

test("handovers and queue runs on both instances give each session once, within the limits", async () => {
  const people = await agents(5);
  const teams = [
    await team(people.slice(0, 3), { routingConfig: { maxLoad: 6 } }),
    await team(people.slice(2), { routingConfig: { maxLoad: 6 }, routingStrategy: "least_active" }),
  ];
  const ids = await sessions(60, { assignedTeamId: teams[0] });
  await Promise.all([
    ...ids.map((id, at) => services[at % 2]!.requestAssignment(id, teams[at % 2])),
    ...[0, 1].map((at) =>
      services[at]!.assignQueuedSessionsToAvailableAgents(tenantId, { limit: 30 }),
    ),
  ]);
  await services[0].assignQueuedSessionsToAvailableAgents(tenantId, { limit: 60 });
  expect(await loads()).toEqual(Object.fromEntries(people.map((id) => [id, 6])));
});

test("supervisors who hand out at once get what they asked for, no session twice", async () => {
  const people = await agents(4);
  await team(people);
  await sessions(100);
  const wanted = (at: number) => [
    { agentId: people[at]!, count: 10 },
    { agentId: people[at + 2]!, count: 10 },
  ];
  const runs = await Promise.all([
    services[0].assignQueuedSessionsToAgents(tenantId, wanted(0)),
    services[1].assignQueuedSessionsToAgents(tenantId, wanted(1)),
  ]);
  expect(runs).toEqual([{ assigned: 20 }, { assigned: 20 }]);
  expect(await loads()).toEqual(Object.fromEntries(people.map((id) => [id, 10])));
});

test("a supervisor's limit is the team's, over all teams", async () => {
  const [anna] = (await agents(1)) as [string];
  await team([anna], { routingConfig: { maxLoad: 3 } });
  await sessions(2, { status: "assigned", assignedAgentId: anna });
  await sessions(4);
  const wanted = [{ agentId: anna, count: 4 }];
  expect(await services[0].assignQueuedSessionsToAgents(tenantId, wanted)).toEqual({ assigned: 1 });
});

test("a session is transferred once, from whose it is, to whom it is not too much", async () => {
  const [anna, ben, carl] = (await agents(3)) as [string, string, string];
  const teamId = await team([anna, ben, carl], { routingConfig: { maxLoad: 1 } });
  const [id] = (await sessions(1, { assignedTeamId: teamId })) as [string];
  await services[0].requestAssignment(id, teamId);
  const owner = (await fixture.stores[0].session(id))!.assignedAgentId!;
  const [first, second] = [anna, ben, carl].filter((one) => one !== owner) as [string, string];
  const transfers = await Promise.all([
    services[0].transferSession(id, owner, first),
    services[1].transferSession(id, owner, second),
  ]);
  expect(transfers.map(({ kind }) => kind).sort()).toEqual(["refused", "transferred"]);
  const winner = (await fixture.stores[0].session(id))!.assignedAgentId!;
  expect([first, second]).toContain(winner);
  const [busy] = (await sessions(1, { status: "assigned", assignedAgentId: owner })) as [string];
  expect(await services[1].transferSession(id, winner, owner)).toMatchObject({
    kind: "refused",
    refusal: "agent_at_limit",
    session: { id, assignedAgentId: winner },
  });
  expect((await fixture.stores[0].session(busy))?.assignedAgentId).toBe(owner);
});

test("the trace tells the claims that the database refused", async () => {
  const [anna, ben] = (await agents(2)) as [string, string];
  const teamId = await team([anna, ben], { routingConfig: { maxLoad: 1 } });
  const [id] = (await sessions(1)) as [string];
  // Between the look at the agents and the claim, somebody else gives Anna a session.
  const store = fixture.stores[0];
  const disturbed = new Proxy(store, {
    get: (_, name: keyof typeof store) => {
      if (name !== "claim") return store[name]?.bind(store);
      return async (...claim: Parameters<typeof store.claim>) => {
        if (claim[1] === anna) await sessions(1, { status: "assigned", assignedAgentId: anna });
        return store.claim(...claim);
      };
    },
  });
  const service = instance(0, { store: disturbed, trace: true });
  const { outcome, decision } = await service.requestAssignment(id, teamId);
  expect(outcome).toEqual({ kind: "assign", agentId: ben });
  expect(decision.trace?.rules[0]).toEqual({
    rule: "claim",
    answer: "continue",
    reason: "claims_refused",
    values: { agentId: anna, refusal: "agent_at_limit" },
  });
});
