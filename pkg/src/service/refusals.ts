import type { Decision, Trace } from "../types.ts";
import type { Refusal } from "./store.ts";

/** A claim that the store refused. */
export interface RefusedClaim {
  agentId: string;
  refusal: Refusal;
}

/**
 * The decision with the claims that the store refused on the way to it, if it has a trace: each as
 * an answer of the rule `claim`, oldest first, before those of the run that came last.
 */
export function withRefusals(decision: Decision, refused: readonly RefusedClaim[]): Decision {
  const { trace } = decision;
  if (trace === undefined || refused.length === 0) return decision;
  const claims: Trace["rules"] = refused.map((claim) => ({
    rule: "claim",
    answer: "continue",
    reason: "claims_refused",
    values: { ...claim },
  }));
  return { ...decision, trace: { ...trace, rules: [...claims, ...trace.rules] } };
}
