// Two services over one store and one real Redis: an even rotation, and a Redis that is gone.

import { afterEach, expect, test } from "vitest";
import { createRoundRobinContextProvider, type RoundRobinChoice } from "../../src/redis/index.ts";
import type { AssignmentService } from "../../src/service/index.ts";
import { RedisServer } from "../redis/server.ts";
import { errorCode, numbered, World } from "./support/world.ts";

let server: RedisServer;
const choices: RoundRobinChoice[] = [];

afterEach(async () => {
  for (const choice of choices.splice(0)) await choice.close();
  await server.stop();
});

/** An instance with a connection of its own. */
async function instance(world: World, deadlineMs: number): Promise<AssignmentService> {
  const env = { REDIS_HOST: server.host, REDIS_PORT: `${server.port}` };
  const options = { env, deadlineMs, startDeadlineMs: 5_000, logger: world.log };
  const choice = await createRoundRobinContextProvider(options);
  expect(choice.kind).toBe("redis");
  choices.push(choice);
  return world.anotherService({ provider: choice.provider });
}

test("two services that share a Redis rotate evenly together", async () => {
  server = await RedisServer.start();
  const world = new World();
  const agents = ["anna", "ben", "cleo", "dora", "emil"];
  world.team("sales", agents);
  const sessions = world.sessions(103);
  const pair = [await instance(world, 10_000), await instance(world, 10_000)];
  const loads = () => agents.map((agent) => world.load(agent));
  // One after the other, in blocks of uneven size: even after each single one.
  for (const [n, session] of sessions.slice(0, 50).entries()) {
    const { outcome } = await pair[n % 7 < 3 ? 1 : 0]!.requestAssignment(session, "sales");
    expect(outcome.kind).toBe("assign");
    expect(Math.max(...loads()) - Math.min(...loads()), `after ${n}`).toBeLessThanOrEqual(1);
  }
  // All at once: even in the end.
  const rest = sessions.slice(50);
  const calls = rest.map((session, n) => pair[n % 2]!.requestAssignment(session, "sales"));
  for (const { outcome } of await Promise.all(calls)) expect(outcome.kind).toBe("assign");
  expect(loads().sort()).toEqual([20, 20, 21, 21, 21]);
  expect(await server.ask("GET assignment:rr:sales")).toBe("103");
});

test("a Redis that hangs or is gone is an error in time, and the row untouched", async () => {
  server = await RedisServer.start();
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.sessions(2, { context: { old: 1 } });
  const deadlineMs = 250;
  const service = await instance(world, deadlineMs);
  const before = await world.snapshot();
  for (const how of ["frozen", "killed"]) {
    if (how === "frozen") server.pause();
    else await server.kill();
    for (let tries = 0; tries < 2; tries += 1) {
      const begin = performance.now();
      const handover = await service.requestAssignment(numbered(0), "sales", { a: 1 });
      // The machine may be busy; without a deadline it would be ten seconds or more.
      expect(performance.now() - begin, how).toBeLessThan(deadlineMs + 2_000);
      expect(["timeout", "unreachable", "unavailable"]).toContain(errorCode(handover));
      expect(handover.session).toEqual(before.sessions[0]);
      expect(await world.snapshot()).toEqual(before);
    }
  }
  expect(await service.assignQueuedSessionsToAvailableAgents("acme")).toEqual({ assigned: 0 });
  expect(await world.snapshot()).toEqual(before);
  expect(world.store.takeWrites()).toEqual([]);
});
