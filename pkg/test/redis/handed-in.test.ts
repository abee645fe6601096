import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import {
  ProviderError,
  type RedisClient,
  RedisRoundRobinContextProvider,
} from "../../src/redis/index.ts";
import { evalshaOf } from "../../src/redis/ioredis-command.ts";
import { LineWatch, renewalOf } from "../../src/redis/renew.ts";
import { ioredis5, ioredis6, nodeRedis } from "./clients.ts";
import { Proxy } from "./proxy.ts";
import { RedisServer } from "./server.ts";
import { code, heals, PATIENT, until } from "./support.ts";

// What becomes of the line of a client that the application made itself.

let server: RedisServer;
let healthy: RedisServer;
const endings: (() => unknown)[] = [];
beforeAll(async () => {
  [server, healthy] = await Promise.all([RedisServer.start(), RedisServer.start()]);
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});
afterAll(async () => {
  await server.stop();
  await healthy.stop();
});

const quick = { retryStrategy: () => 50, autoResendUnfulfilledCommands: false };
const CLIENTS: [string, (port: number) => Promise<RedisClient & { close(): void }>][] = [
  [
    "ioredis 6",
    async (port) => {
      const client = ioredis6({ port }, quick);
      return Object.assign(client, { close: () => client.disconnect() });
    },
  ],
  [
    "ioredis 5",
    async (port) => {
      const client = ioredis5({ port }, quick);
      return Object.assign(client, { close: () => client.disconnect() });
    },
  ],
  [
    "node-redis 6",
    async (port) => {
      const client = await nodeRedis({ port });
      return Object.assign(client, { close: () => client.destroy() }) as never;
    },
  ],
];

test.each(CLIENTS)(
  "%s leaves a frozen server after two calls, and a demoted one",
  async (_, make) => {
    const proxy = await Proxy.to(server.port);
    const client = await make(proxy.port);
    endings.push(
      () => client.close(),
      () => proxy.close(),
    );
    const provider = new RedisRoundRobinContextProvider(client);
    const pick = (): Promise<number> => provider.getNextIndex("team", 3);
    await heals(pick);
    server.pause();
    try {
      proxy.leadTo(healthy.port);
      expect(await code(pick())).toBe("timeout");
      expect(await code(pick())).toBe("timeout");
      await heals(pick);
    } finally {
      server.resume();
    }
    await healthy.ask("REPLICAOF 127.0.0.1 1");
    proxy.leadTo(server.port);
    // It was left just now, so that takes up to a second.
    await heals(pick);
    await healthy.ask("REPLICAOF NO ONE");
  },
);

test("with `renew: false` the line is never touched, and a function takes its place", async () => {
  const client = ioredis6({ port: server.port }, quick);
  endings.push(() => client.disconnect());
  await server.ask("REPLICAOF 127.0.0.1 1");
  const disconnect = vi.spyOn(client, "disconnect");
  const renew = vi.fn();
  for (const option of [false as const, renew]) {
    const provider = new RedisRoundRobinContextProvider(client, { ...PATIENT, renew: option });
    await until(
      async () => (await code(provider.getNextIndex("team", 3))) === "read_only",
      "demoted",
    );
  }
  await server.ask("REPLICAOF NO ONE");
  expect(disconnect).not.toHaveBeenCalled();
  expect(renew).toHaveBeenCalled();
});

test("a client's own `reconnect` is called, and what it throws is ignored", () => {
  const reconnect = vi.fn(() => {
    throw new Error("canary");
  });
  const { leave } = renewalOf({ incr: () => 1, expire: () => 1, reconnect } as RedisClient);
  leave();
  leave();
  expect(reconnect).toHaveBeenCalledTimes(1);
});

test("a line is left for what another one could cure, and for two timeouts in a row", () => {
  const leave = vi.fn();
  const left = (...codes: string[]): number => {
    leave.mockClear();
    const watch = new LineWatch({ leave });
    for (const one of codes) {
      if (one === "ok") watch.answered();
      else watch.failed(new ProviderError(one as never, "-"));
    }
    return leave.mock.calls.length;
  };
  for (const one of ["read_only", "loading", "unavailable", "authentication", "cluster", "other"]) {
    expect(left(one), one).toBe(1);
  }
  for (const one of ["busy", "out_of_memory", "wrong_type", "overflow", "not_permitted"]) {
    expect(left(one, one, one), one).toBe(0);
  }
  expect(left("timeout")).toBe(0);
  expect(left("timeout", "ok", "timeout")).toBe(0);
  expect(left("timeout", "busy", "timeout")).toBe(0);
  expect(left("timeout", "timeout")).toBe(1);
  expect(left("timeout", "timeout", "timeout", "timeout")).toBe(2);
  expect(left("unreachable", "unreachable")).toBe(0);
});

test.each([
  ["ioredis 6", ioredis6],
  ["ioredis 5", ioredis5],
])("%s is asked in the short way, which those see that watch its commands", async (_, connect) => {
  const client = connect({ port: server.port });
  endings.push(() => client.disconnect());
  expect(evalshaOf(client)).toBeDefined();
  const provider = new RedisRoundRobinContextProvider(client, PATIENT);
  await server.ask("DEL assignment:rr:täm");
  const seen: unknown[] = [];
  const sendCommand = client.sendCommand as (...args: never[]) => unknown;
  // As instrumentations do: functions of theirs around those of the command.
  client.sendCommand = function (this: typeof client, command: never, ...rest: never[]) {
    const it = command as { name: string; args: string[]; resolve: (reply: unknown) => void };
    const { resolve } = it;
    it.resolve = (reply) => (seen.push([it.name, it.args.slice(1), reply]), resolve(reply));
    return sendCommand.call(this, command, ...rest);
  } as never;
  expect(await provider.getNextIndex("täm", 3)).toBe(0);
  expect(seen).toContainEqual(["evalsha", ["1", "assignment:rr:täm", "604800"], 1]);
  client.sendCommand = (async () => {
    throw new Error("OOM canary");
  }) as never;
  expect(await code(provider.getNextIndex("täm", 3))).toBe("out_of_memory");
  client.sendCommand = (() => {
    throw new Error("READONLY canary");
  }) as never;
  expect(await code(provider.getNextIndex("täm", 3))).toBe("read_only");
});

test("a client that would send something else is asked in its own way", () => {
  const prefixed = ioredis6({ port: server.port }, { keyPrefix: "app:" });
  const piping = ioredis6({ port: server.port }, { enableAutoPipelining: true });
  endings.push(
    () => prefixed.disconnect(),
    () => piping.disconnect(),
  );
  expect(evalshaOf(prefixed)).toBeUndefined();
  expect(evalshaOf(piping)).toBeUndefined();
  const nothing = () => undefined;
  for (const client of [
    {},
    { evalsha: nothing, sendCommand: nothing },
    {
      evalsha: () => {
        throw new Error("canary");
      },
      sendCommand: nothing,
    },
    {
      evalsha(this: { sendCommand(c: object): void }) {
        this.sendCommand({});
      },
      sendCommand: nothing,
    },
  ]) {
    expect(evalshaOf(client)).toBeUndefined();
  }
});
