import type { EngineLogger } from "../index.ts";
import type { RoundRobinChoice } from "../redis/index.ts";
import { within } from "../service/deadline.ts";

const DEFAULT_SHUTDOWN_TIMEOUT_MS = 5_000;

/**
 * Keeps what the module itself has opened, and closes it when the application is through: not
 * before, because other modules may still hand sessions over while they are destroyed. A client or
 * a provider of the application's is the application's to close.
 */
export class RotationConnection {
  readonly #logger: EngineLogger;
  readonly #timeoutMs: number;
  #opened: RoundRobinChoice | undefined;
  #closing: Promise<void> | undefined;

  constructor(logger: EngineLogger, timeoutMs = DEFAULT_SHUTDOWN_TIMEOUT_MS) {
    this.#logger = logger;
    this.#timeoutMs = timeoutMs;
  }

  keep(opened: RoundRobinChoice): void {
    this.#opened = opened;
  }

  /** What the module chose; undefined if the application brought a provider. */
  get opened(): RoundRobinChoice | undefined {
    return this.#opened;
  }

  /** Nest calls this. It never rejects, and lets the application go when the time is over. */
  async onApplicationShutdown(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    try {
      await within(
        this.#timeoutMs,
        () => opened.close(),
        () => new Error("late"),
      );
    } catch {
      // What a client says can hold secrets, and nothing can be done about it any more.
      this.#logger.warn("the connection of the rotation could not be closed");
    }
  }
}
