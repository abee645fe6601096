import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tenant } from "../support/seed.mjs";

export function races(world) {
  describe("races", () => {
    it("gives no session twice and holds every limit, with 200 handovers and the queue", async (t) => {
      const tenant = new Tenant(world.postgres);
      await tenant.configure({ settings: { waterfall: { noAgentAction: "queue" } } });
      const agents = await tenant.agents(12);
      const [limit, capacity] = [9, 12 * 9];
      const strategies = ["round_robin", "least_active", "hybrid", "least_assigned"];
      // Every agent is in two teams, so that the limit has to hold over both.
      const teams = [];
      for (const [at, routing_strategy] of strategies.entries()) {
        const members = agents.filter((_, agent) => agent % 4 === at || agent % 4 === (at + 1) % 4);
        const config = { maxLoad: limit };
        teams.push(await tenant.team({ members, config, routing_strategy, is_default: at === 0 }));
      }
      // The queue begins with the oldest, the handovers with the newest: they meet. Some sessions are
      // handed over at both processes at once, and most move to another team by that.
      const sessions = [];
      for (const assigned_team_id of teams) {
        sessions.push(...(await tenant.sessions(38, { assigned_team_id })));
      }
      const newest = [...sessions].reverse();
      const queue = (at) => world.apps[at % 2].assignQueue(tenant.id, { limit: 40 });
      const handover = async (session, at) => {
        const body = { teamId: teams[at % 4] };
        const answer = await world.apps[at % 2].ask("POST", `/sessions/${session}/handover`, body);
        // So says the store where the time was over: nothing was changed.
        const { code, message } = answer.body;
        if (answer.status === 503) return { outcome: { kind: "error", code, message } };
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        return answer.body;
      };
      const queues = [0, 1, 2, 3].map(queue);
      const handovers = newest.map(handover);
      handovers.push(...newest.slice(0, 48).map((session, at) => handover(session, at + 1)));
      queues.push(...[4, 5, 6, 7].map(queue));
      const [answers, runs] = await Promise.all([Promise.all(handovers), Promise.all(queues)]);
      const byQueue = runs.reduce((sum, { assigned }) => sum + assigned, 0);
      // Whoever lost a race waits in the queue, and what is free is given out then.
      const late = await world.apps[0].assignQueue(tenant.id, { limit: 200 });

      const given = await world.given(tenant.id);
      const owners = new Map(given.map(({ session_id, agent_id }) => [session_id, agent_id]));
      assert.equal(owners.size, given.length, "a session was given twice");
      assert.deepEqual(
        await tenant.loads(),
        Object.fromEntries(agents.map((agent) => [agent, limit])),
      );
      const assigned = answers.filter(({ outcome }) => outcome.kind === "assign");
      assert.equal(assigned.length + byQueue + late.assigned, capacity);
      for (const { session, outcome } of assigned) {
        assert.equal(outcome.agentId, owners.get(session.id));
        assert.equal(session.assignedAgentId, outcome.agentId);
      }
      // A machine that is too busy may run out of time, for a turn or a claim; anything else is a fault.
      const failed = answers.filter(({ outcome }) => outcome.kind === "error");
      for (const { outcome } of failed) {
        assert.match(outcome.code, /^(store_)?timeout$/, outcome.message);
      }
      t.diagnostic(`${assigned.length} by handover, ${byQueue} by the queue meanwhile`);
      t.diagnostic(`${late.assigned} later, ${failed.length} handovers ran out of time`);
    });

    it("takes several handovers of one session for one", async () => {
      const tenant = new Tenant(world.postgres);
      const agents = await tenant.agents(3);
      await tenant.team({ members: agents });
      const session = await tenant.session();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => world.apps[at % 2].handover(session)),
      );
      const kinds = answers.map(({ outcome }) => outcome.kind).sort();
      assert.deepEqual(kinds, ["assign", ...Array.from({ length: 19 }, () => "skip")]);
      assert.equal(new Set(answers.map((one) => one.session.assignedAgentId)).size, 1);
      assert.equal((await world.given(tenant.id)).length, 1);
    });

    it("gives a contact who already has an agent no second one", async () => {
      const tenant = new Tenant(world.postgres);
      await tenant.team({ members: await tenant.agents(3) });
      const [one] = await tenant.sessions(1);
      const { contact_id } = await world.postgres.row("SELECT * FROM sessions WHERE id = $1", [
        one,
      ]);
      const [two] = await tenant.sessions(1, { contact_id });
      assert.equal((await world.apps[0].handover(one)).outcome.kind, "assign");
      assert.equal((await world.apps[1].handover(two)).outcome.kind, "skip");
    });
  });
}
