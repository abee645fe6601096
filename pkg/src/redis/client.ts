import { ProviderError } from "../errors.ts";
import { evalshaOf } from "./ioredis-command.ts";
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

/** What a client can do for us. Whatever is thrown or rejected with is the client's own. */
export interface Abilities {
  /** Runs scripts; absent if the client cannot. */
  readonly scripts?: Scripts;
  /** Counts one turn under `key`, which then lives for so many seconds, and answers the count. */
  readonly count: (key: string, ttlSeconds: number) => unknown;
}

/** Where a reply goes, or the client's error. */
export interface Sink {
  answered(reply: unknown): void;
  refused(error: unknown): void;
}

/** How a client is told to run scripts. All keys of one script lie in one slot of a cluster. */
export interface Scripts {
  run(script: Script, keys: readonly string[], args: readonly string[]): unknown;
  /** The same without a promise, where the client can do it at less cost. */
  readonly runInto?:
    | ((sink: Sink, script: Script, keys: readonly string[], args: readonly string[]) => void)
    | undefined;
  load(script: Script): unknown;
  /** Sends the script itself; absent if the client cannot. */
  readonly runSource?: Scripts["run"];
  get(key: string): unknown;
}

/** Throws a `ProviderError` with code `configuration` for what is no client. */
export function abilitiesOf(redis: RedisClient): Abilities {
  try {
    if (has(redis, "evalsha") && has(redis, "script")) return scripted(ioredisScripts(redis));
    if (has(redis, "evalSha") && has(redis, "scriptLoad")) return scripted(nodeRedisScripts(redis));
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
function plain(redis: Methods<"incr" | "expire">): Abilities {
  return {
    async count(key, ttlSeconds) {
      const count = await redis.incr(key);
      // What is no count did not count, as far as anybody knows.
      if (readCount(count) !== undefined) await redis.expire(key, ttlSeconds);
      return count;
    },
  };
}

function scripted(scripts: Scripts): Abilities {
  return { scripts, count: (key, ttl) => scripts.run(TICKET_SCRIPT, [key], [`${ttl}`]) };
}

/**
 * For a server that started anew, or whose scripts were flushed. It did not run anything, so calling
 * again cannot count twice. Loaded and not run by `EVAL`: a server may forget scripts that came that
 * way.
 */
export async function loadAndRun(
  scripts: Scripts,
  script: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  let trouble: unknown;
  try {
    await scripts.load(script);
  } catch (error) {
    trouble = error;
  }
  if (trouble === undefined) {
    try {
      return await scripts.run(script, keys, args);
    } catch (error) {
      if (!isMissingScript(error)) throw error;
      trouble = error;
    }
  }
  // In a cluster the script went to another node than the key is on; or it may not be loaded.
  if (scripts.runSource === undefined) throw trouble;
  return await scripts.runSource(script, keys, args);
}

/**
 * Uses what a pick needs only now and then, so that a missing right shows. Answers false if what
 * comes back is nothing that a Redis would say.
 */
export async function rehearse(scripts: Scripts, key: string): Promise<boolean> {
  const value = await scripts.get(key);
  if (value !== null && value !== undefined && !isText(value)) return false;
  for (const script of [TICKET_SCRIPT, TURNS_SCRIPT]) {
    if (!isText(await scripts.load(script))) return false;
  }
  return true;
}

function isText(reply: unknown): boolean {
  return typeof reply === "string" || ArrayBuffer.isView(reply);
}

function ioredisScripts(redis: Methods<"evalsha" | "script">): Scripts {
  return {
    runInto: evalshaOf(redis),
    run: (script, keys, args) => redis.evalsha(script.sha, keys.length, ...keys, ...args),
    load: (script) => redis.script("LOAD", script.source),
    ...(has(redis, "eval") && {
      runSource: (script, keys, args) => redis.eval(script.source, keys.length, ...keys, ...args),
    }),
    get: (key) => (has(redis, "get") ? redis.get(key) : undefined),
  };
}

function nodeRedisScripts(redis: Methods<"evalSha" | "scriptLoad">): Scripts {
  return {
    run: (script, keys, args) => redis.evalSha(script.sha, { keys, arguments: args }),
    load: (script) => redis.scriptLoad(script.source),
    ...(has(redis, "eval") && {
      runSource: (script, keys, args) => redis.eval(script.source, { keys, arguments: args }),
    }),
    get: (key) => (has(redis, "get") ? redis.get(key) : undefined),
  };
}
