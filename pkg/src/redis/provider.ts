import { ProviderError } from "../errors.ts";
import type { RoundRobinContextProvider } from "../provider/provider.ts";
import { type Counters, countersOf, type RedisClient } from "./client.ts";
import { Calls } from "./deadline.ts";
import { COUNTER_TTL_SECONDS, counterKey, PROBE_KEY, PROBE_TTL_SECONDS, turnIndex } from "./key.ts";
import { readCount } from "./reply.ts";
import { Teller } from "./teller.ts";

/** How long a pick may take at most where nothing else is said, in milliseconds. */
export const DEFAULT_REDIS_DEADLINE_MS = 250;

/** How many calls may be under way at once where nothing else is said. */
export const DEFAULT_MAX_IN_FLIGHT = 1024;

/** Settings of {@link RedisRoundRobinContextProvider}. */
export interface RedisProviderOptions {
  /** How long a call may take at most, in milliseconds. Default: {@link DEFAULT_REDIS_DEADLINE_MS}. */
  deadlineMs?: number | undefined;
  /**
   * How many calls may be under way at once; one more is refused at once with `unavailable`. A
   * call that is overdue counts until the client is done with it. Default:
   * {@link DEFAULT_MAX_IN_FLIGHT}.
   */
  maxInFlight?: number | undefined;
  /** What messages call the server, `host:port` for instance; it must hold no secret. */
  address?: string | undefined;
  /** Is told what becomes of each call; what it throws is ignored. */
  observer?: RedisObserver | undefined;
}

/** For logs, metrics and health: what becomes of calls to the server. */
export interface RedisObserver {
  /** The server has answered. */
  answered?(): void;
  /** It has not, or it refused. Calls that were refused before they were made are not told. */
  failed?(error: ProviderError): void;
}

/**
 * Counters in Redis, shared by every process that uses the same server, through a client of yours.
 *
 * With ioredis 5 or 6 and node-redis 4 to 6 a pick is one round trip: a script counts with `INCR`
 * and, only if that went well, lets the key live for seven more days. So after a pick the key has
 * a time to live wherever the exchange was cut, and a failing pick refreshes none: a foreign value
 * under our name goes away by itself. With a client that has no more than `incr(key)` and
 * `expire(key, seconds)` these two are called, in this order; a number beyond 2^53 is then as
 * exact as the client makes it.
 *
 * The key is `assignment:rr:` and the context key, byte for byte. Under a client with a
 * `keyPrefix` it lies behind that prefix.
 *
 * The deadline stands around the whole call, whatever the client does. When it passes, whether
 * the turn was taken is unknown, and nothing here repeats the call. The client may: ioredis with
 * `autoResendUnfulfilledCommands`, its default, sends a command again whose answer was lost, and
 * both count, which passes over one position.
 *
 * The Redis user needs `EVALSHA`, `SCRIPT LOAD`, `INCR`, `INCRBY`, `EXPIRE` and `GET` on
 * `assignment:rr:*` (`~assignment:rr:* +evalsha +script|load +incr +incrby +expire +get`), and
 * `EVAL` too with a cluster; the two-method client needs `INCR` and `EXPIRE`.
 */
export class RedisRoundRobinContextProvider implements RoundRobinContextProvider {
  readonly #counters: Counters;
  readonly #calls: Calls;
  readonly #teller: Teller;
  readonly #observer: RedisObserver | undefined;

  /**
   * Takes `count` turns (a whole number from 1 to 2^32 - 1) in one round trip and answers the
   * first; the others follow it. The first turn of a new key is 0, and the position of a turn is
   * {@link turnIndex}. Fails like {@link getNextIndex}. Undefined if the client has only `incr`
   * and `expire`.
   */
  declare readonly takeTurns?: (contextKey: string, count: number) => Promise<bigint>;

  /**
   * Nothing is sent yet. Throws a `ProviderError` with code `configuration` if `redis` is no
   * client, or an option makes no sense.
   */
  constructor(redis: RedisClient, options: RedisProviderOptions = {}) {
    const { deadlineMs = DEFAULT_REDIS_DEADLINE_MS, maxInFlight = DEFAULT_MAX_IN_FLIGHT } = options;
    checkDeadline("deadlineMs", deadlineMs);
    if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
      throw new ProviderError("configuration", "`maxInFlight` is not a whole number from 1");
    }
    this.#counters = countersOf(redis);
    this.#calls = new Calls(deadlineMs, maxInFlight);
    this.#teller = new Teller(options.address);
    this.#observer = options.observer;
    const { takeTurns } = this.#counters;
    if (takeTurns !== undefined) {
      this.takeTurns = (contextKey, count) => this.#takeTurns(takeTurns, contextKey, count);
    }
  }

  async getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    if (typeof candidateCount === "number" && candidateCount <= 0) return 0;
    if (!Number.isSafeInteger(candidateCount)) {
      throw new ProviderError("configuration", "the number of candidates is not a whole number");
    }
    const key = counterKey(contextKey);
    return this.#run(
      () => this.#counters.takeTurn(key, COUNTER_TTL_SECONDS),
      (reply) => turnIndex(this.#before(reply, 1), candidateCount),
      key,
    );
  }

  /**
   * Makes sure that picks can work: uses every command that a pick may need, within `deadlineMs`
   * (that of a pick unless said). It counts under the key `assignment:rr:` itself, which no pick
   * can have and which goes after a minute. Rejects with the `ProviderError` a pick would.
   */
  async check(deadlineMs: number = this.#calls.deadlineMs): Promise<void> {
    checkDeadline("deadlineMs", deadlineMs);
    const counters = this.#counters;
    const exercise = async (): Promise<void> => {
      const rehearsed = (await counters.rehearse?.(PROBE_KEY)) ?? true;
      if (!rehearsed) throw this.#teller.error("protocol");
      const replies = await Promise.all([
        counters.takeTurn(PROBE_KEY, PROBE_TTL_SECONDS),
        counters.takeTurns?.(PROBE_KEY, PROBE_TTL_SECONDS, 1) ?? 0,
      ]);
      for (const reply of replies) this.#before(reply, 1);
    };
    await this.#run(exercise, () => undefined, PROBE_KEY, deadlineMs);
  }

  async #takeTurns(
    take: NonNullable<Counters["takeTurns"]>,
    contextKey: string,
    count: number,
  ): Promise<bigint> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_TURNS) {
      throw new ProviderError(
        "configuration",
        `the number of turns is not one from 1 to ${MAX_TURNS}`,
      );
    }
    const key = counterKey(contextKey);
    return this.#run(
      () => take(key, COUNTER_TTL_SECONDS, count),
      (reply) => BigInt(this.#before(reply, count)),
      key,
    );
  }

  /** The counter as it was before `count` turns were taken, which is the first of them. */
  #before(reply: unknown, count: number): number | bigint {
    const after = readCount(reply);
    if (after === undefined) throw this.#teller.error("protocol");
    if (typeof after === "bigint") return after - BigInt(count);
    const before = after - count;
    return Number.isSafeInteger(before) ? before : BigInt(after) - BigInt(count);
  }

  async #run<T>(
    call: () => unknown,
    read: (reply: unknown) => T,
    key: string,
    deadlineMs?: number,
  ): Promise<T> {
    const refused = this.#calls.full;
    try {
      const answer = await this.#calls.run(call, read, this.#teller, key, deadlineMs);
      this.#tell((observer) => observer.answered?.());
      return answer;
    } catch (error) {
      if (!refused) this.#tell((observer) => observer.failed?.(error as ProviderError));
      throw error;
    }
  }

  #tell(what: (observer: RedisObserver) => void): void {
    if (this.#observer === undefined) return;
    try {
      what(this.#observer);
    } catch {
      // Whoever watches takes no part.
    }
  }
}

/** Throws unless `value` is a time that a timer can wait. */
export function checkDeadline(name: string, value: number): void {
  if (typeof value !== "number" || !(value > 0) || value > MAX_TIMER_MS) {
    throw new ProviderError(
      "configuration",
      `\`${name}\` is not a number of milliseconds above 0 and at most ${MAX_TIMER_MS}`,
    );
  }
}

/** Timers wait no longer; beyond it they fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

const MAX_TURNS = 4_294_967_295;
