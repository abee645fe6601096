import { ProviderError } from "../errors.ts";
import type { RoundRobinContextProvider } from "../provider/provider.ts";
import { RedisCaller, type RedisCallerOptions } from "./caller.ts";
import { type RedisClient, rehearse } from "./client.ts";
import { COUNTER_TTL_SECONDS, counterKey, PROBE_KEY, PROBE_TTL_SECONDS, turnIndex } from "./key.ts";
import { readCount, UnreadableReply } from "./reply.ts";
import { TICKET_SCRIPT, TURNS_SCRIPT } from "./script.ts";

/** Settings of {@link RedisRoundRobinContextProvider}. */
export interface RedisProviderOptions extends RedisCallerOptions {}

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
  readonly #caller: RedisCaller;

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
    this.#caller = new RedisCaller(redis, options);
    if (this.#caller.hasScripts) {
      this.takeTurns = (contextKey, count) => this.#takeTurns(contextKey, count);
    }
  }

  getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    if (typeof candidateCount === "number" && candidateCount <= 0) return Promise.resolve(0);
    try {
      if (!Number.isSafeInteger(candidateCount)) {
        throw misuse("the number of candidates is not a whole number");
      }
      const key = counterKey(contextKey);
      const read = (reply: unknown): number => turnIndex(before(reply, 1), candidateCount);
      return this.#caller.hasScripts
        ? this.#caller.run(TICKET_SCRIPT, [key], TICKET_ARGS, read)
        : this.#caller.count(key, COUNTER_TTL_SECONDS, read);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Makes sure that picks can work: uses every command that a pick may need, within `deadlineMs`
   * (that of a pick unless said). It counts under the key `assignment:rr:` itself, which no pick
   * can have and which goes after a minute. Rejects with the `ProviderError` a pick would.
   */
  async check(deadlineMs?: number): Promise<void> {
    await this.#caller.together(
      PROBE_KEY,
      async ({ scripts, count }) => {
        if (scripts !== undefined && !(await rehearse(scripts, PROBE_KEY)))
          throw new UnreadableReply();
        const args = [`${PROBE_TTL_SECONDS}`, "1"];
        const replies = await Promise.all([
          count(PROBE_KEY, PROBE_TTL_SECONDS),
          scripts?.run(TURNS_SCRIPT, [PROBE_KEY], args) ?? 0,
        ]);
        for (const reply of replies) before(reply, 1);
      },
      deadlineMs,
    );
  }

  async #takeTurns(contextKey: string, count: number): Promise<bigint> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_TURNS) {
      throw misuse(`the number of turns is not one from 1 to ${MAX_TURNS}`);
    }
    const args = [TICKET_ARGS[0]!, `${count}`];
    return this.#caller.run(TURNS_SCRIPT, [counterKey(contextKey)], args, (reply) =>
      BigInt(before(reply, count)),
    );
  }
}

/** The counter as it was before `count` turns were taken, which is the first of them. */
function before(reply: unknown, count: number): number | bigint {
  const after = readCount(reply);
  if (after === undefined) throw new UnreadableReply();
  if (typeof after === "bigint") return after - BigInt(count);
  const first = after - count;
  return Number.isSafeInteger(first) ? first : BigInt(after) - BigInt(count);
}

function misuse(message: string): ProviderError {
  return new ProviderError("configuration", message);
}

const TICKET_ARGS: readonly string[] = [`${COUNTER_TTL_SECONDS}`];

const MAX_TURNS = 4_294_967_295;
