// A decision as an application makes it, from CommonJS.
const {
  AssignmentEngine,
  AssignmentService,
  InMemorySessionStore,
  Roster,
  explain,
} = require("assignment-engine");

async function main() {
  const roster = new Roster({
    tenantId: "acme",
    teams: [{ id: "sales", members: ["anna", "ben"], routingConfig: { maxLoad: 3 } }],
    agents: [
      { id: "anna", name: "Anna", status: "online", active: 3 },
      { id: "ben", name: "Ben", status: "online", active: 1 },
    ],
  });
  const request = {
    session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
    now: "2026-11-23T09:00:00Z",
  };
  const engine = new AssignmentEngine();
  const decision = await engine.decide(request, { roster }, () => 0, { trace: true });

  const store = new InMemorySessionStore();
  store.putAgent({ id: "anna", status: "online" });
  store.putTeam("acme", { id: "sales", members: ["anna"] });
  store.putSession({ id: "chat-2", tenantId: "acme" });
  const handover = await new AssignmentService({ store }).requestAssignment("chat-2", "sales");

  console.log(
    JSON.stringify({
      outcome: decision.outcome,
      said: explain(decision)[0],
      handedTo: handover.session.assignedAgentId,
    }),
  );
}

main();
