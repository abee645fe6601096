// The store has the last word: what becomes of a decision that it does not let come true.

import { expect, test } from "vitest";
import { explain } from "../../src/engine/index.ts";
import type { InMemorySessionStore } from "../../src/service/index.ts";
import type { Refusal } from "../../src/service/store.ts";
import type { Call } from "./support/watched-store.ts";
import { errorCode, NOW, session, told, World } from "./support/world.ts";

/** Somebody else assigns the session. The store in memory has done it when this returns. */
function take(store: InMemorySessionStore, id: string): void {
  store.putAgent({ id: "rival" });
  const stored = store.sessions().find((one) => one.id === id);
  const expected = { teamId: stored?.assignedTeamId ?? undefined, maxLoad: undefined };
  void store.claim(id, "rival", expected, { context: {}, at: new Date() });
}

/** Somebody else moves the session to another team. */
function move(store: InMemorySessionStore, id: string, teamId: string): void {
  void store.update(id, { teamId, context: {}, at: new Date() });
}

/** One more session for the agent. */
function burden(store: InMemorySessionStore, agent: string, n: number): void {
  const more = { status: "assigned", assignedAgentId: agent } as const;
  store.putSession(session(`burden-${agent}-${n}`, more));
}

/** Calls it with each claim, and the claim's number from 1. */
function beforeClaims(
  world: World,
  act: (call: Required<Call> & { sessionId: string; agentId: string }, n: number) => void,
): void {
  let claims = 0;
  world.store.before(({ method, sessionId = "", agentId = "" }) => {
    if (method !== "claim") return;
    claims += 1;
    act({ method, sessionId, agentId }, claims);
  });
}

function refusals(world: World): [agent: string, refusal: Refusal][] {
  return world.store
    .takeWrites()
    .flatMap((write) => (write.kind === "refused" ? [[write.agent, write.refusal]] : []));
}

test("a session taken meanwhile keeps its owner, and the answer is skip", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1", { context: { old: 1 } });
  beforeClaims(world, ({ sessionId }) => take(world.store.inner, sessionId));
  const handover = await world.handOver("s1", "sales", { a: 1 });
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.decision.reason).toBe("session_taken");
  expect(handover.session, "as it is now").toEqual(world.stored("s1"));
  expect(world.owner("s1")).toBe("rival");
  expect(world.stored("s1").context, "nothing of ours is stored").toEqual({ old: 1 });
  expect(refusals(world), "one try").toEqual([["anna", "session_taken"]]);
});

test("a session taken meanwhile is null for the dispatch and uncounted in the queue", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1");
  world.session("s2");
  beforeClaims(world, ({ sessionId }) => take(world.store.inner, sessionId));
  expect(await world.service.assignSession("s1")).toBeNull();
  expect(await world.runQueue()).toBe(0);
  expect([world.owner("s1"), world.owner("s2")]).toEqual(["rival", "rival"]);
});

test("a session that was taken and let go again is left to those who let it go", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1");
  world.store.before(({ method }) =>
    method === "claim" ? { refuse: "session_taken" } : undefined,
  );
  const handover = await world.handOver("s1", "sales");
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.session).toEqual(world.stored("s1"));
  expect(refusals(world), "one try").toEqual([["anna", "session_taken"]]);
});

test("a session removed meanwhile is skipped", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.session("s1");
  beforeClaims(world, ({ sessionId }) => world.store.inner.remove(sessionId));
  const handover = await world.handOver("s1", "sales");
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.decision.reason).toBe("session_taken");
  expect(world.store.inner.sessions()).toEqual([]);
});

test("a session removed before a stop is stored is skipped", async () => {
  const world = new World();
  world.team("sales", []);
  world.session("s1");
  world.store.before(({ method }, store) => void (method === "update" && store.remove("s1")));
  const handover = await world.handOver("s1", "sales");
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.decision.reason).toBe("session_taken");
});

test("a session moved meanwhile is decided anew for its new team", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.session("s1", { assignedTeamId: "sales" });
  beforeClaims(world, ({ sessionId }, n) => {
    if (n === 1) move(world.store.inner, sessionId, "support");
  });
  expect(await world.runQueue()).toBe(1);
  expect(world.owner("s1"), "not anna of the team it has left").toBe("ben");
  expect(world.stored("s1").assignedTeamId).toBe("support");
  expect(refusals(world)).toEqual([["anna", "session_moved"]]);
});

test("a session moved meanwhile still goes where it is handed over to", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.session("s1");
  beforeClaims(world, ({ sessionId }, n) => {
    if (n === 1) move(world.store.inner, sessionId, "support");
  });
  expect(told(await world.handOver("s1", "sales"))).toBe("anna");
  expect(world.stored("s1").assignedTeamId).toBe("sales");
});

test("a session that keeps moving is left after a bounded number of tries", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.session("s1", { assignedTeamId: "sales" });
  beforeClaims(world, ({ sessionId }, n) => {
    move(world.store.inner, sessionId, n % 2 === 0 ? "sales" : "support");
  });
  const handover = await world.handOver("s1", null, { a: 1 });
  expect(errorCode(handover)).toBe("claims_refused");
  expect(handover.decision.reason).toBe("claims_refused");
  expect(refusals(world)).toHaveLength(8);
  const stored = world.stored("s1");
  expect([stored.status, stored.context]).toEqual(["unassigned", undefined]);
  expect(handover.session).toEqual(stored);
});

/** The session moves before the claim, and before it is looked at again `then` happens. */
function movedAnd(world: World, then: (store: InMemorySessionStore, id: string) => void): void {
  let moved = false;
  world.store.before(({ method, sessionId = "" }, store) => {
    if (method === "claim" && !moved) {
      moved = true;
      move(store, sessionId, "support");
    } else if (method === "session" && moved) {
      then(store, sessionId);
    }
  });
}

test("a session moved and then taken is skipped without a word", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", []);
  world.session("s1", { assignedTeamId: "sales" });
  movedAnd(world, (store, id) => {
    take(store, id);
    store.setStatus("anna", "offline");
  });
  const handover = await world.handOver("s1", "sales", { a: 1 });
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.decision.reason).toBe("session_taken");
  const stored = world.stored("s1");
  expect(handover.session).toEqual(stored);
  expect(stored.assignedTeamId, "the rival's").toBe("support");
  expect(stored.context).toBeUndefined();
  expect(world.outbox.sent, "the contact has an agent").toEqual([]);
});

test("a session moved and then removed is skipped", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  world.team("support", ["ben"]);
  world.session("s1", { assignedTeamId: "sales" });
  movedAnd(world, (store, id) => void store.remove(id));
  const handover = await world.handOver("s1", "sales");
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.decision.reason).toBe("session_taken");
});

test("an agent who reached the limit meanwhile is left out, and another one chosen", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben", "cleo"], { routingConfig: { maxLoad: 1 } });
  world.session("s1");
  beforeClaims(world, ({ agentId }, n) => {
    if (n <= 2) burden(world.store.inner, agentId, n);
  });
  const handover = await world.handOver("s1", "sales");
  const refused = refusals(world);
  expect(refused.map(([, why]) => why)).toEqual(["agent_at_limit", "agent_at_limit"]);
  const owner = world.owner("s1");
  expect(told(handover)).toBe(owner);
  expect(new Set([...refused.map(([agent]) => agent), owner]).size).toBe(3);
  for (const agent of ["anna", "ben", "cleo"]) expect(world.load(agent)).toBe(1);
});

test("an agent who is gone is left out, and another one chosen", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"]);
  world.session("s1");
  // Only because anna is left out is ben the first of those who take turns.
  world.rotation.answer(0);
  world.store.before(({ agentId }) => (agentId === "anna" ? { refuse: "agent_gone" } : undefined));
  expect(told(await world.handOver("s1", "sales"))).toBe("ben");
  expect(refusals(world)).toEqual([["anna", "agent_gone"]]);
});

test("when everybody reached the limit meanwhile, the contact is told once", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben", "cleo"], { routingConfig: { maxLoad: 1 } });
  world.session("s1");
  beforeClaims(world, ({ agentId }, n) => burden(world.store.inner, agentId, n));
  const handover = await world.handOver("s1", "sales");
  expect(told(handover)).toBe("stop");
  expect(world.owner("s1")).toBe("");
  expect(world.stored("s1").assignedTeamId).toBe("sales");
  expect(refusals(world)).toHaveLength(3);
  expect(world.outbox.sent).toHaveLength(1);
});

test("a large team that fills up under the claims ends in an error, the row as it was", async () => {
  const world = new World();
  world.team(
    "sales",
    Array.from({ length: 20 }, (_, n) => `agent-${n + 10}`),
  );
  world.session("s1");
  world.rotation.answer(0);
  world.store.before(({ method }) =>
    method === "claim" ? { refuse: "agent_at_limit" } : undefined,
  );
  const before = await world.snapshot();
  const handover = await world.handOver("s1", "sales", { a: 1 });
  expect(errorCode(handover)).toBe("claims_refused");
  expect(handover.outcome).toMatchObject({ message: "the store refused 8 claims in a row" });
  expect(await world.snapshot()).toEqual(before);
  expect(world.outbox.sent).toEqual([]);
  const agents = refusals(world).map(([agent]) => agent);
  expect(agents).toHaveLength(8);
  expect(new Set(agents).size, "never the same agent twice").toBe(8);
});

test("a session taken before a stop is stored keeps team and context of its owner", async () => {
  const world = new World();
  world.team("sales", []);
  world.team("support", []);
  world.session("s1", { assignedTeamId: "support" });
  world.store.before(({ method, sessionId = "" }, store) => {
    if (method === "update") take(store, sessionId);
  });
  const handover = await world.handOver("s1", "sales", { a: 1 });
  const stored = world.stored("s1");
  expect(world.owner("s1")).toBe("rival");
  expect(stored.assignedTeamId).toBe("support");
  expect(stored.context, "but the contact was told").toEqual({ noAgentLastSentAt: NOW });
  expect(handover.session).toEqual(stored);
  expect(handover.outcome).toEqual({ kind: "skip" });
  expect(handover.decision.reason).toBe("session_taken");
});

test("a refusal by hand moves on to the next session or the next agent", async () => {
  const world = new World();
  world.team("sales", ["anna"], { routingConfig: { maxLoad: 5 } });
  world.team("support", ["ben", "cleo"]);
  world.sessions(4);
  let claims = 0;
  world.store.before(({ method, sessionId, agentId }, store) => {
    if (method !== "claim") return;
    if (sessionId === "s000") take(store, sessionId);
    else if (agentId === "anna") {
      claims += 1;
      if (claims === 2) for (let n = 0; n < 5; n += 1) burden(store, "anna", n);
    } else if (agentId === "ben") return { refuse: "agent_gone" };
    return;
  });
  expect(
    await world.toAgents([
      ["anna", 3],
      ["ben", 1],
      ["cleo", 9],
    ]),
  ).toBe(3);
  expect(["s000", "s001", "s002", "s003"].map((id) => world.owner(id))).toEqual([
    "rival",
    "anna",
    "cleo",
    "cleo",
  ]);
});

test("the trace of the decision tells every claim that was refused on the way", async () => {
  const world = new World();
  world.service = world.anotherService({ trace: true });
  world.team("sales", ["anna", "ben", "cleo"], { routingConfig: { maxLoad: 1 } });
  world.session("s1");
  beforeClaims(world, ({ sessionId, agentId }, n) => {
    if (n === 1) move(world.store.inner, sessionId, "support");
    if (n === 2) burden(world.store.inner, agentId, 0);
  });
  const { decision } = await world.handOver("s1", "sales");
  const claims = refusals(world);
  expect(claims.map(([, refusal]) => refusal)).toEqual(["session_moved", "agent_at_limit"]);
  const expected = claims.map(([agentId, refusal]) => ({
    rule: "claim",
    answer: "continue",
    reason: "claims_refused",
    values: { agentId, refusal },
  }));
  expect(decision.trace?.rules.slice(0, 2)).toEqual(expected);
  expect(decision.trace?.rules[2]?.rule).toBe("schedule");
  // What is stored can be explained later.
  expect(explain(decision)[0]).toContain("goes to");
});

test("a run that ends with a refusal has it in its trace as well", async () => {
  const world = new World();
  world.service = world.anotherService({ trace: true });
  world.team("sales", ["anna"]);
  world.session("s1");
  beforeClaims(world, ({ sessionId }) => take(world.store.inner, sessionId));
  const { decision } = await world.handOver("s1", "sales");
  const claims = decision.trace?.rules.filter(({ rule }) => rule === "claim");
  expect(claims?.map(({ answer, reason, values }) => [answer, reason, values])).toEqual([
    ["continue", "claims_refused", { agentId: "anna", refusal: "session_taken" }],
    ["skip", "session_taken", {}],
  ]);
});

test("without a trace there is none, and claims are refused all the same", async () => {
  const world = new World();
  world.team("sales", ["anna", "ben"], { routingConfig: { maxLoad: 1 } });
  world.session("s1");
  beforeClaims(world, ({ agentId }, n) => {
    if (n === 1) burden(world.store.inner, agentId, 0);
  });
  const { decision } = await world.handOver("s1", "sales");
  expect(decision.outcome.kind).toBe("assign");
  expect(decision.trace).toBeUndefined();
  expect(refusals(world)).toHaveLength(1);
});
