import { ProviderError, type ProviderErrorCode } from "../errors.ts";
import type { EngineLogger } from "../logger.ts";
import { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
import type { RedisClient } from "./client.ts";
import { closeClient, type Connection } from "./connection.ts";
import { INSTALLED, type Loaders, loadOpen } from "./loader.ts";
import { checkDeadline, RedisRoundRobinContextProvider } from "./provider.ts";
import { start, type Started } from "./start.ts";
import { say, ServerState } from "./state.ts";
import { type Environment, targetFromEnvironment } from "./target.ts";
import { Teller } from "./teller.ts";

/** How long the start waits for a server where nothing else is said, in milliseconds. */
export const DEFAULT_START_DEADLINE_MS = 1000;

/** Settings of {@link createRoundRobinContextProvider}. */
export interface RoundRobinFactoryOptions {
  /** Where `REDIS_URL`, `REDIS_HOST` and `REDIS_PORT` are looked up. Default: `process.env`. */
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
  /** How many calls may be under way at once. Default: 1024. */
  maxInFlight?: number | undefined;
  /** A client of yours, used whatever the environment says. It is never closed here. */
  redis?: RedisClient | undefined;
  /**
   * Makes a client, for what a URL cannot say (sentinels, certificates); used whatever the
   * environment says. Its client, which for node-redis is connected already, is closed here.
   */
  connect?: (() => RedisClient | PromiseLike<RedisClient>) | undefined;
}

/** The provider to use, which one it is, and why. */
export interface RoundRobinChoice {
  /** Shared by every user of the rotation in this process. */
  readonly provider: RedisRoundRobinContextProvider | InMemoryRoundRobinContextProvider;
  readonly kind: "redis" | "in_memory";
  /** `unreachable`: the Redis that is named cannot be used now; {@link error} says why. */
  readonly reason: "connected" | "not_configured" | "unreachable";
  readonly error?: ProviderError;
  /**
   * For a health check: whether a pick would work now, tried out on a key that no pick has, within
   * the deadline of a pick. Never rejects; holds no secret.
   */
  check(): Promise<RoundRobinHealth>;
  /** Closes what was opened here, within a second or so. Never rejects, and may be called again. */
  close(): Promise<void>;
}

/** What {@link RoundRobinChoice.check} found. */
export interface RoundRobinHealth {
  readonly status: "up" | "down" | "in_memory";
  readonly reason: RoundRobinChoice["reason"];
  /** How long the server took, in milliseconds, if it is up. */
  readonly latencyMs?: number;
  /** Why it is down, or was not taken at the start. */
  readonly code?: ProviderErrorCode;
  readonly message?: string;
}

/**
 * Chooses the provider at the start of a process.
 *
 * `REDIS_URL` names the Redis, else `REDIS_HOST` and `REDIS_PORT` together; a variable that is
 * empty or blank counts as missing. With no Redis named, or one that cannot be used now (it is
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
  try {
    const started = await startRedis(loaders, options, logger);
    return started === undefined ? inMemory(logger) : shared(started, logger);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (MAY_PASS.has(error.code)) return inMemory(logger, error);
    const { code, message, hint } = error;
    throw hint === undefined ? error : new ProviderError(code, `${message}; ${hint}`, { hint });
  }
}

interface StartedRedis extends Started {
  readonly state: ServerState;
  readonly address: string | undefined;
}

/** Undefined if no Redis is named. */
async function startRedis(
  loaders: Loaders,
  options: RoundRobinFactoryOptions,
  logger: EngineLogger,
): Promise<StartedRedis | undefined> {
  const { redis, connect, deadlineMs, maxInFlight } = options;
  const startDeadlineMs = options.startDeadlineMs ?? DEFAULT_START_DEADLINE_MS;
  checkDeadline("startDeadlineMs", startDeadlineMs);
  const byEnvironment = redis === undefined && connect === undefined;
  const target = byEnvironment ? targetFromEnvironment(options.env ?? environment()) : undefined;
  if (byEnvironment && target === undefined) return undefined;

  const address = target?.address;
  const teller = new Teller(address);
  const state = new ServerState(address, logger);
  let open: () => Promise<Connection>;
  if (target !== undefined) {
    const openTarget = await loadOpen(loaders);
    open = () =>
      openTarget(
        target,
        { connectTimeoutMs: startDeadlineMs },
        {
          ready: () => state.connected(),
          lost: (error) =>
            state.disconnected(error === undefined ? "unreachable" : teller.failed(error).code),
        },
      );
  } else {
    open = async () => {
      const client = redis ?? (await made(connect!, teller));
      const close = redis === undefined ? () => closeClient(client) : async () => undefined;
      return { client, lastError: undefined, renew: () => undefined, close };
    };
  }
  const providerOver = (connection: Connection): RedisRoundRobinContextProvider =>
    new RedisRoundRobinContextProvider(connection.client, {
      deadlineMs,
      maxInFlight,
      address,
      observer: {
        answered: () => state.answered(),
        failed: (error) => {
          state.failed(error);
          if (LEAVE.has(error.code)) connection.renew();
        },
      },
    });
  const started = await start(open, providerOver, target, teller, startDeadlineMs);
  return { ...started, state, address };
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

function shared(started: StartedRedis, logger: EngineLogger): RoundRobinChoice {
  const { provider, connection, state, address } = started;
  const at = address === undefined ? "" : ` address=${address}`;
  say(() =>
    logger.log?.(
      `assignment_engine.round_robin provider=redis reason=connected${at}: round robin is shared through redis`,
    ),
  );
  state.watch();
  let closing: Promise<void> | undefined;
  return {
    provider,
    kind: "redis",
    reason: "connected",
    async check() {
      const begin = performance.now();
      try {
        await provider.check();
        return { status: "up", reason: "connected", latencyMs: performance.now() - begin };
      } catch (error) {
        const { code, message } = error as ProviderError;
        return { status: "down", reason: "connected", code, message };
      }
    },
    close() {
      state.stop();
      closing ??= connection.close();
      return closing;
    },
  };
}

function inMemory(logger: EngineLogger, error?: ProviderError): RoundRobinChoice {
  const reason = error === undefined ? "not_configured" : "unreachable";
  const line = `assignment_engine.round_robin provider=in_memory reason=${reason}`;
  if (error === undefined) {
    say(() => logger.log?.(`${line}: no redis is configured: round robin is kept in this process`));
  } else {
    say(() =>
      logger.warn(
        `${line} code=${error.code}: ${error.message}: round robin is kept in this process alone`,
      ),
    );
  }
  const why = error === undefined ? {} : { code: error.code, message: error.message };
  return {
    provider: new InMemoryRoundRobinContextProvider(),
    kind: "in_memory",
    reason,
    ...(error === undefined ? {} : { error }),
    check: async () => ({ status: "in_memory", reason, ...why }),
    close: async () => undefined,
  };
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

/**
 * Whether another server at the same address, or the same one after another log-in, could answer
 * better. It could not where the fault lies with the data or with our rights, and a line that
 * broke is replaced without us.
 */
const LEAVE: ReadonlySet<ProviderErrorCode> = new Set([
  "timeout",
  "unavailable",
  "read_only",
  "authentication",
  "cluster",
  "protocol",
  "other",
]);
