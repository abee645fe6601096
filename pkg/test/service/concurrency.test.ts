// Many calls at once, through one service and through several that share a store.

import { expect, test } from "vitest";
import { SessionLocks } from "../../src/service/locks.ts";
import type { Write } from "./support/watched-store.ts";
import { told, World } from "./support/world.ts";

/** Each team with its limit and its members. */
const TEAMS: [id: string, limit: number, members: string[]][] = [
  ["sales", 12, ["anna", "ben", "cleo"]],
  ["support", 20, ["dora", "emil"]],
  ["help", 9, ["fritz", "gerda", "hugo", "ines"]],
];

const LIMITS = new Map(TEAMS.flatMap(([, limit, members]) => members.map((id) => [id, limit])));

/**
 * What was written, held against the agents' limits and the sessions' owners, write by write in
 * the order in which the store took them.
 */
function historyOf(writes: Write[], limits: ReadonlyMap<string, number>) {
  const claimed = new Set<string>();
  const active = new Map<string, number>();
  for (const write of writes) {
    switch (write.kind) {
      case "claimed": {
        expect(claimed.has(write.session), `${write.session} was assigned twice`).toBe(false);
        claimed.add(write.session);
        const now = (active.get(write.agent) ?? 0) + 1;
        active.set(write.agent, now);
        expect(now, write.agent).toBeLessThanOrEqual(limits.get(write.agent) ?? Infinity);
        break;
      }
      case "resolved":
        // What is over is not assigned anew, so it stays in `claimed`.
        expect(claimed.has(write.session)).toBe(write.agent !== undefined);
        if (write.agent !== undefined) active.set(write.agent, active.get(write.agent)! - 1);
        break;
      case "updated":
        expect(claimed.has(write.session), `${write.session} has an owner`).toBe(false);
        break;
    }
  }
  return { claimed, active };
}

function crowdedWorld(): World {
  const world = new World();
  for (const [id, maxLoad, members] of TEAMS) {
    world.team(id, members, {
      routingStrategy: id === "support" ? "least_active" : "round_robin",
      routingConfig: { maxLoad },
      isDefault: id === "help",
    });
  }
  return world;
}

/**
 * 200 handovers, runs over the queue, the queue over the teams, sessions by hand, and sessions
 * that end, all at once.
 */
async function crowd(services: number): Promise<void> {
  const world = crowdedWorld();
  // Each has a team from the start: where a session has none, no limit counts.
  const sessions = world.sessions(200, { assignedTeamId: "sales" });
  world.store.yieldAroundCalls();
  const pool = Array.from({ length: services }, () => world.anotherService());
  const service = (n: number) => pool[n % services]!;
  const calls: Promise<unknown>[] = [];
  for (const [n, session] of sessions.entries()) {
    const team = ["sales", "support", undefined][n % 3];
    const handing = service(n).requestAssignment(session, team, { n });
    calls.push(handing.then((handover) => expect(told(handover)).not.toBe("error")));
    if (n % 10 === 0) {
      const options = { teamId: n % 20 === 0 ? "sales" : undefined, limit: 100 };
      calls.push(service(n / 10).assignQueuedSessionsToAvailableAgents("acme", options));
    }
    if (n % 25 === 0) {
      const wanted = [
        { agentId: "anna", count: 3 },
        { agentId: "dora", count: 2 },
        { agentId: "ines", count: 1 },
      ];
      calls.push(service(n / 25).assignQueuedSessionsToAgents("acme", wanted));
    }
    if (n % 50 === 0) {
      const teams = ["support", "help"];
      calls.push(service(n / 50).assignQueuedSessionsToTeams("acme", teams, true));
    }
    if (n % 8 === 0) {
      const later = new Promise((resolve) => setTimeout(resolve, (n % 5) * 3));
      calls.push(later.then(() => world.store.resolve(session)));
    }
  }
  await Promise.all(calls);

  // Once the crowd is gone, whoever still waits waits for a reason.
  await pool[0]!.assignQueuedSessionsToAvailableAgents("acme", { limit: 1_000 });
  const { claimed, active } = historyOf(world.store.takeWrites(), LIMITS);
  const waiting = new Set<string>();
  let assigned = 0;
  for (const session of world.store.inner.sessions()) {
    if (session.status === "assigned") {
      assigned += 1;
      expect(claimed.has(session.id)).toBe(true);
      expect(session.assignedAt).toBeInstanceOf(Date);
      const [, , members] = TEAMS.find(([id]) => id === session.assignedTeamId)!;
      expect(members, "not an agent of another team").toContain(session.assignedAgentId);
    } else if (session.status === "unassigned") {
      expect([session.assignedAgentId, session.assignedAt]).toEqual([undefined, undefined]);
      waiting.add(session.assignedTeamId!);
    }
  }
  expect(assigned).toBe([...active.values()].reduce((sum, one) => sum + one, 0));
  expect(waiting.size, "there were more sessions than anybody can take").toBeGreaterThan(0);
  for (const team of waiting) {
    for (const agent of await world.store.inner.members(team, { kind: "none" })) {
      expect(agent.active, agent.id).toBe(LIMITS.get(agent.id));
    }
  }
}

test.each([1, 4])(
  "a crowd at %i services assigns each session once, and nobody beyond the limit",
  { timeout: 60_000 },
  crowd,
);

test.each([1, 4])(
  "one session handed over 200 times at once to %i services is assigned once",
  async (services) => {
    const world = new World();
    world.team("sales", ["anna", "ben", "cleo"]);
    world.team("support", ["dora", "emil"]);
    world.session("s1");
    world.store.yieldAroundCalls();
    const pool = Array.from({ length: services }, () => world.anotherService());
    const calls = Array.from({ length: 200 }, (_, n) => {
      const team = Math.floor(n / services) % 2 === 0 ? "sales" : "support";
      return pool[n % services]!.requestAssignment("s1", team);
    });
    const handovers = await Promise.all(calls);
    const owner = world.owner("s1");
    expect(handovers.map(told).filter((outcome) => outcome !== "skip")).toEqual([owner]);
    const heard = new Set(handovers.map(({ session }) => session.assignedAgentId));
    expect([...heard], "everybody is told").toEqual([owner]);
    expect(historyOf(world.store.takeWrites(), new Map()).claimed.size).toBe(1);
  },
);

test.each([1, 4])("rotation is even at %i services", async (services) => {
  const world = new World();
  const names = ["anna", "ben", "cleo", "dora", "emil", "fritz"];
  world.team("sales", names);
  const sessions = world.sessions(200);
  world.store.yieldAroundCalls();
  const pool = Array.from({ length: services }, () => world.anotherService());
  const calls = sessions.map((id, n) => pool[n % services]!.requestAssignment(id, "sales"));
  for (const { outcome } of await Promise.all(calls)) expect(outcome.kind).toBe("assign");
  const loads = names.map((agent) => world.load(agent)).sort();
  expect(loads).toEqual([33, 33, 33, 33, 34, 34]);
});

test("whoever comes first has the lock first, and nothing is left of it", async () => {
  const locks = new SessionLocks();
  const done: number[] = [];
  let inside = 0;
  const holders = Array.from({ length: 100 }, (_, n) =>
    locks.hold(n % 2 === 0 ? "even" : "odd", async () => {
      if (n % 2 === 0) expect((inside += 1)).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      if (n % 2 === 0) inside -= 1;
      done.push(n);
      if (n % 7 === 0) throw new Error("failed inside");
    }),
  );
  const settled = await Promise.allSettled(holders);
  expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(15);
  for (const rest of [0, 1]) {
    const order = done.filter((n) => n % 2 === rest);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }
  expect(locks.size).toBe(0);
});
