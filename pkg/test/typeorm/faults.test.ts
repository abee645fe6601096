// What goes wrong between the store and PostgreSQL, and what the store says of it.

import { randomUUID } from "node:crypto";
import { DataSource } from "typeorm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { AssignmentEngineError } from "../../src/errors.ts";
import type { StoreFixture } from "../../src/testing/index.ts";
import { TypeOrmSessionStore } from "../../src/typeorm/index.ts";
import { Database, STARTING_MS } from "./support/database.ts";
import { type AtCommit, Proxy } from "./support/proxy.ts";

const NOTHING = { context: {}, at: new Date("2026-11-23T10:00:00Z") };
/** How much later than its deadline a call may end, while this process is not held up itself. */
const SLACK_MS = 400;

let database: Database;
let fixture: StoreFixture;
let proxy: Proxy;
let tenantId: string;
let agent: string;

beforeAll(async () => {
  database = await Database.start();
  fixture = database.fixture([await database.store()]);
}, STARTING_MS);
afterAll(() => database?.stop());
beforeEach(async () => {
  proxy = await Proxy.to(database.server.port);
  tenantId = randomUUID();
  agent = randomUUID();
  await fixture.putAgent(tenantId, { id: agent, name: "Anna", status: "online" });
});
afterEach(() => proxy.stop());

/** A store whose connections go through the proxy. */
async function proxied(timeoutMs: number, poolSize = 4): Promise<TypeOrmSessionStore> {
  const source = await database.source({ port: proxy.port, poolSize });
  return new TypeOrmSessionStore(source, { timeoutMs });
}

async function session(): Promise<string> {
  const id = randomUUID();
  await fixture.putSession({ id, tenantId });
  return id;
}

async function ownerOf(id: string): Promise<unknown> {
  const sql = "SELECT assigned_agent_id AS owner FROM sessions WHERE id = $1";
  return (await database.server.rows(sql, [id]))[0]?.["owner"];
}

/** What the promise rejects with, and after how many milliseconds in which this process could run. */
async function failure(
  asking: Promise<unknown>,
): Promise<{ error: AssignmentEngineError; ms: number }> {
  const start = performance.now();
  let [last, heldUp] = [start, 0];
  const control = setInterval(() => {
    const now = performance.now();
    heldUp += Math.max(0, now - last - CONTROL_MS);
    last = now;
  }, CONTROL_MS);
  try {
    const error = await asking.then(
      (answer) => {
        throw new Error(`no rejection, but ${JSON.stringify(answer)}`);
      },
      (error: AssignmentEngineError) => error,
    );
    return { error, ms: performance.now() - start - heldUp };
  } finally {
    clearInterval(control);
  }
}

const CONTROL_MS = 10;

test.each<AtCommit>(["cut after", "hang after"])(
  "a COMMIT that is carried out, but whose answer is lost (%s), is known to be",
  async (atCommit) => {
    const store = await proxied(2_500);
    const id = await session();
    await store.session(id);
    proxy.atCommit = atCommit;
    const claim = await store.claim(id, agent, { token: 5n }, NOTHING);
    expect(claim).toMatchObject({ kind: "claimed", session: { id, assignedAgentId: agent } });
    expect(await ownerOf(id)).toBe(agent);
    // And the next one works.
    expect((await store.session(id))?.assignedAgentId).toBe(agent);
  },
);

test.each<AtCommit>(["cut before", "hang before"])(
  "a COMMIT that does not arrive (%s) has changed nothing, and that is known",
  async (atCommit) => {
    const store = await proxied(2_000);
    const id = await session();
    await store.session(id);
    proxy.atCommit = atCommit;
    const { error } = await failure(store.claim(id, agent, {}, NOTHING));
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain("nothing was changed");
    expect(await ownerOf(id)).toBeNull();
    expect((await store.claim(id, agent, {}, NOTHING)).kind).toBe("claimed");
  },
);

test("a stamp whose COMMIT is not answered is known as well", async () => {
  const store = await proxied(2_500);
  const id = await session();
  await store.session(id);
  proxy.atCommit = "cut after";
  expect(await store.stamp(id, "oooLastSentAt", undefined, "now")).toBe(true);
  proxy.atCommit = "cut before";
  const { error } = await failure(store.unstamp(id, "oooLastSentAt", "now", undefined));
  expect(error.code).toBe("store_unavailable");
  expect(await store.unstamp(id, "oooLastSentAt", "now", undefined)).toBe(true);
});

test("a number that says committed is not believed where the tables show something else", async () => {
  const store = await proxied(2_500);
  const id = await session();
  const rival = randomUUID();
  await fixture.putAgent(tenantId, { id: rival, name: "Ben" });
  await store.session(id);
  proxy.atCommit = "hang after";
  const claiming = failure(store.claim(id, agent, {}, NOTHING));
  while ((await ownerOf(id)) === null) await new Promise((resolve) => setTimeout(resolve, 10));
  await database.server.rows("UPDATE sessions SET assigned_agent_id = $2 WHERE id = $1", [
    id,
    rival,
  ]);
  expect((await claiming).error.code).toBe("store_outcome_unknown");
});

test("where nobody can be asked what became of a COMMIT, that is what is said", async () => {
  const store = await proxied(1_500);
  const id = await session();
  await store.session(id);
  proxy.atCommit = "hang after";
  const claiming = failure(store.claim(id, agent, {}, NOTHING));
  // The claim is through when its row says so; from then on nothing gets through.
  while ((await ownerOf(id)) === null) await new Promise((resolve) => setTimeout(resolve, 10));
  proxy.frozen = true;
  const { error, ms } = await claiming;
  expect(error.code).toBe("store_outcome_unknown");
  expect(error.message).toContain("unknown");
  expect(ms).toBeLessThan(2 * 1_500 + SLACK_MS);
  proxy.frozen = false;
  // Asked again, it is refused: nobody gets the session twice.
  expect(await store.claim(id, agent, {}, NOTHING)).toEqual({
    kind: "refused",
    refusal: "session_taken",
  });
});

test("a server that stands still is not waited for, and is used again when it goes on", async () => {
  const store = await proxied(1_000, 2);
  const id = await session();
  await store.session(id);
  proxy.frozen = true;
  const calls = [
    () => store.session(id),
    () => store.queue(tenantId, undefined, 5),
    () => store.claim(id, agent, {}, NOTHING),
    () => store.update(id, NOTHING),
    () => store.stamp(id, "oooLastSentAt", undefined, "now"),
    () => store.members(randomUUID(), { kind: "ever" }),
  ];
  // More than the pool has connections: some wait for one, and do not wait for ever either.
  const failures = await Promise.all(calls.map((call) => failure(call())));
  for (const { error, ms } of failures) {
    expect(error.code).toBe("store_timeout");
    expect(ms).toBeLessThan(1_000 + SLACK_MS);
  }
  proxy.frozen = false;
  // The pool has lost nothing of its size: both connections can be had at once.
  const both = await Promise.all([store.session(id), store.session(id), store.session(id)]);
  expect(both.map((row) => row?.id)).toEqual([id, id, id]);
  expect(await ownerOf(id)).toBeNull();
  expect((await store.claim(id, agent, {}, NOTHING)).kind).toBe("claimed");
});

test.each([
  ["the agent", "SELECT 1 FROM users WHERE id = $1 FOR UPDATE", () => agent],
  ["the session", "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", (id: string) => id],
])("somebody who holds %s locked is not waited for, here nor there", async (_, sql, of) => {
  const store = await database.store({ timeoutMs: 1_500 });
  const id = await session();
  const letGo = await database.server.lock(sql, [of(id)]);
  try {
    const { error, ms } = await failure(store.claim(id, agent, {}, NOTHING));
    expect(error.code).toBe("store_timeout");
    expect(error.message).toContain("nothing was changed");
    expect(ms).toBeLessThan(1_500 + SLACK_MS);
    // Nor does the server go on waiting for what nobody asks for any more.
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    for (const end = Date.now() + 5_000; (await database.server.rows(waiting)).length > 0;) {
      if (Date.now() > end) throw new Error("somebody still waits for the lock");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await letGo();
  }
  expect(await ownerOf(id)).toBeNull();
  expect((await store.claim(id, agent, {}, NOTHING)).kind).toBe("claimed");
});

test("who inserts a row that refers to the agent does not wait for a claim, nor hold it up", async () => {
  const store = await database.store({ timeoutMs: 5_000 });
  const id = await session();
  // As the foreign key of an insert, or of the app's own update, locks the agent.
  const sql = "SELECT 1 FROM users WHERE id = $1 FOR KEY SHARE";
  const letGo = await database.server.lock(sql, [agent]);
  try {
    expect((await store.claim(id, agent, {}, NOTHING)).kind).toBe("claimed");
  } finally {
    await letGo();
  }
});

test("a deadlock with a transaction of the app's is resolved, and the claim made", async () => {
  const store = await database.store({ timeoutMs: 8_000 });
  const id = await session();
  const client = await database.server.pool.connect();
  try {
    // The app locks in the other order: the session first, then the agent. A long deadlock_timeout
    // leaves it to the store's side to notice.
    await client.query("BEGIN; SET LOCAL deadlock_timeout = '60s'");
    await client.query("SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", [id]);
    const claiming = store.claim(id, agent, {}, NOTHING);
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while ((await database.server.rows(waiting)).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", [agent]);
    await client.query("COMMIT");
    expect((await claiming).kind).toBe("claimed");
  } finally {
    client.release();
  }
});

test("a process that stops in the middle of a claim does not keep the agent locked", async () => {
  const store = await proxied(1_500);
  const ids = [await session(), await session()] as const;
  await store.session(ids[0]);
  proxy.atCommit = "hang before";
  const stuck = failure(store.claim(ids[0], agent, {}, NOTHING));
  const other = await database.store({ timeoutMs: 5_000 });
  // The server itself ends a transaction in which nothing happens.
  expect((await other.claim(ids[1], agent, { maxLoad: 1 }, NOTHING)).kind).toBe("claimed");
  expect((await stuck).error.message).toContain("nothing was changed");
});

test.each<[string, string, (source: DataSource) => TypeOrmSessionStore, hint?: string]>([
  [
    "a table that is not there",
    "store_schema",
    (source) => new TypeOrmSessionStore(source, { names: { tables: { sessions: "nowhere" } } }),
    "AssignmentClaims",
  ],
  [
    "a column that is not there",
    "store_schema",
    (source) =>
      new TypeOrmSessionStore(source, {
        names: { tables: { sessions: { table: "sessions", columns: { status: "nowhere" } } } },
      }),
    "names",
  ],
])("%s is said to be missing", async (_, code, make, hint) => {
  const store = make(await database.source());
  for (const call of [
    () => store.queue(tenantId, undefined, 1),
    () => store.claim(randomUUID(), agent, {}, NOTHING),
  ]) {
    const { error } = await failure(call());
    expect(error.code).toBe(code);
    if (hint !== undefined) expect(error.hint).toContain(hint);
  }
});

test("a right that is missing is told", async () => {
  await database.server.rows(
    "CREATE ROLE guest LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest",
  );
  const store = new TypeOrmSessionStore(await database.source({ username: "guest" }));
  const id = await session();
  expect((await store.session(id))?.id).toBe(id);
  for (const call of [
    () => store.claim(id, agent, {}, NOTHING),
    () => store.update(id, NOTHING),
    () => store.stamp(id, "oooLastSentAt", undefined, "now"),
  ]) {
    expect((await failure(call())).error.code).toBe("store_denied");
  }
});

test("what breaks a constraint of the app's is told, and changes nothing", async () => {
  const store = await database.store();
  const id = await session();
  const changes = { ...NOTHING, teamId: randomUUID() };
  for (const call of [() => store.claim(id, agent, {}, changes), () => store.update(id, changes)]) {
    const { error } = await failure(call());
    expect(error.code).toBe("store_constraint");
    expect(error.message).toContain("sessions_assigned_team_id_fkey");
  }
  const { error } = await failure(store.update(id, { context: { text: "\0" }, at: NOTHING.at }));
  expect(error.code).toBe("invalid_value");
  expect(await ownerOf(id)).toBeNull();
});

test("no error names a password, an address or a value", async () => {
  const source = new DataSource({
    type: "postgres",
    host: "127.0.0.1",
    port: 1,
    username: "tests",
    password: "hunter2",
  });
  const store = new TypeOrmSessionStore(source, { timeoutMs: 2_000 });
  for (const call of [
    () => store.session(agent),
    () => store.claim(randomUUID(), agent, {}, NOTHING),
  ]) {
    const { error } = await failure(call());
    expect(error.code).toBe("store_unavailable");
    expect(`${error.message} ${error.hint}`).not.toMatch(/hunter2|127\.0\.0\.1/);
  }
});

test("killed and started again while claims are made: no session is lost or given twice", async () => {
  const store = await database.store({ timeoutMs: 5_000 });
  const agents = [agent, randomUUID(), randomUUID()];
  for (const id of agents.slice(1)) await fixture.putAgent(tenantId, { id, name: "B" });
  const ids: string[] = [];
  for (let n = 0; n < 120; n += 1) ids.push(await session());
  let done = 0;
  const claims = ids.map(async (id, at) => {
    // Not all at once, so that the server goes in the middle of them.
    await new Promise((resolve) => setTimeout(resolve, at * 10));
    try {
      const token = BigInt(at);
      const claim = await store.claim(id, agents[at % 3]!, { token, maxLoad: 30 }, NOTHING);
      return { id, verdict: claim.kind === "claimed" ? claim.kind : claim.refusal };
    } catch (error) {
      return { id, verdict: (error as AssignmentEngineError).code };
    } finally {
      done += 1;
    }
  });
  while (done < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  await database.server.kill();
  await database.server.restart();
  const verdicts = await Promise.all(claims);
  const owned = new Map<string, unknown>();
  for (const { id } of verdicts) owned.set(id, await ownerOf(id));
  for (const { id, verdict } of verdicts) {
    if (verdict === "claimed") expect(owned.get(id), id).not.toBeNull();
    else if (verdict !== "store_outcome_unknown")
      expect(owned.get(id), `${id} ${verdict}`).toBeNull();
  }
  const loads = await database.server.rows(
    "SELECT count(*)::int AS load FROM sessions WHERE tenant_id = $1 AND status = 'assigned' GROUP BY assigned_agent_id",
    [tenantId],
  );
  for (const { load } of loads) expect(load).toBeLessThanOrEqual(30);
  const failed = verdicts.filter(({ verdict }) => verdict !== "claimed");
  expect(failed.length, "the kill was noticed").toBeGreaterThan(0);
  // Whoever was told that nothing was changed can try again.
  for (const { id } of failed) {
    const claim = await store.claim(id, agent, {}, NOTHING);
    expect(claim.kind === "claimed" || claim.refusal === "session_taken").toBe(true);
  }
  expect(await store.queue(tenantId, undefined, 1)).toEqual([]);
});
