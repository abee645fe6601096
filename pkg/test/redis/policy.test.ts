import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AssignmentEngine, type Decision } from "../../src/index.ts";
import {
  createRoundRobinContextProvider,
  ProviderError,
  ResilientRoundRobinContextProvider,
  type RoundRobinChoice,
  type RunTimePolicy,
} from "../../src/redis/index.ts";
import type { ProviderErrorCode } from "../../src/errors.ts";
import { Log } from "./log.ts";
import { RedisServer } from "./server.ts";
import { code, thrown, until } from "./support.ts";

/** A store that fails in this way until it is told that all is well. */
class Store {
  calls = 0;
  failure: ProviderErrorCode | undefined;
  #turn = 0;

  async getNextIndex(_: string, count: number): Promise<number> {
    this.calls += 1;
    if (this.failure !== undefined) throw new ProviderError(this.failure, "it fails");
    return this.#turn++ % count;
  }

  async takeTurns(_: string, count: number): Promise<bigint> {
    await this.getNextIndex("", 1);
    return BigInt((this.#turn += count) - count);
  }
}

const breaker = (failures: number, pauseMs: number): RunTimePolicy => ({
  breaker: { failures, pauseMs },
});

describe("fail", () => {
  test("hands the failure on", async () => {
    const store = new Store();
    const provider = new ResilientRoundRobinContextProvider(store, "fail");
    expect(await provider.nextCounted("team", 3)).toEqual({ index: 0 });
    store.failure = "read_only";
    expect(await code(provider.getNextIndex("team", 3))).toBe("read_only");
    expect(await code(provider.takeTurns!("team", 3))).toBe("read_only");
  });
});

describe("fallback", () => {
  test("counts this pick in memory, evenly, says so, and asks the store again", async () => {
    const store = new Store();
    const events: string[] = [];
    const provider = new ResilientRoundRobinContextProvider(store, "fallback", {
      countedInMemory: ({ code }) => events.push(code),
    });
    store.failure = "timeout";
    const served = [0, 0, 0];
    for (let n = 0; n < 30; n += 1) {
      const { index, fromMemory } = await provider.nextCounted("team", 3);
      expect(fromMemory).toBe("timeout");
      served[index]! += 1;
    }
    expect(served).toEqual([10, 10, 10]);
    expect(store.calls).toBe(30);
    expect(events).toEqual(Array(30).fill("timeout"));
    store.failure = undefined;
    expect(await provider.nextCounted("team", 3)).toEqual({ index: 0 });
    expect(await provider.takeTurns!("team", 4)).toBe(2n);
    store.failure = "unreachable";
    const first = Number(await provider.takeTurns!("team", 4));
    expect(Number(await provider.takeTurns!("team", 1))).toBe(first + 4);
    expect(await provider.getNextIndex("team", 0)).toBe(0);
  });

  test("covers up no misuse, and nothing a watcher throws counts", async () => {
    const store = new Store();
    const provider = new ResilientRoundRobinContextProvider(store, "fallback", {
      countedInMemory() {
        throw new Error("canary");
      },
    });
    store.failure = "configuration";
    expect(await code(provider.getNextIndex("team", 3))).toBe("configuration");
    store.failure = "loading";
    expect((await provider.nextCounted("team", 3)).fromMemory).toBe("loading");
  });

  test("begins in each process at a place of its own", async () => {
    const firsts = new Set<number>();
    for (let n = 0; n < 50; n += 1) {
      const store = new Store();
      store.failure = "timeout";
      const provider = new ResilientRoundRobinContextProvider(store, "fallback");
      firsts.add(await provider.getNextIndex("team", 1000));
    }
    expect(firsts.size).toBeGreaterThan(20);
  });
});

describe("breaker", () => {
  test("opens after so many failures in a row, and one pick at a time finds the store again", async () => {
    const store = new Store();
    const events: string[] = [];
    const provider = new ResilientRoundRobinContextProvider(store, breaker(3, 50), {
      breaker: ({ countsIn, code }) => events.push(`${countsIn} ${code}`),
    });
    const turn = () => provider.nextCounted("team", 3);
    store.failure = "unreachable";
    expect(await code(turn())).toBe("unreachable");
    expect(await code(turn())).toBe("unreachable");
    // The third opens it, and is the first that is made good.
    expect((await turn()).fromMemory).toBe("unreachable");
    expect(events).toEqual(["memory unreachable"]);
    for (let n = 0; n < 5; n += 1) expect((await turn()).fromMemory).toBe("unreachable");
    expect(store.calls).toBe(3);

    await new Promise((resolve) => setTimeout(resolve, 60));
    const many = await Promise.all(Array.from({ length: 10 }, turn));
    expect(many.every(({ fromMemory }) => fromMemory === "unreachable")).toBe(true);
    expect(store.calls).toBe(4);

    store.failure = undefined;
    await until(async () => (await turn()).fromMemory === undefined, "closed");
    expect(events).toEqual(["memory unreachable", "store unreachable"]);
    expect((await turn()).fromMemory).toBeUndefined();
  });

  test("does not open for what is about one key, nor for failures with successes between", async () => {
    const store = new Store();
    const provider = new ResilientRoundRobinContextProvider(store, breaker(2, 1000));
    for (let n = 0; n < 10; n += 1) {
      store.failure = n % 2 === 0 ? "timeout" : undefined;
      const turn = provider.nextCounted("team", 3);
      if (n % 2 === 0) expect(await code(turn)).toBe("timeout");
      else expect((await turn).fromMemory).toBeUndefined();
    }
    store.failure = "wrong_type";
    for (let n = 0; n < 5; n += 1) {
      expect(await code(provider.getNextIndex("team", 3))).toBe("wrong_type");
    }
  });
});

test.each([["never"], [{}], [null], [{ breaker: null }], [breaker(0, 1)], [breaker(1, 0)]])(
  "%j is no policy",
  (policy) => {
    const make = () => new ResilientRoundRobinContextProvider(new Store(), policy as RunTimePolicy);
    expect(thrown(make).code).toBe("configuration");
  },
);

describe("the trace of a decision", () => {
  const request = { session: { id: "s", tenantId: "t" } };
  const facts = { strategy: {}, agents: [{ id: "anna", status: "online" }] };
  const values = ({ trace }: Decision): unknown =>
    trace!.rules.find(({ rule }) => rule === "selector")!.values;

  test("says of a turn that it came from memory, and of others nothing", async () => {
    const store = new Store();
    const provider = new ResilientRoundRobinContextProvider(store, "fallback");
    const engine = new AssignmentEngine();
    const host = { agents: () => facts.agents, strategy: () => ({}) };
    const decide = [
      () => engine.decide(request, facts, provider, { trace: true }),
      () =>
        engine.run(
          request,
          {
            ...host,
            getNextIndex: (key, count) => provider.getNextIndex(key, count),
            nextCounted: (key, count) => provider.nextCounted(key, count),
          },
          { trace: true },
        ),
    ];
    for (const one of decide) {
      store.failure = undefined;
      expect(values(await one())).not.toHaveProperty("store");
      store.failure = "read_only";
      expect(values(await one())).toMatchObject({ store: "memory", storeError: "read_only" });
    }
    const { trace } = await engine.decide(request, facts, provider);
    expect(trace).toBeUndefined();
  });

  test("takes nothing from a host that makes things up", async () => {
    const engine = new AssignmentEngine();
    for (const answer of [undefined, null, 7, {}, { index: 9 }, "0"]) {
      const host = { getNextIndex: () => 0, nextCounted: () => answer as never };
      const { outcome } = await engine.decide(request, facts, host, { trace: true });
      expect(outcome).toMatchObject({ kind: "error", code: "index_out_of_range" });
    }
    const host = { getNextIndex: () => 0, nextCounted: () => ({ index: 0, fromMemory: "a\nb" }) };
    const decision = await engine.decide(request, facts, host as never, { trace: true });
    expect(decision.outcome.kind).toBe("assign");
    expect(values(decision)).not.toHaveProperty("store");
  });
});

describe("with a real server", () => {
  let server: RedisServer;
  let choice: RoundRobinChoice | undefined;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await choice?.close();
    await server.stop();
  });

  test("picks go on in memory while it is away, health says so, and then through it", async () => {
    const log = new Log();
    const counted: string[] = [];
    choice = await createRoundRobinContextProvider({
      ...{ env: { REDIS_URL: server.url }, logger: log, startDeadlineMs: 10_000 },
      policy: "fallback",
      hooks: { countedInMemory: ({ code }) => counted.push(code) },
    });
    const { provider } = choice as { provider: ResilientRoundRobinContextProvider };
    expect((await choice.check()).status).toBe("up");
    log.take();
    await server.kill();
    await until(
      async () => (await provider.nextCounted("team", 3)).fromMemory !== undefined,
      "away",
    );
    expect(await choice.check()).toMatchObject({ status: "in_memory", reason: "connected" });
    expect(counted.length).toBeGreaterThan(0);
    expect(log.take().join()).toContain("turns are counted in this process until it does");
    await server.restart();
    await until(
      async () => (await provider.nextCounted("team", 3)).fromMemory === undefined,
      "back",
    );
    expect((await choice.check()).status).toBe("up");
    await choice.close();
  });

  test("after a start without it, it is tried again and moved over to, if that is wanted", async () => {
    await server.kill();
    const log = new Log();
    const start = { env: { REDIS_URL: server.url }, logger: log };
    const stays = await createRoundRobinContextProvider(start);
    choice = await createRoundRobinContextProvider({ ...start, retryStartMs: 50 });
    expect([choice.kind, choice.reason, choice.error?.code]).toEqual([
      ...["in_memory", "unreachable"],
      "unreachable",
    ]);
    const provider = choice.provider as ResilientRoundRobinContextProvider;
    expect(await provider.nextCounted("team", 3)).toEqual({ index: 0, fromMemory: "unreachable" });
    expect(await choice.check()).toMatchObject({ status: "in_memory", reason: "unreachable" });
    expect(log.take()).toHaveLength(2);

    await server.restart();
    await until(() => choice!.kind === "redis", "moved over");
    expect([choice.reason, choice.error]).toEqual(["connected", undefined]);
    expect(await provider.nextCounted("team", 3)).toEqual({ index: 0 });
    expect(await provider.takeTurns!("team", 2)).toBe(1n);
    expect((await choice.check()).status).toBe("up");
    expect(log.take()).toEqual([expect.stringContaining("round robin is shared through redis")]);
    expect(stays.kind).toBe("in_memory");
    await choice.close();
    await choice.close();
  });

  test.each([
    ["policy", "never"],
    ["retryStartMs", 0],
  ])("%s %j fails the start", async (name, value) => {
    const starting = createRoundRobinContextProvider({ env: {}, [name]: value });
    expect(await code(starting)).toBe("configuration");
  });
});
