import { ProviderError, type ProviderErrorCode } from "../errors.ts";
import type { EngineHooks, EngineLogger } from "../logger.ts";
import { checkDeadline } from "./caller.ts";
import { inMemory, returning, type RoundRobinChoice, shared } from "./choice.ts";
import type { RedisClient } from "./client.ts";
import { closeClient, type Connection } from "./connection.ts";
import { INSTALLED, type Loaders, loadOpen } from "./loader.ts";
import { checkPolicy, type RunTimePolicy } from "./policy.ts";
import { RedisRoundRobinContextProvider } from "./provider.ts";
import { start, type Started } from "./start.ts";
import { say, ServerState } from "./state.ts";
import { type Environment, missingHalf, targetFromEnvironment } from "./target.ts";
import { Teller } from "./teller.ts";

/** How long the start waits for a server where nothing else is said, in milliseconds. */
export const DEFAULT_START_DEADLINE_MS = 1000;

/** Settings of {@link createRoundRobinContextProvider}. */
export interface RoundRobinFactoryOptions {
  /**
   * Where `REDIS_URL`, and `REDIS_HOST`, `REDIS_PORT`, `REDIS_USERNAME` and `REDIS_PASSWORD` are
   * looked up. Default: `process.env`.
   */
  env?: Environment | undefined;
  /**
   * Where it is said which provider was chosen, and when the server goes and comes back. Default:
   * warnings go to the console, nothing else is said.
   */
  logger?: EngineLogger | undefined;
  /** How long a pick may take at most, in milliseconds. Default: 250. */
  deadlineMs?: number | undefined;
  /** How long the start may wait for the server. Default: {@link DEFAULT_START_DEADLINE_MS}. */
  startDeadlineMs?: number | undefined;
  /** How many calls may be under way at once; one more fails with `overloaded`. Default: 1024. */
  maxInFlight?: number | undefined;
  /** What a pick becomes that Redis fails to count. Default: `fail`. */
  policy?: RunTimePolicy | undefined;
  /** Is told of each pick that was counted in memory, because Redis failed. */
  hooks?: Pick<EngineHooks, "countedInMemory"> | undefined;
  /**
   * After a start in memory because Redis could not be used: try it again about every so many
   * milliseconds, and move over to it for good once it can. The rotation then goes on where the
   * shared counter is. Unless given, such a process stays in memory until it is started again.
   */
  retryStartMs?: number | undefined;
  /** A client of yours, used whatever the environment says. It is never closed here. */
  redis?: RedisClient | undefined;
  /**
   * Makes a client, for what a URL cannot say (sentinels, certificates); used whatever the
   * environment says. Its client, which for node-redis is connected already, is closed here.
   */
  connect?: (() => RedisClient | PromiseLike<RedisClient>) | undefined;
}

/**
 * Chooses the provider at the start of a process.
 *
 * `REDIS_URL` names the Redis, else `REDIS_HOST` and `REDIS_PORT` together; a variable that is
 * empty or blank counts as missing, and half of the pair names nothing, with a warning. With no Redis named, or one that cannot be used now (it is
 * down, loading, a replica, full), the rotation is kept in memory and the log says so: with a
 * warning where a Redis was named. With one that will never work as it is set up (wrong password,
 * missing rights, TLS, not a Redis, a cluster), the start fails, for otherwise every process would
 * quietly keep a rotation of its own.
 *
 * The connection is made with `ioredis`, else with `redis`, whichever is installed. It fails fast,
 * repeats no command, and comes back by itself.
 *
 * Rejects with a `ProviderError` that says what is wrong and what to do about it.
 */
export async function createRoundRobinContextProvider(
  options: RoundRobinFactoryOptions = {},
): Promise<RoundRobinChoice> {
  return createWith(INSTALLED, options);
}

/** {@link createRoundRobinContextProvider} with other ways to load the client libraries. */
export async function createWith(
  loaders: Loaders,
  options: RoundRobinFactoryOptions,
): Promise<RoundRobinChoice> {
  const logger = options.logger ?? WARNINGS_TO_CONSOLE;
  const { retryStartMs } = options;
  try {
    if (retryStartMs !== undefined) checkDeadline("retryStartMs", retryStartMs);
    const starting = await startOf(loaders, options, logger);
    if (starting === undefined) return inMemory(logger);
    try {
      return shared(await starting(), logger);
    } catch (error) {
      if (!(error instanceof ProviderError) || !MAY_PASS.has(error.code)) throw error;
      return retryStartMs === undefined
        ? inMemory(logger, error)
        : returning(logger, error, retryStartMs, starting);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { code, message, hint } = error;
    throw hint === undefined ? error : new ProviderError(code, `${message}; ${hint}`, { hint });
  }
}

/** A Redis that picks can use, and how it is told. */
export interface StartedRedis extends Started {
  readonly state: ServerState;
  readonly address: string | undefined;
  readonly policy: RunTimePolicy;
  readonly hooks: RoundRobinFactoryOptions["hooks"];
}

/** What starts the Redis that is named; undefined if none is. Throws for options that make no sense. */
async function startOf(
  loaders: Loaders,
  options: RoundRobinFactoryOptions,
  logger: EngineLogger,
): Promise<(() => Promise<StartedRedis>) | undefined> {
  const { redis, connect, deadlineMs, maxInFlight, policy = "fail", hooks } = options;
  const startDeadlineMs = options.startDeadlineMs ?? DEFAULT_START_DEADLINE_MS;
  checkDeadline("startDeadlineMs", startDeadlineMs);
  const { kind } = checkPolicy(policy);
  const byEnvironment = redis === undefined && connect === undefined;
  const env = options.env ?? environment();
  const target = byEnvironment ? targetFromEnvironment(env) : undefined;
  if (byEnvironment && target === undefined) {
    const missing = missingHalf(env);
    if (missing !== undefined) say(() => logger.warn(`assignment_engine.round_robin: ${missing}`));
    return undefined;
  }

  const address = target?.address;
  const teller = new Teller(address);
  const state = new ServerState(address, logger, MEANWHILE[kind]);
  let open: () => Promise<Connection>;
  if (target !== undefined) {
    const openTarget = await loadOpen(loaders);
    const settings = { connectTimeoutMs: startDeadlineMs };
    const lost = (error: unknown): void =>
      state.disconnected(error === undefined ? "unreachable" : teller.failed(error).code);
    open = () => openTarget(target, settings, { ready: () => state.connected(), lost });
  } else {
    open = async () => {
      const client = redis ?? (await made(connect!, teller));
      const close = redis === undefined ? () => closeClient(client) : async () => undefined;
      return { client, lastError: undefined, renew: undefined, close };
    };
  }
  const providerOver = ({ client, renew }: Connection): RedisRoundRobinContextProvider =>
    new RedisRoundRobinContextProvider(client, {
      ...{ deadlineMs, maxInFlight, address, renew },
      observer: state,
    });
  return async () => {
    const started = await start(open, providerOver, target, teller, startDeadlineMs);
    return { ...started, state, address, policy, hooks };
  };
}

/** What `connect` answers; its own failures are not those of a server. */
async function made(
  connect: NonNullable<RoundRobinFactoryOptions["connect"]>,
  teller: Teller,
): Promise<RedisClient> {
  try {
    return await connect();
  } catch (error) {
    const told = teller.failed(error);
    throw told.code === "other"
      ? new ProviderError("configuration", "the function `connect` failed and gave no client")
      : told;
  }
}

function environment(): Environment {
  return typeof process === "undefined" ? {} : process.env;
}

const WARNINGS_TO_CONSOLE: EngineLogger = {
  debug: () => undefined,
  warn: (message) => console.warn(message),
};

/**
 * Whether waiting could help: the server is down, on its way up, demoted, or full. All else is a
 * matter of settings.
 */
const MAY_PASS: ReadonlySet<ProviderErrorCode> = new Set([
  "timeout",
  "unreachable",
  "unavailable",
  "loading",
  "read_only",
  "out_of_memory",
]);

/** What becomes of picks while Redis does not serve, by the policy. */
const MEANWHILE = {
  fail: "what needs a turn fails until it does",
  fallback: "turns are counted in this process until it does",
  breaker: "what needs a turn fails, and soon turns are counted in this process, until it does",
};
