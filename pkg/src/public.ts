/** Everything that `assignment-engine` and `assignment-engine/web` have in common. */
export * from "./engine/index.ts";
export * from "./service/index.ts";
export * from "./types.ts";
export { Roster, type RosterConfig } from "./roster.ts";
export {
  AssignmentEngineError,
  type ErrorCode,
  ProviderError,
  type ProviderErrorCode,
} from "./errors.ts";
export { type RedisProviderOptions, RedisRoundRobinContextProvider } from "./redis/provider.ts";
export type { EngineHooks, EngineLogger } from "./logger.ts";
export { IN_MEMORY_KEY_LIMIT, InMemoryRoundRobinContextProvider } from "./provider/memory.ts";
export {
  type CountedTurn,
  ROUND_ROBIN_CONTEXT_PROVIDER,
  type RoundRobinContextProvider,
  type TakenTurn,
  type TurnRequest,
} from "./provider/provider.ts";
