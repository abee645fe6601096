// Tables and columns of other names, of other types, and of entities.

import { randomUUID } from "node:crypto";
import { EntitySchema } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionStoreChecks, type StoreFixture } from "../../src/testing/index.ts";
import {
  ASSIGNMENT_CLAIMS_SQL,
  AssignmentClaims,
  type SchemaNames,
  TypeOrmSessionStore,
} from "../../src/typeorm/index.ts";
import { Database, STARTING_MS } from "./support/database.ts";

const NOTHING = { context: {}, at: new Date("2026-11-23T10:00:00Z") };

let database: Database;
beforeAll(async () => {
  database = await Database.start();
  await database.server.rows(OTHER_TABLES);
}, STARTING_MS);
afterAll(() => database?.stop());

/** A schema of its own, ids that are texts, a status of its own type, and names with traps in them. */
const OTHER_TABLES = `
  CREATE SCHEMA "Sup port";
  SET search_path TO "Sup port";
  CREATE TYPE chat_status AS ENUM ('unassigned', 'assigned', 'resolved');
  CREATE TABLE "People""s" (
    "ID" text PRIMARY KEY, "tenantId" text NOT NULL, "name" text NOT NULL, "status" text NOT NULL
  );
  CREATE TABLE "Group" ("id" text PRIMARY KEY, "tenantId" text NOT NULL, "name" text,
    "isActive" boolean, "isDefault" boolean, "createdAt" timestamptz DEFAULT now(),
    "routingStrategy" text, "routingConfig" json, "schedule" json);
  CREATE TABLE "Member" ("group" text, "person" text);
  CREATE TABLE "Config" ("tenantId" text, "teamId" text, "enabled" boolean, "strategy" text,
    "settings" json);
  CREATE TABLE "Chat" ("id" text PRIMARY KEY, "tenantId" text NOT NULL, "contactId" text,
    "status" chat_status NOT NULL, "select" text, "assignedTeamId" text, "assignedAt" timestamptz,
    "acceptedAt" timestamptz, "priority" int, "channel" text,
    "context" json, "createdAt" timestamptz, "updatedAt" timestamptz);
  CREATE TABLE "Claim" ("sessionId" text PRIMARY KEY, "tenantId" text, "token" bigint,
    "agentId" text, "claimedAt" timestamptz);
  RESET search_path;
`;

/** The columns as they are called in code. */
const asInCode = <K extends string>(...names: K[]) =>
  Object.fromEntries(names.map((name) => [name, name])) as unknown as Record<K, string>;

const SESSION_COLUMNS = [
  "tenantId",
  "contactId",
  "assignedTeamId",
  "assignedAt",
  "acceptedAt",
  "createdAt",
  "updatedAt",
] as const;
const OTHER_NAMES: SchemaNames = {
  schema: "Sup port",
  tables: {
    users: {
      table: 'People"s',
      columns: { id: "ID", tenantId: "tenantId", isActive: null, createdAt: null },
    },
    teams: {
      table: "Group",
      columns: asInCode(
        "tenantId",
        "isActive",
        "isDefault",
        "createdAt",
        "routingStrategy",
        "routingConfig",
      ),
    },
    team_members: {
      table: "Member",
      columns: { teamId: "group", userId: "person", isActive: null },
    },
    assignment_configs: { table: "Config", columns: asInCode("tenantId", "teamId") },
    sessions: {
      table: "Chat",
      columns: { ...asInCode(...SESSION_COLUMNS), assignedAgentId: "select", lastMessageAt: null },
    },
    assignment_claims: {
      table: "Claim",
      columns: asInCode("sessionId", "tenantId", "agentId", "claimedAt"),
    },
  },
};

describe("tables of other names and types keep the same rules", () => {
  let fixture: StoreFixture;
  beforeAll(async () => {
    const store = async () =>
      new TypeOrmSessionStore(await database.source(), { names: OTHER_NAMES });
    const insert = (table: string, row: Record<string, unknown>, more = "") => {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      const places = columns.map((_, at) => `$${at + 1}`).join(", ");
      return database.server.rows(
        `INSERT INTO "Sup port"."${table}" (${columns.join(", ")}) VALUES (${places}) ${more}`,
        Object.values(row).map((value) =>
          typeof value === "object" && value !== null && !(value instanceof Date)
            ? JSON.stringify(value)
            : value,
        ),
      );
    };
    let ids = 0;
    fixture = {
      stores: [await store(), await store()],
      newId: () => `it's "${(ids += 1)}"`,
      putTenant: async (tenantId, config) => void (await insert("Config", { tenantId, ...config })),
      putAgent: async (tenantId, { id, name, status }) => {
        await insert('People""s', { ID: id, tenantId, name, status });
      },
      putTeam: async (tenantId, { members, ...team }) => {
        await insert("Group", { tenantId, ...team });
        for (const person of members ?? []) await insert("Member", { group: team.id, person });
      },
      putSession: async ({ assignedAgentId, ...session }) => {
        const row = {
          select: assignedAgentId ?? null,
          assignedTeamId: null,
          assignedAt: null,
          acceptedAt: null,
          context: null,
          ...session,
        };
        const set = Object.keys(row).map((column) => `"${column}" = EXCLUDED."${column}"`);
        await insert("Chat", row, `ON CONFLICT ("id") DO UPDATE SET ${set.join(", ")}`);
      },
    };
  });
  for (const { name, run } of sessionStoreChecks(() => fixture)) test(name, run);
});

/** The contract's sessions, as an app's entity has them. */
const SessionEntity = new EntitySchema({
  name: "Session",
  tableName: "sessions",
  columns: {
    id: { type: "uuid", primary: true },
    tenantId: { type: "uuid", name: "tenant_id" },
    contactId: { type: "uuid", name: "contact_id" },
    status: { type: "text" },
    assignedAgentId: { type: "uuid", name: "assigned_agent_id", nullable: true },
    assignedTeamId: { type: "uuid", name: "assigned_team_id", nullable: true },
    assignedAt: { type: "timestamptz", name: "assigned_at", nullable: true },
    context: { type: "jsonb", nullable: true },
    createdAt: { type: "timestamptz", name: "created_at" },
    updatedAt: { type: "timestamptz", name: "updated_at" },
  },
});

test("an entity says what its table and columns are called", async () => {
  const source = await database.source({ entities: [SessionEntity] });
  const store = new TypeOrmSessionStore(source, { names: { tables: { sessions: SessionEntity } } });
  const fixture = database.fixture([store]);
  const [tenantId, agent, id] = [randomUUID(), randomUUID(), randomUUID()];
  await fixture.putAgent(tenantId, { id: agent, name: "Anna" });
  await fixture.putSession({ id, tenantId, priority: 5 });
  const claim = await store.claim(id, agent, {}, NOTHING);
  expect(claim).toMatchObject({ kind: "claimed", session: { id, assignedAgentId: agent } });
  expect(Object.keys((await store.session(id))!)).not.toContain("priority");
});

test("a name that makes no sense is refused, and none is taken for SQL", async () => {
  const source = await database.source({ entities: [SessionEntity] });
  const first = (names: SchemaNames) => new TypeOrmSessionStore(source, { names }).session("s1");
  const table = { table: "sessions", columns: { status: null } };
  await expect(first({ tables: { sessions: table } })).rejects.toMatchObject({
    code: "missing_field",
    path: "names.tables.sessions.columns.status",
  });
  const Bare = new EntitySchema({ name: "Bare", columns: { id: { type: "uuid", primary: true } } });
  const bare = await database.source({ entities: [Bare] });
  const store = new TypeOrmSessionStore(bare, { names: { tables: { sessions: Bare } } });
  await expect(store.session("s1")).rejects.toMatchObject({
    path: "names.tables.sessions.columns.tenantId",
  });
  await expect(first({ schema: "" })).rejects.toMatchObject({ path: "names.schema" });
  for (const evil of ['sessions"; DROP TABLE sessions; --', "sessions s, users", "x".repeat(70)]) {
    await expect(first({ tables: { sessions: evil } })).rejects.toMatchObject({
      code: "store_schema",
    });
  }
  expect(await database.server.rows("SELECT count(*) FROM sessions")).toHaveLength(1);
});

test("only a data source of PostgreSQL, and a time that makes sense, will do", async () => {
  const source = await database.source();
  for (const [make, path] of [
    [() => new TypeOrmSessionStore(undefined as never), "dataSource"],
    [() => new TypeOrmSessionStore({ options: { type: "mysql" } } as never), "dataSource"],
    [() => new TypeOrmSessionStore(source, { timeoutMs: 0 }), "options.timeoutMs"],
    [() => new TypeOrmSessionStore(source, { timeoutMs: Number.NaN }), "options.timeoutMs"],
  ] as const) {
    expect(make).toThrow(expect.objectContaining({ path }));
  }
});

test("only active members of the tenant count, and nobody else can be given a session", async () => {
  const store = await database.store();
  const fixture = database.fixture([store]);
  const [tenantId, team] = [randomUUID(), randomUUID()];
  const [anna, ben, carl, dora] = Array.from({ length: 4 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
  ];
  for (const id of [anna, ben, carl]) await fixture.putAgent(tenantId, { id, name: id });
  await fixture.putAgent(randomUUID(), { id: dora, name: "of another tenant" });
  await fixture.putTeam(tenantId, { id: team, members: [anna, ben, carl] });
  await database.server.rows("UPDATE team_members SET is_active = false WHERE user_id = $1", [ben]);
  await database.server.rows("UPDATE users SET is_active = false WHERE id = $1", [carl]);
  expect((await store.members(team, { kind: "none" })).map(({ id }) => id)).toEqual([anna]);
  expect((await store.teams(tenantId))[0]?.members).toEqual([anna]);
  const id = randomUUID();
  await fixture.putSession({ id, tenantId });
  for (const agent of [carl, dora, "no uuid", "\0"]) {
    const claim = await store.claim(id, agent, {}, NOTHING);
    expect(claim).toEqual({ kind: "refused", refusal: "agent_gone" });
  }
  for (const session of [randomUUID(), "no uuid", "\0"]) {
    const claim = await store.claim(session, anna, {}, NOTHING);
    expect(claim).toEqual({ kind: "refused", refusal: "session_gone" });
  }
  // Who is on leave in one team is still an agent: a supervisor may hand him a session.
  expect((await store.claim(id, ben, {}, NOTHING)).kind).toBe("claimed");
});

test("an app whose transactions are SERIALIZABLE has claims like any other", async () => {
  const source = await database.source({
    extra: { options: "-c default_transaction_isolation=serializable" },
  });
  const store = new TypeOrmSessionStore(source, { timeoutMs: 20_000 });
  const fixture = database.fixture([store]);
  const [tenantId, agent] = [randomUUID(), randomUUID()];
  await fixture.putAgent(tenantId, { id: agent, name: "Anna" });
  const ids = Array.from({ length: 20 }, () => randomUUID());
  for (const id of ids) await fixture.putSession({ id, tenantId });
  const claims = await Promise.all(
    ids.map((id) => store.claim(id, agent, { maxLoad: 5 }, NOTHING)),
  );
  expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(5);
});

test("the migration can be taken back and run again, and its SQL run on what is there", async () => {
  const source = await database.source({ migrations: [AssignmentClaims] });
  await source.undoLastMigration();
  const store = new TypeOrmSessionStore(source);
  const fixture = database.fixture([store]);
  const [tenantId, agent, id] = [randomUUID(), randomUUID(), randomUUID()];
  await fixture.putAgent(tenantId, { id: agent, name: "Anna" });
  await fixture.putSession({ id, tenantId });
  // With a token it cannot do without the table, and changes nothing; without one it can.
  await expect(store.claim(id, agent, { token: 1n }, NOTHING)).rejects.toMatchObject({
    code: "store_schema",
    hint: expect.stringContaining("AssignmentClaims"),
  });
  expect((await store.session(id))?.assignedAgentId).toBeNull();
  expect((await store.claim(id, agent, {}, NOTHING)).kind).toBe("claimed");
  expect(await source.runMigrations()).toHaveLength(1);
  await source.query(ASSIGNMENT_CLAIMS_SQL);
  const again = await store.claim(id, agent, { token: 1n, owner: agent }, NOTHING);
  expect(again.kind).toBe("claimed");
  // What is removed takes its token with it.
  await source.query("DELETE FROM sessions WHERE id = $1", [id]);
  expect(await source.query("SELECT * FROM assignment_claims WHERE session_id = $1", [id])).toEqual(
    [],
  );
});
