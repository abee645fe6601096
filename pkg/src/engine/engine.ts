import { AssignmentEngineError } from "../errors.ts";
import type { EngineHooks, EngineLogger } from "../logger.ts";
import { Roster } from "../roster.ts";
import type { Clock, Decision, MaybePromise, Need, Request } from "../types.ts";
import { asAnswer } from "./answer.ts";
import { ASSIGNMENT_ENGINE_RULES } from "./built_in.ts";
import type { AssignmentDeps } from "./deps.ts";
import { type RunResult, runRules } from "./drop_in.ts";
import { type IndexSource, type QueueFacts, decideMany } from "./decide_many.ts";
import { type Host, failureOf, late, settled } from "./host.ts";
import { hostRule } from "./host_rule.ts";
import { KnownTeams } from "./known_teams.ts";
import { type WholeWay, decideOrdinary } from "./ordinary.ts";
import { RuleTimer } from "./rule_timer.ts";
import { type AssignmentRule, type Place, named } from "./rules.ts";
import {
  type Answer,
  type FactsAndRoster,
  Pipeline,
  type Run,
  type Started,
  type Step,
  resume,
  resumeOrFail,
} from "./run.ts";
import { Taken, noReservations, turnsOf } from "./taken.ts";
import { nextCountedOf, tracedTurns } from "./traced_turns.ts";
import type { TeamTurns, Turn } from "./turns.ts";
import { Watchdog } from "./watchdog.ts";
import { isObject, milliseconds, read, typed } from "./wire.ts";

/** Settings of an {@link AssignmentEngine}. */
export interface EngineOptions {
  /** Where its log lines go; nowhere unless given. */
  logger?: EngineLogger;
  /** What can be measured. */
  hooks?: EngineHooks;
  /** The time of requests without `now`; the machine's unless given. */
  clock?: Clock;
  /**
   * How long the host may take for one answer, in milliseconds; 10 s unless said, and at most a
   * sixteenth more; `Infinity` for as long as it likes. After that the outcome is `error`, with the code `host_timeout`.
   */
  answerTimeoutMs?: number;
}

/** Settings of one decision. */
export interface DecideOptions {
  /** Record how it comes about, for `decision.trace` and `explain(decision)`. */
  trace?: boolean;
}

/** Asks for the next index of the rotation: a whole number in `[0, candidateCount)`. */
export type GetNextIndex = (contextKey: string, candidateCount: number) => MaybePromise<number>;

/**
 * Decides which agent gets a session.
 *
 * {@link AssignmentEngine.decide} has its facts given, or read from a {@link Roster};
 * {@link AssignmentEngine.run} asks a host for what it needs. Both ask for an index only when a pick
 * is really made. An engine holds no state between runs: one serves any number of runs at once.
 */
export class AssignmentEngine {
  readonly #deps: AssignmentDeps;
  readonly #clock: Clock;
  readonly #hooks: EngineHooks | undefined;
  readonly #watchdog: Watchdog;
  readonly #knownTeams = new KnownTeams();
  readonly #wholeWay: WholeWay = (request, facts, now, getNextIndex) =>
    this.#drive(request, facts, { getNextIndex }, undefined, now);
  #logger: EngineLogger | undefined;
  #places: Place[] = [];
  #pipeline!: Pipeline;
  #standard = true;

  constructor(deps: AssignmentDeps = {}, options: EngineOptions = {}) {
    this.#deps = deps;
    this.#logger = options.logger;
    this.#hooks = options.hooks;
    this.#clock = options.clock ?? Date.now;
    this.#watchdog = new Watchdog(timeout(options.answerTimeoutMs));
    this.setRules(ASSIGNMENT_ENGINE_RULES);
  }

  /** Sets the rules, in the order in which they are asked: the engine's own, and yours. */
  setRules(rules: readonly AssignmentRule[]): void {
    const places = named(rules);
    this.#pipeline = new Pipeline(places.map(({ name, id }) => id ?? { host: name }));
    this.#places = places;
    this.#standard =
      places.length === ASSIGNMENT_ENGINE_RULES.length &&
      places.every(({ rule }, at) => rule === ASSIGNMENT_ENGINE_RULES[at]);
  }

  /** Sets where log lines go. */
  setLogger(logger: EngineLogger | undefined): void {
    this.#logger = logger;
  }

  /**
   * Decides on facts that are given, or read from `facts.roster`. Only the next index is asked for;
   * a fact that is missing makes the outcome `error`.
   *
   * Rejects for a request or facts that are refused, with the path of the field. What goes wrong
   * while it decides is the outcome `error`.
   */
  decide(
    request: Request,
    facts: FactsAndRoster,
    source: GetNextIndex | Omit<IndexSource, "takeTurns">,
    options?: DecideOptions,
  ): Promise<Decision> {
    try {
      const getNextIndex = typeof source === "function" ? source : methodOf(source);
      const now = this.#now(request);
      const turns = this.#ordinary(request, facts, now, options);
      if (turns !== undefined) {
        return decideOrdinary(
          request,
          facts,
          turns,
          now,
          getNextIndex,
          this.#watchdog,
          this.#wholeWay,
        );
      }
      const counted = traced(options) && nextCountedOf(source);
      const host = { getNextIndex, ...counted, ...turnsOf(source) };
      return this.#drive(request, facts, host, options, now);
    } catch (error) {
      return Promise.reject(typed("request", error));
    }
  }

  /**
   * Without a host: asks rule after rule with the dependencies the engine was made with, as the
   * dashboard-api does, and performs what follows.
   */
  run(request: Request): Promise<RunResult>;
  /**
   * With a host: decides, asking the host for each fact when a rule first needs it. Effects are the
   * caller's to perform. Rejects only for a request that is refused.
   */
  run(request: Request, host: Host, options?: DecideOptions): Promise<Decision>;
  async run(request: Request, host?: Host, options?: DecideOptions): Promise<Decision | RunResult> {
    if (host === undefined) {
      const settings = { logger: this.#logger, hooks: this.#hooks, watchdog: this.#watchdog };
      return runRules(this.#places, request, this.#deps, settings);
    }
    return this.#drive(request, {}, host, options, this.#now(request));
  }

  /**
   * Starts a run and goes as far as it can; the synchronous half of {@link AssignmentEngine.decide},
   * for hosts that answer in their own way. Throws for what is refused.
   */
  start(request: Request, facts: FactsAndRoster, options?: DecideOptions): Step {
    const now = this.#now(request);
    return this.#pipeline.start(request, now, facts, { trace: traced(options) }).step;
  }

  /**
   * Goes on with a run, now that what it needed is known. Request and facts may have changed; a
   * roster is looked at as it is now. Throws for an answer that is refused: the run is over then.
   */
  resume(run: Run, answer: Answer, input?: { request?: Request; facts?: FactsAndRoster }): Step {
    const now = input?.request && this.#now(input.request);
    return resume(run, answer, { ...input, now });
  }

  /**
   * The ordinary course of a decision on a roster: how many agents are equally good for a session of
   * this team (none: without a team) whose contact is free, at `now` in milliseconds since 1970. With
   * an index below that, {@link Turn.resume} has the decision. Undefined where something else is to
   * be decided or said: then {@link AssignmentEngine.decide}.
   */
  turn(roster: Roster, teamId: string | undefined, now: number): Turn | undefined {
    if (!this.#standard) return undefined;
    return roster.turnsOf(teamId)?.turn(now);
  }

  /**
   * Decides a queue, in its order, with the same answers as one after the other: counts, rotation and
   * contacts move on with every assignment, in the roster too. Where the source can take several
   * turns at once, all that comes to an ordinary end is decided in one call into the module; turns
   * that were taken and not used are harmless.
   *
   * Rejects for a roster that is none, and for a request that is refused.
   */
  decideMany(
    requests: readonly Request[],
    facts: QueueFacts,
    source: GetNextIndex | IndexSource,
  ): Promise<Decision[]> {
    const indexes = typeof source === "function" ? { getNextIndex: source } : source;
    if (!Array.isArray(requests)) {
      const error = new AssignmentEngineError("wrong_type", "requests: is no list", {
        path: "requests",
      });
      return Promise.reject(error);
    }
    return decideMany(requests, facts, indexes, {
      now: () => milliseconds(this.#clock()),
      standard: this.#standard && !this.#observed(),
      decideOne: (request, known, getNextIndex) =>
        this.decide(request, known, { getNextIndex, ...turnsOf(source) }),
      bounded: async (answer) => {
        const asked = settled(answer);
        if (!(asked instanceof Promise)) return asked;
        const expired = () => late("the next turns", this.#watchdog.milliseconds);
        return this.#watchdog.bounded(asked, expired);
      },
    });
  }

  #now(request: Request): number {
    let given: Request["now"];
    try {
      // Asked for by its own name, not by `read` for every name, it is found without a search.
      if (isObject(request)) given = "now" in Object.prototype ? read(request, "now") : request.now;
    } catch (error) {
      throw typed("request", error);
    }
    if (typeof given === "number") return given;
    return given === undefined || given === null
      ? milliseconds(this.#clock())
      : milliseconds(given);
  }

  /** The turns of the team that the session goes to, if nothing is out of the ordinary. */
  #ordinary(
    request: Request,
    facts: FactsAndRoster,
    now: number,
    options: DecideOptions | undefined,
  ): TeamTurns | undefined {
    if (!this.#standard || traced(options) || this.#observed()) return undefined;
    return this.#knownTeams.find(request, facts, now);
  }

  #observed(): boolean {
    return this.#logger !== undefined || this.#hooks?.ruleDuration !== undefined;
  }

  /** Runs the engine to its decision, answering what it needs from the host. */
  async #drive(
    request: Request,
    facts: FactsAndRoster,
    host: Host,
    options: DecideOptions | undefined,
    now: number,
  ): Promise<Decision> {
    const observed = this.#observed();
    const timer = observed ? new RuleTimer(this.#logger, this.#hooks) : undefined;
    const settings = { trace: traced(options), observed };
    let at: Started = this.#pipeline.start(request, now, facts, settings);
    timer?.left(at.rules);
    const turns = tracedTurns(host, settings.trace);
    const taken = new Taken(host, now);
    while (at.step.kind === "need") {
      const { need, run } = at.step;
      const asked = need.kind === "next_index" && turns !== undefined ? turns : host;
      const answer = await this.#answer(need, request, asked, taken);
      at = resumeOrFail(run, answer, settings);
      timer?.left(at.rules);
    }
    const { decision } = at.step;
    if (decision.outcome.kind !== "assign") await this.#giveBack(taken);
    return turns === undefined ? decision : turns.marked(decision);
  }

  /** A host that never comes to an end with it holds no decision up for longer than an answer. */
  async #giveBack(taken: Taken): Promise<void> {
    if (!taken.isAny) return;
    const expired = () => late("that a turn was given back", this.#watchdog.milliseconds);
    await this.#watchdog.bounded(taken.giveBack(), expired).catch(() => {});
  }

  /** The host's answer, or that it could not be had. */
  async #answer(need: Need, request: Request, host: Host, taken: Taken): Promise<Answer> {
    const what = need.kind === "rule" ? `the rule \`${need.name}\`` : ASKED[need.kind];
    try {
      const asked = settled(this.#ask(need, request, host, taken));
      const answer =
        asked instanceof Promise
          ? await this.#watchdog.bounded(asked, () => late(what, this.#watchdog.milliseconds))
          : asked;
      return asAnswer(need, answer);
    } catch (thrown) {
      this.#failed(what, request, thrown);
      return { failed: failureOf(what, thrown) };
    }
  }

  #ask(need: Need, request: Request, host: Host, taken: Taken): unknown {
    switch (need.kind) {
      case "turn":
        return taken.take(need);
      case "reserve":
        throw noReservations();
      case "next_index":
        return present(host, "getNextIndex").call(host, need.contextKey, need.candidateCount);
      case "schedule":
        return present(host, "schedule").call(host, need, request);
      case "contact_assigned":
        return present(host, "contactAssigned").call(host, need, request);
      case "strategy":
        return present(host, "strategy").call(host, need, request);
      case "agents":
        return present(host, "agents").call(host, need, request);
      case "no_agent_policy":
        return present(host, "noAgentPolicy").call(host, need, request);
      case "rule": {
        const place = this.#places.find(({ name }) => name === need.name);
        if (place === undefined) {
          throw new AssignmentEngineError("not_answered", "the rules were changed meanwhile");
        }
        return hostRule(place.rule, need, request, this.#deps);
      }
    }
  }

  #failed(what: string, request: Request, error: unknown): void {
    try {
      this.#hooks?.failed?.({ what, sessionId: String(request.session?.id), error });
    } catch {
      // A hook that fails must not change a decision.
    }
  }
}

/** The method of a provider, bound to it. */
function methodOf(source: Pick<IndexSource, "getNextIndex">): GetNextIndex {
  if (isObject(source) && typeof source.getNextIndex === "function") {
    return (contextKey, candidateCount) => source.getNextIndex(contextKey, candidateCount);
  }
  throw new AssignmentEngineError("wrong_type", "getNextIndex: is no function", {
    path: "getNextIndex",
    hint: "give a function (contextKey, candidateCount) => index, or a provider",
  });
}

function traced(options: DecideOptions | undefined): boolean {
  return isObject(options) && read(options, "trace") === true;
}

/** How needs are called in messages. */
const ASKED: { [kind in Exclude<Need["kind"], "rule">]: string } = {
  next_index: "the next index",
  turn: "whose turn it is",
  reserve: "the reservation",
  schedule: "the schedule",
  contact_assigned: "whether the contact is assigned",
  strategy: "the strategy",
  agents: "the agents",
  no_agent_policy: "the no-agent policy",
};

/** The host's method, or an error that it has none. */
function present<K extends keyof Host>(host: Host, name: K): NonNullable<Host[K]> {
  const method = host[name];
  if (typeof method !== "function") {
    throw new AssignmentEngineError("not_answered", `nobody answers \`${name}\``, {
      hint: `give the fact, or a host with the method \`${name}\``,
    });
  }
  return method as NonNullable<Host[K]>;
}

function timeout(milliseconds: number | undefined): number {
  if (milliseconds === undefined) return 10_000;
  if (typeof milliseconds === "number" && milliseconds > 0) return milliseconds;
  throw new AssignmentEngineError("invalid_value", "answerTimeoutMs: is no time", {
    path: "answerTimeoutMs",
    hint: "give milliseconds above 0, or Infinity",
  });
}
