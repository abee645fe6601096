// How long it takes from nothing to the first decision, in milliseconds.
const used = process.cpuUsage();
const begin = performance.now();
const { AssignmentEngine } = require("assignment-engine");
const loaded = performance.now();

const request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
  now: "2026-11-23T09:00:00Z",
};
const facts = {
  schedule: {},
  contactAssigned: false,
  strategy: { teamStrategy: "round_robin" },
  agents: [{ id: "anna", status: "online" }],
};
const agent = new AssignmentEngine().decide(request, facts, () => 0);
agent.then((decision) => {
  const decided = performance.now();
  const { user, system } = process.cpuUsage(used);
  const { agentId } = decision.outcome;
  const cpu = (user + system) / 1000;
  console.log(JSON.stringify({ agentId, load: loaded - begin, decide: decided - loaded, cpu }));
});
