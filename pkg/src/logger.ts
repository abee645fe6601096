/** Where log lines go. Nest's `Logger` and `console` both fit. */
export interface EngineLogger {
  debug(message: string): void;
  warn(message: string): void;
  /** For what is worth knowing and no trouble; without it such a line is not logged. */
  log?(message: string): void;
}

/** What can be measured, as it happens. Absent hooks cost nothing; one that throws is ignored. */
export interface EngineHooks {
  /** A rule has answered; waiting for the host is included. */
  ruleDuration?(event: { rule: string; durationMs: number }): void;
  /** A run has ended. */
  outcome?(event: {
    outcome: "assign" | "skip" | "stop" | "error";
    sessionId: string;
    rule: string;
    reason: string;
    code?: string;
  }): void;
  /** The store refused a claim; the engine picks again. */
  claimRefused?(event: { sessionId: string; agentId: string; refusal: string }): void;
  /** The host could not answer: the raw error, which is in no outcome and no log line of ours. */
  failed?(event: { what: string; sessionId: string; error: unknown }): void;
  /** A pick was counted in memory, because the store failed in this way. */
  countedInMemory?(event: { code: string }): void;
}
