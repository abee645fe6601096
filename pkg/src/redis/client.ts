import { ProviderError } from "../errors.ts";
import { isMissingScript, readCount } from "./reply.ts";
import { type Script, TICKET_SCRIPT, TURNS_SCRIPT } from "./script.ts";

/** Any method, whatever its parameters are called in this or that version of a client. */
type Method = (...args: never[]) => unknown;

/** ioredis 5 or 6, or whatever can do the same: one server, a cluster, sentinels. */
export interface IoredisLike {
  evalsha: Method;
  script: Method;
}

/** node-redis 4, 5 or 6, or whatever can do the same. It must have been connected. */
export interface NodeRedisLike {
  evalSha: Method;
  scriptLoad: Method;
}

/** No more than these two: they are called in this order, `expire` after each `incr` that counted. */
export interface CounterClient {
  incr(key: string): unknown;
  expire(key: string, seconds: number): unknown;
}

/**
 * A client of a Redis. What it can do is found out by looking for methods, in the order of this
 * list, never by its class, of which there can be two copies.
 */
export type RedisClient = IoredisLike | NodeRedisLike | CounterClient;

/** What a rotation needs of a client. Whatever is thrown or rejected with is the client's own. */
export interface Counters {
  /** Counts one turn under `key`, which then lives for so many seconds, and answers the count. */
  takeTurn(key: string, ttlSeconds: number): unknown;
  /** Counts `count` turns in one go; absent if the client cannot. */
  readonly takeTurns?: (key: string, ttlSeconds: number, count: number) => unknown;
  /**
   * Uses what a pick needs only now and then, so that a missing right shows. Answers false if what
   * comes back is nothing that a Redis would say.
   */
  readonly rehearse?: (key: string) => Promise<boolean>;
}

/** Throws a `ProviderError` with code `configuration` for what is no client. */
export function countersOf(redis: RedisClient): Counters {
  try {
    if (has(redis, "evalsha") && has(redis, "script")) return scripted(ioredisScripting(redis));
    if (has(redis, "evalSha") && has(redis, "scriptLoad")) {
      return scripted(nodeRedisScripting(redis));
    }
    if (has(redis, "incr") && has(redis, "expire")) return plain(redis);
  } catch {
    // A property that throws when it is looked at: no client that can be used.
  }
  throw new ProviderError(
    "configuration",
    "the redis client has neither scripts nor incr and expire",
    {
      hint: "hand in an ioredis or node-redis client, or an object with `incr(key)` and `expire(key, seconds)`",
    },
  );
}

type Methods<Name extends string> = Record<Name, (...args: unknown[]) => unknown>;

export function has<Name extends string>(client: unknown, name: Name): client is Methods<Name> {
  return typeof (client as Partial<Methods<Name>> | null | undefined)?.[name] === "function";
}

/** Methods are looked up at each call: a client may be wrapped after it was handed in. */
function plain(redis: Methods<"incr" | "expire">): Counters {
  return {
    async takeTurn(key, ttlSeconds) {
      const count = await redis.incr(key);
      // What is no count did not count, as far as anybody knows.
      if (readCount(count) !== undefined) await redis.expire(key, ttlSeconds);
      return count;
    },
  };
}

/** How a client is told to run scripts. */
interface Scripting {
  run(script: Script, key: string, args: string[]): unknown;
  load(script: Script): unknown;
  /** Absent if the client cannot. */
  readonly runSource?: (script: Script, key: string, args: string[]) => unknown;
  get(key: string): unknown;
}

function scripted(scripting: Scripting): Counters {
  const run = async (script: Script, key: string, args: string[]): Promise<unknown> => {
    try {
      return await scripting.run(script, key, args);
    } catch (error) {
      if (!isMissingScript(error)) throw error;
    }
    // A server that started anew, or whose scripts were flushed. It did not run anything, so
    // calling again cannot count twice. Loaded and not run by `EVAL`: a server may forget scripts
    // that came that way.
    let trouble: unknown;
    try {
      await scripting.load(script);
    } catch (error) {
      trouble = error;
    }
    if (trouble === undefined) {
      try {
        return await scripting.run(script, key, args);
      } catch (error) {
        if (!isMissingScript(error)) throw error;
        trouble = error;
      }
    }
    // In a cluster the script went to another node than the key is on; or it may not be loaded.
    if (scripting.runSource === undefined) throw trouble;
    return await scripting.runSource(script, key, args);
  };
  return {
    takeTurn: (key, ttlSeconds) => run(TICKET_SCRIPT, key, [`${ttlSeconds}`]),
    takeTurns: (key, ttlSeconds, count) => run(TURNS_SCRIPT, key, [`${ttlSeconds}`, `${count}`]),
    async rehearse(key) {
      const load = (script: Script) => async (): Promise<boolean> =>
        isText(await scripting.load(script));
      const get = async (): Promise<boolean> => {
        const value = await scripting.get(key);
        return value === null || value === undefined || isText(value);
      };
      for (const step of [get, load(TICKET_SCRIPT), load(TURNS_SCRIPT)]) {
        if (!(await step())) return false;
      }
      return true;
    },
  };
}

function isText(reply: unknown): boolean {
  return typeof reply === "string" || ArrayBuffer.isView(reply);
}

function ioredisScripting(redis: Methods<"evalsha" | "script">): Scripting {
  return {
    run: (script, key, args) => redis.evalsha(script.sha, 1, key, ...args),
    load: (script) => redis.script("LOAD", script.source),
    ...(has(redis, "eval") && {
      runSource: (script, key, args) => redis.eval(script.source, 1, key, ...args),
    }),
    get: (key) => (has(redis, "get") ? redis.get(key) : undefined),
  };
}

function nodeRedisScripting(redis: Methods<"evalSha" | "scriptLoad">): Scripting {
  return {
    run: (script, key, args) => redis.evalSha(script.sha, { keys: [key], arguments: args }),
    load: (script) => redis.scriptLoad(script.source),
    ...(has(redis, "eval") && {
      runSource: (script, key, args) => redis.eval(script.source, { keys: [key], arguments: args }),
    }),
    get: (key) => (has(redis, "get") ? redis.get(key) : undefined),
  };
}
