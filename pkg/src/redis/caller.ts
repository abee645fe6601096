import { ProviderError } from "../errors.ts";
import { Calls, type Outcomes, type Work } from "./calls.ts";
import {
  type Abilities,
  abilitiesOf,
  loadAndRun,
  type RedisClient,
  type Scripts,
  type Sink,
} from "./client.ts";
import { Deadline } from "./deadline.ts";
import { isMissingScript } from "./reply.ts";
import { LineWatch, renewalOf } from "./renew.ts";
import type { Script } from "./script.ts";
import { Teller } from "./teller.ts";

/** How long a call may take at most where nothing else is said, in milliseconds. */
export const DEFAULT_REDIS_DEADLINE_MS = 250;

/** How many calls may be under way at once where nothing else is said. */
export const DEFAULT_MAX_IN_FLIGHT = 1024;

/** Settings of {@link RedisCaller}. */
export interface RedisCallerOptions {
  /** How long a call may take at most, in milliseconds. Default: {@link DEFAULT_REDIS_DEADLINE_MS}. */
  deadlineMs?: number | undefined;
  /**
   * How many calls may be under way at once; one more is refused at once with `overloaded`. A
   * call that is overdue counts until the client is done with it. Default:
   * {@link DEFAULT_MAX_IN_FLIGHT}.
   */
  maxInFlight?: number | undefined;
  /** What messages call the server, `host:port` for instance; it must hold no secret. */
  address?: string | undefined;
  /** Is told what becomes of each call; what it throws is ignored. */
  observer?: RedisObserver | undefined;
  /**
   * Leaves the client's line for a new one; called when the server behind it is frozen (two calls
   * in a row had no answer), demoted, loading, or the wrong one. Unless given, the client is told
   * so itself, once a second at most: by its `reconnect()` if it has one, that of ioredis by
   * `disconnect(true)`, that of node-redis by `destroy()` and `connect()`. With `false` the line is
   * never touched.
   */
  renew?: (() => void) | false | undefined;
}

/** For logs, metrics and health: what becomes of calls to the server. */
export interface RedisObserver {
  /** The server has answered. */
  answered?(): void;
  /** It has not, or it refused. Calls that were refused before they were made are not told. */
  failed?(error: ProviderError): void;
}

/**
 * The one way to a Redis, whatever the client: a script with its keys and arguments, run within the
 * deadline, in one round trip, with so many at once as are allowed. It rejects with a
 * {@link ProviderError} and nothing else, and repeats nothing of which it is not known that it was
 * not run.
 */
export class RedisCaller {
  readonly #abilities: Abilities;
  readonly #calls: Calls;

  /** Nothing is sent yet. Throws a `ProviderError` with code `configuration` for what makes no sense. */
  constructor(redis: RedisClient, options: RedisCallerOptions = {}) {
    const { deadlineMs = DEFAULT_REDIS_DEADLINE_MS, maxInFlight = DEFAULT_MAX_IN_FLIGHT } = options;
    checkDeadline("deadlineMs", deadlineMs);
    if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
      throw new ProviderError("configuration", "`maxInFlight` is not a whole number from 1");
    }
    this.#abilities = abilitiesOf(redis);
    const { renew, observer } = options;
    const renewal = renew === undefined ? renewalOf(redis) : { leave: renew || (() => undefined) };
    const outcomes = outcomesFor(new LineWatch(renewal), observer);
    this.#calls = new Calls(deadlineMs, maxInFlight, new Teller(options.address), outcomes);
  }

  get teller(): Teller {
    return this.#calls.teller;
  }

  /** Can the client run scripts? Without, {@link RedisCaller.count} is all there is. */
  get hasScripts(): boolean {
    return this.#abilities.scripts !== undefined;
  }

  /**
   * What `read` makes of the answer to a script. The first of `keys` is the one that errors name.
   * A server that does not know the script is given it.
   */
  run<T>(
    script: Script,
    keys: readonly [string, ...string[]],
    args: readonly string[],
    read: (reply: unknown) => T,
  ): Promise<T> {
    const { scripts } = this.#abilities;
    if (scripts === undefined) {
      return Promise.reject(new ProviderError("configuration", "the redis client runs no scripts"));
    }
    return this.#calls.run(new ScriptRun(scripts, script, keys, args, read));
  }

  /** With a client that runs no scripts: `incr`, and `expire` once that went well. */
  count<T>(key: string, ttlSeconds: number, read: (reply: unknown) => T): Promise<T> {
    return this.#calls.run({ send: () => this.#abilities.count(key, ttlSeconds), read, key });
  }

  /** All that `send` does as one call, with a deadline of its own. */
  async together(
    key: string,
    send: (abilities: Abilities) => Promise<void>,
    deadlineMs = this.#calls.deadline.ms,
  ): Promise<void> {
    checkDeadline("deadlineMs", deadlineMs);
    const deadline = new Deadline(deadlineMs);
    const work = { send: () => send(this.#abilities), read: () => undefined, key };
    await this.#calls.run(work, deadline);
  }
}

/** A script that is to be run: an object, and no functions of its own, for there are many of it. */
class ScriptRun<T> implements Work<T> {
  readonly hasSink: boolean;
  readonly key: string;
  readonly read: (reply: unknown) => T;
  private readonly _scripts: Scripts;
  private readonly _script: Script;
  private readonly _keys: readonly string[];
  private readonly _args: readonly string[];

  constructor(
    scripts: Scripts,
    script: Script,
    keys: readonly [string, ...string[]],
    args: readonly string[],
    read: (reply: unknown) => T,
  ) {
    this.hasSink = scripts.runInto !== undefined;
    this.key = keys[0];
    this.read = read;
    this._scripts = scripts;
    this._script = script;
    this._keys = keys;
    this._args = args;
  }

  send(sink: Sink): unknown {
    const { runInto } = this._scripts;
    return runInto === undefined
      ? this._scripts.run(this._script, this._keys, this._args)
      : runInto(sink, this._script, this._keys, this._args);
  }

  instead(error: unknown): (() => unknown) | undefined {
    if (!isMissingScript(error)) return undefined;
    return () => loadAndRun(this._scripts, this._script, this._keys, this._args);
  }
}

/** First who watches from outside: what is said of the call goes before what becomes of the line. */
function outcomesFor(line: LineWatch, observer: RedisObserver | undefined): Outcomes {
  if (observer === undefined) return line;
  return {
    answered() {
      ignoring(() => observer.answered?.());
      line.answered();
    },
    failed(error) {
      ignoring(() => observer.failed?.(error));
      line.failed(error);
    },
  };
}

/** Whoever watches takes no part. */
function ignoring(tell: () => void): void {
  try {
    tell();
  } catch {
    // It is their own affair.
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
