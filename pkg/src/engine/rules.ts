import { AssignmentEngineError } from "../errors.ts";
import type { AssignmentDeps } from "./deps.ts";
import type { Request, RoutingConfig, StrategyName } from "../types.ts";

/** The engine's own rules, in the order of the standard pipeline. */
export const RULE_IDS = [
  "schedule",
  "contactAlreadyAssigned",
  "strategy",
  "eligibility",
  "selector",
] as const;

/** The id of one of the engine's own rules. */
export type RuleId = (typeof RULE_IDS)[number];

/** What a rule answers. The first answer that is not `continue` ends the run. */
export type RuleResult =
  | { outcome: "continue" }
  /** The session is left alone. */
  | { outcome: "skip" }
  /** This agent gets it; the rule vouches for the agent. */
  | { outcome: "assign"; agentId: string }
  /** The session stays unassigned. */
  | { outcome: "stop" }
  /** Something failed: nothing is assigned, and nothing may be saved. */
  | { outcome: "error"; message: string };

/**
 * What the rules so far have found. A rule may change it for those after it: take agents off the
 * list, choose another strategy, other settings.
 */
export interface RuleContext {
  /** The strategy in force, once the strategy rule has answered. */
  strategy?: StrategyName | (string & {}) | undefined;
  /** The team's settings, likewise. */
  config?: RoutingConfig | null | undefined;
  /** The ids of those who are eligible, once the eligibility rule has answered. */
  agents?: string[] | undefined;
  /** Why the last rule answered what it did: a stable code. */
  reason?: string | undefined;
}

/** A rule: one of the engine's, or one of yours. */
export type AssignmentRule = (
  request: Request,
  context: RuleContext,
  deps: AssignmentDeps,
) => Promise<RuleResult> | RuleResult;

const ids = new WeakMap<AssignmentRule, RuleId>();

/** Marks a function as one of the engine's own rules, which the core has itself. */
export function builtIn(id: RuleId, rule: AssignmentRule): AssignmentRule {
  ids.set(rule, id);
  return rule;
}

/** A rule at its place: what it is called, and which function it is. */
export interface Place {
  name: string;
  rule: AssignmentRule;
  id: RuleId | undefined;
}

const RESERVED = new Set<string>([...RULE_IDS, "noAgentFallback", "pipeline", "claim"]);

/** Gives every rule the name under which traces, logs and metrics know it. */
export function named(rules: readonly AssignmentRule[]): Place[] {
  if (!Array.isArray(rules)) {
    throw new AssignmentEngineError("wrong_type", "rules: is no list", { path: "rules" });
  }
  const taken = new Map<string, AssignmentRule>();
  return Array.from(rules as readonly AssignmentRule[], (rule, at) => {
    if (typeof rule !== "function") {
      throw new AssignmentEngineError("wrong_type", `rules[${at}]: is no function`, {
        path: `rules[${at}]`,
        hint: "give functions (request, context, deps) => Promise<RuleResult>",
      });
    }
    const id = ids.get(rule);
    if (id !== undefined) return { name: id, rule, id };
    const wanted = typeof rule.name === "string" && rule.name !== "" ? rule.name : `rule${at + 1}`;
    let name = RESERVED.has(wanted) ? `host:${wanted}` : wanted.slice(0, 64);
    // The same function may stand at several places; two functions are two rules.
    for (let n = 2; (taken.get(name) ?? rule) !== rule; n += 1)
      name = `${wanted.slice(0, 64)}#${n}`;
    taken.set(name, rule);
    return { name, rule, id };
  });
}
