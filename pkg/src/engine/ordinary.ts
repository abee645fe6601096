/**
 * The ordinary course of a decision: an index is asked for, and means an agent.
 *
 * Beside the decision itself its price is that of promises, so there are no more of them than it
 * takes: the host's, the one that the caller gets, and the one that `then` makes unasked. The
 * caller's cannot be the last one, for a host that never answers has to be ended by the watchdog.
 */
import type { Decision, Request } from "../types.ts";
import type { GetNextIndex } from "./engine.ts";
import { isIndex, late, settled } from "./host.ts";
import type { FactsAndRoster } from "./run.ts";
import type { TeamTurns } from "./turns.ts";
import type { Watchdog, Watched } from "./watchdog.ts";

/** @internal What is left to do where the ordinary course ends: the engine's whole way. */
export type WholeWay = (
  request: Request,
  facts: FactsAndRoster,
  now: number,
  getNextIndex: GetNextIndex,
) => Promise<Decision>;

/** @internal */
export function decideOrdinary(
  request: Request,
  facts: FactsAndRoster,
  turns: TeamTurns,
  now: number,
  getNextIndex: GetNextIndex,
  watchdog: Watchdog,
  wholeWay: WholeWay,
): Promise<Decision> {
  const course = new OrdinaryCourse(request, facts, turns, now, watchdog, wholeWay);
  let answer: number | Promise<number>;
  try {
    answer = settled(getNextIndex(turns.contextKey, course.count));
  } catch (thrown) {
    return wholeWay(request, facts, now, () => Promise.reject(thrown));
  }
  return answer instanceof Promise ? course.wait(answer) : Promise.resolve(course.decided(answer));
}

/** One decision, and while it waits for its index what the watchdog watches. */
class OrdinaryCourse implements Watched {
  readonly count: number;
  pending = true;
  since = 0;
  before: Watched | undefined;
  after: Watched | undefined;
  readonly #request: Request;
  readonly #facts: FactsAndRoster;
  readonly #turns: TeamTurns;
  readonly #now: number;
  readonly #watchdog: Watchdog;
  readonly #wholeWay: WholeWay;
  #resolve: Resolve | undefined;

  constructor(
    request: Request,
    facts: FactsAndRoster,
    turns: TeamTurns,
    now: number,
    watchdog: Watchdog,
    wholeWay: WholeWay,
  ) {
    this.#request = request;
    this.#facts = facts;
    this.#turns = turns;
    this.#now = now;
    this.#watchdog = watchdog;
    this.#wholeWay = wholeWay;
    this.count = turns.candidateCount(now);
  }

  wait(answer: Promise<number>): Promise<Decision> {
    const promise = new Promise<Decision>(withResolve);
    this.#resolve = resolveOfLast;
    this.#turns.pending += 1;
    this.#watchdog.watch(this);
    answer.then(
      (index) => {
        if (this.#watchdog.done(this)) this.#end(this.decided(index));
      },
      (thrown: unknown) => {
        if (this.#watchdog.done(this)) this.#end(this.#failed(thrown));
      },
    );
    return promise;
  }

  /** The time is over. */
  expire(): void {
    this.#end(this.#failed(late("the next index", this.#watchdog.milliseconds)));
  }

  /** The decision that the answer means, whatever it is. */
  decided(answer: number): Decision | Promise<Decision> {
    const { count } = this;
    if (!isIndex(answer, count)) return this.#goOn(() => answer);
    try {
      const decision = this.#turns.decide(answer, this.#now);
      if (decision !== undefined) return decision;
    } catch (error) {
      return Promise.reject(error as Error);
    }
    // The roster has changed so that more has to be looked at.
    return this.#goOn((_, candidateCount) => answer % candidateCount);
  }

  #end(decision: Decision | Promise<Decision>): void {
    this.#turns.pending -= 1;
    this.#resolve!(decision);
  }

  #failed(thrown: unknown): Promise<Decision> {
    return this.#goOn(() => Promise.reject(thrown));
  }

  #goOn(getNextIndex: GetNextIndex): Promise<Decision> {
    return this.#wholeWay(this.#request, this.#facts, this.#now, getNextIndex);
  }
}

type Resolve = (decision: Decision | PromiseLike<Decision>) => void;

/** Keeps what resolves the promise that was just made: one function for all promises. */
const withResolve = (resolve: Resolve): void => {
  resolveOfLast = resolve;
};
let resolveOfLast: Resolve;
