/** The engine's step machine: what a run needs, and how it goes on with an answer. */
import { AssignmentEngineError, printable } from "../errors.ts";
import { type Bindings, bindings, generation, translated } from "../kernel/kernel.ts";
import { Roster } from "../roster.ts";
import { answerOf, factsJson, isObject, read, requestJson, toJson } from "./wire.ts";
import type {
  Agent,
  Decision,
  Facts,
  Need,
  NoAgentPolicy,
  Request,
  Reserved,
  RoutingConfig,
  ScheduleFact,
  StrategyFact,
} from "../types.ts";

type WasmEngine = InstanceType<Bindings["Engine"]>;
type WasmRun = ReturnType<WasmEngine["start"]>;

/** What a run came to: it needs something from outside, or it is done. */
export type Step = { kind: "need"; need: Need; run: Run } | { kind: "done"; decision: Decision };

/** The answer to a need, named like the fact it is. */
export type Answer =
  | { schedule: ScheduleFact }
  | { contactAssigned: boolean }
  | { strategy: StrategyFact }
  | { agents: Agent[] }
  | { noAgent: NoAgentPolicy }
  | { nextIndex: number }
  | { reserved: Reserved }
  | { rule: RuleAnswer }
  /** To any need: it could not be had. */
  | { failed: { code: string; message: string } };

/** What a host's own rule says. */
export interface RuleAnswer {
  verdict:
    | { kind: "continue" }
    | { kind: "skip" }
    | { kind: "assign"; agentId: string }
    | { kind: "stop" }
    | { kind: "error"; message: string };
  /** The agents left, out of those it was shown. */
  agents?: string[];
  strategy?: string;
  config?: RoutingConfig;
}

/** Facts, and a roster that answers for those that are not given. */
export interface FactsAndRoster extends Facts {
  roster?: Roster;
}

/** A run that waits for an answer. An answer consumes it. */
export class Run {
  #wasm: WasmRun | undefined;
  readonly #generation: number;

  /** @internal */
  constructor(wasm: WasmRun) {
    this.#wasm = wasm;
    this.#generation = generation();
  }

  /** @internal The run in the module, which nobody has from now on. */
  taken(): WasmRun {
    const wasm = this.#wasm;
    this.#wasm = undefined;
    if (wasm === undefined) {
      throw new AssignmentEngineError("run_over", "the run is over", { hint: "start another one" });
    }
    if (this.#generation !== generation()) {
      throw new AssignmentEngineError("run_over", "the engine was started afresh meanwhile", {
        hint: "start another run",
      });
    }
    return wasm;
  }
}

/** @internal An engine of the module, made anew when the module was. */
export class Pipeline {
  readonly #rules: string | undefined;
  #wasm: WasmEngine | undefined;
  #generation = 0;

  /** Rules by id or `{ host: name }`; the standard ones unless said. */
  constructor(rules?: readonly (string | { host: string })[]) {
    this.#rules = rules === undefined ? undefined : toJson("rules", rules);
    this.#engine();
  }

  start(request: Request, now: number, facts: FactsAndRoster, settings: StepSettings): Started {
    const requestText = requestJson(request, now);
    const factsText = factsJson(facts);
    const roster = isObject(facts) ? rosterOf(facts) : undefined;
    try {
      const resident = roster?.resident();
      const engine = this.#engine();
      const trace = settings.trace === true;
      const run =
        resident === undefined
          ? engine.start(requestText, factsText, trace)
          : engine.startOn(resident, requestText, factsText, trace);
      return step(run, settings);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  #engine(): WasmEngine {
    try {
      const present = generation();
      if (this.#wasm === undefined || this.#generation !== present) {
        this.#wasm = new (bindings().Engine)(this.#rules);
        this.#generation = present;
      }
      return this.#wasm;
    } catch (thrown) {
      throw translated(thrown);
    }
  }
}

/** @internal What a step is wanted with. */
export interface StepSettings {
  trace?: boolean;
  /** Tell which rules have answered. */
  observed?: boolean;
}

/** @internal A step, and the rules that have answered on the way to it, if that was asked for. */
export interface Started {
  step: Step;
  rules: string[];
}

/** @internal Goes on with a run. What is known beforehand may be another now. */
export function resume(
  run: Run,
  answer: Answer,
  input: { request?: Request; now?: number; facts?: FactsAndRoster } = {},
): Step {
  const text = answerJson(answer);
  const request = input.request && requestJson(input.request, input.now ?? Date.now());
  const facts = input.facts && factsJson(input.facts);
  const roster = input.facts && rosterOf(input.facts);
  const wasm = run.taken();
  try {
    if (request !== undefined) wasm.setRequest(request);
    if (facts !== undefined) wasm.setFacts(facts);
    if (roster !== undefined) wasm.setRoster(roster.resident());
    if (typeof text === "number") wasm.answerIndex(text);
    else wasm.answer(text);
    return step(wasm, {}).step;
  } catch (thrown) {
    const error = translated(thrown);
    if (error.code !== "engine_trapped") wasm.free();
    throw error;
  }
}

/** @internal The same for a host's answer: one that the core refuses is a failure of the host's. */
export function resumeOrFail(run: Run, answer: Answer, settings: StepSettings): Started {
  let refusal: AssignmentEngineError;
  const wasm = run.taken();
  try {
    const text = answerJson(answer);
    try {
      if (typeof text === "number") wasm.answerIndex(text);
      else wasm.answer(text);
      return step(wasm, settings);
    } catch (thrown) {
      refusal = translated(thrown);
    }
  } catch (error) {
    // It could not even be written.
    refusal = error as AssignmentEngineError;
  }
  if (refusal.code === "engine_trapped") throw refusal;
  try {
    wasm.answer(answerOf.failed(refusal.code, printable(refusal.message)));
    return step(wasm, settings);
  } catch (thrown) {
    throw translated(thrown);
  }
}

function step(wasm: WasmRun, settings: StepSettings): Started {
  const rules = settings.observed === true ? wasm.rulesLeft() : [];
  const need = wasm.need();
  if (need !== undefined) {
    return { step: { kind: "need", need: JSON.parse(need) as Need, run: new Run(wasm) }, rules };
  }
  const decision = JSON.parse(wasm.decision()!) as Decision;
  // Not left to the garbage collector, which does not see the module's memory.
  wasm.free();
  return { step: { kind: "done", decision }, rules };
}

function rosterOf(facts: FactsAndRoster): Roster | undefined {
  const roster = read(facts, "roster");
  if (roster === undefined || roster === null) return undefined;
  if (!(roster instanceof Roster)) {
    throw new AssignmentEngineError("wrong_type", "facts.roster: is no Roster", {
      path: "facts.roster",
      hint: "make one with new Roster(config)",
    });
  }
  return roster;
}

function answerJson(answer: Answer): string | number {
  if (!isObject(answer)) return toJson("answer", answer);
  if ("nextIndex" in answer) {
    const index = answer.nextIndex as number;
    // Others are refused by the core, with the message it has for them.
    return index >>> 0 === index ? index : toJson("answer", { nextIndex: index });
  }
  if ("agents" in answer) {
    const agents = answer.agents as Agent[];
    // Refused here, since the core would end the run over it.
    if (Array.isArray(agents) && agents.length > MAX_CANDIDATES) {
      throw new AssignmentEngineError(
        "too_many_agents",
        `${agents.length} agents are too many, at most ${MAX_CANDIDATES} are allowed`,
      );
    }
    return answerOf.agents(agents);
  }
  return toJson("answer", answer);
}

const MAX_CANDIDATES = 10_000;
