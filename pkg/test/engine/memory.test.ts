/** A million decisions leave nothing behind, neither in the module's memory nor in JavaScript's. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { AssignmentEngine } from "../../src/engine/index.ts";
import { bindings } from "../../src/kernel/kernel.ts";
import { Roster } from "../../src/roster.ts";
import type { Agent, Facts } from "../../src/types.ts";

const now = Date.parse("2026-11-23T09:00:00Z");
const agents = (): Agent[] =>
  Array.from({ length: 50 }, (_, n) => ({ id: `agent-${n}`, status: "online", active: n % 7 }));

test("10^6 decisions", { timeout: 300_000 }, async () => {
  const engine = new AssignmentEngine();
  const roster = new Roster({
    tenantId: "acme",
    teams: [{ id: "sales", routingStrategy: "hybrid", members: agents().map(({ id }) => id) }],
    agents: agents(),
  });
  const given: Facts = { contactAssigned: false, schedule: {}, strategy: {}, agents: agents() };
  let turn = 0;
  const next = async (_: string, count: number) => turn++ % count;
  const round = async (share: number): Promise<void> => {
    for (let n = 0; n < 940_000 * share; n += 1) {
      const session = { id: `s-${n}`, tenantId: "acme", assignedTeamId: "sales" };
      const { outcome } = await engine.decide({ session, now }, { roster }, next);
      if (outcome.kind !== "assign") throw new Error(JSON.stringify(outcome));
      roster.assigned(outcome.agentId);
      roster.released(outcome.agentId);
    }
    for (let n = 0; n < 50_000 * share; n += 1) {
      // More teams than are kept, now and then.
      const assignedTeamId = n % 20 === 0 ? `rare-${n}` : `team-${n % 300}`;
      const session = { id: `s-${n}`, tenantId: "acme", assignedTeamId };
      given.agents![n % 50]!.active = n % 9;
      await engine.decide({ session, now }, given, next);
    }
    for (let n = 0; n < 10_000 * share; n += 1) {
      const session = { id: `s-${n}`, tenantId: "acme", assignedTeamId: "sales" };
      await engine.decide({ session, now }, given, next, { trace: true });
    }
  };
  // Until it holds as many teams as it ever does.
  await round(0.2);
  await round(0.2);
  const before = await used();
  await round(0.6);
  const after = await used();
  // A leak of one byte a decision would be nine pages of the module's memory, or half a megabyte.
  expect(after.linear - before.linear).toBeLessThanOrEqual(2 * 65_536);
  expect(after.heap - before.heap).toBeLessThan(512 * 1_024);
  console.log(`linear memory ${after.linear} bytes, heap ${before.heap} then ${after.heap}`);
});

test("runs that nobody goes on with, and rosters that nobody frees", async () => {
  const engine = new AssignmentEngine();
  const leave = async (): Promise<number> => {
    for (let n = 0; n < 1_000; n += 1) {
      const roster = new Roster({ tenantId: "acme", agents: agents() });
      const session = { id: `s-${n}`, tenantId: "acme", assignedTeamId: "sales" };
      engine.start({ session, now }, { roster });
    }
    return (await used()).linear;
  };
  const sizes: number[] = [];
  for (let n = 0; n < 6; n += 1) sizes.push(await leave());
  // The first rounds make room, the others find it again.
  expect(sizes.at(-1)).toBe(sizes[2]);
});

/** Bytes in use, once the garbage collector has been through, finalizers included. */
async function used(): Promise<{ linear: number; heap: number }> {
  for (let n = 0; n < 4; n += 1) {
    globalThis.gc!();
    await sleep(10);
  }
  const { memory } = bindings().initSync({ module: new ArrayBuffer(0) });
  return { linear: memory.buffer.byteLength, heap: process.memoryUsage().heapUsed };
}
