/**
 * The engine as a competent team writes it straight from the contract: rules in an array, objects
 * in, `filter`, `map` and `sort`, a formatter made where it is needed. Nothing is tuned, and nothing
 * is slower than such code has to be: a key is computed once per agent, not once per comparison.
 */
import type {
  Agent,
  Day,
  Facts,
  RoutingConfig,
  Schedule,
  Session,
  Shift,
} from "../../src/types.ts";
import type { GetNextIndex, Request, Result } from "./shapes.ts";

export interface Deps {
  facts: Facts;
  getNextIndex: GetNextIndex;
}

/** What the rules so far have found. */
export interface Context {
  strategy?: Strategy;
  config?: RoutingConfig;
  agents?: Agent[];
}

export type Rule = (
  request: Request,
  context: Context,
  deps: Deps,
) => Promise<Result | { kind: "continue" }>;

export type Strategy = "round_robin" | "least_active" | "least_assigned" | "hybrid" | "manual";

export const scheduleRule: Rule = async (request, _context, deps) => {
  if (request.forceOverride || !request.session.assignedTeamId) return CONTINUE;
  const fact = deps.facts.schedule;
  if (fact?.availability) {
    return fact.availability.isOpen ? CONTINUE : { kind: "stop", reason: "closed" };
  }
  const schedule = fact?.schedule;
  if (!schedule?.enabled) return CONTINUE;
  return isOpen(schedule, request.now) ? CONTINUE : { kind: "stop", reason: "closed" };
};

export const contactAlreadyAssignedRule: Rule = async (request, _context, deps) =>
  request.session.contactId && deps.facts.contactAssigned
    ? { kind: "skip", reason: "contact_already_assigned" }
    : CONTINUE;

export const strategyRule: Rule = async (_request, context, deps) => {
  const fact = deps.facts.strategy;
  context.strategy = strategyNamed(fact?.teamStrategy || fact?.tenantStrategy || "round_robin");
  context.config = fact?.config ?? {};
  return context.strategy === "manual" ? { kind: "stop", reason: "manual_strategy" } : CONTINUE;
};

export const eligibilityRule: Rule = async (request, context, deps) => {
  const members = deps.facts.agents ?? [];
  if (members.length === 0) return { kind: "stop", reason: "no_members" };
  const online = request.forceOverride
    ? members
    : members.filter((agent) => agent.status === "online");
  if (online.length === 0) return { kind: "stop", reason: "nobody_online" };
  const maxLoad = context.config?.maxLoad ?? 0;
  context.agents = maxLoad > 0 ? online.filter((agent) => (agent.active ?? 0) < maxLoad) : online;
  return context.agents.length === 0 ? { kind: "stop", reason: "everybody_at_limit" } : CONTINUE;
};

export const selectorRule: Rule = async (request, context, deps) => {
  const candidates = best(context.agents ?? [], context.strategy, context.config ?? {});
  if (candidates.length === 0) return { kind: "stop", reason: "no_candidate_left" };
  const index = await deps.getNextIndex(contextKey(request.session), candidates.length);
  const chosen = candidates[index];
  return chosen
    ? { kind: "assign", agentId: chosen.id }
    : { kind: "stop", reason: "no_candidate_left" };
};

export const RULES: Rule[] = [
  scheduleRule,
  contactAlreadyAssignedRule,
  strategyRule,
  eligibilityRule,
  selectorRule,
];

export class PlainEngine {
  constructor(private readonly rules: Rule[] = RULES) {}

  async decide(request: Request, facts: Facts, getNextIndex: GetNextIndex): Promise<Result> {
    const context: Context = {};
    const deps: Deps = { facts, getNextIndex };
    for (const rule of this.rules) {
      const result = await rule(request, context, deps);
      if (result.kind !== "continue") return result;
    }
    return { kind: "stop", reason: "no_candidate_left" };
  }

  /** One after the other; each assignment counts for those that follow, in `facts.agents` too. */
  async decideQueue(
    sessions: Session[],
    now: number,
    facts: Facts,
    getNextIndex: GetNextIndex,
  ): Promise<Result[]> {
    const byId = new Map((facts.agents ?? []).map((agent) => [agent.id, agent]));
    const results: Result[] = [];
    for (const session of sessions) {
      const result = await this.decide({ session, now }, facts, getNextIndex);
      const agent = result.kind === "assign" ? byId.get(result.agentId) : undefined;
      if (agent) {
        agent.active = (agent.active ?? 0) + 1;
        agent.total = (agent.total ?? 0) + 1;
      }
      results.push(result);
    }
    return results;
  }
}

function contextKey(session: Session): string {
  return session.assignedTeamId || session.tenantId;
}

function strategyNamed(name: string): Strategy {
  switch (name) {
    case "load_balanced":
      return "least_active";
    case "least_active":
    case "least_assigned":
    case "hybrid":
    case "manual":
      return name;
    default:
      return "round_robin";
  }
}

/** Those who are equally good, in the order in which they take turns. */
function best(agents: Agent[], strategy: Strategy | undefined, config: RoutingConfig): Agent[] {
  const active = (agent: Agent) => agent.active ?? 0;
  const total = (agent: Agent) => agent.total ?? 0;
  switch (strategy) {
    case "least_active":
      return sortedById(withLeast(agents, active));
    case "least_assigned":
      return sortedById(withLeast(agents, total));
    case "hybrid": {
      const priority = config.priority?.length
        ? config.priority
        : (["least_active", "least_assigned"] as const);
      let left = agents;
      for (const criterion of priority) {
        left = withLeast(left, criterion === "least_assigned" ? total : active);
      }
      return sortedById(left);
    }
    default:
      return ring(agents, config.sortBy ?? "name");
  }
}

function withLeast(agents: Agent[], count: (agent: Agent) => number): Agent[] {
  const least = Math.min(...agents.map(count));
  return agents.filter((agent) => count(agent) === least);
}

function ring(agents: Agent[], sortBy: NonNullable<RoutingConfig["sortBy"]>): Agent[] {
  switch (sortBy) {
    case "created_at":
      return agents
        .map((agent) => ({ agent, at: createdAt(agent) }))
        .sort((a, b) => compareNumbers(a.at, b.at) || compareTexts(a.agent.id, b.agent.id))
        .map(({ agent }) => agent);
    case "random":
      return sortedById(agents);
    default:
      return agents
        .map((agent) => ({ agent, name: folded(agent.name ?? "") }))
        .sort((a, b) => compareTexts(a.name, b.name) || compareTexts(a.agent.id, b.agent.id))
        .map(({ agent }) => agent);
  }
}

function sortedById(agents: Agent[]): Agent[] {
  return [...agents].sort((a, b) => compareTexts(a.id, b.id));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** ASCII letters without regard to case; others stay as they are. */
function folded(name: string): string {
  return ASCII.test(name)
    ? name.toLowerCase()
    : name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whose date is unknown comes last. */
function createdAt(agent: Agent): number {
  return agent.createdAt == null ? Infinity : new Date(agent.createdAt).getTime();
}

function isOpen(schedule: Schedule, now: number): boolean {
  const timeZone = schedule.timezone?.trim();
  if (!timeZone || /^[+-]/.test(timeZone)) return false;
  let parts: Intl.DateTimeFormatPart[];
  try {
    parts = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "long",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }).formatToParts(now);
  } catch {
    return false; // An unknown zone.
  }
  const part = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  const today = DAYS.indexOf(part("weekday").toLowerCase() as Day);
  const yesterday = (today + 6) % 7;
  const minute = Number(part("hour")) * 60 + Number(part("minute"));
  const shiftsOf = (day: number): Shift[] => schedule.days?.[DAYS[day]!] ?? [];
  return (
    shiftsOf(today).some(({ start, end }) => {
      const from = minutes(start);
      const to = minutes(end);
      return minute >= from && (to <= from || minute < to);
    }) ||
    shiftsOf(yesterday).some(({ start, end }) => {
      const to = minutes(end);
      return to <= minutes(start) && minute < to;
    })
  );
}

function minutes(time: string): number {
  const [hour, minute] = time.split(":").map(Number);
  return hour! * 60 + minute!;
}

const ASCII = /^[\x00-\x7f]*$/;

const CONTINUE = { kind: "continue" } as const;

const DAYS: Day[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
