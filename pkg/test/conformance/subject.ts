/** The package as a subject of the cases: it is asked, answered by the script, and compared. */
import {
  AssignmentEngine,
  type Answer,
  ASSIGNMENT_ENGINE_RULES,
  type AssignmentRule,
  RULE_IDS,
  type Step,
  explain,
  messageFailed,
  overrule,
} from "../../src/engine/index.ts";
import { AssignmentEngineError } from "../../src/errors.ts";
import { Roster, type RosterConfig } from "../../src/roster.ts";
import type { Agent, Decision, Facts, Outcome, Request, Team } from "../../src/types.ts";
import { type Case, type Json, type JsonObject, type Meanwhile, merged } from "./cases.ts";

/** What was asked, and what came of it. */
export interface Observed {
  asked: Json[];
  end: { decision: Decision; lines: string[] } | { refused: { code: string; message: string } };
}

/** What an engine is told in a case, which may change while a run waits. */
export class Told {
  request: JsonObject;
  facts: JsonObject;
  roster: Roster | undefined;

  constructor(case_: Case) {
    this.request = case_.request;
    this.facts = case_.facts ?? {};
    this.roster = case_.roster && rosterOf(case_.roster);
  }

  get input(): [Request, Facts & { roster?: Roster }] {
    return [this.request as unknown as Request, { ...this.facts, roster: this.roster } as Facts];
  }

  change({ request, facts, roster, rosterChanges }: Meanwhile): void {
    if (request !== undefined) this.request = merged(this.request, request) as JsonObject;
    if (facts !== undefined) this.facts = merged(this.facts, facts) as JsonObject;
    if (roster !== undefined) this.roster = rosterOf(roster);
    for (const change of rosterChanges ?? []) apply(this.roster!, change);
  }
}

export function engineOf(case_: Case): AssignmentEngine {
  const engine = new AssignmentEngine();
  if (case_.pipeline) {
    // A rule that stands at two places is one function.
    const own = new Map<string, AssignmentRule>();
    engine.setRules(case_.pipeline.map((place) => ruleOf(place, own)));
  }
  return engine;
}

/** Runs a case with the synchronous step machine. */
export function observe(case_: Case): Observed {
  const engine = engineOf(case_);
  const told = new Told(case_);
  const asked: Json[] = [];
  let step: Step = engine.start(...told.input, { trace: case_.traced ?? true });
  for (const { need, meanwhile, answer } of case_.answers ?? []) {
    if (step.kind === "done") throw new Error(`nobody asks ${JSON.stringify(need)}`);
    asked.push(step.need as unknown as Json);
    told.change(meanwhile ?? {});
    try {
      const [request, facts] = told.input;
      step = engine.resume(step.run, answer as unknown as Answer, { request, facts });
    } catch (error) {
      if (!AssignmentEngineError.is(error)) throw error;
      return { asked, end: { refused: { code: error.code, message: error.message } } };
    }
  }
  if (step.kind === "need") throw new Error(`nobody answers ${JSON.stringify(step.need)}`);
  return { asked, end: ended(case_, step.decision) };
}

export function ended(case_: Case, decided: Decision): { decision: Decision; lines: string[] } {
  let decision = decided;
  if (case_.messageFailed !== undefined) decision = messageFailed(decision, case_.messageFailed);
  if (case_.overruled) {
    const { outcome, reason } = case_.overruled;
    decision = overrule(decision, outcome as unknown as Outcome, reason);
  }
  return { decision, lines: explain(decision) };
}

function ruleOf(
  place: string | { host: string },
  own: Map<string, AssignmentRule>,
): AssignmentRule {
  if (typeof place === "string") {
    const at = RULE_IDS.indexOf(place as (typeof RULE_IDS)[number]);
    return ASSIGNMENT_ENGINE_RULES[at]!;
  }
  const rule: AssignmentRule = () => {
    throw new Error("the script answers for it");
  };
  const known = own.get(place.host);
  if (known !== undefined) return known;
  own.set(place.host, rule);
  return Object.defineProperty(rule, "name", { value: place.host });
}

export function rosterOf(config: JsonObject): Roster {
  return new Roster(config as unknown as RosterConfig);
}

function apply(roster: Roster, change: JsonObject): void {
  const { kind, agentId, teamId, online, active, total, agent, team } = change as JsonObject & {
    agentId: string;
    teamId: string;
  };
  switch (kind) {
    case "set_online":
      return roster.setOnline(agentId, online as boolean);
    case "set_active":
      return roster.setActive(agentId, active as number);
    case "set_total":
      return roster.setTotal(teamId, agentId, total as number);
    case "assigned":
      return roster.assigned(agentId);
    case "released":
      return roster.released(agentId);
    case "add_agent":
      return roster.addAgent(agent as unknown as Agent);
    case "remove_agent":
      return roster.removeAgent(agentId);
    case "add_team":
      return roster.addTeam(team as unknown as Team);
    case "join":
      return roster.join(teamId, agentId, total as number);
    case "leave":
      return roster.leave(teamId, agentId);
    default:
      throw new Error(`no such change: ${String(kind)}`);
  }
}
