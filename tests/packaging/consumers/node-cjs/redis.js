// No client for Redis is installed here.
const {
  InMemoryRoundRobinContextProvider,
  RedisRoundRobinContextProvider,
} = require("assignment-engine");
const { createRoundRobinContextProvider } = require("assignment-engine/redis");

async function main() {
  const none = await createRoundRobinContextProvider({ env: {} });
  const named = createRoundRobinContextProvider({ env: { REDIS_URL: "redis://127.0.0.1:1" } });
  const refused = await named.catch(({ name, code, hint }) => ({ name, code, hint }));

  // A client of one's own needs no library either.
  const counts = new Map();
  const incr = (key) => counts.set(key, (counts.get(key) ?? 0) + 1).get(key);
  const provider = new RedisRoundRobinContextProvider({ incr, expire: () => 1 });
  const indexes = [];
  for (let at = 0; at < 4; at += 1) indexes.push(await provider.getNextIndex("sales", 3));

  const inMemory = none.provider instanceof InMemoryRoundRobinContextProvider;
  console.log(JSON.stringify({ none: none.reason, inMemory, refused, indexes }));
}

main();
