import { AssignmentEngineError, printable } from "../errors.ts";
import type { EngineHooks, EngineLogger } from "../logger.ts";
import type { Decision } from "../types.ts";
import type { Refusal } from "./store.ts";

/** The code of an error that stands for a store's own, which is its cause. */
export const STORE_FAILED = "store_failed";

/** Words that are told, at most. */
const MOST_WORDS = 20;

/**
 * What operators see of the service: its log lines, and the hooks. A logger or a hook that throws
 * is ignored, for what it is told about has happened all the same.
 */
export class Observer {
  readonly #logger: EngineLogger | undefined;
  readonly #hooks: EngineHooks;
  /** Words for an agent's status that were told already. */
  readonly #strangeWords = new Set<string>();

  constructor(logger: EngineLogger | undefined, hooks: EngineHooks | undefined) {
    this.#logger = logger;
    this.#hooks = hooks ?? {};
  }

  /** Where the engine's lines go, if anybody wants them. */
  get engineLogger(): EngineLogger | undefined {
    if (this.#logger === undefined) return undefined;
    return { debug: (line) => this.#debug(line), warn: (line) => this.#warn(line) };
  }

  /** What the engine measures; how a run ended is told here, when the store has had its say. */
  get engineHooks(): EngineHooks {
    const { ruleDuration } = this.#hooks;
    return {
      ...(ruleDuration && { ruleDuration: (event) => this.#tell("ruleDuration", event) }),
      failed: ({ what, sessionId, error }) => this.failed(what, sessionId, error),
    };
  }

  /** How a session's try ended: once per session and call, after the store has had its say. */
  outcome(sessionId: string, decision: Decision): void {
    const { outcome, rule, reason, warnings } = decision;
    const session = `sessionId=${printable(sessionId)}`;
    const failure = outcome.kind === "error" ? outcome : undefined;
    const message = failure ? ` message=${printable(failure.message)}` : "";
    this.#debug(`assignment_engine.outcome outcome=${outcome.kind} ${session}${message}`);
    for (const warning of warnings) {
      this.#warn(`${printable(warning.message)} code=${printable(warning.code)} ${session}`);
    }
    const code = failure && { code: failure.code };
    this.#tell("outcome", { outcome: outcome.kind, sessionId, rule, reason, ...code });
  }

  claimRefused(sessionId: string, agentId: string, refusal: Refusal): void {
    const [session, agent] = [printable(sessionId), printable(agentId)];
    this.#debug(
      `assignment_engine.claim_refused sessionId=${session} agentId=${agent} refusal=${refusal}`,
    );
    this.#tell("claimRefused", { sessionId, agentId, refusal });
  }

  /** One session of a run over the queue failed; the run goes on. */
  queuedSessionFailed(sessionId: string, code: string, message: string): void {
    this.#warn(
      `assignment_engine.queued_session_failed sessionId=${printable(sessionId)}` +
        ` code=${printable(code)} error=${printable(message)}`,
    );
  }

  /** A team cannot be offered, because what is stored of it is wrong. */
  teamLeftOut(teamId: string, error: AssignmentEngineError): void {
    this.#warn(
      `assignment_engine.team_left_out teamId=${printable(teamId)}` +
        ` code=${printable(error.code)} error=${printable(error.message)}`,
    );
  }

  /**
   * An agent's status is a word that nobody may have meant for "not here", `Online` say. Told once
   * a word: whoever writes it writes it often.
   */
  unknownStatus(agentId: string, status: string): void {
    if (this.#strangeWords.has(status) || this.#strangeWords.size === MOST_WORDS) return;
    this.#strangeWords.add(status);
    this.#warn(
      `assignment_engine.unknown_status agentId=${printable(agentId)}` +
        ` status=${printable(status.slice(0, 64))} only \`online\` is online`,
    );
  }

  /** A message was dropped, because there is no messenger. */
  messageDropped(sessionId: string): void {
    this.#warn(
      `assignment_engine.no_messenger sessionId=${printable(sessionId)}` +
        " messages to contacts are dropped, for the service has no messenger",
    );
  }

  /** A message was not sent, and its stamp could not be taken back. */
  stampLeft(sessionId: string, key: string): void {
    this.#warn(
      `assignment_engine.stamp_left sessionId=${printable(sessionId)} key=${printable(key)}` +
        " a message was not sent, and the stamp that says it was could not be taken back",
    );
  }

  /** The raw error of something outside, for hooks alone: it can hold secrets. */
  failed(what: string, sessionId: string, error: unknown): void {
    const wrapped = AssignmentEngineError.is(error) && error.code === STORE_FAILED;
    this.#tell("failed", { what, sessionId, error: wrapped ? error.cause : error });
  }

  #debug(line: string): void {
    this.#quietly(() => this.#logger?.debug(line));
  }

  #warn(line: string): void {
    this.#quietly(() => this.#logger?.warn(line));
  }

  #tell<K extends keyof EngineHooks>(
    hook: K,
    event: Parameters<NonNullable<EngineHooks[K]>>[0],
  ): void {
    const call = this.#hooks[hook] as ((event: unknown) => unknown) | undefined;
    this.#quietly(() => call?.call(this.#hooks, event));
  }

  #quietly(tell: () => unknown): void {
    try {
      const told = tell();
      // A hook may be asynchronous, though nobody waits for it.
      Promise.resolve(told).catch(() => {});
    } catch {
      // Ignored, as said above.
    }
  }
}
