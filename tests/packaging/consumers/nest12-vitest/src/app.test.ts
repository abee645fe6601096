import { Test, type TestingModule } from "@nestjs/testing";
import { createRequire } from "node:module";
import { AssignmentService as FromMain, InMemorySessionStore } from "assignment-engine";
import {
  ASSIGNMENT_SESSION_STORE,
  AssignmentModule,
  AssignmentService,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "assignment-engine/nestjs";
import { ScriptedRoundRobinContextProvider } from "assignment-engine/testing";
import { afterEach, expect, test } from "vitest";
import { AppModule, Handovers } from "./app.module.js";

let app: TestingModule;
afterEach(() => app.close());

test("the module decides", async () => {
  app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await app.init();
  expect(await app.get(Handovers).handOver("chat-1")).toBe("anna");
  expect(app.get(AssignmentService)).toBeInstanceOf(FromMain);
  expect(app.get(ASSIGNMENT_SESSION_STORE)).toBeInstanceOf(InMemorySessionStore);
});

test("a test puts its own rotation in place", async () => {
  app = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(ROUND_ROBIN_CONTEXT_PROVIDER)
    .useValue(new ScriptedRoundRobinContextProvider([1]))
    .compile();
  expect(await app.get(Handovers).handOver("chat-1")).toBe("ben");
});

test("what others of the process have required is the same", async () => {
  app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const required = createRequire(import.meta.url)("assignment-engine/nestjs") as {
    AssignmentService: unknown;
    ROUND_ROBIN_CONTEXT_PROVIDER: unknown;
  };
  expect(required.AssignmentService).toBe(AssignmentService);
  expect(required.ROUND_ROBIN_CONTEXT_PROVIDER).toBe(ROUND_ROBIN_CONTEXT_PROVIDER);
  expect(AssignmentModule.name).toBe("AssignmentModule");
});
