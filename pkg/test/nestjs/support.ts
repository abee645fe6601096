import "reflect-metadata";
import type { DynamicModule, LoggerService, ModuleMetadata } from "@nestjs/common";
import { Test, type TestingModule, type TestingModuleBuilder } from "@nestjs/testing";
import { afterEach } from "vitest";
import { type AssignmentModuleOptions, AssignmentService } from "../../src/nestjs/index.ts";
import { InMemorySessionStore } from "../../src/testing/index.ts";

/** For what is left out on purpose. */
export const NO_STORE = undefined as unknown as InMemorySessionStore;

/** No Redis is named here, whatever the machine's environment says. */
export const HERE: AssignmentModuleOptions = { redis: { env: {} } };

/** What was logged through Nest's logger in this test. */
export const lines: { level: string; context: string; message: string }[] = [];

const keep = (level: string) => (message: string, context: string) =>
  void lines.push({ level, context, message });

const logger: LoggerService = {
  log: keep("log"),
  error: keep("error"),
  warn: keep("warn"),
  debug: keep("debug"),
};

let opened: TestingModule[] = [];

afterEach(async () => {
  for (const module of opened) await module.close();
  opened = [];
  lines.length = 0;
});

/** An application of that one module, and of what else is said; closed after the test. */
export async function start(
  imported: DynamicModule,
  more: ModuleMetadata = {},
  override: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<TestingModule> {
  const { imports = [], ...rest } = more;
  const builder = Test.createTestingModule({ imports: [imported, ...imports], ...rest });
  const module = await override(builder.setLogger(logger)).compile();
  await module.init();
  opened.push(module);
  return module;
}

/** A store in which sessions wait for `anna` or `ben` of `sales`: `s1`, and `s2` to `s9`. */
export function store(): InMemorySessionStore {
  const store = new InMemorySessionStore();
  store.putAgent({ id: "anna", name: "Anna", status: "online" });
  store.putAgent({ id: "ben", name: "Ben", status: "online" });
  store.putTeam("acme", { id: "sales", members: ["anna", "ben"] });
  for (let n = 1; n <= 9; n += 1) store.putSession({ id: `s${n}`, tenantId: "acme" });
  return store;
}

/** Hands a session over: who got it, else how it ended. */
export async function handOver(module: TestingModule, id = "s1"): Promise<string> {
  const { outcome } = await module.get(AssignmentService).requestAssignment(id, "sales");
  return outcome.kind === "assign" ? outcome.agentId : outcome.kind;
}
