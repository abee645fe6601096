/**
 * The stable codes of {@link AssignmentEngineError}. Codes of refused input are those of the Rust
 * engine; codes of stores and providers are their own.
 */
export type ErrorCode =
  // Input that was refused; `path` names the field.
  | "syntax"
  | "too_large"
  | "unknown_field"
  | "missing_field"
  | "duplicate"
  | "wrong_type"
  | "invalid_value"
  | "unknown_time_zone"
  | "unknown_reference"
  // Misuse of a run.
  | "wrong_answer"
  | "index_out_of_range"
  | "too_many_agents"
  | "other_session"
  | "run_over"
  // Pipelines and rosters.
  | "too_many_rules"
  | "bad_rule_name"
  | "unknown_agent"
  | "unknown_team"
  | "not_member"
  | "already_member"
  | "duplicate_agent"
  | "duplicate_team"
  | "full"
  // The host.
  | "not_answered"
  | "host_failed"
  | "host_timeout"
  | "unknown_session"
  | "unsupported"
  // The module.
  | "not_loaded"
  | "engine_trapped"
  | (string & {});

const BRAND = Symbol.for("assignment-engine.error");

/** Everything this package throws or rejects with. */
export class AssignmentEngineError extends Error {
  /** A stable text for programs, `unknown_field` for instance. */
  readonly code: ErrorCode;
  /** Where the bad value stands, `facts.agents[3].active` for instance. */
  readonly path: string | undefined;
  /** What to do about it, for people. */
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { path?: string | undefined; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AssignmentEngineError";
    this.code = code;
    this.path = details.path;
    this.hint = details.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /**
   * Is it an error of this package? Not `instanceof`: two copies of the package (one bundled, one
   * not) have two classes.
   */
  static is(error: unknown): error is AssignmentEngineError {
    return (
      typeof error === "object" && error !== null && (error as { [BRAND]?: true })[BRAND] === true
    );
  }
}

/** The stable codes of {@link ProviderError}. */
export type ProviderErrorCode =
  /** No answer within the deadline. Whether a turn was taken is unknown, so it is not tried again. */
  | "timeout"
  /** No connection, or it broke. */
  | "unreachable"
  /** As many calls as allowed are under way; this one was not made. */
  | "overloaded"
  /** The store runs somebody's script and answers nobody else. */
  | "busy"
  /** The store answers that it cannot serve now. */
  | "unavailable"
  /** The store is a replica. */
  | "read_only"
  /** The store is reading its data from disk. */
  | "loading"
  /** The store is full and refuses writes. */
  | "out_of_memory"
  /** Under the counter's key lies something that is no counter. */
  | "wrong_type"
  /** The counter is at its largest value. */
  | "overflow"
  /** A right is missing to a command or to a key. */
  | "not_permitted"
  /** User name or password are wrong or missing. */
  | "authentication"
  /** One side speaks TLS and the other does not. */
  | "tls"
  /** The store is a node of a cluster and sends us to another one. */
  | "cluster"
  /** The answer is none that a store of this sort gives. */
  | "protocol"
  /** An address or an option makes no sense. */
  | "configuration"
  /** Anything else. */
  | "other";

/**
 * Why a provider gave no index. The message is ours from the first to the last letter: what a
 * client or a server says is never passed on, for it can hold addresses with passwords in them.
 */
export class ProviderError extends AssignmentEngineError {
  declare readonly code: ProviderErrorCode;

  constructor(code: ProviderErrorCode, message: string, details: { hint?: string } = {}) {
    super(code, printable(message).slice(0, 300), details);
    this.name = "ProviderError";
  }
}

/**
 * One line that shows what it holds: control characters, bidirectional marks and lone surrogates
 * become `\u{…}`, so that text from outside cannot forge a log line.
 */
export function printable(text: string): string {
  return INVISIBLE.test(text)
    ? text.replace(EACH_INVISIBLE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
    : text;
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const EACH_INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
