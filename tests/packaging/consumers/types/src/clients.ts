// The clients for Redis that people have fit, of both libraries.
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import {
  createRoundRobinContextProvider,
  type RedisClient,
  RedisRoundRobinContextProvider,
} from "assignment-engine/redis";

export const clients: RedisClient[] = [
  new Redis({ lazyConnect: true }),
  new Cluster([]),
  createClient(),
  createCluster({ rootNodes: [] }),
];

export async function use(): Promise<RedisRoundRobinContextProvider[]> {
  await createRoundRobinContextProvider({ connect: async () => createClient().connect() });
  await createRoundRobinContextProvider({ redis: new Redis() });
  return clients.map((client) => new RedisRoundRobinContextProvider(client));
}
