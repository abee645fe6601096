/**
 * The ordinary course of decisions for one team of a roster: how many agents are equally good, and
 * whom an index means. Both come from the module. The first is kept here until the roster changes or
 * the team closes, so that a decision is one call into the module; and where the rotation goes round
 * while nothing changes, the second is too, so that it is none.
 */
import { AssignmentEngineError } from "../errors.ts";
import { bindings, generation, translated } from "../kernel/kernel.ts";
import type { Bindings } from "../kernel/kernel.ts";
import type { Roster } from "../roster.ts";
import type { Decision } from "../types.ts";
import { badIndex, isIndex } from "./host.ts";

type StandardEngine = InstanceType<Bindings["Engine"]>;

let standard: StandardEngine | undefined;
let standardGeneration = 0;

/** @internal The engine with the standard rules, of the module's present instance. */
export function standardEngine(): StandardEngine {
  const present = generation();
  if (standard === undefined || standardGeneration !== present) {
    standard = new (bindings().Engine)();
    standardGeneration = present;
  }
  return standard;
}

/** @internal */
export class TeamTurns {
  readonly contextKey: string;
  /** Decisions that wait for their index. */
  pending = 0;
  readonly #roster: Roster;
  readonly #place: number;
  /** What was asked last: it holds for this version, from and until these instants. */
  #count = 0;
  #version = -1;
  #from = 0;
  #until = 0;
  #limit = 0;
  #membership = 0;
  #turn: Turn | undefined;
  /**
   * Whom each index means in this version, as far as it was asked. Empty until so many have been
   * asked that the list is worth making: after a change mostly one or two are.
   */
  #meant: (Decision | undefined)[] = [];
  #asked = 0;
  /** By the agent's place. Each is the same object every time, and frozen. */
  #decisions: (Decision | undefined)[] = [];

  constructor(roster: Roster, place: number, contextKey: string) {
    this.#roster = roster;
    this.#place = place;
    this.contextKey = contextKey;
  }

  /** How many agents are equally good at `now`; 0 where the engine has to go the whole way. */
  candidateCount(now: number): number {
    if (this.#version === this.#roster.version && now >= this.#from && now < this.#until) {
      return this.#count;
    }
    return this.#ask(now);
  }

  /**
   * The decision that `index` means, taken modulo the number of those who are equally good now;
   * undefined where the engine has to go the whole way.
   */
  decide(index: number, now: number): Decision | undefined {
    const count = this.candidateCount(now);
    if (count === 0) return undefined;
    const below = index < count ? index : index % count;
    const known = this.#meant[below];
    if (known !== undefined) return known;
    try {
      return this.#found(below, this.#roster.resident().pick(this.#place, below));
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** The turn at `now`; the same one for all who ask for the same instant while nothing changes. */
  turn(now: number): Turn | undefined {
    const last = this.#turn;
    if (last !== undefined && last.now === now && last.version === this.#roster.version) {
      return last;
    }
    const count = this.candidateCount(now);
    if (count === 0) return undefined;
    return (this.#turn = new Turn(this, count, now, this.#version));
  }

  /** The decision that an index means, below the count that was asked for at `turn`. */
  decideTurn(turn: Turn, index: number): Decision | undefined {
    const roster = this.#roster;
    if (turn.version !== roster.version) return this.decide(index, turn.now);
    const known = this.#meant[index];
    if (known !== undefined) return known;
    try {
      const place = roster.resident().pick(this.#place, index);
      // A module that was started afresh in between has put everybody somewhere else.
      if (turn.version !== roster.version) return this.decide(index, turn.now);
      return this.#found(index, place);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** @internal */
  get place(): number {
    return this.#place;
  }

  /** The decision for the agent at a place, whom `index` means. */
  #found(index: number, place: number): Decision | undefined {
    const decision = this.#decisions[place] ?? this.#decided(place);
    this.#asked += 1;
    if (this.#meant.length > 0) this.#meant[index] = decision;
    else if (this.#asked > FEW + this.#count / 8) this.#meant = new Array(this.#count);
    return decision;
  }

  /** The decision for the agent at a place. */
  #decided(place: number): Decision | undefined {
    const id = this.#roster.idAt(place);
    if (id === undefined) return undefined;
    const decision = assignTo(id, this.#limit);
    this.#decisions[place] = decision;
    return decision;
  }

  /** @internal */
  decided(place: number): Decision | undefined {
    return this.#decisions[place] ?? this.#decided(place);
  }

  #ask(now: number): number {
    // A time that is none is refused on the whole way.
    if (!Number.isFinite(now)) return 0;
    const roster = this.#roster;
    try {
      const resident = roster.resident();
      this.#count = resident.turn(standardEngine(), this.#place, now);
      const limit = this.#count === 0 ? this.#limit : resident.limit();
      // A place goes to another agent when one is removed; another default team has another limit.
      if (limit !== this.#limit || this.#membership !== roster.membership) this.#decisions = [];
      this.#membership = roster.membership;
      this.#limit = limit;
      this.#until = this.#count === 0 ? now : resident.until();
    } catch (thrown) {
      throw translated(thrown);
    }
    this.#from = now;
    if (this.#version !== roster.version) {
      this.#version = roster.version;
      this.#asked = 0;
      if (this.#meant.length > 0) this.#meant = [];
    }
    return this.#count;
  }
}

/**
 * The ordinary course of a decision, between its halves: what the rotation is to be asked, and what
 * its answer means.
 */
export class Turn {
  /** What the rotation counts under. */
  readonly contextKey: string;
  /** How many agents take turns: the index must be below. */
  readonly candidateCount: number;
  /** @internal */
  readonly now: number;
  /** @internal What the roster's version was. */
  readonly version: number;
  readonly #turns: TeamTurns;

  /** @internal */
  constructor(turns: TeamTurns, candidateCount: number, now: number, version: number) {
    this.contextKey = turns.contextKey;
    this.candidateCount = candidateCount;
    this.now = now;
    this.version = version;
    this.#turns = turns;
  }

  /**
   * The decision that this index means. If the roster has changed meanwhile, the index counts modulo
   * the number of those who are equally good now; undefined where something else is to be decided by
   * now: then {@link AssignmentEngine.decide}. Throws for what is no index.
   */
  resume(index: number): Decision | undefined {
    if (isIndex(index, this.candidateCount)) return this.#turns.decideTurn(this, index);
    const { code, message } = badIndex(index, this.candidateCount);
    throw new AssignmentEngineError(code, message);
  }
}

/** The decision of the ordinary course. */
function assignTo(agentId: string, limit: number): Decision {
  const decision: Decision = {
    outcome: Object.freeze({ kind: "assign", agentId }),
    rule: "selector",
    reason: "selected",
    effects: NOTHING,
    warnings: NOTHING,
    ...(limit > 0 ? { limit } : {}),
  };
  return Object.freeze(decision);
}

const FEW = 8;

const NOTHING: readonly never[] = Object.freeze([]);
