import { AssignmentEngineError } from "../errors.ts";
import type { CountedTurn, TakenTurn, TurnRequest } from "../provider/provider.ts";
import { isObject } from "./wire.ts";
import type {
  Agent,
  MaybePromise,
  Need,
  NoAgentPolicy,
  Request,
  ScheduleFact,
  StrategyFact,
} from "../types.ts";

type NeedOf<K extends Need["kind"]> = Extract<Need, { kind: K }>;

/**
 * Answers what a run needs to know, when a rule first needs it. Every method may be async, and is
 * called at most once in a run. What is absent, fails, or answers nonsense makes the outcome `error`.
 */
export interface Host {
  /** The opening hours of the session's team. */
  schedule?(need: NeedOf<"schedule">, request: Request): MaybePromise<ScheduleFact>;
  /** Has the contact another assigned session in the tenant? */
  contactAssigned?(need: NeedOf<"contact_assigned">, request: Request): MaybePromise<boolean>;
  /** How the team, else the tenant, wants conversations routed. */
  strategy?(need: NeedOf<"strategy">, request: Request): MaybePromise<StrategyFact>;
  /** The active members of the team; without one of the team that `defaultTeam` finds. */
  agents?(need: NeedOf<"agents">, request: Request): MaybePromise<Agent[]>;
  /** What to do when nobody can take the session. */
  noAgentPolicy?(need: NeedOf<"no_agent_policy">, request: Request): MaybePromise<NoAgentPolicy>;
  /** The next index of the rotation: a whole number in `[0, candidateCount)`. */
  getNextIndex?(contextKey: string, candidateCount: number): MaybePromise<number>;
  /** The same, and who counted: asked in its place for a decision with a trace. */
  nextCounted?(contextKey: string, candidateCount: number): MaybePromise<CountedTurn>;
  /** A turn in a rotation other than the counter; without it the outcome is `error`, `unsupported`. */
  takeTurn?(request: TurnRequest): MaybePromise<TakenTurn>;
  /** Gives back a turn that came to nothing in the run; see `RoundRobinContextProvider.giveBack`. */
  giveBack?(request: TurnRequest, turn: TakenTurn): MaybePromise<void>;
}

/** Why the host's answer could not be had, in words of ours. */
export interface HostFailure {
  code: string;
  message: string;
}

/**
 * Tells what a host threw. Errors of this package keep code and message, which hold no secrets; of
 * all others only the fact is told, for a client's message can hold addresses with passwords.
 */
export function failureOf(what: string, thrown: unknown): HostFailure {
  if (AssignmentEngineError.is(thrown)) {
    return { code: thrown.code, message: thrown.message };
  }
  return { code: "host_failed", message: `the host failed to answer ${what}` };
}

export function late(what: string, milliseconds: number): AssignmentEngineError {
  return new AssignmentEngineError(
    "host_timeout",
    `the host did not answer ${what} within ${milliseconds} ms`,
  );
}

/** Is it an index of so many candidates? */
export function isIndex(index: unknown, candidateCount: number): index is number {
  return (
    typeof index === "number" && index >= 0 && index < candidateCount && Number.isInteger(index)
  );
}

export function badIndex(index: unknown, candidateCount: number): HostFailure {
  const given = typeof index === "number" || index === null ? String(index) : typeof index;
  return {
    code: "index_out_of_range",
    message: `the provider answered ${given} for ${candidateCount} candidates`,
  };
}

/** The answer, or a promise of it; one whose `then` cannot be read or called is a promise that fails. */
export function settled<T>(answer: MaybePromise<T>): T | Promise<T> {
  // A class of its own may do anything in its `then`.
  if (answer instanceof Promise) {
    return answer.constructor === Promise ? answer : Promise.resolve().then(() => answer);
  }
  if (!isObject(answer) && typeof answer !== "function") return answer as T;
  try {
    if (typeof (answer as { then?: unknown }).then !== "function") return answer as T;
  } catch (error) {
    return Promise.reject(error as Error);
  }
  return Promise.resolve(answer);
}
