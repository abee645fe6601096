// What operators see: two log lines, to the letter, and the hooks.

import { expect, test } from "vitest";
import { ASSIGNMENT_ENGINE_RULES, selectorRule } from "../../src/engine/index.ts";
import { AssignmentEngineError, ProviderError } from "../../src/errors.ts";
import type { EngineHooks } from "../../src/logger.ts";
import { NEVER_OPEN, World } from "./support/world.ts";

/** The lines at debug level, each duration as `<n>`. */
function lines(world: World): string[] {
  return world.log.take().flatMap((line) => {
    const [, debug] = /^DEBUG (.*)$/s.exec(line) ?? [];
    return debug === undefined ? [] : [debug.replace(/(?<= durationMs=)\d+$/, "<n>")];
  });
}

function warnings(world: World): string[] {
  return world.log.take().filter((line) => line.startsWith("WARN "));
}

/** The lines of rules, as said in the contract. */
function durations(...rules: string[]): string[] {
  return rules.map((rule) => `assignment_engine.rule_duration rule=${rule} durationMs=<n>`);
}

const ALL = ["schedule", "contactAlreadyAssigned", "strategy", "eligibility", "selector"];

test("the two lines are as the contract gives them", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben", "cleo"]);
  world.session("s1", { contactId: "c1" });
  await world.handOver("s1", "sales");
  expect(lines(world)).toEqual([
    ...durations(...ALL),
    "assignment_engine.outcome outcome=assign sessionId=s1",
  ]);

  // Each outcome; the message only of an error.
  world.team("manual", ["anna"], { routingStrategy: "manual" });
  world.session("s2");
  await world.handOver("s2", "manual");
  expect(lines(world), "no line of a rule that was not asked").toEqual([
    ...durations(...ALL.slice(0, 3)),
    "assignment_engine.outcome outcome=stop sessionId=s2",
  ]);

  world.session("s3", { contactId: "c1" });
  await world.handOver("s3", "sales");
  expect(lines(world).at(-1)).toBe("assignment_engine.outcome outcome=skip sessionId=s3");

  world.rotation.answer(new ProviderError("timeout", "the rotation is away"));
  world.session("s4");
  await world.handOver("s4", "support");
  expect(lines(world), "the rule that failed has its line").toEqual([
    ...durations(...ALL),
    "assignment_engine.outcome outcome=error sessionId=s4 message=the rotation is away",
  ]);
});

test("queue runs and the dispatch have the same lines", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1");
  await world.runQueue();
  expect(lines(world)).toEqual([
    ...durations(...ALL),
    "assignment_engine.outcome outcome=assign sessionId=s1",
  ]);
  world.session("s2");
  await world.service.assignSession("s2");
  expect(lines(world)).toEqual([
    ...durations(...ALL.slice(2)),
    "assignment_engine.outcome outcome=assign sessionId=s2",
  ]);
  world.session("s3");
  await world.toTeams(["sales"], true);
  expect(lines(world).at(-1)).toBe("assignment_engine.outcome outcome=assign sessionId=s3");
});

test("a session that is left alone has its outcome and no rule", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1", { status: "assigned", assignedAgentId: "anna" });
  await world.handOver("s1", "sales");
  expect(lines(world)).toEqual(["assignment_engine.outcome outcome=skip sessionId=s1"]);
});

test("a refused claim has a line, and the outcome comes once", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1");
  world.store.before(({ agentId }) => (agentId === "anna" ? { refuse: "agent_gone" } : undefined));
  await world.handOver("s1", "sales");
  const own = lines(world).filter((line) => !line.includes("rule_duration"));
  expect(own).toEqual([
    "assignment_engine.claim_refused sessionId=s1 agentId=anna refusal=agent_gone",
    "assignment_engine.outcome outcome=assign sessionId=s1",
  ]);
});

test("warnings name team and session", async () => {
  const world = new World();
  world.team("sales", ["anna"], { schedule: { enabled: true, timezone: "Mars/Phobos" } });
  world.team("support", ["anna"], { routingStrategy: "psychic" });
  world.session("s1");
  await world.handOver("s1", "sales");
  const closed = warnings(world);
  expect(closed).toHaveLength(1);
  for (const part of ["`sales`", "Mars/Phobos", "sessionId=s1", "code=time_zone_unknown"]) {
    expect(closed[0]).toContain(part);
  }
  world.session("s2");
  await world.handOver("s2", "support");
  const unknown = warnings(world);
  expect(unknown).toHaveLength(1);
  for (const part of ["`psychic`", "sessionId=s2", "code=unknown_strategy"]) {
    expect(unknown[0]).toContain(part);
  }
});

/** Text that would end a line, begin a forged one, and colour a terminal. */
const FORGERY = "x\r\nWARN forged\u001b[31m\u0085\0\u2028\u202e";

/** No line holds a control character, and what is hostile is to be seen all the same. */
function expectClean(world: World, what: string): void {
  const log = world.log.take();
  for (const line of log) expect(line, what).not.toMatch(/[\p{Cc}\p{Zl}\p{Cf}]/u);
  expect(log.join("\n"), `${what} is not in the log at all`).toContain("forged");
}

test("no id, message or name from outside reaches the log raw", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session(FORGERY);
  await world.handOver(FORGERY, "sales");
  expectClean(world, "a session id");

  world.session("s1");
  world.outbox.fail(FORGERY);
  world.team("empty", []);
  await world.handOver("s1", "empty");
  expectClean(world, "why a no-agent message was not sent");

  world.team("closed", ["anna"], { schedule: NEVER_OPEN });
  await world.handOver("s1", "closed");
  expectClean(world, "why an out-of-office message was not sent");

  const schedule = { enabled: true, timezone: FORGERY };
  world.team(FORGERY, ["anna"], { routingStrategy: FORGERY, schedule });
  world.outbox.recover();
  await world.handOver("s1", FORGERY);
  expectClean(world, "team and time zone");
  await world.toTeams([FORGERY], true);
  expectClean(world, "a strategy");

  world.session("s2");
  world.team("rivals", [FORGERY]);
  world.store.before(({ method }) =>
    method === "claim" ? { refuse: "agent_at_limit" } : undefined,
  );
  await world.handOver("s2", "rivals");
  expectClean(world, "an agent");
});

test("no code or message of a failure reaches the log raw", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1");
  const rule = async () => {
    throw new AssignmentEngineError(FORGERY, FORGERY);
  };
  world.service = world.anotherService({ rules: [rule, ...ASSIGNMENT_ENGINE_RULES] });
  await world.handOver("s1", "sales");
  expectClean(world, "a rule's message");
  await world.runQueue();
  expectClean(world, "a rule's code");
});

/** Hooks that count outcomes and rules. */
function counting(): { hooks: EngineHooks; counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
  const hooks: EngineHooks = {
    ruleDuration: ({ rule, durationMs }) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      count(rule);
    },
    outcome: ({ outcome, code }) => count(code === undefined ? outcome : `${outcome} ${code}`),
    claimRefused: ({ refusal }) => count(refusal),
  };
  return { hooks, counts };
}

test("outcomes, refusals and rule durations are told to hooks", async () => {
  const world = new World();
  const { hooks, counts } = counting();
  world.service = world.anotherService({ hooks });
  world.team("sales", ["anna"]);
  world.team("closed", ["anna"], { schedule: NEVER_OPEN });
  world.sessions(3, { assignedTeamId: "sales" });
  expect(await world.runQueue()).toBe(3);
  world.session("s4");
  await world.handOver("s4", "closed");
  await world.handOver("s000", "closed");
  world.team("support", ["ben", "cleo"]);
  world.rotation.answer(5);
  await world.handOver("s4", "support");
  world.rotation.answer(0);
  world.store.before(({ agentId }) => (agentId === "anna" ? { refuse: "agent_gone" } : undefined));
  await world.handOver("s4", "sales");
  expect(counts).toEqual({
    assign: 3,
    skip: 1,
    stop: 2,
    "error index_out_of_range": 1,
    agent_gone: 1,
    schedule: 7,
    contactAlreadyAssigned: 6,
    strategy: 6,
    eligibility: 6,
    selector: 5,
  });
});

test("a rule of the host's is measured by its name", async () => {
  const world = new World();
  const { hooks, counts } = counting();
  const skills = async () => ({ outcome: "continue" }) as const;
  const rules = [...ASSIGNMENT_ENGINE_RULES.slice(0, -1), skills, selectorRule];
  world.service = world.anotherService({ hooks, rules });
  world.team("sales", ["anna"]);
  world.session("s1");
  await world.handOver("s1", "sales");
  expect(counts.skills).toBe(1);
});

test("a logger or a hook that throws changes nothing", async () => {
  const world = new World();
  const broken = () => {
    throw new Error("the log is full");
  };
  const rejecting = (() => Promise.reject(new Error("late"))) as () => void;
  for (const hook of [broken, rejecting]) {
    world.service = world.anotherService({
      logger: { debug: broken, warn: broken, log: broken },
      hooks: { ruleDuration: hook, outcome: hook, claimRefused: hook, failed: hook },
    });
    world.team("sales", ["anna", "ben"]);
    world.session("s1");
    const refuse = { refuse: "agent_gone" } as const;
    world.store.before(({ agentId }) => (agentId === "anna" ? refuse : undefined));
    expect((await world.handOver("s1", "sales")).outcome.kind).toBe("assign");
    expect(world.owner("s1")).toBe("ben");
  }
});

test("a status that is no word anybody knows is told, once a word", async () => {
  const world = new World();
  world.agent({ id: "anna", status: "Online" });
  world.agent({ id: "ben", status: "av\nailable" });
  for (const status of ["online", "offline", "away", "busy"]) world.agent({ id: status, status });
  world.agent({ id: "carl", status: "Online" });
  const members = ["anna", "ben", "carl", "online", "offline", "away", "busy"];
  world.team("sales", members);
  for (const id of world.sessions(3)) {
    expect((await world.handOver(id, "sales")).outcome).toEqual({
      kind: "assign",
      agentId: "online",
    });
  }
  const told = world.log.take().filter((line) => line.includes("unknown_status"));
  expect(told).toEqual([
    "WARN assignment_engine.unknown_status agentId=anna status=Online only `online` is online",
    "WARN assignment_engine.unknown_status agentId=ben status=av\\u{a}ailable only `online` is online",
  ]);
  // However many words there are, the log does not drown in them.
  for (let n = 0; n < 50; n += 1) world.agent({ id: `a${n}`, status: `word ${n}` });
  world.team(
    "crowd",
    Array.from({ length: 50 }, (_, n) => `a${n}`),
  );
  world.session("s1");
  await world.handOver("s1", "crowd");
  const more = world.log.take().filter((line) => line.includes("unknown_status"));
  expect(more).toHaveLength(18);
});
