import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REOPEN_LIMIT_MS } from "../../src/redis/connection.ts";
import { createWith } from "../../src/redis/factory.ts";
import type { RoundRobinChoice } from "../../src/redis/index.ts";
import { INSTALLED, type Loaders } from "../../src/redis/loader.ts";
import { ByteProxy, type Harm, type Plan } from "./byte-proxy.ts";
import { Lateness } from "./lateness.ts";
import { Log } from "./log.ts";
import { RedisServer } from "./server.ts";
import { GRACE_MS, until } from "./support.ts";

// The exchange of a pick is harmed at each of its bytes, there and back, and that of making a
// connection, too. Each time there is an answer in time, which is an index or an error of ours;
// what failed has refreshed no time to live; and the next pick that goes well has set one.

const HARMS: readonly Harm[] = ["cut", "stall", "slow", "duplicate", "garble"];
const LIBRARIES: readonly [string, Loaders][] = [
  ["ioredis 6", INSTALLED],
  ["ioredis 5", { ...INSTALLED, ioredis: () => import("ioredis5") }],
  ["node-redis 6", { ...INSTALLED, ioredis: async () => undefined }],
];
const DEADLINE_MS = 60;
const HEALED_MS = 2000;
const LANES = 40;

let server: RedisServer;
const lateness = new Lateness();
beforeAll(async () => {
  server = await RedisServer.start();
  await server.ask("ACL SETUSER app on >canary-pass ~assignment:* +@all");
});
afterAll(async () => {
  lateness.stop();
  await server.stop();
});

/** One connection through a proxy of its own, and a key of its own. */
class Lane {
  readonly team: string;
  proxy!: ByteProxy;
  choice!: RoundRobinChoice;

  constructor(
    readonly loaders: Loaders,
    name: string,
  ) {
    this.team = name;
  }

  get key(): string {
    return `assignment:rr:${this.team}`;
  }

  async open(): Promise<void> {
    this.proxy = await ByteProxy.to(server.port);
    const env = { REDIS_URL: this.proxy.url.replace("//", "//app:canary-pass@") };
    const how = { env, logger: new Log(), deadlineMs: DEADLINE_MS, startDeadlineMs: 10_000 };
    this.choice = await createWith(this.loaders, how);
    expect([this.choice.kind, this.choice.error?.message]).toEqual(["redis", undefined]);
    await this.heals("the start", 10_000);
  }

  pick(): Promise<number> {
    return this.choice.provider.getNextIndex(this.team, 3);
  }

  async ttl(): Promise<number> {
    return Number(await server.ask(`TTL ${this.key}`));
  }

  /** A pick whose answer came in time, and is an index or an error of ours. */
  async judged(what: string): Promise<"index" | string> {
    const begin = performance.now();
    const outcome = await this.pick().then(
      (index) => (index >= 0 && index < 3 && Number.isInteger(index) ? "index" : `bad ${index}`),
      (error) => `${error.name} ${error.code}`,
    );
    const took = performance.now() - begin;
    expect(took - lateness.since(begin), what).toBeLessThanOrEqual(DEADLINE_MS + GRACE_MS);
    expect(outcome, what).toMatch(/^(index|ProviderError [a-z_]+)$/);
    return outcome;
  }

  /** Picks until one goes well, soon enough; it has set a time to live. */
  async heals(what: string, withinMs: number): Promise<void> {
    const begin = performance.now();
    await until(async () => (await this.judged(what)) === "index", `healed after ${what}`);
    const took = performance.now() - begin - lateness.since(begin);
    expect(took, what).toBeLessThanOrEqual(withinMs);
    expect(await this.ttl(), what).toBeGreaterThan(604_000);
  }

  async close(): Promise<void> {
    await this.choice.close();
    await this.proxy.close();
  }
}

describe.each(LIBRARIES)("%s", (name, loaders) => {
  let requestBytes = 0;
  let replyBytes = 0;
  beforeAll(async () => {
    const lane = new Lane(loaders, `${name[0]}measure`.padEnd(8, "x"));
    await lane.open();
    await until(async () => {
      lane.proxy.arm();
      return lane.pick().then(
        () => true,
        () => false,
      );
    }, "measured");
    ({ request: requestBytes, reply: replyBytes } = lane.proxy.passed);
    await lane.close();
  });

  test.each(HARMS)("%s at every byte of a pick", async (harm) => {
    expect(requestBytes).toBeGreaterThan(100);
    expect(replyBytes).toBeGreaterThanOrEqual(4);
    const plans: Plan[] = [];
    for (let offset = 0; offset < requestBytes; offset += 1) {
      plans.push({ way: "request", offset, harm });
    }
    for (let offset = 0; offset < replyBytes; offset += 1) {
      plans.push({ way: "reply", offset, harm });
    }
    let [done, failed] = [0, 0];
    await Promise.all(
      Array.from({ length: LANES }, async (_, n) => {
        const lane = new Lane(loaders, `lane${harm.slice(0, 2)}${n}`.padEnd(8, "x"));
        await lane.open();
        for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) {
          const what = `${harm} at byte ${plan.offset} of the ${plan.way}`;
          await server.ask(`EXPIRE ${lane.key} 1000`);
          const before = await server.ask(`GET ${lane.key}`);
          lane.proxy.arm(plan);
          const outcome = await lane.judged(what);
          // What was not counted has not been given more time.
          if (outcome !== "index") {
            failed += 1;
            // In this order: a slow one may be counted now.
            const ttl = await lane.ttl();
            const count = await server.ask(`GET ${lane.key}`);
            if (count === before) expect(ttl, what).toBeLessThanOrEqual(1000);
          }
          lane.proxy.arm();
          await lane.heals(what, HEALED_MS);
          done += 1;
        }
        await lane.close();
      }),
    );
    expect(done).toBe(requestBytes + replyBytes);
    // All of a request is needed; of a reply some libraries do without the last byte.
    if (harm === "cut" || harm === "stall") expect(failed).toBeGreaterThanOrEqual(requestBytes);
  });

  test("each harm at every byte of logging in again", async () => {
    const lane = new Lane(loaders, "login".padEnd(8, "x"));
    await lane.open();
    const breakLine = (): Promise<string> => server.ask("CLIENT KILL TYPE normal SKIPME yes");
    await breakLine();
    lane.proxy.arm();
    await until(
      () =>
        lane.pick().then(
          () => true,
          () => false,
        ),
      "back",
    );
    const bytes = { ...lane.proxy.passed };
    await lane.close();
    expect(bytes.request).toBeGreaterThan(20);

    const plans: Plan[] = [];
    for (const way of ["request", "reply"] as const) {
      for (let offset = 0; offset < bytes[way]; offset += 1) {
        plans.push({ way, offset, harm: HARMS[(offset + (way === "reply" ? 1 : 0)) % 5]! });
      }
    }
    await Promise.all(
      Array.from({ length: LANES }, async (_, n) => {
        const mine = new Lane(loaders, `login${n}`.padEnd(8, "x"));
        await mine.open();
        for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) {
          const what = `${plan.harm} at byte ${plan.offset} of the ${plan.way} while logging in`;
          mine.proxy.arm(plan);
          mine.proxy.hangUp();
          // The line breaks, an attempt gets stuck, and the next one goes well.
          await mine.heals(what, HEALED_MS + REOPEN_LIMIT_MS);
          mine.proxy.arm();
        }
        await mine.close();
      }),
    );
  });
});
