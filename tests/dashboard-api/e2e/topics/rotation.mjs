import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tenant } from "../support/seed.mjs";

/** `count` handovers one after the other, in turn at each of `apps`; who got them. */
async function handOver(apps, sessions) {
  const owners = [];
  for (const [at, session] of sessions.entries()) {
    const { outcome } = await apps[at % apps.length].handover(session);
    assert.equal(outcome.kind, "assign");
    owners.push(outcome.agentId);
  }
  return owners;
}

export function rotation(world) {
  describe("rotation", () => {
    it("goes round once over both processes", async () => {
      const tenant = new Tenant(world.postgres);
      const agents = await tenant.agents(5);
      await tenant.team({ members: agents });
      const sessions = await tenant.sessions(40);
      const owners = await handOver(world.apps, sessions);
      assert.deepEqual(
        owners,
        sessions.map((_, at) => agents[at % 5]),
      );
    });

    it("is even when everybody asks at once", async () => {
      const tenant = new Tenant(world.postgres);
      const agents = await tenant.agents(5);
      await tenant.team({ members: agents });
      const sessions = await tenant.sessions(60);
      await Promise.all(sessions.map((session, at) => world.apps[at % 2].handover(session)));
      assert.deepEqual(
        await tenant.loads(),
        Object.fromEntries(agents.map((agent) => [agent, 12])),
      );
    });

    it("goes on where it was after a restart of either process", async () => {
      const tenant = new Tenant(world.postgres);
      const agents = await tenant.agents(4);
      await tenant.team({ members: agents });
      const sessions = await tenant.sessions(14);
      const owners = await handOver([world.apps[0]], sessions.slice(0, 3));
      await world.apps[0].stop();
      owners.push(...(await handOver([world.apps[1]], sessions.slice(3, 6))));
      await world.startApp(0);
      owners.push(...(await handOver(world.apps, sessions.slice(6, 9))));
      await world.apps[1].stop();
      owners.push(...(await handOver([world.apps[0]], sessions.slice(9, 11))));
      await world.startApp(1);
      owners.push(...(await handOver(world.apps, sessions.slice(11))));
      assert.deepEqual(
        owners,
        sessions.map((_, at) => agents[at % 4]),
      );
    });

    it("logs what the operators scrape", async () => {
      const tenant = new Tenant(world.postgres);
      const [agent] = await tenant.agents(1);
      await tenant.team({ members: [agent] });
      const session = await tenant.session();
      const [app] = world.apps;
      await app.handover(session);
      const outcome = new RegExp(
        `assignment_engine\\.outcome outcome=assign sessionId=${session}$`,
        "m",
      );
      await app.process.says(outcome, 1_000);
      for (const rule of ["schedule", "contactAlreadyAssigned", "strategy", "eligibility"]) {
        const duration = `assignment_engine\\.rule_duration rule=${rule} durationMs=\\d`;
        assert.match(app.log, new RegExp(duration));
      }
    });
  });
}
