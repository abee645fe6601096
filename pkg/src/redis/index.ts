/**
 * `assignment-engine/redis`: one rotation for many processes.
 *
 * @packageDocumentation
 */
export type { CounterClient, IoredisLike, NodeRedisLike, RedisClient } from "./client.ts";
export {
  createRoundRobinContextProvider,
  DEFAULT_START_DEADLINE_MS,
  type RoundRobinFactoryOptions,
} from "./factory.ts";
export type { RoundRobinChoice, RoundRobinHealth } from "./choice.ts";
export {
  BREAKER_FAILURES,
  BREAKER_PAUSE_MS,
  type PolicyObserver,
  ResilientRoundRobinContextProvider,
  type RunTimePolicy,
} from "./policy.ts";
export type { ReturningRoundRobinContextProvider } from "./returning.ts";
export type { CountedTurn } from "../provider/provider.ts";
export { turnIndex } from "./key.ts";
export { DEFAULT_MAX_IN_FLIGHT, DEFAULT_REDIS_DEADLINE_MS, type RedisObserver } from "./caller.ts";
export { type RedisProviderOptions, RedisRoundRobinContextProvider } from "./provider.ts";
export type { Environment } from "./target.ts";
export { ProviderError, type ProviderErrorCode } from "../errors.ts";
export { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
