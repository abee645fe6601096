// Two processes with nothing in common but the database.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { Database, STARTING_MS } from "./support/database.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Where packages are found from.
const folder = join(root, "node_modules", `.claimer-${process.pid}`);
const claimer = join(folder, "claimer.cjs");

let database: Database;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  database = await Database.start();
  await build({
    entryPoints: [join(root, "test/typeorm/support/claimer.ts")],
    outfile: claimer,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["typeorm"],
    logLevel: "error",
  });
}, STARTING_MS);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database?.stop();
});

interface Said {
  session: string;
  agent: string;
  verdict: string;
}

/** Starts the processes, lets all begin at once, and answers what each says. */
async function together(count: number, args: string[]): Promise<Said[][]> {
  const children: ChildProcess[] = [];
  try {
    const readers = Array.from({ length: count }, () => {
      const child = spawn(process.execPath, [claimer, ...args], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      children.push(child);
      return createInterface(child.stdout!)[Symbol.asyncIterator]();
    });
    for (const reader of readers) expect((await reader.next()).value).toBe("ready");
    for (const child of children) child.stdin!.write("go\n");
    return await Promise.all(
      readers.map(async (reader) => JSON.parse((await reader.next()).value) as Said[]),
    );
  } finally {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      }
    }
  }
}

test.each([
  ["more room than sessions", 100, 25, 20],
  ["less room than sessions", 100, 4, 9],
])(
  "200 claims at once from two processes, %s: no session twice, no limit broken",
  async (_, sessions, agents, limit) => {
    const fixture = database.fixture([await database.store()]);
    const tenant = randomUUID();
    const agentIds = Array.from({ length: agents }, () => randomUUID());
    const sessionIds = Array.from({ length: sessions }, () => randomUUID());
    for (const id of agentIds) await fixture.putAgent(tenant, { id, name: "A", status: "online" });
    for (const id of sessionIds) await fixture.putSession({ id, tenantId: tenant });

    const args = [agentIds.join(","), sessionIds.join(","), String(limit)];
    const said = await together(2, [String(database.server.port), ...args]);
    expect(said.flat()).toHaveLength(200);
    const claimed = said.flat().filter(({ verdict }) => verdict === "claimed");
    const rest = new Set(said.flat().map(({ verdict }) => verdict));
    rest.delete("claimed");
    for (const refusal of rest) expect(["session_taken", "agent_at_limit"]).toContain(refusal);

    const given = await database.server.rows(
      "SELECT session_id, agent_id FROM given WHERE tenant_id = $1",
      [tenant],
    );
    const owners = new Map(given.map((row) => [row["session_id"], row["agent_id"]]));
    expect(owners.size, "sessions given twice").toBe(given.length);
    expect(claimed).toHaveLength(given.length);
    for (const { session, agent } of claimed) expect(owners.get(session)).toBe(agent);
    const loads = new Map<unknown, number>();
    for (const agent of owners.values()) loads.set(agent, (loads.get(agent) ?? 0) + 1);
    expect(Math.max(...loads.values()), "the highest load").toBeLessThanOrEqual(limit);
    expect(claimed.length).toBe(Math.min(sessions, agents * limit));
  },
);
