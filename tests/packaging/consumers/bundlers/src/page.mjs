// What a page does; whoever loads it reads `shown`.
import {
  AssignmentEngine,
  AssignmentService,
  explain,
  InMemorySessionStore,
  Roster,
} from "assignment-engine";

const roster = new Roster({
  tenantId: "acme",
  teams: [{ id: "sales", members: ["ben"] }],
  agents: [{ id: "ben", name: "Ben", status: "online" }],
});
const request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
  now: "2026-11-23T09:00:00Z",
};

async function main() {
  const decision = await new AssignmentEngine().decide(request, { roster }, () => 0, {
    trace: true,
  });
  const store = new InMemorySessionStore();
  store.putAgent({ id: "anna", status: "online" });
  store.putTeam("acme", { id: "sales", members: ["anna"] });
  store.putSession({ id: "chat-2", tenantId: "acme" });
  const { session } = await new AssignmentService({ store }).requestAssignment("chat-2", "sales");
  return JSON.stringify({ said: explain(decision)[0], handedTo: session.assignedAgentId });
}

globalThis.shown = main();
