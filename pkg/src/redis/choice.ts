import type { ProviderError, ProviderErrorCode } from "../errors.ts";
import type { EngineLogger } from "../logger.ts";
import { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
import type { StartedRedis } from "./factory.ts";
import { ResilientRoundRobinContextProvider } from "./policy.ts";
import type { RedisRoundRobinContextProvider } from "./provider.ts";
import { ReturningRoundRobinContextProvider } from "./returning.ts";
import { say } from "./state.ts";

/** The provider to use, which one it is, and why. */
export interface RoundRobinChoice {
  /** Shared by every user of the rotation in this process. */
  readonly provider:
    | RedisRoundRobinContextProvider
    | InMemoryRoundRobinContextProvider
    | ResilientRoundRobinContextProvider
    | ReturningRoundRobinContextProvider;
  /** Where turns are counted now; with `retryStartMs` that can change once. */
  readonly kind: "redis" | "in_memory";
  /** `unreachable`: the Redis that is named cannot be used now; {@link error} says why. */
  readonly reason: "connected" | "not_configured" | "unreachable";
  readonly error?: ProviderError | undefined;
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
  /** `in_memory`: picks work, but each process counts for itself. */
  readonly status: "up" | "down" | "in_memory";
  readonly reason: RoundRobinChoice["reason"];
  /** How long the server took, in milliseconds, if it is up. */
  readonly latencyMs?: number;
  /** Why it is down, counts in memory meanwhile, or was not taken at the start. */
  readonly code?: ProviderErrorCode;
  readonly message?: string;
}

/** A Redis that picks can use, with its policy. */
export function shared(started: StartedRedis, logger: EngineLogger): RoundRobinChoice {
  const { provider: redis, connection, state, address, policy, hooks } = started;
  const at = address === undefined ? "" : ` address=${address}`;
  say(() =>
    logger.log?.(
      `${LINE} provider=redis reason=connected${at}: round robin is shared through redis`,
    ),
  );
  state.watch();
  // Only where there is something to do, so that the usual way is the short one.
  const provider =
    policy === "fail"
      ? redis
      : new ResilientRoundRobinContextProvider(redis, policy, {
          countedInMemory: (event) => hooks?.countedInMemory?.(event),
        });
  let closing: Promise<void> | undefined;
  return {
    provider,
    kind: "redis",
    reason: "connected",
    async check() {
      const begin = performance.now();
      try {
        await redis.check();
        return { status: "up", reason: "connected", latencyMs: performance.now() - begin };
      } catch (error) {
        const { code, message } = error as ProviderError;
        const status = policy === "fail" ? "down" : "in_memory";
        return { status, reason: "connected", code, message };
      }
    },
    close() {
      state.stop();
      closing ??= connection.close();
      return closing;
    },
  };
}

/** In memory for good: because no Redis is named, or because it could not be used. */
export function inMemory(logger: EngineLogger, error?: ProviderError): RoundRobinChoice {
  if (error === undefined) {
    const what = "no redis is configured: round robin is kept in this process";
    say(() => logger.log?.(`${LINE} provider=in_memory reason=not_configured: ${what}`));
  } else {
    warnUnreachable(logger, error, "");
  }
  const reason = error === undefined ? "not_configured" : "unreachable";
  return {
    provider: new InMemoryRoundRobinContextProvider(),
    kind: "in_memory",
    reason,
    ...(error === undefined ? {} : { error }),
    check: async () => healthInMemory(reason, error),
    close: async () => undefined,
  };
}

/** In memory until the Redis that is named can be used. */
export function returning(
  logger: EngineLogger,
  trouble: ProviderError,
  intervalMs: number,
  start: () => Promise<StartedRedis>,
): RoundRobinChoice {
  warnUnreachable(logger, trouble, ", and tried again");
  let error = trouble;
  let moved: RoundRobinChoice | undefined;
  let closed = false;
  const retry = async (): Promise<RoundRobinChoice["provider"]> => {
    const started = await start();
    moved = shared(started, logger);
    if (closed) await moved.close();
    return moved.provider;
  };
  const provider = new ReturningRoundRobinContextProvider(
    error.code,
    intervalMs,
    retry,
    (failure) => {
      // Said once for each sort of trouble, not for each try.
      if (failure.code !== error.code) warnUnreachable(logger, failure, ", and tried again");
      error = failure;
    },
  );
  return {
    provider,
    get kind() {
      return moved?.kind ?? "in_memory";
    },
    get reason() {
      return moved?.reason ?? "unreachable";
    },
    get error() {
      return moved === undefined ? error : undefined;
    },
    check: async () => moved?.check() ?? healthInMemory("unreachable", error),
    async close() {
      closed = true;
      provider.stop();
      await moved?.close();
    },
  };
}

function healthInMemory(
  reason: RoundRobinHealth["reason"],
  error: ProviderError | undefined,
): RoundRobinHealth {
  const why = error === undefined ? {} : { code: error.code, message: error.message };
  return { status: "in_memory", reason, ...why };
}

function warnUnreachable(
  logger: EngineLogger,
  { code, message }: ProviderError,
  and: string,
): void {
  const line = `${LINE} provider=in_memory reason=unreachable code=${code}: ${message}: round robin is kept in this process alone${and}`;
  say(() => logger.warn(line));
}

const LINE = "assignment_engine.round_robin";
