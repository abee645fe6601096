// A decision as an application makes it, from ESM.
import { AssignmentEngine, AssignmentService, Roster, explain, init } from "assignment-engine";
import { FakeClock, InMemorySessionStore, Outbox } from "assignment-engine/testing";

await init();
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

// A team that opens in two days: the contact hears about it.
const store = new InMemorySessionStore();
const schedule = {
  enabled: true,
  timezone: "Europe/Vienna",
  days: { wednesday: [{ start: "09:00", end: "17:00" }] },
  outOfOfficeMessage: "We are back on Wednesday.",
};
store.putTeam("acme", { id: "sales", members: [], schedule });
store.putSession({ id: "chat-2", tenantId: "acme", contactId: "carl" });
const messenger = new Outbox();
const clock = new FakeClock("2026-11-23T09:00:00Z");
const service = new AssignmentService({ store, messenger, clock });
const handover = await service.requestAssignment("chat-2", "sales");

console.log(
  JSON.stringify({
    outcome: decision.outcome,
    said: explain(decision)[0],
    closed: handover.decision.reason,
    nextCheckAt: handover.decision.nextCheckAt,
    sent: messenger.takeTexts(),
  }),
);
