import { has, type RedisClient } from "./client.ts";
import { RENEW_INTERVAL_MS } from "./renew.ts";

/** A client that was made here, and what can be done with it. */
export interface Connection {
  readonly client: RedisClient;
  /** What went wrong with the line since it was last ready: the client's own error. */
  readonly lastError: unknown;
  /**
   * Leaves the line for a new one, if it is in use and was not left just now: this server, or
   * this line to it, is the wrong one to ask. Calls under way fail. Undefined for a client that was
   * made elsewhere, which is told in its own way.
   */
  readonly renew: (() => void) | undefined;
  /** Ends it; never rejects, takes {@link CLOSE_TIMEOUT_MS} at most. */
  close(): Promise<void>;
}

/** What happens to a connection, from the moment it is made. */
export interface ConnectionEvents {
  ready(): void;
  lost(error: unknown): void;
}

export interface ConnectionSettings {
  /** How long connecting and logging in may take, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/** The parts of an event emitter that are used here. */
interface Emitter {
  on(event: string, listener: (error?: unknown) => void): unknown;
}

/**
 * What the two libraries have in common once their clients are made: a listener for what goes
 * wrong, so that nothing is printed and nothing is thrown at the process; a line that is left
 * once a second at most; a wait before the next attempt that grows until a line has held; and a
 * log-in that does not take for ever, against which neither has a clock.
 */
export class Line {
  #ready = false;
  #readyAt = Infinity;
  #renewedAt = -Infinity;
  #attempt = 0;
  #closed = false;
  #wasReady = false;
  #attemptEnds: ReturnType<typeof setTimeout> | undefined;
  #lastError: unknown;
  readonly #events: ConnectionEvents;
  readonly #leave: () => void;
  readonly #limitMs: number;

  /** `leave` gives up the line and sees to a new one. */
  constructor(
    client: Emitter,
    settings: ConnectionSettings,
    events: ConnectionEvents,
    leave: () => void,
  ) {
    this.#events = events;
    this.#leave = leave;
    this.#limitMs = settings.connectTimeoutMs;
    client.on("error", (error) => {
      this.#lastError = error;
    });
    client.on("connect", () => this.attempt());
    client.on("ready", () => {
      this.#attempted();
      this.#ready = this.#wasReady = true;
      this.#readyAt = performance.now();
      this.#lastError = undefined;
      events.ready();
    });
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * A line is being opened: one that has not logged in when the time is over is given up. Neither
   * library has a clock against a server that takes a connection and says nothing.
   */
  attempt(): void {
    if (this.#attemptEnds !== undefined) return;
    this.#attemptEnds = setTimeout(
      () => {
        this.#attemptEnds = undefined;
        if (!this.#closed && !this.#ready) this.#leave();
      },
      this.#wasReady ? Math.min(this.#limitMs, REOPEN_LIMIT_MS) : this.#limitMs,
    );
  }

  /** The line is gone. */
  lost(): void {
    this.#attempted();
    this.#ready = false;
    if (!this.#closed) this.#events.lost(this.#lastError);
  }

  /** How long to wait before the attempt that comes next, in milliseconds. */
  nextDelayMs(): number {
    // A proxy without a server behind it takes each connection and hangs up.
    if (performance.now() - this.#readyAt >= HELD_MS) this.#attempt = 0;
    this.#readyAt = Infinity;
    this.#attempt += 1;
    return backoffMs(this.#attempt);
  }

  renew(): void {
    const now = performance.now();
    if (this.#closed || !this.#ready || now - this.#renewedAt < RENEW_INTERVAL_MS) return;
    this.#renewedAt = now;
    this.#ready = false;
    this.#leave();
  }

  close(client: RedisClient): Promise<void> {
    this.#closed = true;
    this.#attempted();
    return closeClient(client);
  }

  #attempted(): void {
    clearTimeout(this.#attemptEnds);
    this.#attemptEnds = undefined;
  }
}

/**
 * Ends a client politely, and by force if that does not work or takes too long. Never rejects.
 */
export async function closeClient(client: RedisClient): Promise<void> {
  const polite = async (): Promise<true> => {
    if (has(client, "close")) await client.close();
    else if (has(client, "quit")) await client.quit();
    return true;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CLOSE_TIMEOUT_MS);
  });
  const done = await Promise.race([polite().catch(() => false), late]);
  clearTimeout(timer);
  if (done) return;
  try {
    // Neither waits for anybody. That of node-redis answers with a promise, which may fail.
    const forced = has(client, "destroy")
      ? client.destroy()
      : has(client, "disconnect") && client.disconnect();
    Promise.resolve(forced).catch(() => undefined);
  } catch {
    // It was ended already.
  }
}

/**
 * How long to wait before the line is opened again, in milliseconds: twice as long each time up to
 * three quarters of one, and a random half of it less, so that many processes do not come back at once.
 */
export function backoffMs(attempt: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, 25 * 2 ** Math.min(attempt, 10));
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}

/** With an attempt that gets no answer, a server that is back is found within two seconds. */
const LONGEST_WAIT_MS = 750;

/** How long opening a line again may take, whatever the start was given, in milliseconds. */
export const REOPEN_LIMIT_MS = 1000;

/** A line that was ready for so long was a good one. */
const HELD_MS = 1000;

/** How long {@link Connection.close} waits for the server, in milliseconds. */
export const CLOSE_TIMEOUT_MS = 1000;
