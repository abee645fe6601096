/** The host's answers as the core takes them. */
import type { Agent, Need, NoAgentPolicy, Reserved, ScheduleFact, StrategyFact } from "../types.ts";
import { badIndex, isIndex } from "./host.ts";
import type { Answer, RuleAnswer } from "./run.ts";
import { isObject } from "./wire.ts";

/** The host's answer as the core takes it. */
export function asAnswer(need: Need, answer: unknown): Answer {
  switch (need.kind) {
    case "next_index":
      if (isIndex(answer, need.candidateCount)) return { nextIndex: answer };
      return { failed: badIndex(answer, need.candidateCount) };
    case "turn": {
      const index = isObject(answer) ? answer.index : answer;
      const count = need.candidates.length;
      return isIndex(index, count) ? { nextIndex: index } : { failed: badIndex(index, count) };
    }
    case "reserve":
      return { reserved: answer as Reserved };
    case "schedule":
      return { schedule: (answer ?? {}) as ScheduleFact };
    case "contact_assigned":
      return { contactAssigned: answer as boolean };
    case "strategy":
      return { strategy: (answer ?? {}) as StrategyFact };
    case "agents":
      return { agents: answer as Agent[] };
    case "no_agent_policy":
      return { noAgent: (answer ?? {}) as NoAgentPolicy };
    case "rule":
      return { rule: answer as RuleAnswer };
  }
}
