// Two processes of the app on one PostgreSQL and one Redis.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { World } from "./support/world.mjs";
import { messages } from "./topics/messages.mjs";
import { races } from "./topics/races.mjs";
import { rotation } from "./topics/rotation.mjs";
import { skills } from "./topics/skills.mjs";
import { supervisor } from "./topics/supervisor.mjs";
import { tenants } from "./topics/tenants.mjs";

const STREAM = "analytics:events";

describe("two instances", () => {
  const world = new World();
  let events;

  before(async () => {
    await world.start({ instances: 2 });
    // The collector's stream, which lies in the same Redis.
    for (const type of ["visit", "click"]) await world.redis.client.xadd(STREAM, "*", "type", type);
    events = await world.redis.client.dumpBuffer(STREAM);
  });

  after(() => world.stop());

  it("are healthy, and say that they count in Redis", async () => {
    for (const app of world.apps) {
      const { status, body } = await app.health();
      assert.equal(status, 200);
      assert.equal(body.info.database.status, "up");
      const { status: up, provider, degraded } = body.info.assignment;
      assert.deepEqual(
        { up, provider, degraded },
        { up: "up", provider: "redis", degraded: false },
      );
    }
  });

  rotation(world);
  races(world);
  tenants(world);
  messages(world);
  supervisor(world);
  skills(world);

  it("leave everything in Redis alone but what is theirs", async () => {
    const keys = await world.redis.client.keys("*");
    assert.ok(keys.length > 10, "the tests before have counted");
    const others = keys.filter((key) => !key.startsWith("assignment:"));
    assert.deepEqual(others, [STREAM]);
    assert.deepEqual(await world.redis.client.dumpBuffer(STREAM), events);
    // The health check's own key goes after a minute, those of the rotation after a week.
    for (const key of keys.filter((key) => /^assignment:rr:./.test(key))) {
      const ttl = await world.redis.client.ttl(key);
      assert.ok(ttl > 604_000 && ttl <= 604_800, `${key} expires in ${ttl} s`);
    }
  });
});
