// The service, a store of one's own, and the doubles for tests.
import {
  type Assigned,
  AssignmentService,
  type Availability,
  type Claim,
  claimMany,
  type Counts,
  type Expected,
  type Handover,
  InMemorySessionStore,
  type Messenger,
  type Refusal,
  type RoundRobinContextProvider,
  type Session,
  type SessionChanges,
  type SessionStore,
  type TeamAvailability,
} from "assignment-engine";
import {
  FailingRoundRobinContextProvider,
  FakeClock,
  Outbox,
  ScriptedRoundRobinContextProvider,
} from "assignment-engine/testing";

export class RowStore implements SessionStore {
  readonly #rows = new Map<string, Session>();

  async session(id: string): Promise<Session | null> {
    return this.#rows.get(id) ?? null;
  }
  async queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]> {
    const mine = [...this.#rows.values()].filter((row) => row.tenantId === tenantId);
    return mine.filter((row) => row.assignedTeamId === teamId).slice(0, limit);
  }
  async claim(
    sessionId: string,
    agentId: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim> {
    const row = this.#rows.get(sessionId);
    if (row === undefined) return { kind: "refused", refusal: "session_gone" };
    if (row.assignedTeamId !== expected.teamId)
      return { kind: "refused", refusal: "session_moved" };
    Object.assign(row, {
      assignedAgentId: agentId,
      assignedAt: changes.at,
      context: changes.context,
    });
    return { kind: "claimed", session: row };
  }
  async update(sessionId: string, { teamId }: SessionChanges): Promise<Session | null> {
    return this.session(teamId ?? sessionId);
  }
  async stamp(id: string, key: string, seen: unknown, stamp: string): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row?.context?.[key] !== seen) return false;
    Object.assign(row ?? {}, { context: { ...row?.context, [key]: stamp } });
    return row !== undefined;
  }
  async unstamp(id: string, key: string, stamp: string, seen: unknown): Promise<boolean> {
    return this.stamp(id, key, stamp, String(seen));
  }
  async contactHasAssignedSession(): Promise<boolean> {
    return false;
  }
  async teams() {
    return [{ id: "sales", members: ["anna"] }];
  }
  async team(id: string) {
    return { tenantId: "acme", team: { id } };
  }
  async members(_teamId: string, counts: Counts) {
    const total = counts.kind === "since" ? counts.at.getTime() : 7;
    return [{ id: "anna", status: "online", active: 0, total }];
  }
  async tenant() {
    return { settings: { waterfall: { noAgentAction: "queue" as const } } };
  }
}

export class HalfStore extends RowStore {
  // @ts-expect-error whoever claims must say what came of it
  override async claim(): Promise<void> {}
}
// @ts-expect-error no such refusal
const refusal: Refusal = "too_late";

const messenger: Messenger = {
  send: async (session, { text, about, account = "main" }) =>
    void [session.contactId, text, about, account],
};

export async function service(): Promise<void> {
  const clock = new FakeClock("2026-11-23T10:00:00Z");
  const now: Date = clock();
  const provider: RoundRobinContextProvider = new ScriptedRoundRobinContextProvider([0, 1], {
    repeat: true,
  });
  const assignment = new AssignmentService({
    store: new RowStore(),
    messenger,
    provider,
    clock,
    logger: { debug: () => undefined, warn: () => undefined },
    hooks: { claimRefused: ({ agentId, refusal }) => void [agentId, refusal] },
    trace: true,
  });
  const claims: Claim[] = await claimMany(new RowStore(), []);
  void claims.length;
  const handover: Handover = await assignment.requestAssignment("chat-1", null, {
    topic: "billing",
  });
  if (handover.outcome.kind === "assign") void handover.outcome.agentId.length;
  const queue: Assigned = await assignment.assignQueuedSessionsToAvailableAgents("acme", {
    limit: 10,
  });
  await assignment.assignQueuedSessionsToTeams("acme", ["sales"], true);
  await assignment.assignQueuedSessionsToAgents("acme", [{ agentId: "anna", count: 2 }]);
  const session: Session | null = await assignment.assignSession(handover.session);
  const open: TeamAvailability[] = await assignment.getTeamsAvailableForQueue("acme");
  const one: Availability = await assignment.checkScheduleAvailability("sales");
  void [now, queue, session, open, one];

  // @ts-expect-error a service has a store
  new AssignmentService({});
  // @ts-expect-error a store has more than that
  new AssignmentService({ store: { session: async () => null } });
  // @ts-expect-error a misspelt option
  new AssignmentService({ store: new RowStore(), mesenger: messenger });
  // @ts-expect-error how many?
  await assignment.assignQueuedSessionsToAgents("acme", [{ agentId: "anna" }]);
}

export async function doubles(): Promise<string[]> {
  const store = new InMemorySessionStore();
  store.putTeam("acme", { id: "sales", members: ["anna"] });
  const rotation = new FailingRoundRobinContextProvider("error", { times: 2, code: "timeout" });
  rotation.fail("never");
  const outbox = new Outbox();
  new AssignmentService({ store, provider: rotation, messenger: outbox, clock: new FakeClock() });
  // @ts-expect-error no such failure
  rotation.fail("slowly");
  return outbox.takeTexts();
}

export { refusal };
