import type { ConfigurableModuleAsyncOptions, ModuleMetadata } from "@nestjs/common";
import type {
  AssignmentServiceOptions,
  EngineLogger,
  Messenger,
  RoundRobinContextProvider,
  SessionStore,
} from "../index.ts";
import type { RedisClient, RoundRobinFactoryOptions } from "../redis/index.ts";
import type { PortProvider } from "./ports.ts";

/** How the module works: what `forRoot` takes, and what a factory of `forRootAsync` answers. */
export interface AssignmentModuleOptions extends Pick<
  AssignmentServiceOptions,
  "rules" | "hooks" | "clock" | "trace" | "answerTimeoutMs"
> {
  /** Where log lines go: Nest's `Logger` unless said; `false` for nowhere. */
  logger?: EngineLogger | false;
  /** Where the rotation is counted, unless the module is given a `provider`. */
  redis?: AssignmentRedisOptions;
  /** Milliseconds that closing may take at shutdown; 5000 unless said. */
  shutdownTimeoutMs?: number;
}

/**
 * Where the rotation is counted: in a Redis that the environment names, by a connection that the
 * module opens and closes, or by a client of yours, which stays yours.
 */
export interface AssignmentRedisOptions extends Omit<RoundRobinFactoryOptions, "logger" | "redis"> {
  /**
   * A client of yours, used whatever the environment says, and never closed here: ioredis,
   * node-redis, or no more than `incr` and `expire`.
   */
  client?: RedisClient | undefined;
}

/** What the module is connected to: said where the module is imported, so that Nest can inject. */
export interface AssignmentModulePorts {
  /** Your database: an instance, a class, or a provider of Nest's without its token. */
  store: PortProvider<SessionStore>;
  /** Sends messages to contacts. Without one they are dropped, with a warning. */
  messenger?: PortProvider<Messenger>;
  /** Counts the rotation. Without one `redis` says where. */
  provider?: PortProvider<RoundRobinContextProvider>;
  /** Modules with what those inject, `TypeOrmModule.forFeature([…])` for instance. */
  imports?: ModuleMetadata["imports"];
  /** Every module can inject what this one exports, without importing it. */
  isGlobal?: boolean;
}

/** What `AssignmentModule.forRoot` takes. */
export type AssignmentModuleRootOptions = AssignmentModuleOptions & AssignmentModulePorts;

/** What a class of `useClass` or `useExisting` must be able to do. */
export interface AssignmentOptionsFactory {
  createAssignmentOptions(): AssignmentModuleOptions | Promise<AssignmentModuleOptions>;
}

/** What `AssignmentModule.forRootAsync` takes: exactly one of the three `use…`. */
export type AssignmentModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  AssignmentModuleOptions,
  "createAssignmentOptions"
> &
  AssignmentModulePorts;
