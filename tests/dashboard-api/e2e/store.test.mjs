// The session store against PostgreSQL, without the package: what the engine builds on.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import "reflect-metadata";
import { DataSource } from "typeorm";
import { TypeOrmSessionStore } from "../dist/assignment/typeorm-session-store.js";
import { dataSourceOptions } from "../dist/database/data-source-options.js";
import { migrate } from "./support/app.mjs";
import { startPostgres } from "./support/postgres.mjs";
import { Tenant, untouched } from "./support/seed.mjs";

const NOBODY = "00000000-0000-4000-8000-000000000000";

describe("TypeOrmSessionStore", () => {
  let postgres, dataSources, stores;
  const at = new Date("2026-11-24T09:00:00.123Z");
  const anyTeam = { teamId: undefined, maxLoad: undefined };
  const nothing = { context: {}, at };

  before(async () => {
    postgres = await startPostgres();
    await migrate(postgres);
    // Two pools, as two instances of the app have them.
    const { host, port, user, database: name } = postgres.connection;
    const options = dataSourceOptions({ host, port, user, name, poolSize: 10 });
    dataSources = await Promise.all([0, 1].map(() => new DataSource(options).initialize()));
    stores = dataSources.map((dataSource) => new TypeOrmSessionStore(dataSource));
  });

  after(async () => {
    await Promise.all((dataSources ?? []).map((dataSource) => dataSource.destroy()));
    await postgres?.stop();
  });

  it("gives a session to one of many who claim it", async () => {
    const tenant = new Tenant(postgres);
    const agents = await tenant.agents(20);
    const session = await tenant.session();
    const claims = await Promise.all(
      agents.map((agent, at) => stores[at % 2].claim(session, agent, anyTeam, nothing)),
    );
    const claimed = claims.filter(({ kind }) => kind === "claimed");
    assert.equal(claimed.length, 1);
    const { assigned_agent_id: owner } = await postgres.row(
      "SELECT assigned_agent_id FROM sessions WHERE id = $1",
      [session],
    );
    assert.equal(claimed[0].session.assignedAgentId, owner);
    for (const { kind, refusal } of claims) {
      assert.ok(kind === "claimed" || refusal === "session_taken", refusal);
    }
  });

  it("holds the limit exactly, however many claim at once", async () => {
    const tenant = new Tenant(postgres);
    const [agent] = await tenant.agents(1);
    const sessions = await tenant.sessions(60);
    const expected = { teamId: undefined, maxLoad: 7 };
    const claims = await Promise.all(
      sessions.map((session, at) => stores[at % 2].claim(session, agent, expected, nothing)),
    );
    const refusals = claims.filter(({ kind }) => kind === "refused");
    assert.equal(refusals.length, 53);
    assert.ok(refusals.every(({ refusal }) => refusal === "agent_at_limit"));
    assert.deepEqual(await tenant.loads(), { [agent]: 7 });
  });

  it("stores a claim and its changes together", async () => {
    const tenant = new Tenant(postgres);
    const [agent] = await tenant.agents(1);
    const team = await tenant.team({ members: [agent] });
    const session = await tenant.session({ context: { account: "a1", kept: { deep: 1 } } });
    const changes = { teamId: team, context: { topic: "billing", account: "a2" }, at };
    const { session: stored } = await stores[0].claim(session, agent, anyTeam, changes);
    assert.equal(stored.status, "assigned");
    assert.equal(stored.assignedAgentId, agent);
    assert.equal(stored.assignedTeamId, team);
    assert.deepEqual(stored.assignedAt, at);
    assert.deepEqual(stored.updatedAt, at);
    assert.deepEqual(stored.context, { account: "a2", kept: { deep: 1 }, topic: "billing" });
    assert.deepEqual(await stores[1].session(session), stored);
  });

  it("says why it refuses, and changes nothing then", async () => {
    const tenant = new Tenant(postgres);
    const stranger = new Tenant(postgres);
    const [busy, gone] = await tenant.agents(2);
    const [foreign] = await stranger.agents(1);
    await postgres.rows("UPDATE users SET is_active = false WHERE id = $1", [gone]);
    const [taken, waiting] = await tenant.sessions(2);
    await stores[0].claim(taken, busy, anyTeam, nothing);
    const full = { teamId: undefined, maxLoad: 1 };
    const moved = { teamId: await tenant.team(), maxLoad: undefined };

    const before = await Promise.all([taken, waiting].map((id) => untouched(postgres, id)));
    const refusal = async (...claim) => {
      const answer = await stores[0].claim(...claim, { ...nothing, context: { left: "behind" } });
      assert.equal(answer.kind, "refused");
      return answer.refusal;
    };
    assert.equal(await refusal(randomUUID(), busy, full), "session_gone");
    // A session that is taken is the end of it, whoever was to have it.
    assert.equal(await refusal(taken, busy, full), "session_taken");
    assert.equal(await refusal(waiting, busy, moved), "session_moved");
    assert.equal(await refusal(waiting, busy, full), "agent_at_limit");
    assert.equal(await refusal(waiting, gone, anyTeam), "agent_gone");
    assert.equal(await refusal(waiting, NOBODY, anyTeam), "agent_gone");
    assert.equal(await refusal(waiting, foreign, anyTeam), "agent_gone");
    const after = await Promise.all([taken, waiting].map((id) => untouched(postgres, id)));
    assert.deepEqual(after, before);
  });

  it("updates only who still waits", async () => {
    const tenant = new Tenant(postgres);
    const [agent] = await tenant.agents(1);
    const team = await tenant.team({ members: [agent] });
    const session = await tenant.session();

    assert.equal((await stores[0].update(session, nothing)).context, null);
    const moved = await stores[0].update(session, { teamId: team, context: { a: 1 }, at });
    assert.equal(moved.assignedTeamId, team);
    assert.deepEqual(moved.context, { a: 1 });
    assert.equal(moved.status, "unassigned");

    await stores[0].claim(session, agent, { teamId: team, maxLoad: undefined }, nothing);
    const before = await untouched(postgres, session);
    const owned = await stores[0].update(session, { context: { a: 2 }, at });
    assert.equal(owned.assignedAgentId, agent);
    assert.deepEqual(owned.context, { a: 1 });
    assert.equal(await untouched(postgres, session), before);
    assert.equal(await stores[0].update(randomUUID(), nothing), null);
  });

  it("reads the queue, oldest first, of a tenant or of one team", async () => {
    const tenant = new Tenant(postgres);
    const [agent] = await tenant.agents(1);
    const team = await tenant.team();
    const [first, second, third] = await tenant.sessions(3);
    await postgres.rows("UPDATE sessions SET assigned_team_id = $1 WHERE id = ANY($2)", [
      team,
      [first, third],
    ]);
    // Two of the same age follow each other by their ids.
    const twins = await tenant.sessions(2, { created_at: new Date(0) });
    const ids = async (...queue) => (await stores[0].queue(...queue)).map(({ id }) => id);
    const all = [...twins.sort(), first, second, third];
    assert.deepEqual(await ids(tenant.id, undefined, 50), all);
    assert.deepEqual(await ids(tenant.id, undefined, 3), all.slice(0, 3));
    assert.deepEqual(await ids(tenant.id, team, 50), [first, third]);
    await stores[0].claim(first, agent, { teamId: team, maxLoad: undefined }, nothing);
    assert.deepEqual(await ids(tenant.id, team, 50), [third]);
    assert.deepEqual(await ids(randomUUID(), undefined, 50), []);
  });

  it("counts what members have, and what they were given since an instant", async () => {
    const tenant = new Tenant(postgres);
    const [anna, ben, carl, dora] = await tenant.agents(4);
    const team = await tenant.team({ members: [anna, ben, carl, dora] });
    await postgres.rows("UPDATE team_members SET is_active = false WHERE user_id = $1", [carl]);
    await postgres.rows("UPDATE users SET is_active = false WHERE id = $1", [dora]);
    const given = { assigned_agent_id: anna, assigned_at: new Date("2026-11-20T12:00:00Z") };
    await tenant.sessions(2, { ...given, status: "assigned" });
    await tenant.sessions(3, { ...given, status: "resolved" });
    await tenant.session({ ...given, status: "assigned", assigned_at: at });

    const counts = async (since) => {
      const members = await stores[0].members(team, since);
      return Object.fromEntries(members.map(({ id, active, total }) => [id, { active, total }]));
    };
    const none = { active: 0, total: 0 };
    assert.deepEqual(await counts(undefined), { [anna]: { active: 3, total: 6 }, [ben]: none });
    assert.deepEqual(await counts(at), { [anna]: { active: 3, total: 1 }, [ben]: none });

    const [stored] = await stores[0].teams(tenant.id);
    assert.deepEqual(stored.members, [anna, ben].sort());
    assert.deepEqual(await stores[0].team(team), { tenantId: tenant.id, team: stored });
    assert.equal(await stores[0].team("no uuid"), null);
  });

  it("knows whether a contact has somebody else's ear", async () => {
    const tenant = new Tenant(postgres);
    const [agent] = await tenant.agents(1);
    const contact_id = randomUUID();
    const [one, two] = await tenant.sessions(2, { contact_id });
    const has = (tenantId) => stores[0].contactHasAssignedSession(tenantId, contact_id, one);
    assert.equal(await has(tenant.id), false);
    await stores[0].claim(one, agent, anyTeam, nothing);
    assert.equal(await has(tenant.id), false);
    await stores[0].claim(two, agent, anyTeam, nothing);
    assert.equal(await has(tenant.id), true);
    assert.equal(await has(randomUUID()), false);
  });

  it("takes ids and contexts as data, never as SQL", async () => {
    const tenant = new Tenant(postgres);
    const session = await tenant.session();
    const evil = `'; DROP TABLE sessions; -- :context $1 \\`;
    const { context } = await stores[0].update(session, { context: { [evil]: evil }, at });
    assert.deepEqual(context, { [evil]: evil });
    assert.equal(await stores[0].session(evil), null);
    assert.equal(await stores[0].team(evil), null);
  });
});
