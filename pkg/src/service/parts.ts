import {
  ASSIGNMENT_ENGINE_RULES,
  AssignmentEngine,
  type AssignmentRule,
  eligibilityRule,
  selectorRule,
  strategyRule,
} from "../engine/index.ts";
import { AssignmentEngineError } from "../errors.ts";
import { InMemoryRoundRobinContextProvider } from "../provider/memory.ts";
import type { RoundRobinContextProvider } from "../provider/provider.ts";
import type { Clock } from "../types.ts";
import { LONGEST_DELAY_MS } from "./deadline.ts";
import { isObject, nameOf, object, refused } from "./input.ts";
import { SessionLocks } from "./locks.ts";
import { BoundedMessenger } from "./messages.ts";
import { Observer } from "./observe.ts";
import { BoundedStore } from "./ports.ts";
import type { AssignmentServiceOptions } from "./service.ts";
import type { SessionStore } from "./store.ts";

/** What a service is made of. */
export interface Parts {
  engine: AssignmentEngine;
  /** Strategy, eligibility, selector: what is left of the rules without schedule and contact. */
  dispatch: AssignmentEngine;
  /** The store, for everything outside a run of the engine. */
  store: SessionStore;
  /** The same store for the questions of a run, in which the engine keeps the time. */
  factStore: SessionStore;
  provider: RoundRobinContextProvider;
  messenger: BoundedMessenger;
  observer: Observer;
  locks: SessionLocks;
  /** The present, in milliseconds since 1970. */
  now(): number;
  /** How long a port may take for one answer. */
  answerTimeoutMs: number;
  trace: boolean;
  /** Are agents' histories counted even where the strategy does not ask for them? */
  allCounts: boolean;
}

/** Checks the options and puts the parts together. */
export function partsOf(options: AssignmentServiceOptions): Parts {
  object(options, "options");
  const { store, provider, messenger, clock, logger, hooks, rules, trace } = options;
  demand("options.store", store, STORE_METHODS);
  if (provider != null) demand("options.provider", provider, ["getNextIndex"]);
  if (messenger != null) demand("options.messenger", messenger, ["send"]);
  const answerTimeoutMs = timeoutOf(options.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS);

  const observer = new Observer(logger, hooks);
  const { engineLogger, engineHooks } = observer;
  const engine = (rules: readonly AssignmentRule[]) => {
    const settings = { logger: engineLogger, hooks: engineHooks, clock, answerTimeoutMs };
    const made = new AssignmentEngine({}, settings);
    made.setRules(rules);
    return made;
  };
  return {
    engine: engine(rules ?? ASSIGNMENT_ENGINE_RULES),
    dispatch: engine([strategyRule, eligibilityRule, selectorRule]),
    store: new BoundedStore(store, answerTimeoutMs, observer),
    factStore: new BoundedStore(store),
    provider: provider ?? new InMemoryRoundRobinContextProvider(),
    messenger: new BoundedMessenger(messenger ?? undefined, answerTimeoutMs, observer),
    observer,
    locks: new SessionLocks(),
    now: () => millisecondsOf(clock),
    answerTimeoutMs,
    trace: trace === true,
    // A trace shows the numbers, and a rule of the host's may change the strategy.
    allCounts: trace === true || (rules ?? []).some((rule) => !isBuiltIn(rule)),
  };
}

function isBuiltIn(rule: AssignmentRule): boolean {
  return ASSIGNMENT_ENGINE_RULES.includes(rule);
}

const DEFAULT_ANSWER_TIMEOUT_MS = 10_000;

const STORE_METHODS: readonly (keyof SessionStore)[] = [
  "session",
  "queue",
  "claim",
  "update",
  "stamp",
  "unstamp",
  "contactHasAssignedSession",
  "teams",
  "team",
  "members",
  "tenant",
];

function demand(path: string, port: unknown, methods: readonly string[]): void {
  if (!isObject(port)) throw refused("missing_field", path, `there is ${nameOf(port)}`);
  for (const method of methods) {
    if (typeof port[method] !== "function") {
      throw refused("missing_field", `${path}.${method}`, "there is no such method");
    }
  }
}

function timeoutOf(value: number): number {
  if (typeof value === "number" && value >= 1) {
    if (value <= LONGEST_DELAY_MS || value === Infinity) return value;
  }
  const message = `not a number of milliseconds from 1 to ${LONGEST_DELAY_MS}, nor Infinity`;
  throw refused("invalid_value", "options.answerTimeoutMs", message);
}

function millisecondsOf(clock: Clock | undefined): number {
  const now = clock === undefined ? Date.now() : Number(clock());
  if (Number.isFinite(new Date(now).getTime())) return now;
  throw new AssignmentEngineError("invalid_value", "the clock answered no instant");
}
