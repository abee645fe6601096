import { Redis as Redis6 } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { createClient } from "redis";
import type { RedisClient } from "../../src/redis/index.ts";

/** A client of a test's own, as an application would set it up. */
export interface TestClient {
  readonly redis: RedisClient;
  close(): void;
}

/** Who logs in where. */
export interface Login {
  port: number;
  username?: string;
  password?: string;
}

export interface Library {
  readonly name: string;
  /** Can it count in one round trip? */
  readonly scripts: boolean;
  connect(login: Login): Promise<TestClient>;
}

/** An ioredis client with the library's defaults, but quiet. */
export function ioredis6(login: Login, options: object = {}): Redis6 {
  const client = new Redis6({ ...login, ...options });
  client.on("error", () => undefined);
  return client;
}

export function ioredis5(login: Login, options: object = {}): Redis5 {
  const client = new Redis5({ ...login, ...options });
  client.on("error", () => undefined);
  return client;
}

export async function nodeRedis(login: Login, options: object = {}) {
  const { port, ...user } = login;
  const client = createClient({ socket: { port, host: "127.0.0.1" }, ...user, ...options });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Each sort of client that can be handed in. */
export const LIBRARIES: readonly Library[] = [
  {
    name: "ioredis 6",
    scripts: true,
    async connect(login) {
      const redis = ioredis6(login);
      return { redis, close: () => redis.disconnect() };
    },
  },
  {
    name: "ioredis 5",
    scripts: true,
    async connect(login) {
      const redis = ioredis5(login);
      return { redis, close: () => redis.disconnect() };
    },
  },
  {
    name: "ioredis 6 with auto-pipelining",
    scripts: true,
    async connect(login) {
      const redis = ioredis6(login, { enableAutoPipelining: true });
      return { redis, close: () => redis.disconnect() };
    },
  },
  {
    name: "ioredis 6 with texts for numbers",
    scripts: true,
    async connect(login) {
      const redis = ioredis6(login, { stringNumbers: true });
      return { redis, close: () => redis.disconnect() };
    },
  },
  {
    name: "node-redis 6",
    scripts: true,
    async connect(login) {
      const redis = await nodeRedis(login);
      return { redis, close: () => redis.destroy() };
    },
  },
  {
    name: "two methods",
    scripts: false,
    async connect(login) {
      const client = ioredis6(login);
      return {
        redis: {
          incr: (key) => client.incr(key),
          expire: (key, seconds) => client.expire(key, seconds),
        },
        close: () => client.disconnect(),
      };
    },
  },
];
