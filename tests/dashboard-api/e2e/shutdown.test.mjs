// SIGTERM: what is under way is finished, what we opened is closed, and soon.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { until } from "./support/child.mjs";
import { Tenant } from "./support/seed.mjs";
import { World } from "./support/world.mjs";

const SOON_MS = 2_000;

describe("SIGTERM", () => {
  const world = new World();

  before(() => world.start({ instances: 1 }));

  after(() => world.stop());

  /** Stops the app, and starts a new one in its place after `check`. */
  async function stopsSoon(check) {
    const [app] = world.apps;
    const started = performance.now();
    const { code, signal } = await app.stop("SIGTERM");
    const ms = performance.now() - started;
    assert.ok(ms < SOON_MS, `ended after ${ms} ms`);
    // Nest passes the signal on when its hooks are through.
    assert.ok(code === 0 || signal === "SIGTERM", `${code} ${signal}`);
    assert.ok(!/ ERROR |unhandled/.test(app.log), app.log);
    await check?.();
    await world.startApp(0);
  }

  async function clientsOfRedis() {
    const list = await world.redis.client.client("LIST");
    return list.split("\n").filter((line) => line !== "" && !line.includes("name=e2e"));
  }

  it("ends an app that has nothing to do, and its connections", async () => {
    assert.ok((await clientsOfRedis()).length > 0);
    await stopsSoon(async () => {
      await world.postgres.untilAlone();
      await until("all leave Redis", async () => (await clientsOfRedis()).length === 0);
    });
  });

  it("lets a handover end that is under way", async () => {
    const tenant = new Tenant(world.postgres);
    const [agent] = await tenant.agents(1);
    await tenant.team({ members: [agent] });
    const session = await tenant.session();
    // Somebody else has the agent's row: the claim has to wait.
    const release = await world.postgres.lock("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", [
      agent,
    ]);
    const handover = world.apps[0].handover(session);
    try {
      await world.postgres.untilSomebodyWaits();
      setTimeout(release, 300);
      await stopsSoon();
    } finally {
      await release();
    }
    assert.deepEqual((await handover).outcome, { kind: "assign", agentId: agent });
    assert.deepEqual(await tenant.loads(), { [agent]: 1 });
  });

  it("ends an app whose Redis is frozen", async () => {
    const tenant = new Tenant(world.postgres);
    await tenant.team({ members: await tenant.agents(1) });
    const session = await tenant.session();
    world.redis.freeze();
    try {
      assert.equal((await world.apps[0].handover(session)).outcome.kind, "error");
      await stopsSoon(() => world.redis.thaw());
    } finally {
      world.redis.thaw();
    }
  });

  it("ends an app that is starting", async () => {
    await world.apps[0].stop();
    const app = world.launchApp();
    await app.process.says(/Starting Nest/);
    const started = performance.now();
    await app.stop("SIGTERM");
    const ms = performance.now() - started;
    assert.ok(ms < SOON_MS, `ended after ${ms} ms`);
    await world.postgres.untilAlone();
  });
});
