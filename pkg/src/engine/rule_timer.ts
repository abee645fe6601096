import { printable } from "../errors.ts";
import type { EngineHooks, EngineLogger } from "../logger.ts";

/** Tells how long each rule of a run took, waiting for the host included. */
export class RuleTimer {
  readonly #logger: EngineLogger | undefined;
  readonly #hooks: EngineHooks | undefined;
  #since = performance.now();

  constructor(logger: EngineLogger | undefined, hooks: EngineHooks | undefined) {
    this.#logger = logger;
    this.#hooks = hooks;
  }

  /** These rules have answered, one after the other, since the last time. */
  left(rules: readonly string[]): void {
    for (const rule of rules) {
      const now = performance.now();
      const durationMs = now - this.#since;
      this.#since = now;
      const name = printable(rule);
      this.#logger?.debug(
        `assignment_engine.rule_duration rule=${name} durationMs=${Math.floor(durationMs)}`,
      );
      quietly(() => this.#hooks?.ruleDuration?.({ rule, durationMs }));
    }
  }
}

/** A hook that fails must not change a decision. */
export function quietly(hook: () => void): void {
  try {
    hook();
  } catch {
    // There is nobody to tell: the hook is what tells.
  }
}
