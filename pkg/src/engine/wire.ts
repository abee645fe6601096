/**
 * From the host's objects to the JSON that the core reads. Every property is read once, here, before
 * the core is called: getters, proxies and `toJSON` methods run while nothing of the engine is under
 * way.
 *
 * Rows of a database (sessions, agents, teams) may have more columns than the engine knows; those it
 * knows are taken out. Settings (schedules, routing, policies) go through whole, so that a misspelt
 * one is refused.
 */
import { AssignmentEngineError } from "../errors.ts";
import type {
  Agent,
  Facts,
  Instant,
  Request,
  ScheduleFact,
  Session,
  StrategyFact,
  Team,
} from "../types.ts";

/**
 * Reads a property, unless it comes from `Object.prototype`: whoever pollutes that must not change
 * who gets a conversation.
 */
export function read<T extends object, K extends keyof T>(from: T, key: K): T[K] | undefined {
  return key in Object.prototype && !Object.hasOwn(from, key) ? undefined : from[key];
}

/** Writes JSON, or says which document cannot be written. */
export function toJson(what: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    // A cycle, a BigInt, a getter or a proxy that throws.
    throw unreadable(what, cause);
  }
  if (typeof text !== "string") throw unreadable(what, undefined);
  return text;
}

export function requestJson(request: Request, now: number): string {
  return toJson(
    "request",
    documented("request", () => requestOf(request, now)),
  );
}

export function factsJson(facts: Facts): string {
  return toJson(
    "facts",
    documented("facts", () => factsOf(facts)),
  );
}

/** Milliseconds since 1970 of an instant; NaN for what is none. */
export function milliseconds(instant: Instant | number | undefined): number {
  if (typeof instant === "number") return instant;
  if (typeof instant === "string") return Date.parse(instant);
  if (instant === undefined) return NaN;
  try {
    return Date.prototype.getTime.call(instant);
  } catch {
    return NaN;
  }
}

export function agentOf(agent: Agent): unknown {
  if (!isObject(agent)) return agent;
  return {
    id: read(agent, "id"),
    name: read(agent, "name") ?? undefined,
    createdAt: read(agent, "createdAt") ?? undefined,
    status: read(agent, "status") ?? undefined,
    active: read(agent, "active") ?? undefined,
    total: read(agent, "total") ?? undefined,
  };
}

export function teamOf(team: Team): unknown {
  if (!isObject(team)) return team;
  return {
    id: read(team, "id"),
    name: read(team, "name") ?? undefined,
    isActive: read(team, "isActive") ?? undefined,
    isDefault: read(team, "isDefault") ?? undefined,
    createdAt: read(team, "createdAt") ?? undefined,
    routingStrategy: read(team, "routingStrategy") ?? undefined,
    routingConfig: read(team, "routingConfig") ?? undefined,
    schedule: read(team, "schedule") ?? undefined,
    members: read(team, "members") ?? undefined,
  };
}

/** Answers of the host, named as the core names them. */
export const answerOf = {
  schedule: (fact: ScheduleFact) => toJson("schedule", { schedule: fact ?? {} }),
  contactAssigned: (assigned: boolean) => toJson("contactAssigned", { contactAssigned: assigned }),
  strategy: (fact: StrategyFact) => toJson("strategy", { strategy: fact ?? {} }),
  agents: (agents: Agent[]) => toJson("agents", { agents: agentsOf(agents) }),
  noAgent: (policy: unknown) => toJson("noAgent", { noAgent: policy ?? {} }),
  rule: (answer: unknown) => toJson("rule", { rule: answer }),
  failed: (code: string, message: string) =>
    toJson("failed", { failed: { code: cut(code, 256), message: cut(message, 4096) } }),
};

function requestOf(request: Request, now: number): unknown {
  if (!isObject(request)) return request;
  const session = read(request, "session");
  return {
    session: isObject(session) ? sessionOf(session) : session,
    source: read(request, "source") ?? undefined,
    forceOverride: read(request, "forceOverride") ?? undefined,
    now: instantText(now),
    excluded: read(request, "excluded") ?? undefined,
    reserve: read(request, "reserve") ?? undefined,
  };
}

/** What the engine reads of a session; of its context three entries. */
function sessionOf(session: Session): unknown {
  const context = read(session, "context");
  const texts: Record<string, unknown> = {};
  if (isObject(context)) {
    for (const key of CONTEXT_KEYS) {
      const value = Object.hasOwn(context, key) ? context[key] : undefined;
      if (typeof value === "string") texts[key] = value;
      else if (value instanceof Date) texts[key] = instantText(milliseconds(value));
    }
  }
  return {
    id: read(session, "id"),
    tenantId: read(session, "tenantId"),
    contactId: read(session, "contactId") ?? undefined,
    assignedTeamId: read(session, "assignedTeamId") ?? undefined,
    context: texts,
  };
}

const CONTEXT_KEYS = ["account", "oooLastSentAt", "noAgentLastSentAt"];

function factsOf(facts: Facts): unknown {
  if (!isObject(facts)) return facts;
  const written: Record<string, unknown> = {};
  // Whatever else it holds is unknown to the core, which says so.
  for (const key of Object.keys(facts) as (keyof Facts)[]) {
    if ((key as string) === "roster") continue;
    written[key] = key === "agents" ? agentsOf(facts[key]) : (facts[key] ?? undefined);
  }
  return written;
}

function agentsOf(agents: unknown): unknown {
  if (!Array.isArray(agents)) return agents ?? undefined;
  const written: unknown[] = [];
  for (let at = 0; at < agents.length; at += 1) written.push(agentOf(agents[at] as Agent));
  return written;
}

/** The text of an instant; what is none stays what it is, so that the core refuses it. */
function instantText(now: number): unknown {
  const date = new Date(Math.floor(now));
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

function documented<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw unreadable(what, cause);
  }
}

/** An error of this package, whatever was thrown while the host's objects were read. */
export function typed(what: string, thrown: unknown): AssignmentEngineError {
  return AssignmentEngineError.is(thrown) ? thrown : unreadable(what, thrown);
}

function unreadable(what: string, cause: unknown): AssignmentEngineError {
  return new AssignmentEngineError("wrong_type", `${what}: it cannot be written as JSON`, {
    path: what,
    hint: "give plain data: no cycles, no BigInt, no getters that throw",
    cause,
  });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Cut to what the core takes, in bytes of UTF-8, of which a character has at most three a unit. */
function cut(text: string, bytes: number): string {
  return text.length * 3 <= bytes ? text : text.slice(0, Math.floor(bytes / 3));
}
