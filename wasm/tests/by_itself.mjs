// Uses what `wasm-pack build wasm --target nodejs` makes:  node wasm/tests/by_itself.mjs FOLDER
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const { Engine, explain } = createRequire(import.meta.url)(join(process.argv[2], "assignment_engine_wasm.js"));

const engine = new Engine();
const request = {
  session: { id: "chat-1", tenantId: "acme", assignedTeamId: "sales" },
  now: new Date("2026-11-23T09:00:00Z"),
};
const facts = {
  schedule: {},
  strategy: { teamStrategy: "least_active" },
  agents: [
    { id: "anna", name: "Anna", status: "online", active: 2 },
    { id: "ben", name: "Ben", status: "online", active: 1 },
  ],
};

for (const getNextIndex of [() => 0, async () => 0]) {
  const decision = await engine.decide(request, facts, getNextIndex);
  assert.deepEqual(decision.outcome, { kind: "assign", agentId: "ben" });
  assert.match(explain(JSON.stringify(decision))[0], /goes to `ben`/);
}
const failed = await engine.decide(request, facts, () => 1);
assert.equal(failed.outcome.code, "index_out_of_range");
await assert.rejects(engine.decide(request, { agents: 7 }, () => 0), {
  name: "AssignmentEngineError",
  code: "wrong_type",
  path: "facts.agents",
});
console.log("the bindings decide by themselves");
