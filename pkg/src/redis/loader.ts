import { ProviderError } from "../errors.ts";
import type { Connection, ConnectionEvents, ConnectionSettings } from "./connection.ts";
import { type IoredisModule, openIoredis } from "./ioredis.ts";
import { type NodeRedisModule, openNodeRedis } from "./node-redis.ts";
import type { RedisTarget } from "./target.ts";

/** The client libraries; undefined for one that is not installed or cannot be loaded. */
export interface Loaders {
  ioredis(): Promise<IoredisModule | undefined>;
  redis(): Promise<NodeRedisModule | undefined>;
}

/** Each in a `try` of its own: that tells bundlers that it may be missing. */
export const INSTALLED: Loaders = {
  async ioredis() {
    try {
      return await import("ioredis");
    } catch {
      return undefined;
    }
  },
  async redis() {
    try {
      return await import("redis");
    } catch {
      return undefined;
    }
  },
};

/** Connects and logs in; rejects with the client's own error. */
export type Open = (
  target: RedisTarget,
  settings: ConnectionSettings,
  events: ConnectionEvents,
) => Promise<Connection>;

/**
 * What connects: `ioredis`, else `redis`. Rejects with a `ProviderError` with code
 * `configuration` if there is neither.
 */
export async function loadOpen(loaders: Loaders): Promise<Open> {
  const ioredis = await loaders.ioredis();
  if (ioredis !== undefined) return (...how) => openIoredis(ioredis, ...how);
  const redis = await loaders.redis();
  if (redis !== undefined) return (...how) => openNodeRedis(redis, ...how);
  throw new ProviderError(
    "configuration",
    "a redis is named, but neither ioredis nor redis can be loaded",
    { hint: "run `npm install ioredis`" },
  );
}
