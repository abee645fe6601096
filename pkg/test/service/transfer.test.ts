// `transferSession`: from one agent to another, by the same claim as everything else.

import { expect, test } from "vitest";
import type { Refusal } from "../../src/service/index.ts";
import type { Session } from "../../src/types.ts";
import { NOW, session, World } from "./support/world.ts";

const ANNAS = { status: "assigned", assignedAgentId: "anna", assignedTeamId: "sales" } as const;

function world(more: Partial<Session> = {}): World {
  const world = new World();
  world.team("sales", ["anna", "ben"], { routingConfig: { maxLoad: 2 } });
  world.session("s1", { ...ANNAS, ...more });
  return world;
}

test("a transfer gives the session to the other agent, and nothing else changes", async () => {
  const here = world({ context: { topic: 1 }, acceptedAt: "2026-11-23T09:00:00Z" });
  const transfer = await here.service.transferSession("s1", "anna", "ben");
  const stored = {
    ...session("s1", { ...ANNAS, context: { topic: 1 } }),
    assignedAgentId: "ben",
    assignedAt: new Date(NOW),
    updatedAt: new Date(NOW),
    acceptedAt: null,
  };
  expect(transfer).toEqual({ kind: "transferred", session: stored });
  expect(here.stored("s1")).toEqual(stored);
  expect([here.load("anna"), here.load("ben")]).toEqual([0, 1]);
  expect(here.store.takeWrites()).toEqual([
    { kind: "claimed", session: "s1", agent: "ben", limit: 2 },
  ]);
});

test.each<[Refusal, Partial<Session>, to: string, (world: World) => void]>([
  ["session_taken", { assignedAgentId: "carl" }, "ben", () => {}],
  ["session_taken", { status: "resolved" }, "ben", () => {}],
  ["session_taken", { status: "unassigned", assignedAgentId: null }, "ben", () => {}],
  ["agent_gone", {}, "nobody", () => {}],
  [
    "agent_at_limit",
    {},
    "ben",
    (world) => {
      for (const id of ["b1", "b2"]) world.session(id, { ...ANNAS, assignedAgentId: "ben" });
    },
  ],
  [
    "session_moved",
    {},
    "ben",
    (world) =>
      world.store.before(({ method }, store) => {
        if (method === "claim") store.putSession(session("s1", { ...ANNAS, assignedTeamId: "b" }));
      }),
  ],
  [
    "session_gone",
    {},
    "ben",
    (world) =>
      world.store.before(({ method }, store) => {
        if (method === "claim") store.remove("s1");
      }),
  ],
])("a transfer refused as %s (%j, to %s) changes nothing", async (refusal, more, to, disturb) => {
  const here = world(more);
  disturb(here);
  const transfer = await here.service.transferSession("s1", "anna", to);
  const now = here.store.inner.sessions().find(({ id }) => id === "s1") ?? null;
  expect(transfer).toEqual({ kind: "refused", refusal, session: now });
  expect(now?.assignedAt).toBeUndefined();
  expect(here.store.takeWrites()).toEqual([{ kind: "refused", session: "s1", agent: to, refusal }]);
});

test("a transfer of what does not exist, or to oneself, is an error", async () => {
  const here = world();
  const { service } = here;
  await expect(service.transferSession("none", "anna", "ben")).rejects.toMatchObject({
    code: "unknown_session",
  });
  await expect(service.transferSession("s1", "anna", "anna")).rejects.toMatchObject({
    code: "invalid_value",
    path: "toAgentId",
  });
  await expect(service.transferSession("s1", "", "ben")).rejects.toMatchObject({
    code: "invalid_value",
    path: "fromAgentId",
  });
  expect(here.store.takeWrites()).toEqual([]);
});

test("of many transfers at once one succeeds, and the limit holds", async () => {
  const here = new World();
  here.team("sales", ["anna", "ben", "carl"], { routingConfig: { maxLoad: 3 } });
  for (let n = 0; n < 8; n += 1) here.session(`s${n}`, ANNAS);
  here.store.yieldAroundCalls();
  const services = Array.from({ length: 4 }, () => here.anotherService());
  const transfers = await Promise.all(
    services.flatMap((service, at) =>
      Array.from({ length: 8 }, (_, n) =>
        service.transferSession(`s${n}`, "anna", at % 2 === 0 ? "ben" : "carl"),
      ),
    ),
  );
  expect(transfers.filter(({ kind }) => kind === "transferred")).toHaveLength(6);
  expect([here.load("anna"), here.load("ben"), here.load("carl")]).toEqual([2, 3, 3]);
});
