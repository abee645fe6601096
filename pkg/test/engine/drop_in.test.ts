/** The engine as the dashboard-api's TypeScript calls it, with its services as `deps`. */
import { describe, expect, test } from "vitest";

import {
  ASSIGNMENT_ENGINE_RULES,
  type AssignmentDeps,
  AssignmentEngine,
  type AssignmentRule,
  type RuleContext,
  contactAlreadyAssignedRule,
  eligibilityRule,
  runNoAgentFallback,
  scheduleRule,
  selectorRule,
  strategyRule,
} from "../../src/engine/index.ts";
import type { Request, Session } from "../../src/types.ts";

const now = "2026-11-23T09:00:00.000Z";
const session = (more: Partial<Session> = {}): Session => ({
  id: "chat-1",
  tenantId: "acme",
  contactId: "c-1",
  assignedTeamId: "sales",
  context: { account: "main" },
  ...more,
});
const request = (more: Partial<Request> = {}): Request => ({
  session: session(),
  source: "handover",
  now,
  ...more,
});

/** Services that note what they are asked. */
function services(more: AssignmentDeps = {}): { deps: AssignmentDeps; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const noting =
    <T>(name: string, answer: T) =>
    async (...args: unknown[]): Promise<T> => {
      calls.push([name, ...args]);
      return answer;
    };
  const deps: AssignmentDeps = {
    checkScheduleAvailability: noting("schedule", { isOpen: true }),
    getStrategyWithType: noting("strategy", { strategy: "load_balanced", config: { maxLoad: 3 } }),
    getAvailableAgents: noting("agents", ["anna", "ben"]),
    pickAgentForSession: noting("pick", "ben"),
    inboxService: {
      contactHasAssignedSession: noting("contact", false),
      addMessage: noting("message", undefined),
    },
    whatsappService: { sendMessage: noting("whatsapp", undefined) },
    sessionRepo: { update: noting("update", undefined) },
    configRepo: { findOne: noting("config", null) },
    ...more,
  };
  return { deps, calls };
}

const closed = (nextOpen?: string) => async () => ({
  isOpen: false,
  nextOpen: nextOpen === undefined ? undefined : new Date(nextOpen),
  message: "We sleep.",
});

test("asks its services in the order of the rules, and assigns", async () => {
  const { deps, calls } = services();
  const engine = new AssignmentEngine(deps);
  engine.setRules(ASSIGNMENT_ENGINE_RULES);
  const given = request();
  expect(await engine.run(given)).toEqual({
    outcome: "assign",
    agentId: "ben",
    rule: "selector",
    reason: "selected",
  });
  expect(calls).toEqual([
    ["schedule", "sales"],
    ["contact", "acme", "c-1", "chat-1"],
    ["strategy", "acme", "sales"],
    ["agents", "acme", "sales", false],
    ["pick", given.session, "least_active", { maxLoad: 3 }, ["anna", "ben"]],
  ]);
});

test("forced, it does not ask for the schedule, and takes offline agents", async () => {
  const { deps, calls } = services();
  await new AssignmentEngine(deps).run(request({ forceOverride: true }));
  expect(calls.map(([name]) => name)).toEqual(["contact", "strategy", "agents", "pick"]);
  expect(calls[2]).toEqual(["agents", "acme", "sales", true]);
});

describe("a rule whose service is absent", () => {
  const rules = [scheduleRule, contactAlreadyAssignedRule, strategyRule, eligibilityRule];
  test.each(rules.map((rule, at) => [at, rule] as const))("goes on: rule %i", async (_, rule) => {
    expect(await rule(request(), {}, {})).toEqual({ outcome: "continue" });
  });
  test("the selector stops, and so does an engine without services, or without rules", async () => {
    expect(await selectorRule(request(), { agents: ["anna"] }, {})).toEqual({ outcome: "stop" });
    expect(await new AssignmentEngine().run(request())).toMatchObject({ outcome: "stop" });
    const engine = new AssignmentEngine(services().deps);
    engine.setRules([]);
    expect(await engine.run(request())).toMatchObject({
      outcome: "stop",
      reason: "rules_exhausted",
    });
  });
});

describe("closed", () => {
  test("for less than a day: silently", async () => {
    const { deps, calls } = services({ checkScheduleAvailability: closed("2026-11-24T08:59:00Z") });
    expect(await scheduleRule(request(), {}, deps)).toEqual({ outcome: "stop" });
    expect(calls).toEqual([]);
  });

  test("for longer: the contact is told, and the session stamped", async () => {
    const { deps, calls } = services({ checkScheduleAvailability: closed("2026-11-30T08:00:00Z") });
    const context: RuleContext = {};
    expect(await scheduleRule(request(), context, deps)).toEqual({ outcome: "stop" });
    expect(context.reason).toBe("out_of_office");
    expect(calls).toEqual([
      ["whatsapp", "acme", "c-1", "We sleep.", { account: "main" }],
      [
        "message",
        {
          tenantId: "acme",
          sessionId: "chat-1",
          contactId: "c-1",
          direction: "outbound",
          content: "We sleep.",
          senderId: "system",
        },
      ],
      ["update", "chat-1", { context: { account: "main", oooLastSentAt: now } }],
    ]);
  });

  test("with a picture", async () => {
    const { deps, calls } = services({
      checkScheduleAvailability: async () => ({
        isOpen: false,
        message: "We sleep.",
        mediaUrl: "https://example.org/closed.png",
      }),
    });
    await scheduleRule(request(), {}, deps);
    const image = { link: "https://example.org/closed.png", caption: "We sleep." };
    expect(calls[0]?.[3]).toEqual({ type: "image", image });
    expect(calls[1]?.[1]).toMatchObject({ attachment: { type: "image", url: image.link } });
  });

  test("told less than a day ago: not again", async () => {
    const { deps, calls } = services({ checkScheduleAvailability: closed() });
    const told = session({ context: { oooLastSentAt: "2026-11-22T09:00:01Z" } });
    expect(await scheduleRule(request({ session: told }), {}, deps)).toEqual({ outcome: "stop" });
    expect(calls).toEqual([]);
  });

  test("and the message cannot be sent: an error with the reason, and no stamp", async () => {
    const { deps, calls } = services({
      checkScheduleAvailability: closed(),
      whatsappService: { sendMessage: () => Promise.reject(new Error("blocked\nnumber")) },
    });
    const result = await new AssignmentEngine(deps).run(request());
    expect(result).toMatchObject({
      outcome: "error",
      code: "message_failed",
      message: "blocked\\u{a}number",
    });
    expect(calls).toEqual([]);
  });
});

test("a contact who is with somebody is skipped", async () => {
  const inboxService = { contactHasAssignedSession: async () => true };
  const result = await new AssignmentEngine({ inboxService }).run(request());
  expect(result).toMatchObject({ outcome: "skip", reason: "contact_already_assigned" });
});

test("the strategy sets the context, by its own name", async () => {
  for (const [given, strategy, reason] of [
    ["load_balanced", "least_active", "team_strategy"],
    ["fastest", "round_robin", "unknown_strategy"],
    [null, "round_robin", "default_strategy"],
  ]) {
    const context: RuleContext = {};
    const config = { sortBy: "created_at" as const, extra: "column" };
    const getStrategyWithType = async () => ({ strategy: given, config });
    expect(await strategyRule(request(), context, { getStrategyWithType })).toEqual({
      outcome: "continue",
    });
    expect(context).toEqual({ strategy, reason, config });
  }
  const manual = { getStrategyWithType: async () => ({ strategy: "manual" }) };
  expect(await strategyRule(request(), {}, manual)).toEqual({ outcome: "stop" });
});

describe("nobody can take it", () => {
  const waterfall = { noAgentAction: "reply", noAgentMessage: "Busy." };
  const nobody = (settings: object = { waterfall }): ReturnType<typeof services> =>
    services({
      getAvailableAgents: async () => [],
      configRepo: { findOne: async () => ({ enabled: true, settings }) },
    });

  test("the contact is told, once a day", async () => {
    const { deps, calls } = nobody();
    const given = request();
    expect(await eligibilityRule(given, {}, deps)).toEqual({ outcome: "stop" });
    const told = calls.map(([name]) => name);
    expect(told).toEqual(["whatsapp", "message", "update"]);
    expect(calls[0]?.[3]).toBe("Busy.");
    // The session has its stamp now.
    await eligibilityRule(given, {}, deps);
    expect(calls.length).toBe(3);
  });

  test("or waits without a word", async () => {
    const { deps, calls } = nobody({ waterfall: { noAgentAction: "queue" } });
    await runNoAgentFallback(session(), deps);
    expect(calls).toEqual([]);
  });

  test("a failure to send changes nothing", async () => {
    const { deps } = nobody();
    deps.whatsappService = { sendMessage: () => Promise.reject(new Error("down")) };
    expect(await new AssignmentEngine(deps).run(request())).toMatchObject({ outcome: "stop" });
  });

  test("the host's own fallback is asked instead", async () => {
    const { deps, calls } = nobody();
    let asked = 0;
    deps.runNoAgentFallback = async () => {
      asked += 1;
      throw new Error("down");
    };
    deps.getAvailableAgents = async () => ["anna"];
    deps.pickAgentForSession = async () => null;
    expect(await new AssignmentEngine(deps).run(request())).toMatchObject({
      outcome: "stop",
      rule: "selector",
      reason: "no_candidate_left",
    });
    expect([asked, calls.filter(([name]) => name === "whatsapp")]).toEqual([1, []]);
  });
});

test("a rule of its own, between eligibility and selector", async () => {
  const { deps, calls } = services({ getAvailableAgents: async () => ["anna", "ben", "cleo"] });
  const skillRule: AssignmentRule = async (_, context) => {
    context.agents = context.agents?.filter((id) => id !== "anna");
    return { outcome: "continue" };
  };
  const engine = new AssignmentEngine(deps);
  engine.setRules([...ASSIGNMENT_ENGINE_RULES.slice(0, 4), skillRule, selectorRule]);
  expect(await engine.run(request())).toMatchObject({ outcome: "assign", agentId: "ben" });
  expect(calls.at(-1)?.[4]).toEqual(["ben", "cleo"]);
});

test("a service that fails is an error, without its words", async () => {
  const { deps } = services({
    getAvailableAgents: () => Promise.reject(new Error("postgres://user:secret@host")),
  });
  const result = await new AssignmentEngine(deps).run(request());
  expect(result).toMatchObject({ outcome: "error", code: "host_failed", rule: "eligibility" });
  expect(JSON.stringify(result)).not.toContain("secret");
});

test("writes the two log lines to the letter, control characters escaped", async () => {
  const lines: string[] = [];
  const logger = { debug: (line: string) => lines.push(line), warn: () => {} };
  const { deps } = services();
  const engine = new AssignmentEngine(deps);
  engine.setLogger(logger);
  await engine.run(request());
  expect(lines.map((line) => line.replace(/durationMs=\d+$/, "durationMs=0"))).toEqual([
    "assignment_engine.rule_duration rule=schedule durationMs=0",
    "assignment_engine.rule_duration rule=contactAlreadyAssigned durationMs=0",
    "assignment_engine.rule_duration rule=strategy durationMs=0",
    "assignment_engine.rule_duration rule=eligibility durationMs=0",
    "assignment_engine.rule_duration rule=selector durationMs=0",
    "assignment_engine.outcome outcome=assign sessionId=chat-1",
  ]);
  lines.length = 0;
  engine.setRules([() => ({ outcome: "error", message: "no\nway" })]);
  await engine.run(request({ session: session({ id: "a\u001b[31m" }) }));
  expect(lines.at(-1)).toBe(
    "assignment_engine.outcome outcome=error sessionId=a\\u{1b}[31m message=no\\u{a}way",
  );
});
