export {
  ASSIGNMENT_ENGINE_RULES,
  contactAlreadyAssignedRule,
  eligibilityRule,
  runNoAgentFallback,
  scheduleRule,
  selectorRule,
  strategyRule,
} from "./built_in.ts";
export type { AssignmentDeps } from "./deps.ts";
export type { IndexSource, QueueFacts } from "./decide_many.ts";
export type { RunResult } from "./drop_in.ts";
export {
  AssignmentEngine,
  type DecideOptions,
  type EngineOptions,
  type GetNextIndex,
} from "./engine.ts";
export type { Host } from "./host.ts";
export {
  type AssignmentRule,
  RULE_IDS,
  type RuleContext,
  type RuleId,
  type RuleResult,
} from "./rules.ts";
export type { Answer, FactsAndRoster, RuleAnswer, Run, Step } from "./run.ts";
export {
  availability,
  defaultTeam,
  explain,
  failedDecision,
  messageFailed,
  overrule,
} from "../decision.ts";
export { Turn } from "./turns.ts";
