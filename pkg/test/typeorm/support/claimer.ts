// A process of its own that claims as fast as it can: the test bundles and starts it.
//   claimer PORT AGENTS SESSIONS LIMIT    ids with commas between them
// It says "ready", waits for a line, claims every session for every agent at once, in an order of its
// own, and says what came of it as JSON.

import { DataSource } from "typeorm";
import { TypeOrmSessionStore } from "../../../src/typeorm/index.ts";

const [port, agents, sessions, limit] = process.argv.slice(2) as [string, string, string, string];

async function main(): Promise<void> {
  const source = new DataSource({
    type: "postgres",
    host: "127.0.0.1",
    port: Number(port),
    username: "tests",
    database: "postgres",
    poolSize: 12,
  });
  await source.initialize();
  const store = new TypeOrmSessionStore(source, { timeoutMs: 20_000 });
  console.log("ready");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const ids = agents.split(",");
  const changes = { context: {}, at: new Date() };
  const claims = await Promise.all(
    sessions.split(",").map(async (session, at) => {
      const agent = ids[(at * 7 + process.pid) % ids.length]!;
      const claim = await store.claim(session, agent, { maxLoad: Number(limit) }, changes);
      return { session, agent, verdict: claim.kind === "claimed" ? claim.kind : claim.refusal };
    }),
  );
  console.log(JSON.stringify(claims));
  await source.destroy();
  process.exit(0);
}

void main();
