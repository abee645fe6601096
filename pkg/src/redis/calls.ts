import type { ProviderError } from "../errors.ts";
import type { Sink } from "./client.ts";
import { Deadline, Timed } from "./deadline.ts";
import type { Teller } from "./teller.ts";

/** One thing to ask of a server, and what to make of the answer. */
export interface Work<T> {
  /** Sends it, and answers a promise of the reply, or the reply. What it throws is a rejection. */
  send(sink: Sink): unknown;
  /** The reply goes to the sink, and nothing that `send` answers means anything. */
  readonly hasSink?: boolean;
  /** Instead, when this error says that nothing was done and what is to be sent now. */
  instead?(error: unknown): (() => unknown) | undefined;
  /** What the answer means; throws for one that means nothing. */
  read(reply: unknown): T;
  /** The key that errors name. */
  readonly key: string;
}

/** Is told what becomes of each call that was made. */
export interface Outcomes {
  answered(): void;
  failed(error: ProviderError): void;
}

/**
 * The calls under way: each ends by a deadline of ours, and so many can be under way at once.
 *
 * A client may keep a call for ever (ioredis does when its server hangs), so a call whose deadline
 * has passed goes on counting until the client is done with it. When as many as allowed are under
 * way, the next one is refused at once. If among them are some that are overdue, one new call a
 * second is let through all the same: if the client answers it, it is well again, and what it
 * still owes it has lost (redis/ioredis#2193), so that is counted no longer.
 */
export class Calls {
  readonly deadline: Deadline;
  readonly teller: Teller;
  readonly outcomes: Outcomes;
  readonly #limit: number;
  #underWay = 0;
  #overdue = 0;
  /** Calls that were overdue in an earlier epoch are counted no longer. */
  #epoch = 0;
  #lastProbe = -Infinity;

  constructor(deadlineMs: number, limit: number, teller: Teller, outcomes: Outcomes) {
    this.deadline = new Deadline(deadlineMs);
    this.#limit = limit;
    this.teller = teller;
    this.outcomes = outcomes;
  }

  /**
   * What the work comes to. Rejects with what the teller says: of a failure of the client, of a
   * call that is too many, and of the deadline. What comes later is dropped; it never becomes an
   * unhandled rejection.
   */
  run<T>(work: Work<T>, deadline: Deadline = this.deadline): Promise<T> {
    const probe = this.#underWay >= this.#limit;
    if (probe && !this.#mayProbe()) return Promise.reject(this.teller.overloaded(this.#limit));
    this.#underWay += 1;
    return new Promise<T>((resolve, reject) => {
      const call = new Call(this, work, deadline, probe, resolve, reject);
      deadline.watch(call);
      call.begin();
    });
  }

  /** @internal A call's time is over; answers the epoch in which that was. */
  overdue(): number {
    this.#overdue += 1;
    return this.#epoch;
  }

  /** @internal A call is over in time. */
  leave(probe: boolean): void {
    this.#underWay -= 1;
    if (!probe) return;
    this.#underWay -= this.#overdue;
    this.#overdue = 0;
    this.#epoch += 1;
  }

  /** @internal The client is done with a call that was overdue. */
  leaveLate(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#underWay -= 1;
    this.#overdue -= 1;
  }

  #mayProbe(): boolean {
    const now = performance.now();
    if (this.#overdue === 0 || now - this.#lastProbe < PROBE_INTERVAL_MS) return false;
    this.#lastProbe = now;
    return true;
  }
}

/** A call under way. */
class Call<T> extends Timed implements Sink {
  private readonly _calls: Calls;
  private readonly _work: Work<T>;
  private readonly _deadline: Deadline;
  private readonly _probe: boolean;
  private readonly _resolve: (value: T) => void;
  private readonly _reject: (error: ProviderError) => void;
  private _overdueIn: number | undefined;
  private _settled = false;
  private _resent = false;

  constructor(
    calls: Calls,
    work: Work<T>,
    deadline: Deadline,
    probe: boolean,
    resolve: (value: T) => void,
    reject: (error: ProviderError) => void,
  ) {
    super();
    this._calls = calls;
    this._work = work;
    this._deadline = deadline;
    this._probe = probe;
    this._resolve = resolve;
    this._reject = reject;
  }

  begin(): void {
    try {
      const sent = this._work.send(this);
      if (this._work.hasSink !== true) this._await(sent);
    } catch (error) {
      this.refused(error);
    }
  }

  expire(): void {
    const { teller, outcomes } = this._calls;
    this._overdueIn = this._calls.overdue();
    const error = teller.timeout(this._deadline.ms);
    outcomes.failed(error);
    this._reject(error);
  }

  answered(reply: unknown): void {
    if (!this._over()) return;
    let answer: T;
    try {
      answer = this._work.read(reply);
    } catch (error) {
      return this._fail(error);
    }
    this._calls.outcomes.answered();
    this._resolve(answer);
  }

  refused(error: unknown): void {
    const late = this._settled || this._overdueIn !== undefined;
    const send = late || this._resent ? undefined : this._work.instead?.(error);
    if (send === undefined) {
      if (this._over()) this._fail(error);
      return;
    }
    this._resent = true;
    try {
      this._await(send());
    } catch (thrown) {
      this.refused(thrown);
    }
  }

  private _await(sent: unknown): void {
    // A promise of the language stays the one it is; its `then`, too, can throw.
    Promise.resolve(sent).then(
      (reply) => this.answered(reply),
      (error: unknown) => this.refused(error),
    );
  }

  private _fail(error: unknown): void {
    const { teller, outcomes } = this._calls;
    const told = teller.failed(error, this._work.key);
    outcomes.failed(told);
    this._reject(told);
  }

  /** The client is done; false if that is too late for anybody, or was told before. */
  private _over(): boolean {
    if (this._settled) return false;
    this._settled = true;
    if (this._overdueIn !== undefined) {
      this._calls.leaveLate(this._overdueIn);
      return false;
    }
    this._deadline.done(this);
    this._calls.leave(this._probe);
    return true;
  }
}

const PROBE_INTERVAL_MS = 1000;
