// The store in memory keeps the rules that every store has to keep.

import { test } from "vitest";
import { InMemorySessionStore } from "../../src/service/memory-store.ts";
import { sessionStoreChecks, type StoreFixture } from "../../src/testing/index.ts";

function fixture(): StoreFixture {
  const store = new InMemorySessionStore();
  let ids = 0;
  return {
    stores: [store],
    newId: () => `id-${(ids += 1)}`,
    putTenant: async (id, config) => store.putTenant(id, config),
    putAgent: async (_, agent) => store.putAgent(agent),
    putTeam: async (tenantId, team) => store.putTeam(tenantId, team),
    putSession: async (session) => store.putSession(session),
  };
}

for (const { name, run } of sessionStoreChecks(fixture)) test(name, run);
