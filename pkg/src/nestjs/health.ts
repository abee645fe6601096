import { ProviderError, type RoundRobinContextProvider } from "../index.ts";
import type { RoundRobinChoice } from "../redis/index.ts";
import { within } from "../service/deadline.ts";
import type { RotationConnection } from "./connection.ts";

/** How the rotation is. It names no address and holds no secret. A type, as terminus 10 asks. */
export type AssignmentHealth = {
  status: "up" | "down";
  /** `redis`, `in_memory`, or `custom` for a provider of the application's. */
  provider: "redis" | "in_memory" | "custom";
  /** It works, but each instance counts for itself. */
  degraded: boolean;
  /** Why this provider was chosen: `connected`, `not_configured`, `unreachable`. */
  reason?: string;
  /** Why it is down, or why the Redis was not taken at the start: a code of `ProviderError`. */
  code?: string;
  /** How long Redis took to answer, in milliseconds. */
  latencyMs?: number;
};

/** The result as `@nestjs/terminus` wants it: the health under the key asked for. */
export type AssignmentHealthResult<Key extends string = string> = Record<Key, AssignmentHealth>;

/** Milliseconds a check may take, whatever the provider does. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * A health indicator for `@nestjs/terminus`, which need not be installed.
 *
 * ```ts
 * @Get("health") @HealthCheck()
 * health() {
 *   return this.terminus.check([() => this.assignment.check("assignment")]);
 * }
 * ```
 *
 * With terminus 11 and 12 that is all. Terminus 10 takes no `down` for an answer: use
 * {@link checkOrThrow} there.
 */
export class AssignmentHealthIndicator {
  readonly #connection: RotationConnection;
  readonly #provider: RoundRobinContextProvider;

  constructor(connection: RotationConnection, provider: RoundRobinContextProvider) {
    this.#connection = connection;
    this.#provider = provider;
  }

  /** Never rejects. `up` without a question where there is nothing to ask. */
  async check<const Key extends string = "assignmentEngine">(
    key: Key = "assignmentEngine" as Key,
  ): Promise<AssignmentHealthResult<Key>> {
    return { [key]: await this.#health() } as AssignmentHealthResult<Key>;
  }

  /** The same, but a `down` rejects the way terminus 10 and 11 understand. */
  async checkOrThrow<const Key extends string = "assignmentEngine">(
    key: Key = "assignmentEngine" as Key,
  ): Promise<AssignmentHealthResult<Key>> {
    const result = await this.check(key);
    if (result[key].status === "up") return result;
    const error = new Error("the rotation of the assignment engine does not work");
    throw Object.assign(error, { isHealthCheckError: true, causes: result });
  }

  async #health(): Promise<AssignmentHealth> {
    const { opened } = this.#connection;
    try {
      return opened === undefined ? await this.#custom() : await chosen(opened);
    } catch (error) {
      const code = ProviderError.is(error) ? error.code : "other";
      return { status: "down", provider: opened?.kind ?? "custom", degraded: false, code };
    }
  }

  /** A provider of the application's is asked if it can be, as a `RedisRoundRobin…` one can. */
  async #custom(): Promise<AssignmentHealth> {
    const provider = this.#provider as { check?: () => unknown };
    if (typeof provider.check === "function") {
      await within(CHECK_TIMEOUT_MS, () => provider.check?.(), late);
    }
    return { status: "up", provider: "custom", degraded: false };
  }
}

async function chosen(opened: RoundRobinChoice): Promise<AssignmentHealth> {
  const health = await within(CHECK_TIMEOUT_MS, () => opened.check(), late);
  const { reason, code, latencyMs } = health;
  return {
    status: health.status === "down" ? "down" : "up",
    provider: opened.kind,
    degraded: health.status === "in_memory",
    reason,
    ...(code === undefined ? {} : { code }),
    ...(latencyMs === undefined ? {} : { latencyMs: Math.round(latencyMs) }),
  };
}

function late(): ProviderError {
  return new ProviderError("timeout", `no answer within ${CHECK_TIMEOUT_MS} ms`);
}
