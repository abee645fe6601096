// The rotation in Redis; with the clients of ioredis and node-redis it is in clients.ts.
import { type EngineLogger, RedisRoundRobinContextProvider as FromMain } from "assignment-engine";
import {
  createRoundRobinContextProvider,
  ProviderError,
  type ProviderErrorCode,
  type RedisClient,
  RedisRoundRobinContextProvider,
  type RoundRobinChoice,
  type RoundRobinHealth,
} from "assignment-engine/redis";

export const client: RedisClient = { incr: async () => 1, expire: async () => 1 };
// @ts-expect-error it cannot count
export const noClient: RedisClient = { get: async () => null };
// @ts-expect-error half a client
export const half: RedisClient = { incr: async () => 1 };

const logger: EngineLogger = console;

export async function choose(): Promise<number> {
  const choice: RoundRobinChoice = await createRoundRobinContextProvider({
    env: process.env,
    logger,
    startDeadlineMs: 500,
    connect: async () => client,
  });
  const health: RoundRobinHealth = await choice.check();
  if (health.status === "up") void health.latencyMs?.toFixed();
  if (choice.reason === "unreachable") void choice.error?.code;
  // @ts-expect-error it is `redis` or `in_memory`
  void (choice.kind === "memcached");
  await choice.close();
  return choice.provider.getNextIndex("sales", 3);
}

export async function own(): Promise<ProviderErrorCode | number> {
  const provider = new RedisRoundRobinContextProvider(client, {
    deadlineMs: 100,
    observer: { failed: ({ code }) => void code },
  });
  // The same class, wherever it comes from.
  const same: FromMain = provider;
  // @ts-expect-error a misspelt option
  new RedisRoundRobinContextProvider(client, { deadline: 100 });
  try {
    return await same.getNextIndex("sales", 3);
  } catch (error) {
    return error instanceof ProviderError ? error.code : "other";
  }
}
