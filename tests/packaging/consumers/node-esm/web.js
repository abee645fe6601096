// The entry for pages in Node: with the module's bytes, as a worker or an edge function has them.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AssignmentEngine, init } from "assignment-engine/web";

const request = {
  session: { id: "chat-1", tenantId: "acme" },
  now: "2026-11-23T09:00:00Z",
};
const facts = {
  contactAssigned: false,
  strategy: { teamStrategy: "round_robin" },
  agents: [{ id: "anna", status: "online" }],
};
const early = await Promise.resolve()
  .then(() => new AssignmentEngine().decide(request, facts, () => 0))
  .catch(({ code, hint }) => ({ code, hint }));
const failed = await init("data:,nothing").catch(({ code }) => code);

const module = fileURLToPath(import.meta.resolve("assignment-engine/engine_bg.wasm"));
await init(await readFile(module));
const { outcome } = await new AssignmentEngine().decide(request, facts, () => 0);
console.log(JSON.stringify({ early, failed, outcome }));
