import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Logger,
  Module,
  type Provider,
} from "@nestjs/common";
// The classes of the package's entry: applications inject by them, so there must be no copies.
import {
  AssignmentEngineError,
  AssignmentService,
  type EngineLogger,
  type Messenger,
  type RoundRobinContextProvider,
  type SessionStore,
} from "../index.ts";
import { createRoundRobinContextProvider } from "../redis/index.ts";
import { RotationConnection } from "./connection.ts";
import { AssignmentHealthIndicator } from "./health.ts";
import type {
  AssignmentModuleAsyncOptions,
  AssignmentModuleOptions,
  AssignmentModulePorts,
  AssignmentModuleRootOptions,
} from "./options.ts";
import { providerOf, unseen } from "./ports.ts";
import {
  ASSIGNMENT_MESSENGER,
  ASSIGNMENT_MODULE_OPTIONS,
  ASSIGNMENT_SESSION_STORE,
  ROTATION_CONNECTION,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "./tokens.ts";

const NO_PORTS: Partial<AssignmentModulePorts> = {
  store: undefined,
  messenger: undefined,
  provider: undefined,
  imports: undefined,
  isGlobal: false,
};

/** The builder's class, with the two methods as methods, so that they can ask for more. */
interface ModuleBase {
  new (): object;
  forRoot(options: AssignmentModuleOptions & Partial<AssignmentModulePorts>): DynamicModule;
  forRootAsync(options: Partial<AssignmentModuleAsyncOptions>): DynamicModule;
}

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<AssignmentModuleOptions>({
  optionsInjectionToken: ASSIGNMENT_MODULE_OPTIONS,
  // Nest 10 takes two modules for one that look alike in JSON, as two stores may.
  alwaysTransient: true,
})
  .setClassMethodName("forRoot")
  .setFactoryMethodName("createAssignmentOptions")
  .setExtras(NO_PORTS, withPorts)
  .build();

/**
 * The assignment engine for Nest 10, 11 and 12.
 *
 * ```ts
 * AssignmentModule.forRoot({
 *   store: {
 *     inject: [DataSource],
 *     useFactory: (dataSource: DataSource) => new TypeOrmSessionStore(dataSource),
 *   },
 *   messenger: { useExisting: WhatsappMessenger },
 * });
 * ```
 *
 * It provides and exports {@link AssignmentService}, {@link AssignmentHealthIndicator}, and under
 * their tokens the store, the messenger and the provider of the rotation. Without a `provider` and
 * without a client in `redis`, `REDIS_HOST` and `REDIS_PORT` say where the rotation is counted: a
 * Redis that is not named or cannot be reached at the start means in this process, with a warning;
 * a wrong password or a setting that makes no sense fails the start. What the module opened itself
 * it closes in `onApplicationShutdown`; for signals, call `app.enableShutdownHooks()`.
 */
export class AssignmentModule extends (ConfigurableModuleClass as ModuleBase) {
  /** With options that are known where the module is imported. */
  static override forRoot(options: AssignmentModuleRootOptions): DynamicModule {
    return super.forRoot(options ?? {});
  }

  /**
   * With options that a factory makes of what Nest injects. The store, the messenger and the
   * provider are said beside it, each with what it injects.
   */
  static override forRootAsync(options: AssignmentModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options ?? {});
  }
}

// As a function, for decorators need a compiler that knows them.
Module({})(AssignmentModule);

function withPorts(
  definition: DynamicModule,
  ports: Partial<AssignmentModulePorts>,
): DynamicModule {
  const exported: Provider[] = [
    ports.store === undefined ? NO_STORE : providerOf(ASSIGNMENT_SESSION_STORE, ports.store),
    providerOf<Messenger | null>(ASSIGNMENT_MESSENGER, ports.messenger ?? null),
    ports.provider === undefined
      ? ROTATION
      : providerOf(ROUND_ROBIN_CONTEXT_PROVIDER, ports.provider),
    SERVICE,
    HEALTH,
  ];
  return {
    ...definition,
    imports: definition.imports ?? ports.imports ?? [],
    global: ports.isGlobal === true,
    providers: [...(definition.providers ?? []).map(unseen), CONNECTION, ...exported],
    exports: [
      AssignmentService,
      AssignmentHealthIndicator,
      ASSIGNMENT_SESSION_STORE,
      ASSIGNMENT_MESSENGER,
      ROUND_ROBIN_CONTEXT_PROVIDER,
    ],
  };
}

/** Fails only when it is asked for: a test may put a store of its own in its place. */
const NO_STORE: Provider = {
  provide: ASSIGNMENT_SESSION_STORE,
  useFactory: () => {
    throw new AssignmentEngineError("missing_field", "the assignment module has no session store", {
      path: "store",
      hint: "pass `store` to `AssignmentModule.forRoot` or `forRootAsync`",
    });
  },
};

const CONNECTION: Provider = {
  provide: ROTATION_CONNECTION,
  inject: [ASSIGNMENT_MODULE_OPTIONS],
  useFactory: (options: AssignmentModuleOptions) =>
    new RotationConnection(loggerOf(options), options.shutdownTimeoutMs),
};

/** Opens a connection only here, so that none is opened where another provider is put in place. */
const ROTATION: Provider = {
  provide: ROUND_ROBIN_CONTEXT_PROVIDER,
  inject: [ASSIGNMENT_MODULE_OPTIONS, ROTATION_CONNECTION],
  useFactory: async (
    options: AssignmentModuleOptions,
    connection: RotationConnection,
  ): Promise<RoundRobinContextProvider> => {
    const { client, ...redis } = options.redis ?? {};
    const logger = loggerOf(options);
    const { hooks } = options;
    const opened = await createRoundRobinContextProvider({
      hooks,
      ...redis,
      redis: client,
      logger,
    });
    connection.keep(opened);
    return opened.provider;
  },
};

const SERVICE: Provider = {
  provide: AssignmentService,
  inject: [
    ASSIGNMENT_MODULE_OPTIONS,
    ASSIGNMENT_SESSION_STORE,
    ROUND_ROBIN_CONTEXT_PROVIDER,
    ASSIGNMENT_MESSENGER,
  ],
  useFactory: (
    options: AssignmentModuleOptions,
    store: SessionStore,
    provider: RoundRobinContextProvider,
    messenger: Messenger | null,
  ) => {
    const { rules, hooks, clock, trace, answerTimeoutMs } = options;
    return new AssignmentService({
      store,
      provider,
      messenger: messenger ?? undefined,
      logger: loggerOf(options),
      rules,
      hooks,
      clock,
      trace,
      answerTimeoutMs,
    });
  },
};

const HEALTH: Provider = {
  provide: AssignmentHealthIndicator,
  inject: [ROTATION_CONNECTION, ROUND_ROBIN_CONTEXT_PROVIDER],
  useFactory: (connection: RotationConnection, provider: RoundRobinContextProvider) =>
    new AssignmentHealthIndicator(connection, provider),
};

function loggerOf(options: AssignmentModuleOptions): EngineLogger {
  if (options.logger === false) return SILENCE;
  return options.logger ?? new Logger("AssignmentEngine");
}

const SILENCE: EngineLogger = { debug: () => undefined, warn: () => undefined };
