// An application for Node, to be put into one file.
import {
  AssignmentEngine,
  explain,
  RedisRoundRobinContextProvider as FromMain,
  Roster,
} from "assignment-engine";
import {
  createRoundRobinContextProvider,
  RedisRoundRobinContextProvider,
} from "assignment-engine/redis";

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

async function main() {
  const decision = await new AssignmentEngine().decide(request, { roster }, () => 0, {
    trace: true,
  });
  // Nobody listens there: it takes a client to find that out.
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
