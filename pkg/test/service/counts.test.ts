// Which histories the store is asked to count: those that somebody looks at.

import { expect, test } from "vitest";
import { ASSIGNMENT_ENGINE_RULES, type AssignmentRule } from "../../src/engine/index.ts";
import type { AssignmentServiceOptions, Counts } from "../../src/service/index.ts";
import type { Team } from "../../src/types.ts";
import { World } from "./support/world.ts";

/** What is asked of the store when a session of this team is handed over. */
async function asked(
  team: Partial<Team>,
  options: Partial<AssignmentServiceOptions> = {},
  tenantStrategy?: string,
): Promise<Counts[]> {
  const world = new World();
  const counts: Counts[] = [];
  const members = world.store.members.bind(world.store);
  world.store.members = (id, wanted) => {
    counts.push(wanted);
    return members(id, wanted);
  };
  world.tenant({ strategy: tenantStrategy });
  world.team("sales", ["anna", "ben"], team);
  world.session("s1");
  const handover = await world.anotherService(options).requestAssignment("s1", "sales");
  expect(handover.outcome.kind).toBe("assign");
  return counts;
}

test.each([undefined, "", "round_robin", "least_active", "load_balanced"])(
  "the strategy `%s` counts no history",
  async (routingStrategy) => {
    expect(await asked({ routingStrategy })).toEqual([{ kind: "none" }]);
  },
);

test("the tenant's strategy decides where the team has none", async () => {
  expect(await asked({}, {}, "least_active")).toEqual([{ kind: "none" }]);
  expect(await asked({}, {}, "least_assigned")).toEqual([{ kind: "ever" }]);
});

test("a strategy that compares histories has them counted, ever or since its window began", async () => {
  expect(await asked({ routingStrategy: "hybrid" })).toEqual([{ kind: "ever" }]);
  expect(await asked({ routingStrategy: "least_assigned" })).toEqual([{ kind: "ever" }]);
  const routingConfig = { timeWindow: "day" as const };
  expect(await asked({ routingStrategy: "least_assigned", routingConfig })).toEqual([
    { kind: "since", at: new Date("2026-11-23T00:00:00Z") },
  ]);
});

test("what shows or changes the numbers has them counted", async () => {
  const own: AssignmentRule = async () => ({ outcome: "continue" });
  expect(await asked({}, { trace: true })).toEqual([{ kind: "ever" }]);
  expect(await asked({}, { rules: [...ASSIGNMENT_ENGINE_RULES, own] })).toEqual([{ kind: "ever" }]);
  expect(await asked({}, { rules: ASSIGNMENT_ENGINE_RULES })).toEqual([{ kind: "none" }]);
});
