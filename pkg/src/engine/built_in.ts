/**
 * The engine's own rules as functions, each callable alone: with the dependencies of the
 * dashboard-api they read, ask the core, and perform what follows. In {@link AssignmentEngine.decide}
 * and with a host they stand for the core's rules and are not called.
 */
import { AssignmentEngineError, printable } from "../errors.ts";
import { messageFailed } from "../decision.ts";
import type {
  Agent,
  Availability,
  Decision,
  Facts,
  Message,
  NoAgentPolicy,
  Request,
  RoutingConfig,
  Session,
} from "../types.ts";
import type { AssignmentDeps } from "./deps.ts";
import { type AssignmentRule, type RuleResult, RULE_IDS, builtIn } from "./rules.ts";
import { Pipeline } from "./run.ts";
import { isObject, milliseconds } from "./wire.ts";

const GO_ON: RuleResult = Object.freeze({ outcome: "continue" });
const STOP: RuleResult = Object.freeze({ outcome: "stop" });
const SKIP: RuleResult = Object.freeze({ outcome: "skip" });

/** Is the team open? Closed for more than a day, the contact is told, once a day. */
export const scheduleRule = builtIn("schedule", async (request, context, deps) => {
  const { session } = request;
  const teamId = session.assignedTeamId;
  if (request.forceOverride || !teamId || !deps.checkScheduleAvailability) return GO_ON;
  const availability = availabilityOf(await deps.checkScheduleAvailability(teamId));
  const decision = alone("schedule", request, { schedule: { availability } }, deps);
  context.reason = decision.reason;
  if (goesOn(decision)) return GO_ON;
  const done = await perform(decision, session, deps);
  context.reason = done.reason;
  if (done.outcome.kind === "error") return { outcome: "error", message: done.outcome.message };
  return STOP;
});

/** Has the contact another session that is assigned? */
export const contactAlreadyAssignedRule = builtIn(
  "contactAlreadyAssigned",
  async ({ session }, context, deps) => {
    const inbox = deps.inboxService;
    if (!session.contactId || !inbox?.contactHasAssignedSession) return GO_ON;
    const { tenantId, contactId, id } = session;
    const assigned = await inbox.contactHasAssignedSession(tenantId, contactId, id);
    context.reason = assigned ? "contact_already_assigned" : "contact_free";
    return assigned ? SKIP : GO_ON;
  },
);

/** How does the team choose? */
export const strategyRule = builtIn("strategy", async (request, context, deps) => {
  if (!deps.getStrategyWithType) return GO_ON;
  const { tenantId, assignedTeamId } = request.session;
  const found = await deps.getStrategyWithType(tenantId, assignedTeamId ?? undefined);
  const strategy = { teamStrategy: found?.strategy };
  const decision = alone("strategy", request, { strategy }, deps);
  context.reason = decision.reason;
  if (!goesOn(decision)) return STOP;
  context.strategy = decision.trace!.rules[0]!.values["strategy"] as string;
  context.config = found?.config ?? undefined;
  context.reason = decision.trace!.rules[0]!.reason;
  return GO_ON;
});

/** Who can take the session? */
export const eligibilityRule = builtIn("eligibility", async (request, context, deps) => {
  if (!deps.getAvailableAgents) return GO_ON;
  const { session, forceOverride } = request;
  const teamId = session.assignedTeamId ?? undefined;
  const ids = await deps.getAvailableAgents(session.tenantId, teamId, forceOverride === true);
  if (Array.isArray(ids) && ids.length > 0) {
    context.agents = [...ids];
    context.reason = "agents_eligible";
    return GO_ON;
  }
  context.agents = [];
  context.reason = "no_members";
  await runNoAgentFallback(session, deps);
  return STOP;
});

/** Who of them gets it? */
export const selectorRule = builtIn("selector", async (request, context, deps) => {
  if (!deps.pickAgentForSession) return STOP;
  const agents = context.agents ?? [];
  const strategy = context.strategy ?? "round_robin";
  const { session } = request;
  const picked =
    agents.length === 0
      ? null
      : await deps.pickAgentForSession(session, strategy, context.config, agents);
  if (typeof picked === "string" && picked !== "") {
    context.reason = "selected";
    return { outcome: "assign", agentId: picked };
  }
  context.reason = "no_candidate_left";
  await runNoAgentFallback(session, deps);
  return STOP;
});

/** The engine's own rules, in the order of the contract. */
export const ASSIGNMENT_ENGINE_RULES: readonly AssignmentRule[] = Object.freeze([
  scheduleRule,
  contactAlreadyAssignedRule,
  strategyRule,
  eligibilityRule,
  selectorRule,
]);

/**
 * What happens when nobody can take the session: the contact is told, once a day, or hears nothing,
 * as the tenant says. A failure to send changes no outcome.
 */
export async function runNoAgentFallback(session: Session, deps: AssignmentDeps): Promise<void> {
  try {
    if (deps.runNoAgentFallback) {
      await deps.runNoAgentFallback(session);
      return;
    }
    const facts = { agents: [], noAgent: await noAgentPolicy(session, deps) };
    await perform(alone("eligibility", { session }, facts, deps), session, deps);
  } catch {
    // Nobody could take the session; that stays so whether the contact heard of it or not.
  }
}

async function noAgentPolicy(session: Session, deps: AssignmentDeps): Promise<NoAgentPolicy> {
  const where = { tenantId: session.tenantId, enabled: true };
  const config = await deps.configRepo?.findOne?.({ where });
  const waterfall = config?.settings?.waterfall;
  if (!waterfall || config.enabled === false || config.teamId) return {};
  return {
    noAgentAction: waterfall.noAgentAction === "queue" ? "queue" : "reply",
    noAgentMessage: waterfall.noAgentMessage ?? undefined,
  };
}

/** The core's decision with this rule and no other. */
function alone(
  id: (typeof RULE_IDS)[number],
  request: Request,
  facts: Facts & { agents?: Agent[] },
  deps: AssignmentDeps,
): Decision {
  const pipeline = pipelines.get(id) ?? new Pipeline([id]);
  pipelines.set(id, pipeline);
  const given = request.now ?? deps.now?.();
  const now = given === undefined ? Date.now() : milliseconds(given);
  const { step } = pipeline.start(request, now, facts, { trace: true });
  if (step.kind === "done") return step.decision;
  throw new AssignmentEngineError("not_answered", `nobody answers \`${step.need.kind}\``);
}

const pipelines = new Map<string, Pipeline>();

/** The rule had nothing against it: no other rule was there to decide. */
function goesOn(decision: Decision): boolean {
  return decision.reason === "rules_exhausted";
}

/** Sends the decision's message and stamps the session; what that makes of the decision. */
async function perform(
  decision: Decision,
  session: Session,
  deps: AssignmentDeps,
): Promise<Decision> {
  let done = decision;
  for (const effect of decision.effects) {
    if (effect.kind === "send_message") {
      try {
        if (!(await send(effect, session, deps))) return done;
      } catch (error) {
        done = messageFailed(decision, reasonOf(error));
        return done;
      }
    } else {
      const context = { ...session.context, ...effect.entries };
      await deps.sessionRepo?.update?.(session.id, { context });
      session.context = context;
    }
  }
  return done;
}

/** False if there is nothing to send with. */
async function send(message: Message, session: Session, deps: AssignmentDeps): Promise<boolean> {
  const { tenantId, contactId, id } = session;
  if (!contactId) return false;
  const { text, mediaUrl, account } = message;
  const whatsapp = deps.whatsappService;
  const inbox = deps.inboxService;
  if (!whatsapp?.sendMessage && !inbox?.addMessage) return false;
  await whatsapp?.sendMessage?.(
    tenantId,
    contactId,
    mediaUrl === undefined ? text : { type: "image", image: { link: mediaUrl, caption: text } },
    { account },
  );
  await inbox?.addMessage?.({
    tenantId,
    sessionId: id,
    contactId,
    direction: "outbound",
    content: text,
    ...(mediaUrl === undefined ? {} : { attachment: { type: "image", url: mediaUrl } }),
    senderId: "system",
  });
  return true;
}

/** The sender's own words: operators look for them in the outcome. */
function reasonOf(error: unknown): string {
  const message = isObject(error) ? error.message : error;
  return printable(String(message)).slice(0, 500);
}

function availabilityOf(answer: Availability | null | undefined): Availability {
  // A team that nobody knows has no opening hours.
  if (!isObject(answer)) return { isOpen: true };
  const { isOpen, nextOpen, message, mediaUrl } = answer;
  return {
    isOpen,
    nextOpen: nextOpen ?? undefined,
    message: message ?? undefined,
    mediaUrl: mediaUrl ?? undefined,
  };
}
