// The entry for pages.
import {
  AssignmentEngine,
  type Decision,
  explain,
  init,
  type ModuleSource,
} from "assignment-engine/web";

const sources: ModuleSource[] = [
  "/engine_bg.wasm",
  new URL("engine_bg.wasm", "https://example.org/"),
  new Request("/engine_bg.wasm"),
  fetch("/engine_bg.wasm"),
  new Uint8Array(8),
];

export async function decide(): Promise<string[]> {
  await init();
  await Promise.all(sources.map((source) => init(source)));
  // @ts-expect-error nothing is no address
  await init(null);
  const request = { session: { id: "chat-1", tenantId: "acme" } };
  const decision: Decision = await new AssignmentEngine().decide(request, {}, () => 0);
  return explain(decision);
}
