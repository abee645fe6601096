// The same from CommonJS.
const {
  AssignmentEngine,
  explain,
  RedisRoundRobinContextProvider: FromMain,
  Roster,
} = require("assignment-engine");
const {
  createRoundRobinContextProvider,
  RedisRoundRobinContextProvider,
} = require("assignment-engine/redis");

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
  const choice = await createRoundRobinContextProvider({
    env: { REDIS_URL: "redis://127.0.0.1:1" },
    logger: { debug() {}, warn() {} },
  }).catch(({ code, hint }) => ({ reason: `${code}: ${hint}` }));
  console.log(
    JSON.stringify({
      said: explain(decision)[0],
      redis: choice.reason,
      oneCopy: FromMain === RedisRoundRobinContextProvider,
    }),
  );
}

main();
