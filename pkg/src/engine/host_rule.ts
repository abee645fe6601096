/** A rule of the host's, between the core that asks for it and the function that answers. */
import { AssignmentEngineError } from "../errors.ts";
import type { Need, Request, RoutingConfig } from "../types.ts";
import type { AssignmentDeps } from "./deps.ts";
import type { AssignmentRule, RuleContext, RuleResult } from "./rules.ts";
import type { RuleAnswer } from "./run.ts";
import { isObject } from "./wire.ts";

/** Calls the rule with what the rules before it have found, and takes what it changed of that. */
export async function hostRule(
  rule: AssignmentRule,
  need: Extract<Need, { kind: "rule" }>,
  request: Request,
  deps: AssignmentDeps,
): Promise<RuleAnswer> {
  const shown = { strategy: need.strategy, config: need.config, agents: need.agents };
  const context: RuleContext = {};
  if (shown.strategy !== undefined) context.strategy = shown.strategy;
  if (shown.config !== undefined) context.config = structuredClone(shown.config);
  if (shown.agents !== undefined) context.agents = [...shown.agents];
  const answer: RuleAnswer = { verdict: verdictOf(await rule(request, context, deps)) };
  if (answer.verdict.kind !== "continue") return answer;
  const { strategy, config, agents } = context;
  if (agents !== undefined && changed(agents, shown.agents)) answer.agents = agents;
  if (strategy !== undefined && strategy !== shown.strategy) answer.strategy = strategy;
  if (config && changed(config, shown.config)) answer.config = config as RoutingConfig;
  return answer;
}

/** What a rule's result means; throws for what is none. */
export function verdictOf(result: RuleResult): RuleAnswer["verdict"] {
  const outcome = isObject(result) ? result.outcome : undefined;
  switch (outcome) {
    case "continue":
    case "skip":
    case "stop":
      return { kind: outcome };
    case "assign":
      return { kind: outcome, agentId: (result as { agentId: string }).agentId };
    case "error":
      return { kind: outcome, message: String((result as { message: string }).message) };
    default:
      throw new AssignmentEngineError("wrong_answer", "the rule answered with no rule's result", {
        hint: 'return { outcome: "continue" }, "skip", "stop", "assign" with agentId, or "error" with message',
      });
  }
}

function changed(now: unknown, before: unknown): boolean {
  return JSON.stringify(now) !== JSON.stringify(before);
}
