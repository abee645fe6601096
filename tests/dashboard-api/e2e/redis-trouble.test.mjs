// What the app does when its Redis is frozen, dead, missing or locked.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launchApp } from "./support/app.mjs";
import { freePort, until } from "./support/child.mjs";
import { startRedis } from "./support/redis.mjs";
import { Tenant, untouched } from "./support/seed.mjs";
import { World } from "./support/world.mjs";

/** How long a contact may wait for a handover that comes to nothing. */
const PATIENCE_MS = 400;

describe("trouble with Redis", () => {
  const world = new World();
  let tenant, agents, team;

  before(async () => {
    await world.start({ instances: 1 });
    tenant = new Tenant(world.postgres);
    agents = await tenant.agents(3);
    team = await tenant.team({ members: agents });
  });

  after(() => world.stop());

  /** A handover of a new session: an error, and the row as it was, to the byte. How long it took. */
  async function fails(app) {
    const session = await tenant.session({ context: { kept: true } });
    const before = await untouched(world.postgres, session);
    const body = { teamId: team, context: { left: "behind" } };
    const answer = await app.ask("POST", `/sessions/${session}/handover`, body);
    assert.equal(answer.body.outcome?.kind, "error", JSON.stringify(answer.body));
    assert.equal(await untouched(world.postgres, session), before);
    assert.equal(answer.body.session.assignedAgentId, null);
    assert.match(app.log, new RegExp(`outcome=error sessionId=${session} message=redis at `));
    return answer.ms;
  }

  /**
   * The same five times. The third quickest counts, so that a moment in which the machine had other
   * things to do does not.
   */
  async function failsSoonEachTime(app) {
    const times = [];
    for (let time = 0; time < 5; time += 1) times.push(await fails(app));
    times.sort((a, b) => a - b);
    assert.ok(times[2] < PATIENCE_MS, `answered after ${times.map(Math.round)} ms`);
  }

  /** A handover of a new session that somebody gets. */
  async function succeeds(app) {
    const { outcome } = await app.handover(await tenant.session());
    return outcome.kind === "assign";
  }

  it("frozen: the handover fails soon, nothing is written, and it mends by itself", async () => {
    const [app] = world.apps;
    assert.ok(await succeeds(app));
    world.redis.freeze();
    try {
      await failsSoonEachTime(app);
      const together = await Promise.allSettled(Array.from({ length: 10 }, () => fails(app)));
      for (const { reason } of together) assert.ifError(reason);
      const { status, body, ms } = await app.health();
      assert.equal(status, 503, JSON.stringify(body));
      assert.ok(ms < 1_500, `health answered after ${ms} ms`);
    } finally {
      world.redis.thaw();
    }
    await until("handovers succeed again", () => succeeds(app), 5_000);
    assert.equal((await app.health()).status, 200);
  });

  it("frozen: the queue run ends, and everybody goes on waiting", async () => {
    const [app] = world.apps;
    const crowd = new Tenant(world.postgres);
    await crowd.team({ members: await crowd.agents(2), is_default: true });
    const sessions = await crowd.sessions(5);
    const before = await Promise.all(sessions.map((id) => untouched(world.postgres, id)));
    world.redis.freeze();
    try {
      assert.deepEqual(await app.assignQueue(crowd.id), { assigned: 0 });
    } finally {
      world.redis.thaw();
    }
    const after = await Promise.all(sessions.map((id) => untouched(world.postgres, id)));
    assert.deepEqual(after, before);
    await until("the counter answers again", () => succeeds(app), 5_000);
    assert.deepEqual(await app.assignQueue(crowd.id), { assigned: 5 });
  });

  it("killed: the same, until there is one again", async () => {
    const [app] = world.apps;
    const { port } = world.redis;
    await world.redis.stop("SIGKILL");
    await failsSoonEachTime(app);
    assert.equal((await app.health()).status, 503);
    world.redis = await startRedis({ port });
    await until("handovers succeed again", () => succeeds(app), 10_000);
    assert.equal((await app.health()).status, 200);
  });

  describe("at the start", () => {
    /** Starts the app with this environment, and stops it when `test` is through. */
    async function withApp(environment, test) {
      const app = launchApp(world.postgres.env, environment);
      try {
        await test(app);
      } finally {
        await app.stop();
      }
    }

    async function worksInMemory(app, why) {
      await app.listening();
      const own = new Tenant(world.postgres);
      const agents = await own.agents(3);
      await own.team({ members: agents });
      for (const [at, session] of (await own.sessions(6)).entries()) {
        const { outcome } = await app.handover(session);
        assert.deepEqual(outcome, { kind: "assign", agentId: agents[at % 3] });
      }
      const { status, body } = await app.health();
      assert.equal(status, 200);
      const { provider, degraded, reason } = body.info.assignment;
      assert.deepEqual(
        { provider, degraded, reason },
        { provider: "in_memory", degraded: true, reason: why },
      );
      assert.match(app.log, /memory/i);
    }

    for (const missing of [{}, { REDIS_HOST: "127.0.0.1" }, { REDIS_PORT: "6379" }]) {
      const names = Object.keys(missing).join();
      it(`with ${names || "no Redis"} set, it counts in memory and says so`, async () => {
        await withApp(missing, (app) => worksInMemory(app, "not_configured"));
      });
    }

    it("with nobody at the address, it counts in memory and says so, as a warning", async () => {
      const env = { REDIS_HOST: "127.0.0.1", REDIS_PORT: String(await freePort()) };
      await withApp(env, async (app) => {
        await worksInMemory(app, "unreachable");
        assert.match(app.log, /WARN.*memory/i);
      });
    });

    it("with a Redis that takes the connection and says nothing, it does the same", async () => {
      const mute = await startRedis();
      mute.freeze();
      try {
        await withApp(mute.env, async (app) => {
          await worksInMemory(app, "unreachable");
          assert.match(app.log, /WARN.*memory/i);
        });
      } finally {
        await mute.stop();
      }
    });

    for (const [what, password] of [
      ["a wrong password", "wrong-0b1c"],
      ["no password", undefined],
    ]) {
      it(`with ${what} it does not start, and says why without showing one`, async () => {
        const locked = await startRedis({ password: "right-7d2e" });
        try {
          const app = launchApp(world.postgres.env, locked.envWith(password));
          const { code } = await app.process.ends();
          assert.notEqual(code, 0);
          assert.match(app.log, /password/i);
          assert.doesNotMatch(app.log, /wrong-0b1c|right-7d2e/);
          assert.doesNotMatch(app.log, /listening/);
        } finally {
          await locked.stop();
        }
      });
    }

    it("with the right password it starts", async () => {
      const locked = await startRedis({ password: "right-7d2e" });
      try {
        await withApp(locked.envWith("right-7d2e"), async (app) => {
          await app.listening();
          assert.ok(await succeeds(app));
          assert.equal(await locked.client.get(`assignment:rr:${team}`), "1");
          assert.doesNotMatch(app.log, /right-7d2e/);
        });
      } finally {
        await locked.stop();
      }
    });
  });
});
