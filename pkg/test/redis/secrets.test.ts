import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWith } from "../../src/redis/factory.ts";
import { counterKey } from "../../src/redis/key.ts";
import { INSTALLED, type Loaders } from "../../src/redis/loader.ts";
import { NEEDED_RIGHTS } from "../../src/redis/teller.ts";
import { Log } from "./log.ts";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./server.ts";
import { shown, until } from "./support.ts";

const LIBRARIES: readonly [string, Loaders][] = [
  ["ioredis 6", INSTALLED],
  ["ioredis 5", { ...INSTALLED, ioredis: () => import("ioredis5") }],
  ["node-redis 6", { ...INSTALLED, ioredis: async () => undefined }],
];
const TEAM = "team\r\nforged \u001b[31m\u202e{slot}";

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

test.each(LIBRARIES)(
  "with %s no secret and no control character gets out, whatever fails",
  async (_, loaders) => {
    await server.ask("FLUSHALL");
    await server.ask(`ACL SETUSER canary-user reset on >canary-pass ${NEEDED_RIGHTS}`);
    const proxy = await Proxy.to(server.port);
    const log = new Log();
    const everything: unknown[] = [];
    const url = proxy.url.replace("//", "//canary-user:canary-pass@");
    const start = { env: { REDIS_URL: url }, logger: log, startDeadlineMs: 5_000 };
    const choice = await createWith(loaders, start);
    const pick = (): Promise<unknown> =>
      choice.provider.getNextIndex(TEAM, 3).catch((error: unknown) => {
        everything.push(error);
        return "failed";
      });
    const fails = (what: string) => until(async () => (await pick()) === "failed", what);
    try {
      expect(await pick()).toBe(0);
      const key = `assignment:rr:${TEAM}`;
      await server.ask(["SET", key, "text"]);
      await fails("wrong type");
      await server.ask(["SET", key, `${2n ** 63n - 1n}`]);
      await fails("overflow");
      await server.ask(["DEL", key]);
      await server.ask("ACL SETUSER canary-user -incr");
      await fails("no right");
      proxy.cutsReplies = true;
      await fails("cut");
      proxy.cutsReplies = false;
      await server.ask("ACL SETUSER canary-user resetpass >other");
      await server.ask("CLIENT KILL USER canary-user");
      await fails("thrown out");
      everything.push(await choice.check());
      for (const wrong of [
        `${url}x`,
        url.replace("canary-pass", "canary-wrong"),
        `${url}/canary`,
      ]) {
        const env = { REDIS_URL: wrong };
        await createWith(loaders, { ...start, env }).then(
          (other) => other.close(),
          (error: unknown) => everything.push(error),
        );
      }
      await server.kill();
      await fails("killed");
      everything.push(await choice.check(), choice, choice.provider);
    } finally {
      await choice.close();
      await proxy.close();
      await server.restart();
    }
    const told = [...everything.map(shown), ...log.take()].join("\n--\n");
    expect(everything.length).toBeGreaterThan(8);
    expect(told).not.toContain("canary");
    for (const line of told.split("\n--\n")) {
      expect(line.replace(/\n {4}at .*/g, "")).not.toMatch(/[\r\u001b\u202e]|\nforged/);
    }
  },
);

test("different context keys have different keys, in our prefix, each in one slot", () => {
  const id = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.constantFrom("a:b", "a", "b", "{a}", "a%3Ab", "%", "}{", "ä", "a\u0308", "A", " a"),
  );
  fc.assert(
    fc.property(id, id, (one, other) => {
      const keys = [counterKey(one), counterKey(other)];
      expect(keys[0] === keys[1]).toBe(one === other);
      for (const key of keys) expect(key.startsWith("assignment:rr:")).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
