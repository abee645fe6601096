import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alwaysOpen, closedForDays } from "../support/schedules.mjs";
import { Tenant } from "../support/seed.mjs";

export function supervisor(world) {
  async function ownersOf(sessions) {
    const rows = await world.postgres.rows(
      `SELECT assigned_agent_id AS agent, assigned_team_id AS team FROM sessions
       WHERE id = ANY($1) ORDER BY created_at`,
      [sessions],
    );
    return rows;
  }

  describe("the supervisor", () => {
    it("hands out by hand, oldest first, up to the limit", async () => {
      const tenant = new Tenant(world.postgres);
      const [anna, ben] = await tenant.agents(2, { status: "offline" });
      const team = await tenant.team({ members: [anna, ben], config: { maxLoad: 3 } });
      const sessions = await tenant.sessions(8);
      const agents = [
        { agentId: anna, count: 5 },
        { agentId: ben, count: 2 },
      ];
      const path = `/tenants/${tenant.id}/queue/agents`;
      assert.deepEqual(await world.apps[0].call("POST", path, { agents }), { assigned: 5 });
      const nobody = { agent: null, team: null };
      assert.deepEqual(await ownersOf(sessions), [
        ...Array.from({ length: 3 }, () => ({ agent: anna, team })),
        ...Array.from({ length: 2 }, () => ({ agent: ben, team })),
        ...Array.from({ length: 3 }, () => nobody),
      ]);
      // Anna is full, Ben has room for one.
      assert.deepEqual(await world.apps[1].call("POST", path, { agents }), { assigned: 1 });
      assert.deepEqual(await tenant.loads(), { [anna]: 3, [ben]: 3 });
    });

    it("holds the limit by hand at both processes at once", async () => {
      const tenant = new Tenant(world.postgres);
      const [agent] = await tenant.agents(1);
      await tenant.team({ members: [agent], config: { maxLoad: 10 } });
      await tenant.sessions(60);
      const assign = async (at, count) => {
        const body = { agents: [{ agentId: agent, count }] };
        const path = `/tenants/${tenant.id}/queue/agents`;
        return (await world.apps[at % 2].call("POST", path, body)).assigned;
      };
      const shares = await Promise.all(Array.from({ length: 12 }, (_, at) => assign(at, 4)));
      const assigned = shares.reduce((sum, share) => sum + share, 0);
      assert.deepEqual(await tenant.loads(), { [agent]: assigned });
      assert.ok(assigned <= 10);
      assert.equal(await assign(0, 20), 10 - assigned);
      assert.deepEqual(await tenant.loads(), { [agent]: 10 });
    });

    it("overrides schedules and presence, though not limits", async () => {
      const tenant = new Tenant(world.postgres);
      const [anna, ben] = await tenant.agents(2, { status: "offline" });
      const schedule = closedForDays();
      const config = { maxLoad: 2 };
      const sales = await tenant.team({ members: [anna], schedule, config });
      const support = await tenant.team({ members: [ben], schedule, config });
      const sessions = await tenant.sessions(6);
      const path = `/tenants/${tenant.id}/queue/teams`;
      const teamIds = [sales, support];
      assert.deepEqual(await world.apps[0].call("POST", path, { teamIds }), { assigned: 0 });
      const forceOverride = true;
      assert.deepEqual(await world.apps[1].call("POST", path, { teamIds, forceOverride }), {
        assigned: 4,
      });
      assert.deepEqual(await ownersOf(sessions), [
        { agent: anna, team: sales },
        { agent: ben, team: support },
        { agent: anna, team: sales },
        { agent: ben, team: support },
        { agent: null, team: sales },
        { agent: null, team: support },
      ]);
    });

    it("sees which teams are open", async () => {
      const tenant = new Tenant(world.postgres);
      const agents = await tenant.agents(2);
      const texts = { outOfOfficeMessage: "Closed." };
      const open = await tenant.team({ name: "Open", members: agents, schedule: alwaysOpen() });
      const closed = await tenant.team({ members: agents, schedule: closedForDays(texts) });
      await tenant.team({ name: "Empty" });
      await tenant.team({ name: "Gone", members: agents, is_active: false });
      const [app] = world.apps;
      assert.deepEqual(await app.call("GET", `/tenants/${tenant.id}/queue/teams`), [
        { teamId: open, name: "Open", memberCount: 2 },
      ]);
      assert.equal((await app.call("GET", `/teams/${open}/availability`)).isOpen, true);
      const availability = await app.call("GET", `/teams/${closed}/availability`);
      assert.equal(availability.isOpen, false);
      assert.equal(availability.message, "Closed.");
      const daysAway = (Date.parse(availability.nextOpen) - Date.now()) / 86_400_000;
      assert.ok(daysAway > 1 && daysAway < 4, `next open ${availability.nextOpen}`);
      const { status, body } = await app.ask("GET", `/teams/${tenant.id}/availability`);
      assert.deepEqual([status, body.code], [404, "unknown_team"]);
    });
  });
}
