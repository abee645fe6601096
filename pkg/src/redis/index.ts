/**
 * `assignment-engine/redis`: one rotation for many processes.
 *
 * @packageDocumentation
 */
export type { CounterClient, IoredisLike, NodeRedisLike, RedisClient } from "./client.ts";
export {
  createRoundRobinContextProvider,
  DEFAULT_START_DEADLINE_MS,
  type RoundRobinChoice,
  type RoundRobinFactoryOptions,
  type RoundRobinHealth,
} from "./factory.ts";
export { turnIndex } from "./key.ts";
export {
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_REDIS_DEADLINE_MS,
  type RedisObserver,
  type RedisProviderOptions,
  RedisRoundRobinContextProvider,
} from "./provider.ts";
export type { Environment } from "./target.ts";
export { ProviderError, type ProviderErrorCode } from "../errors.ts";
export { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
