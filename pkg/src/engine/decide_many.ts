/** A queue in one breath: with the answers of one at a time, in as few crossings and round trips. */
import { AssignmentEngineError } from "../errors.ts";
import { translated } from "../kernel/kernel.ts";
import { Roster } from "../roster.ts";
import type { CountedTurn, TakenTurn, TurnRequest } from "../provider/provider.ts";
import type { Decision, MaybePromise, Request, Session } from "../types.ts";
import type { GetNextIndex } from "./engine.ts";
import { ordinaryTeam } from "./known_teams.ts";
import type { FactsAndRoster } from "./run.ts";
import { type TeamTurns, standardEngine } from "./turns.ts";
import { isObject, milliseconds, read } from "./wire.ts";

/** What is known of the sessions of a queue. */
export interface QueueFacts {
  /** The tenant's teams and agents. Their counts move on with every assignment. */
  roster: Roster;
  /** Has this session's contact another session that is assigned, before the queue was begun? */
  contactAssigned?: boolean | ((session: Session) => boolean);
}

/** Asks for indexes; several at once where it can. */
export interface IndexSource {
  getNextIndex: GetNextIndex;
  /** One, and who counted: asked in its place for a decision with a trace. */
  nextCounted?(contextKey: string, candidateCount: number): MaybePromise<CountedTurn>;
  /** A turn in a rotation other than the counter; see `RoundRobinContextProvider.takeTurn`. */
  takeTurn?(request: TurnRequest): MaybePromise<TakenTurn>;
  /** Gives back a turn that came to nothing while it was decided. */
  giveBack?(request: TurnRequest, turn: TakenTurn): MaybePromise<void>;
  /** Takes so many turns at once; answers the first, which the others follow. */
  takeTurns?(contextKey: string, count: number): MaybePromise<number | bigint>;
}

/** @internal How one session is decided by itself. */
export type DecideOne = (
  request: Request,
  facts: FactsAndRoster,
  getNextIndex: GetNextIndex,
) => Promise<Decision>;

/** @internal */
export async function decideMany(
  requests: readonly Request[],
  { roster, contactAssigned = false }: QueueFacts,
  source: IndexSource,
  settings: {
    now: () => number;
    standard: boolean;
    decideOne: DecideOne;
    bounded: <T>(answer: MaybePromise<T>) => Promise<T>;
  },
): Promise<Decision[]> {
  if (!(roster instanceof Roster)) {
    throw new AssignmentEngineError("wrong_type", "facts.roster: is no Roster", {
      path: "facts.roster",
      hint: "make one with new Roster(config)",
    });
  }
  const queue = new Queue(requests, roster, contactAssigned, source, settings.now());
  while (!queue.isDone) {
    const together = settings.standard && source.takeTurns !== undefined;
    if (!together || !(await queue.fill(settings.bounded))) await queue.one(settings.decideOne);
  }
  return queue.decisions;
}

class Queue {
  readonly decisions: Decision[] = [];
  readonly #requests: readonly Request[];
  readonly #roster: Roster;
  readonly #contactAssigned: boolean | ((session: Session) => boolean);
  readonly #source: IndexSource;
  readonly #now: number;
  /** Contacts that got an agent in this queue. */
  readonly #served = new Set<string>();
  /** Turns that were taken and not used yet. */
  readonly #turns = new Map<string, { next: number; left: number }>();

  constructor(
    requests: readonly Request[],
    roster: Roster,
    contactAssigned: boolean | ((session: Session) => boolean),
    source: IndexSource,
    now: number,
  ) {
    this.#requests = requests;
    this.#roster = roster;
    this.#contactAssigned = contactAssigned;
    this.#source = source;
    this.#now = now;
  }

  get isDone(): boolean {
    return this.decisions.length >= this.#requests.length;
  }

  /**
   * Decides as many sessions as come to an ordinary end, in one call into the module. False if the
   * next one does not, or turns could not be taken.
   */
  async fill(bounded: <T>(answer: MaybePromise<T>) => Promise<T>): Promise<boolean> {
    const stretch = this.#stretch();
    if (stretch.length === 0) return false;
    try {
      await this.#take(stretch, bounded);
    } catch {
      // One at a time every session gets an answer of its own.
      return false;
    }
    const keys = [...new Set(stretch.map(({ contextKey }) => contextKey))];
    const counters = keys.map((key) => this.#turns.get(key));
    if (counters.some((counter) => counter === undefined)) return false;
    // What they know of their team can have changed while the turns were taken.
    for (const turns of new Set(stretch)) turns.candidateCount(this.#now);
    let places: Uint32Array;
    try {
      places = this.#roster.resident().fill(
        standardEngine(),
        Uint32Array.from(stretch, ({ place }) => place),
        Uint32Array.from(stretch, ({ contextKey }) => keys.indexOf(contextKey)),
        Float64Array.from(counters, (counter) => counter!.next),
        this.#now,
      );
    } catch (thrown) {
      throw translated(thrown);
    }
    for (const [at, place] of places.entries()) {
      const turns = stretch[at]!;
      this.#roster.counted(place);
      const counter = this.#turns.get(turns.contextKey)!;
      counter.next += 1;
      counter.left -= 1;
      this.#decided(turns.decided(place)!);
    }
    return places.length > 0;
  }

  /** Decides the next session by itself. */
  async one(decideOne: DecideOne): Promise<void> {
    const request = this.#requests[this.decisions.length]!;
    const contactAssigned = isObject(request) && this.#isAssigned(request.session);
    const facts = { roster: this.#roster, contactAssigned };
    const now = isObject(request) ? (read(request, "now") ?? this.#now) : this.#now;
    const decision = await decideOne({ ...request, now }, facts, (contextKey, candidateCount) => {
      const counter = this.#turns.get(contextKey);
      if (counter === undefined || counter.left === 0) {
        return this.#source.getNextIndex(contextKey, candidateCount);
      }
      counter.left -= 1;
      counter.next += 1;
      return (counter.next - 1) % candidateCount;
    });
    if (decision.outcome.kind === "assign") {
      const { agentId } = decision.outcome;
      // A rule of the host's may name somebody whom the roster does not know.
      if (this.#roster.agent(agentId) !== undefined) this.#roster.assigned(agentId);
    }
    this.#decided(decision);
  }

  #decided(decision: Decision): void {
    const session = this.#requests[this.decisions.length]?.session;
    const contact = session?.contactId;
    if (decision.outcome.kind === "assign" && contact) this.#served.add(contact);
    this.decisions.push(decision);
  }

  #isAssigned(session: Session): boolean {
    const contact = session?.contactId;
    if (contact && this.#served.has(contact)) return true;
    const known = this.#contactAssigned;
    return typeof known === "function" ? known(session) === true : known;
  }

  /**
   * The teams of the next sessions that may come to an ordinary end, up to one whose contact is in
   * it already: whether that one is skipped depends on what becomes of the first.
   */
  #stretch(): TeamTurns[] {
    const stretch: TeamTurns[] = [];
    const contacts = new Set<string>();
    for (let at = this.decisions.length; at < this.#requests.length; at += 1) {
      const request = this.#requests[at]!;
      if (stretch.length === MOST_TOGETHER || !isObject(request) || !isObject(request.session))
        break;
      const given = read(request, "now");
      if (given !== undefined && milliseconds(given) !== this.#now) break;
      const contact = request.session.contactId;
      if (contact && contacts.has(contact)) break;
      const facts = { roster: this.#roster, contactAssigned: this.#isAssigned(request.session) };
      const turns = ordinaryTeam(request, facts);
      if (turns === undefined || turns.candidateCount(this.#now) === 0) break;
      if (contact) contacts.add(contact);
      stretch.push(turns);
    }
    return stretch;
  }

  /** Takes the turns that the stretch needs and that are not here yet, all at once. */
  async #take(
    stretch: readonly TeamTurns[],
    bounded: <T>(answer: MaybePromise<T>) => Promise<T>,
  ): Promise<void> {
    const wanted = new Map<string, number>();
    for (const { contextKey } of stretch) {
      wanted.set(contextKey, (wanted.get(contextKey) ?? 0) + 1);
    }
    const taking = [...wanted].map(async ([contextKey, count]) => {
      if ((this.#turns.get(contextKey)?.left ?? 0) >= count) return;
      const first = Number(await bounded(this.#source.takeTurns!(contextKey, count)));
      // What a number cannot count exactly is taken one at a time.
      if (!Number.isSafeInteger(first + count) || first < 0) throw new Error("too large to count");
      this.#turns.set(contextKey, { next: first, left: count });
    });
    for (const taken of await Promise.allSettled(taking)) {
      if (taken.status === "rejected") throw taken.reason;
    }
  }
}

const MOST_TOGETHER = 10_000;
