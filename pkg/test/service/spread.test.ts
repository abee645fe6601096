// `assignQueuedSessionsToTeams`: the queue, over teams in turn.

import { expect, test } from "vitest";
import { NEVER_OPEN, numbered, World } from "./support/world.ts";

function teamOf(world: World, n: number): string {
  return world.stored(numbered(n)).assignedTeamId ?? "";
}

test("the oldest goes to the first team, and so in turn", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.team("legal", ["cleo"]);
  world.sessions(8, { assignedTeamId: "sales" });
  const teams = ["support", "legal", "sales"];
  expect(await world.toTeams(teams)).toBe(8);
  for (let n = 0; n < 8; n += 1) {
    expect(teamOf(world, n), numbered(n)).toBe(teams[n % 3]);
    expect(world.owner(numbered(n))).toBe(["ben", "cleo", "anna"][n % 3]);
  }
});

test("at most fifty", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.sessions(70);
  expect(await world.toTeams(["sales"])).toBe(50);
  expect([teamOf(world, 49), teamOf(world, 50)]).toEqual(["sales", ""]);
});

test("force skips the schedule and takes offline agents, but holds the limit", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: NEVER_OPEN, routingConfig: { maxLoad: 2 } });
  world.agent({ id: "anna", status: "offline" });
  world.sessions(3, { context: { oooLastSentAt: "2026-11-23T09:00:00Z" } });
  expect(await world.toTeams(["sales"])).toBe(0);
  expect(await world.toTeams(["sales"], true)).toBe(2);
  expect([world.load("anna"), world.owner("s002")]).toEqual([2, ""]);
});

test("a session moves though nobody there can take it yet", async () => {
  const world = new World();
  world.tenant({ settings: { waterfall: { noAgentAction: "queue" } } });
  world.team("empty", []);
  world.sessions(2);
  expect(await world.toTeams(["empty"])).toBe(0);
  expect([teamOf(world, 0), teamOf(world, 1)]).toEqual(["empty", "empty"]);
  expect(world.store.takeWrites()).toEqual([
    { kind: "updated", session: "s000" },
    { kind: "updated", session: "s001" },
  ]);
});

test("a team that is not the tenant's is refused before anything moves", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("theirs", ["zoe"], {}, "other");
  world.sessions(4);
  const before = await world.snapshot();
  for (const unknown of ["theirs", "nowhere"]) {
    const refused = world.toTeams(["sales", unknown]);
    await expect(refused).rejects.toMatchObject({
      code: "unknown_team",
      path: expect.stringMatching(/^teamIds\[\d\]$/),
    });
    await expect(refused).rejects.toThrow(`\`${unknown}\``);
  }
  expect(await world.toTeams([]), "no team, nothing to do").toBe(0);
  expect(await world.snapshot()).toEqual(before);
});

test("one session's error leaves it where it was and goes on", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.sessions(4, { context: { topic: "billing" } });
  const before = await world.snapshot();
  world.store.before(({ method, sessionId }) =>
    method === "claim" && sessionId === "s001" ? "fail" : undefined,
  );
  expect(await world.toTeams(["sales", "support"])).toBe(3);
  expect(world.stored("s001")).toEqual(before.sessions[1]);
  expect(teamOf(world, 2), "the turn of a failed session is used up").toBe("sales");
  expect(teamOf(world, 3)).toBe("support");
});
