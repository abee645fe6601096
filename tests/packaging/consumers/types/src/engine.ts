// The engine as TypeScript sees it: what must compile does, and what must not is expected to fail.
import {
  type Agent,
  type Answer,
  ASSIGNMENT_ENGINE_RULES,
  AssignmentEngine,
  AssignmentEngineError,
  type AssignmentDeps,
  type AssignmentRule,
  availability,
  type Decision,
  defaultTeam,
  type Effect,
  type ErrorCode,
  explain,
  type Facts,
  type GetNextIndex,
  type Host,
  init,
  type Need,
  type Outcome,
  type Request,
  Roster,
  RULE_IDS,
  type RuleId,
  type RuleResult,
  type RunResult,
  type Session,
  type Step,
  type Team,
  type Turn,
} from "assignment-engine";

/** Are two types the very same? */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T => true as T;

const request: Request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
  now: "2026-11-23T09:00:00Z",
};

// Requests and facts.
const dates: Request = { ...request, now: new Date(), source: "handover", excluded: ["anna"] };
const millis: Request = { ...request, now: 1_764_000_000_000, forceOverride: true };
const facts: Facts = {
  schedule: {
    schedule: {
      enabled: true,
      timezone: "Europe/Vienna",
      days: { monday: [{ start: "09:00", end: "17:00" }] },
    },
  },
  contactAssigned: false,
  strategy: { teamStrategy: "hybrid", config: { priority: ["least_active"], maxLoad: 3 } },
  agents: [{ id: "anna", status: "online", active: 1, total: 2 }],
  noAgent: { noAgentAction: "reply" },
};
// Rows of a database have more columns, and nulls.
interface Row extends Session {
  phone: string;
}
const row: Row = { id: "chat-1", tenantId: "acme", contactId: null, context: null, phone: "+43" };
const ofRow: Request = { session: row };
// Unknown names of a strategy are allowed: a database may hold anything.
const team: Team = { id: "sales", routingStrategy: "somebody_elses", members: ["anna"] };

// @ts-expect-error a session has an id
const noId: Session = { tenantId: "acme" };
// @ts-expect-error a status of ours has other names
const badStatus: Session = { id: "a", tenantId: "b", status: "open" };
// @ts-expect-error `name`, `created_at` or `random`
const badSort: Team = { id: "sales", routingConfig: { sortBy: "age" } };
// @ts-expect-error a misspelt setting
const badSetting: Team = { id: "sales", routingConfig: { maxload: 3 } };
// @ts-expect-error who asks is `handover` or `queue`
const badSource: Request = { ...request, source: "timer" };
// @ts-expect-error weekdays are in English
const badDay: Facts = { schedule: { schedule: { enabled: true, days: { montag: [] } } } };

// Decisions.
export async function decides(roster: Roster): Promise<string> {
  const engine = new AssignmentEngine({}, { hooks: { outcome: ({ reason }) => void reason } });
  engine.setLogger(console);
  const next: GetNextIndex = async (key, count) => key.length % count;
  const decision = await engine.decide(request, { ...facts, roster }, next, { trace: true });
  holds<Same<typeof decision, Decision>>();
  const lines: string[] = explain(decision);
  const opens: string | Date | null | undefined = availability({ schedule: null }).nextOpen;

  // @ts-expect-error a decision is not changed
  decision.reason = "mine";
  // @ts-expect-error nor what is in it
  decision.outcome.kind = "skip";
  // @ts-expect-error its lists neither
  decision.effects.push();
  // @ts-expect-error the rotation must be given
  void engine.decide(request, facts);
  // @ts-expect-error an index is a number
  void engine.decide(request, facts, () => "0");

  return [told(decision.outcome), ...decision.effects.map(done), ...lines, String(opens)].join();
}

function told(outcome: Readonly<Outcome>): string {
  switch (outcome.kind) {
    case "assign":
      return outcome.agentId;
    case "error":
      return `${outcome.code}: ${outcome.message}`;
    case "skip":
    case "stop":
      // @ts-expect-error nobody was chosen
      return outcome.agentId;
    default:
      return outcome satisfies never;
  }
}

function done(effect: Effect): string {
  if (effect.kind === "merge_context") return Object.keys(effect.entries).join();
  holds<Same<typeof effect.about, "out_of_office" | "no_agent">>();
  const { text, mediaUrl = "none" } = effect;
  // @ts-expect-error that is the other effect
  void effect.entries;
  return text + mediaUrl;
}

// A host, which answers when it is asked.
const host: Host = {
  schedule: async ({ teamId }) => ({ tenantMessage: teamId }),
  contactAssigned: ({ contactId, excludeSessionId }) => contactId === excludeSessionId,
  agents: async ({ countsSince = "", includeOffline }) => [
    { id: countsSince, status: includeOffline ? "offline" : "online" },
  ],
  getNextIndex: () => 0,
};
// @ts-expect-error agents are objects
const badHost: Host = { agents: async () => ["anna"] };

export async function runs(engine: AssignmentEngine): Promise<void> {
  const decision = await engine.run(request, host);
  holds<Same<typeof decision, Decision>>();
  const result = await engine.run(request);
  holds<Same<typeof result, RunResult>>();
  if (result.outcome === "assign") holds<Same<typeof result.agentId, string>>();
  else if (result.outcome === "error") void (result.code + result.message);
  // @ts-expect-error nobody was chosen
  else void result.agentId;
}

// Rules.
const language: AssignmentRule = async ({ session }, context, deps) => {
  const wanted = session.context?.language;
  if (wanted === undefined) return { outcome: "continue" };
  if (context.agents === undefined) return { outcome: "error", message: "too early" };
  context.agents = context.agents.filter((id) => id.endsWith(String(wanted)));
  if (deps.getAvailableAgents === undefined) return { outcome: "skip" };
  return context.agents.length === 0 ? { outcome: "stop" } : { outcome: "continue" };
};
// @ts-expect-error whom?
const nobody: RuleResult = { outcome: "assign" };
// @ts-expect-error no outcome of a rule
const wrong: AssignmentRule = () => ({ outcome: "wait" });

export function withRules(engine: AssignmentEngine): void {
  const [schedule, ...others] = ASSIGNMENT_ENGINE_RULES;
  engine.setRules([schedule!, language, ...others]);
  // @ts-expect-error the list is not to be changed
  ASSIGNMENT_ENGINE_RULES.push(language);
  const first: RuleId = RULE_IDS[0];
  holds<
    Same<RuleId, "schedule" | "contactAlreadyAssigned" | "strategy" | "eligibility" | "selector">
  >();
  void first;
}

// The dashboard-api's services.
const deps: AssignmentDeps = {
  checkScheduleAvailability: async () => ({ isOpen: false, nextOpen: new Date() }),
  getAvailableAgents: async (tenantId, teamId, includeOffline) => [
    `${tenantId}${teamId}${includeOffline}`,
  ],
  pickAgentForSession: (session, strategy, config, ids) => (config?.maxLoad === 0 ? null : ids[0]),
  sessionRepo: { update: async (id, { context }) => void [id, context] },
};
export const dropIn = new AssignmentEngine(deps, { answerTimeoutMs: Infinity });

// Step by step.
export function steps(engine: AssignmentEngine): Decision {
  let step: Step = engine.start(request, facts);
  while (step.kind === "need") step = engine.resume(step.run, answer(step.need));
  return step.decision;
}

function answer(need: Need): Answer {
  switch (need.kind) {
    case "schedule":
      return { schedule: {} };
    case "contact_assigned":
      return { contactAssigned: need.contactId === "" };
    case "strategy":
      return { strategy: { teamStrategy: "round_robin" } };
    case "agents":
      return { agents: [{ id: need.teamId ?? "anna" }] };
    case "no_agent_policy":
      return { noAgent: {} };
    case "next_index":
      return { nextIndex: need.candidateCount - 1 };
    case "turn":
      return { nextIndex: need.candidates.length - 1 };
    case "reserve":
      return { reserved: { kind: "full", held: {} } };
    case "rule":
      return { rule: { verdict: { kind: "continue" } } };
    default:
      return need satisfies never;
  }
}

// Rosters.
export function rosters(): string | undefined {
  const roster = new Roster({ tenantId: "acme", teams: [team], agents: [{ id: "anna" }] });
  roster.setOnline("anna", true);
  roster.join("sales", "ben");
  roster.addAgent({ id: "ben", createdAt: new Date() });
  // @ts-expect-error a roster belongs to a tenant
  new Roster({ teams: [] });
  // @ts-expect-error true or false
  roster.setOnline("anna", "yes");
  // @ts-expect-error not for others: it keeps the roster in the module
  roster.resident();
  // @ts-expect-error likewise
  void roster.version;

  const turn: Turn | undefined = new AssignmentEngine().turn(roster, "sales", Date.now());
  // @ts-expect-error there may be none
  turn.candidateCount;
  const agent: Agent | undefined = roster.agent("anna");
  const chosen = defaultTeam([{ ...team, colour: "red" }]);
  return (chosen?.colour ?? agent?.name) || turn?.resume(0)?.reason;
}

// Errors.
export function why(error: unknown): string {
  // @ts-expect-error anything can be thrown
  void error.code;
  if (!AssignmentEngineError.is(error)) return "not ours";
  const code: ErrorCode = error.code;
  const known = code === "unknown_field" ? "the field" : code;
  return `${known} ${error.path ?? ""} ${error.hint ?? ""}`;
}

export const ready: Promise<void> = init();
export const unused = [
  dates,
  millis,
  ofRow,
  noId,
  badStatus,
  badSort,
  badSetting,
  badSource,
  badDay,
  badHost,
  nobody,
  wrong,
];
