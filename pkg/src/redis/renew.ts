import type { ProviderError, ProviderErrorCode } from "../errors.ts";
import type { Outcomes } from "./calls.ts";
import { has, type RedisClient } from "./client.ts";

/**
 * Sees by what becomes of calls that a line is no good, and leaves it then: the server behind it is
 * frozen, demoted, still loading, or another one than we may ask.
 */
export class LineWatch implements Outcomes {
  readonly #renew: () => void;
  #timeouts = 0;

  /** `renew` leaves the line for a new one, if there is one and it was not left just now. */
  constructor(renew: () => void) {
    this.#renew = renew;
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
      return;
    }
    this.#timeouts = 0;
    this.#renew();
  }
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
 * node-redis by `destroy()` and `connect()`. One that is connecting already, or was closed, is left
 * alone, and so is one that can do none of that.
 */
export function renewalOf(client: RedisClient): () => void {
  let last = -Infinity;
  /** We have closed it and not opened it again. */
  let reopening = false;
  const renew = (): void => {
    if (has(client, "reconnect")) return ignored(client.reconnect());
    const { status, isReady } = client as { status?: unknown; isReady?: unknown };
    if (has(client, "evalsha") && has(client, "disconnect")) {
      // What waits for a log-in waits for ever, too.
      if (status === "ready" || status === "connect") ignored(client.disconnect(true));
    } else if (has(client, "evalSha") && has(client, "destroy") && has(client, "connect")) {
      if (isReady === true) ignored(client.destroy());
      else if (!reopening) return;
      reopening = true;
      const opening = client.connect() as Promise<unknown>;
      Promise.resolve(opening).then(
        () => (reopening = false),
        () => undefined,
      );
    }
  };
  return () => {
    const now = performance.now();
    if (now - last < RENEW_INTERVAL_MS) return;
    last = now;
    try {
      renew();
    } catch {
      // It cannot, now.
    }
  };
}

/** What comes of it shows in the calls that follow. */
function ignored(outcome: unknown): void {
  Promise.resolve(outcome).catch(() => undefined);
}

/** A line is left so often at most, in milliseconds. */
export const RENEW_INTERVAL_MS = 1000;
