// A page's code as older tool chains hand it to their bundler: compiled to CommonJS.
const { AssignmentEngine, explain, Roster } = require("assignment-engine");
const { FakeClock } = require("assignment-engine/testing");

const roster = new Roster({
  tenantId: "acme",
  teams: [{ id: "sales", members: ["ben"] }],
  agents: [{ id: "ben", name: "Ben", status: "online" }],
});
const request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
  now: new FakeClock("2026-11-23T09:00:00Z").now(),
};
const deciding = new AssignmentEngine().decide(request, { roster }, () => 0, { trace: true });

globalThis.shown = deciding.then((decision) => JSON.stringify({ said: explain(decision)[0] }));
