import type { ProviderError, ProviderErrorCode } from "../errors.ts";
import type { Outcomes } from "./calls.ts";
import { has, type RedisClient } from "./client.ts";

/**
 * Sees by what becomes of calls that a line is no good, and leaves it then: the server behind it is
 * frozen, demoted, still loading, or another one than we may ask.
 */
export class LineWatch implements Outcomes {
  readonly #renewal: Renewal;
  #timeouts = 0;

  constructor(renewal: Renewal) {
    this.#renewal = renewal;
  }

  answered(): void {
    this.#timeouts = 0;
  }

  failed({ code }: ProviderError): void {
    if (code === "timeout") {
      this.#timeouts += 1;
      if (this.#timeouts < TIMEOUTS_IN_A_ROW) return;
    } else if (!LEAVE.has(code)) {
      // The server answered, if not as we would like.
      if (code !== "unreachable") this.#timeouts = 0;
      else this.#renewal.reopen?.();
      return;
    }
    this.#timeouts = 0;
    this.#renewal.leave();
  }
}

/** How a line is left for a new one. */
export interface Renewal {
  /** Leaves it, if there is one and it was not left just now. */
  leave(): void;
  /** Opens one again, if it was left here and could not be opened. */
  reopen?(): void;
}

/** One answer may be late; a server that is late twice in a row is taken for a frozen one. */
const TIMEOUTS_IN_A_ROW = 2;

/**
 * Whether another server at the same address, or the same one after another log-in, could answer
 * better. It could not where the fault lies with the data, with our rights or with somebody's
 * script, and a line that broke is replaced without us.
 */
const LEAVE: ReadonlySet<ProviderErrorCode> = new Set([
  "unavailable",
  "read_only",
  "loading",
  "authentication",
  "tls",
  "cluster",
  "protocol",
  "other",
]);

/**
 * How a client that was made elsewhere is told to leave its line for a new one, once a second at
 * most: by its `reconnect()`, if it has one; that of ioredis by `disconnect(true)`; that of
 * node-redis for one server by `destroy()` and `connect()`. One that is connecting already, or was
 * closed, is left alone, and so is one that can do none of that. A cluster of node-redis sees to
 * its nodes itself: while one of them is away, it could not be opened again.
 */
export function renewalOf(client: RedisClient): Renewal {
  /** We have closed it and it is not open again. */
  let reopening = false;
  const open = (): void => {
    reopening = true;
    const opening = Promise.resolve((client as unknown as { connect(): unknown }).connect());
    opening.then(
      () => (reopening = false),
      () => undefined,
    );
  };
  const leave = (): void => {
    const { status, isReady } = client as { status?: unknown; isReady?: unknown };
    if (has(client, "reconnect")) {
      ignored(client.reconnect());
    } else if (has(client, "evalsha") && has(client, "disconnect")) {
      // What waits for a log-in waits for ever, too.
      if (status === "ready" || status === "connect") ignored(client.disconnect(true));
    } else if (isReady === true && isOneServerOfNodeRedis(client)) {
      ignored((client as unknown as { destroy(): unknown }).destroy());
      open();
    }
  };
  // It goes on by itself unless its own strategy has given up, or is at it still.
  const reopen = (): void => {
    if (reopening && (client as { isOpen?: unknown }).isOpen === false) open();
  };
  return { leave: atMostOnce(leave), reopen: atMostOnce(reopen) };
}

function isOneServerOfNodeRedis(client: RedisClient): boolean {
  return (
    has(client, "evalSha") &&
    has(client, "destroy") &&
    has(client, "connect") &&
    !has(client, "getSlotRandomNode")
  );
}

/** In a second; what it throws means that it cannot, now. */
function atMostOnce(work: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < RENEW_INTERVAL_MS) return;
    last = now;
    try {
      work();
    } catch {
      // The next one may.
    }
  };
}

/** What comes of it shows in the calls that follow. */
function ignored(outcome: unknown): void {
  Promise.resolve(outcome).catch(() => undefined);
}

/** A line is left so often at most, in milliseconds. */
export const RENEW_INTERVAL_MS = 1000;
