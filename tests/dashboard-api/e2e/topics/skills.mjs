import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tenant } from "../support/seed.mjs";

export function skills(world) {
  describe("the app's own rule", () => {
    it("lets only those take part who have the skill", async () => {
      const tenant = new Tenant(world.postgres);
      const speakers = await tenant.agents(2, { skills: ["french", "billing"] });
      const others = await tenant.agents(3);
      const team = await tenant.team({ members: [...others, ...speakers] });
      const french = await tenant.sessions(6);
      const owners = [];
      for (const [at, session] of french.entries()) {
        const context = { requiredSkill: "french" };
        const answer = await world.apps[at % 2].handover(session, { teamId: team, context });
        owners.push(answer.outcome.agentId);
      }
      const [first, second] = [...speakers];
      assert.deepEqual(new Set(owners), new Set([first, second]));
      assert.deepEqual(await tenant.loads(), { [first]: 3, [second]: 3 });

      // Who asks for nothing gets anybody.
      const { outcome } = await world.apps[0].handover(await tenant.session());
      assert.equal(outcome.kind, "assign");
    });

    it("leaves a session waiting, with a message, when nobody has it", async () => {
      const tenant = new Tenant(world.postgres);
      await tenant.team({ members: await tenant.agents(3) });
      const session = await tenant.session({ context: { requiredSkill: "latin" } });
      assert.equal((await world.apps[0].handover(session)).outcome.kind, "stop");
      assert.deepEqual(
        (await tenant.sent(session)).map(({ about }) => about),
        ["no_agent"],
      );
      // In the queue it is the same rule.
      assert.deepEqual(await world.apps[1].assignQueue(tenant.id), { assigned: 0 });
      const [scholar] = await tenant.agents(1, { skills: ["latin"] });
      await world.postgres.rows(
        "INSERT INTO team_members SELECT id, $2 FROM teams WHERE tenant_id = $1",
        [tenant.id, scholar],
      );
      assert.deepEqual(await world.apps[1].assignQueue(tenant.id), { assigned: 1 });
      assert.deepEqual(await tenant.loads(), { [scholar]: 1 });
    });
  });
}
