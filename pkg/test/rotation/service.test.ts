/** Turns that the service takes: given back when the store does not let a decision come true. */
import { expect, test } from "vitest";

import { InMemoryRoundRobinContextProvider } from "../../src/provider/memory.ts";
import type { TakenTurn, TurnRequest } from "../../src/provider/provider.ts";
import { World, session } from "../service/support/world.ts";

class Turns extends InMemoryRoundRobinContextProvider {
  given = 0;

  override async giveBack(asked: TurnRequest, turn: TakenTurn): Promise<void> {
    this.given += 1;
    await super.giveBack(asked, turn);
  }
}

function worldWith(provider: Partial<Turns>): World {
  const world = new World();
  world.team("sales", ["anna", "ben", "cleo"], { routingConfig: { rotation: "least_recent" } });
  world.service = world.anotherService({ provider: provider as Turns });
  return world;
}

async function handOver(world: World, id: string): Promise<string | undefined> {
  world.session(id);
  await world.handOver(id, "sales");
  return world.owner(id);
}

test("agents are served in turn", async () => {
  const world = worldWith(new Turns());
  const owners: unknown[] = [];
  for (const id of ["s1", "s2", "s3", "s4"]) owners.push(await handOver(world, id));
  expect(owners).toEqual(["anna", "ben", "cleo", "anna"]);
});

test("a turn whose claim is refused is given back", async () => {
  const turns = new Turns();
  const world = worldWith(turns);
  world.store.before(({ method, sessionId }) => {
    if (method !== "claim" || sessionId !== "s1") return;
    world.store.inner.putSession(session("s1", { status: "assigned", assignedAgentId: "ben" }));
  });
  expect(await handOver(world, "s1")).toBe("ben");
  expect(turns.given).toBe(1);
  expect(await handOver(world, "s2"), "anna has not lost her turn").toBe("anna");
  expect(turns.given, "what came true is kept").toBe(1);
});

test.each([
  ["fails", () => Promise.reject(new Error("down"))],
  [
    "throws",
    () => {
      throw new Error("down");
    },
  ],
  ["never ends", () => new Promise<void>(() => {})],
])("giving back that %s holds nothing up", async (_, giveBack) => {
  const turns = new Turns();
  turns.giveBack = giveBack;
  const world = worldWith(turns);
  world.service = world.anotherService({ provider: turns, answerTimeoutMs: 300 });
  world.store.before(({ method, sessionId }) => {
    if (method !== "claim" || sessionId !== "s1") return;
    world.store.inner.putSession(session("s1", { status: "assigned", assignedAgentId: "ben" }));
  });
  expect(await handOver(world, "s1")).toBe("ben");
  expect(await handOver(world, "s2"), "the turn stays spent").toBe("ben");
});

test("a provider without such turns is unsupported, and nothing is assigned", async () => {
  const world = worldWith({ getNextIndex: async () => 0 });
  world.session("s1");
  const { outcome } = await world.handOver("s1", "sales");
  expect(outcome).toMatchObject({ kind: "error", code: "unsupported" });
  expect(world.owner("s1")).toBe("");
});
