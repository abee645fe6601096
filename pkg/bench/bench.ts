/**
 * What a decision costs in Node, beside the bare `await getNextIndex()` and two engines written in
 * TypeScript after the contract: one plain, one tuned by hand. Medians of one run on one machine, all
 * candidates taking turns: the ratios say more than the nanoseconds.
 */
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

import {
  AssignmentEngine,
  InMemoryRoundRobinContextProvider,
  Roster,
  type Session,
} from "../src/index.ts";
import {
  OPEN_AT,
  TENANT_ID,
  agents,
  freshFacts,
  inMemoryIndex,
  session,
  sessions,
  team,
} from "./engines/data.ts";
import { redis } from "./redis.ts";
import { PlainEngine } from "./engines/plain.ts";
import { TunedEngine, TunedRoster } from "./engines/tuned.ts";

const SIZES = [5, 50, 500, 5_000];
const STRATEGIES = {
  round_robin: "rr",
  least_active: "la",
  least_assigned: "las",
  hybrid: "hy",
} as const;
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 15);
/** How long one candidate runs in one round, in milliseconds. */
const SPAN = Number(process.env["BENCH_SPAN"] ?? 30);

type Work = (times: number) => Promise<unknown>;

/** Nanoseconds of one time each, the median of all rounds; candidates take turns in every round. */
async function measure<K extends string>(candidates: Record<K, Work>): Promise<Record<K, number>> {
  const names = Object.keys(candidates) as K[];
  const times = new Map<K, number>();
  for (const name of names) {
    // The first calls compile and hand over; how long they take says nothing of those that follow.
    const warm = performance.now() + 5 * SPAN;
    while (performance.now() < warm) await candidates[name](10);
    let count = 1;
    for (;;) {
      const took = await clocked(candidates[name], count);
      if (took > SPAN / 3) break;
      count = Math.ceil(count * Math.min(10, SPAN / 2 / Math.max(took, 0.01)));
    }
    times.set(name, count);
  }
  const samples = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) {
      const count = times.get(name)!;
      samples.get(name)!.push(((await clocked(candidates[name], count)) / count) * 1e6);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name)!)])) as Record<
    K,
    number
  >;
}

async function clocked(work: Work, times: number): Promise<number> {
  const from = performance.now();
  await work(times);
  return performance.now() - from;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

const broken: string[] = [];

function promise(kept: boolean, what: string): void {
  if (!kept) broken.push(what);
}

function table(title: string, rows: [string, (number | string)[]][], heads: string[]): void {
  console.log(`\n${title}`);
  console.log(" ".repeat(34) + heads.map((head) => head.padStart(11)).join(""));
  for (const [name, cells] of rows) {
    const shown = cells.map((cell) =>
      (typeof cell === "number" ? cell.toFixed(cell < 10 ? 2 : 0) : cell).padStart(11),
    );
    console.log(`  ${name.padEnd(32)}${shown.join("")}`);
  }
}

const heads = SIZES.map((size) => `N=${size}`);
const now = OPEN_AT;

/** A resident roster, schedule checked: the two halves, the whole, and with counts that move. */
async function resident(): Promise<void> {
  const rows: [string, (number | string)[]][] = [];
  for (const [strategy, settings] of Object.entries(STRATEGIES)) {
    const cells: Record<string, number[]> = {};
    for (const size of SIZES) {
      const people = agents(size);
      const config = team(settings, people);
      const roster = new Roster({ tenantId: TENANT_ID, teams: [config], agents: people });
      const tuned = new TunedRoster(config, people);
      const engine = new AssignmentEngine();
      const chat = session(1) as Session;
      const [teamId, request] = [chat.assignedTeamId!, { session: chat, now }];
      const known = { roster, contactAssigned: false };
      const index = inMemoryIndex();
      const ids = people.map(({ id }) => id);
      const result = await measure({
        "bare await getNextIndex()": async (times) => {
          for (let n = 0; n < times; n += 1) await index(teamId, size);
        },
        "turn, await, resume": async (times) => {
          for (let n = 0; n < times; n += 1) {
            const turn = engine.turn(roster, teamId, now)!;
            turn.resume(await index(turn.contextKey, turn.candidateCount));
          }
        },
        "the same and two updates": async (times) => {
          for (let n = 0; n < times; n += 1) {
            const turn = engine.turn(roster, teamId, now)!;
            turn.resume(await index(turn.contextKey, turn.candidateCount));
            roster.assigned(ids[n % size]!);
            roster.released(ids[n % size]!);
          }
        },
        "engine.decide": async (times) => {
          for (let n = 0; n < times; n += 1) await engine.decide(request, known, index);
        },
        "TypeScript, resident, tuned": async (times) => {
          for (let n = 0; n < times; n += 1) await tuned.decide(chat as never, now, false, index);
        },
        "tuned and two updates": async (times) => {
          for (let n = 0; n < times; n += 1) {
            await tuned.decide(chat as never, now, false, index);
            tuned.assigned(n % size);
            tuned.released(n % size);
          }
        },
      });
      for (const [name, ns] of Object.entries(result)) (cells[name] ??= []).push(ns);
      const ratio = result["turn, await, resume"] / result["bare await getNextIndex()"];
      promise(
        ratio <= 2,
        `${strategy} at N=${size}: ${ratio.toFixed(2)} times the bare await, promised 2`,
      );
    }
    rows.push([strategy, []]);
    for (const [name, values] of Object.entries(cells)) rows.push([`  ${name}`, values]);
    const bare = cells["bare await getNextIndex()"]!;
    rows.push([
      "  turn / bare (promised 2)",
      cells["turn, await, resume"]!.map((ns, at) => (ns / bare[at]!).toFixed(2)),
    ]);
    rows.push([
      "  decide / bare",
      cells["engine.decide"]!.map((ns, at) => (ns / bare[at]!).toFixed(2)),
    ]);
  }
  table("Resident roster, schedule checked: ns a decision", rows, heads);
}

/** Everything given as objects, fresh ones each time as from a database. */
async function given(): Promise<void> {
  const rows: [string, (number | string)[]][] = [];
  for (const [strategy, settings] of Object.entries(STRATEGIES)) {
    const cells: Record<string, number[]> = {};
    for (const size of SIZES) {
      const pool = Array.from({ length: size > 500 ? 2 : 16 }, () => freshFacts(size, settings));
      const chat = session(1) as Session;
      const request = { session: chat, now };
      const index = inMemoryIndex();
      const engines = {
        "plain TypeScript": new PlainEngine(),
        "tuned TypeScript": new TunedEngine(),
        "engine.decide": new AssignmentEngine(),
      };
      const works = Object.entries(engines).map(([name, engine]) => [
        name,
        async (times: number) => {
          for (let n = 0; n < times; n += 1) {
            await engine.decide(request as never, pool[n % pool.length] as never, index);
          }
        },
      ]);
      const result = (await measure(Object.fromEntries(works))) as Record<string, number>;
      for (const [name, ns] of Object.entries(result)) (cells[name] ??= []).push(ns / 1_000);
      const [plain, tuned, ours] = ["plain TypeScript", "tuned TypeScript", "engine.decide"].map(
        (name) => result[name]!,
      ) as [number, number, number];
      promise(
        ours < plain,
        `${strategy} at N=${size}: ${(ours / plain).toFixed(2)} times plain TypeScript`,
      );
      if (size === 50 || size === 500) {
        promise(
          ours <= tuned,
          `${strategy} at N=${size}: ${(ours / tuned).toFixed(2)} times tuned TypeScript, promised 1`,
        );
      }
    }
    rows.push([strategy, []]);
    for (const [name, values] of Object.entries(cells)) rows.push([`  ${name}`, values]);
  }
  table("Facts given as fresh objects, schedule checked: µs a decision", rows, heads);
}

/** A thousand sessions at once on a roster whose counts move on. */
async function queue(): Promise<void> {
  const rows: [string, (number | string)[]][] = [];
  for (const [strategy, settings] of Object.entries(STRATEGIES)) {
    const cells: Record<string, number[]> = {};
    for (const size of SIZES) {
      const people = agents(size);
      const config = team(settings, people);
      const roster = new Roster({ tenantId: TENANT_ID, teams: [config], agents: people });
      const tuned = new TunedRoster(config, people);
      const engine = new AssignmentEngine({}, { clock: () => now });
      const chats = sessions(1_000) as Session[];
      const requests = chats.map((chat) => ({ session: chat }));
      const provider = new InMemoryRoundRobinContextProvider();
      const result = await measure({
        "engine.decideMany": async (times) => {
          for (let n = 0; n < times; n += 1) {
            await engine.decideMany(requests, { roster }, provider);
          }
        },
        "TypeScript, resident, tuned": async (times) => {
          for (let n = 0; n < times; n += 1) tuned.decideMany(chats as never, now, n);
        },
      });
      for (const [name, ns] of Object.entries(result)) (cells[name] ??= []).push(ns / 1e3 / 1_000);
    }
    rows.push([strategy, []]);
    for (const [name, values] of Object.entries(cells)) rows.push([`  ${name}`, values]);
  }
  table("A queue of 1,000, counts moving on: µs a session", rows, heads);
}

/** From nothing to a first decision, in processes of their own. */
function load(): void {
  const script = `
    const from = performance.now();
    const { AssignmentEngine } = require(${JSON.stringify(process.env["BENCH_PACKAGE"])});
    const engine = new AssignmentEngine();
    engine.start({ session: { id: "s", tenantId: "t" } }, {});
    console.log(performance.now() - from);`;
  const times = Array.from({ length: 11 }, () =>
    Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })),
  );
  const ms = median(times);
  const bytes = readFileSync(process.env["BENCH_MODULE"]!);
  const kB = gzipSync(bytes, { level: 9 }).length / 1_000;
  console.log(`\nLoading and a first step: ${ms.toFixed(1)} ms (promised 15)`);
  console.log(
    `The module: ${(bytes.length / 1_000).toFixed(0)} kB, gzipped ${kB.toFixed(0)} kB (promised 220)`,
  );
  promise(ms <= 15, `loading takes ${ms.toFixed(1)} ms, promised 15`);
  promise(kB <= 220, `the module has ${kB.toFixed(0)} kB gzipped, promised 220`);
}

const parts: Record<string, () => void | Promise<void>> = {
  ...{ load, resident, given, queue },
  redis: () => redis(promise),
};
for (const part of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) {
  await parts[part]!();
}
console.log(
  broken.length === 0
    ? "\nAs promised."
    : `\nNot as promised (a busy machine can do that; run it again):\n  ${broken.join("\n  ")}`,
);
