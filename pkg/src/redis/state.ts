import type { ProviderError } from "../errors.ts";
import type { EngineLogger } from "../logger.ts";
import type { RedisObserver } from "./caller.ts";

/**
 * Whether the server serves, as its connection and the calls to it show, and a log line whenever
 * that changes: one per change, however many calls fail.
 *
 * It serves again once it has for {@link SETTLE_MS} without a failure: a proxy without a server
 * behind it takes a connection and hangs up, again and again.
 */
export class ServerState implements RedisObserver {
  readonly #server: string;
  readonly #logger: EngineLogger;
  readonly #meanwhile: string;
  #watching = false;
  /** What showed that it does not serve; after a refused call a new connection shows nothing. */
  #downBy: "connection" | "call" | undefined;
  #recovery: ReturnType<typeof setTimeout> | undefined;

  /** `meanwhile` says what becomes of picks while it does not serve. */
  constructor(address: string | undefined, logger: EngineLogger, meanwhile: string) {
    this.#server = address === undefined ? "redis" : `redis at \`${address}\``;
    this.#logger = logger;
    this.#meanwhile = meanwhile;
  }

  /** From now on changes are logged; what happens at the start has a line of its own. */
  watch(): void {
    this.#watching = true;
  }

  /** Nothing is logged any more. */
  stop(): void {
    this.#watching = false;
    this.#relapse();
  }

  answered(): void {
    if (this.#downBy !== undefined) this.#recover();
  }

  failed(error: ProviderError): void {
    // That is about one key; the server is well.
    if (error.code === "wrong_type" || error.code === "overflow") return this.answered();
    this.#down("call", error.code);
  }

  connected(): void {
    if (this.#downBy === "connection") this.#recover();
  }

  disconnected(code: string): void {
    this.#down("connection", code);
  }

  #down(by: "connection" | "call", code: string): void {
    if (!this.#watching) return;
    this.#relapse();
    const before = this.#downBy;
    if (before !== "call") this.#downBy = by;
    if (before !== undefined) return;
    const message = `assignment_engine.redis state=down code=${code}: ${this.#server} does not serve; ${this.#meanwhile}`;
    say(() => this.#logger.warn(message));
  }

  #recover(): void {
    this.#recovery ??= setTimeout(() => {
      this.#recovery = undefined;
      this.#downBy = undefined;
      const message = `assignment_engine.redis state=up: ${this.#server} serves again`;
      say(() => this.#logger.log?.(message));
    }, SETTLE_MS);
    // Nobody waits for that line; where timers are numbers, processes do not end.
    if (typeof this.#recovery === "object") this.#recovery.unref();
  }

  #relapse(): void {
    clearTimeout(this.#recovery);
    this.#recovery = undefined;
  }
}

const SETTLE_MS = 1000;

/** A logger that throws changes nothing. */
export function say(line: () => void): void {
  try {
    line();
  } catch {
    // There is nowhere to say it.
  }
}
