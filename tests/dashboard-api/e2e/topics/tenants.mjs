import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tenant, untouched } from "../support/seed.mjs";

export function tenants(world) {
  describe("tenants", () => {
    async function twoTenants() {
      const tenants = [new Tenant(world.postgres), new Tenant(world.postgres)];
      return Promise.all(
        tenants.map(async (tenant) => {
          const agents = await tenant.agents(2);
          const team = await tenant.team({ members: agents, is_default: true });
          return { tenant, agents, team, sessions: await tenant.sessions(4) };
        }),
      );
    }

    it("each have their own queue", async () => {
      const [acme, globex] = await twoTenants();
      const before = await Promise.all(globex.sessions.map((id) => untouched(world.postgres, id)));
      assert.deepEqual(await world.apps[0].assignQueue(acme.tenant.id), { assigned: 4 });
      assert.deepEqual(
        await acme.tenant.loads(),
        Object.fromEntries(acme.agents.map((agent) => [agent, 2])),
      );
      const after = await Promise.all(globex.sessions.map((id) => untouched(world.postgres, id)));
      assert.deepEqual(after, before);
    });

    it("have no team and no agent of each other's", async () => {
      const [acme, globex] = await twoTenants();
      const [session] = acme.sessions;
      const before = await untouched(world.postgres, session);
      const [app] = world.apps;
      const queue = `/tenants/${acme.tenant.id}/queue`;

      const refused = async (path, body) => {
        const { status, body: error } = await app.ask("POST", path, body);
        return { status, code: error.code };
      };
      const handover = { teamId: globex.team, context: { left: "behind" } };
      const unknownTeam = { status: 404, code: "unknown_team" };
      assert.deepEqual(await refused(`/sessions/${session}/handover`, handover), unknownTeam);
      const teams = { teamIds: [acme.team, globex.team] };
      assert.deepEqual(await refused(`${queue}/teams`, teams), unknownTeam);
      const agents = {
        agents: [acme.agents[0], globex.agents[0]].map((agentId) => ({ agentId, count: 1 })),
      };
      assert.deepEqual(await refused(`${queue}/agents`, agents), {
        status: 404,
        code: "unknown_agent",
      });
      // Its queue holds no session of that team.
      const { body } = await app.ask("POST", `${queue}/assign`, { teamId: globex.team });
      assert.notEqual(body.assigned, 1);
      assert.equal(await untouched(world.postgres, session), before);
      assert.deepEqual(await globex.tenant.loads(), {});
    });

    it("are told apart when somebody comes online", async () => {
      const [acme, globex] = await twoTenants();
      await world.postgres.rows("UPDATE users SET status = 'offline' WHERE tenant_id = ANY($1)", [
        [acme.tenant.id, globex.tenant.id],
      ]);
      const [agent] = acme.agents;
      const path = `/agents/${agent}/presence`;
      const offline = await world.apps[1].call("PUT", path, { status: "offline" });
      assert.deepEqual(offline, { status: "offline", assigned: 0 });
      const online = await world.apps[1].call("PUT", path, { status: "online" });
      assert.deepEqual(online, { status: "online", assigned: 4 });
      assert.deepEqual(await acme.tenant.loads(), { [agent]: 4 });
      assert.deepEqual(await globex.tenant.loads(), {});
    });

    it("send who names no team to their default team, else to the oldest with members", async () => {
      const tenant = new Tenant(world.postgres);
      const created_at = new Date(0);
      await tenant.team({ created_at });
      const oldest = await tenant.team({ members: await tenant.agents(1), created_at });
      const [app] = world.apps;
      const teamOf = async (body) => {
        const { session, outcome } = await app.handover(await tenant.session(), body);
        assert.equal(outcome.kind, "assign");
        return session.assignedTeamId;
      };
      await tenant.team({ members: await tenant.agents(1), is_active: false, is_default: true });
      assert.equal(await teamOf({}), oldest);
      const standard = await tenant.team({ members: await tenant.agents(1), is_default: true });
      assert.equal(await teamOf({ teamId: "  " }), standard);
      assert.equal(await teamOf({ teamId: oldest }), oldest);

      const nowhere = await app.ask("POST", `/sessions/${tenant.id}/handover`, {});
      assert.deepEqual([nowhere.status, nowhere.body.code], [404, "unknown_session"]);
      const nonsense = { teamId: "no such team" };
      const refused = await app.ask(
        "POST",
        `/sessions/${await tenant.session()}/handover`,
        nonsense,
      );
      assert.deepEqual([refused.status, refused.body.code], [404, "unknown_team"]);
    });

    it("rotate for themselves", async () => {
      const both = await twoTenants();
      for (const at of [0, 1]) {
        for (const { sessions, agents } of both) {
          const { outcome } = await world.apps[at].handover(sessions[at]);
          assert.deepEqual(outcome, { kind: "assign", agentId: agents[at] });
        }
      }
    });
  });
}
