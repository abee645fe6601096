/**
 * The ordinary course of decisions for one team of a roster: how many agents are equally good, and
 * whom an index means. Both come from the module; the first is kept here until the roster changes or
 * the team closes, so that a decision is one call into the module.
 */
import { bindings, generation, translated } from "../kernel/kernel.ts";
import type { Bindings } from "../kernel/kernel.ts";
import type { Roster } from "../roster.ts";
import type { Decision } from "../types.ts";

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
    try {
      const place = this.#roster
        .resident()
        .pick(this.#place, index < count ? index : index % count);
      return this.#decisions[place] ?? this.#decided(place);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** @internal */
  get place(): number {
    return this.#place;
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
    this.#version = roster.version;
    return this.#count;
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

const NOTHING: readonly never[] = Object.freeze([]);
