import { Test, type TestingModule } from "@nestjs/testing";
import { AssignmentService as FromMain, InMemorySessionStore } from "assignment-engine";
import {
  ASSIGNMENT_SESSION_STORE,
  AssignmentHealthIndicator,
  AssignmentModule,
  AssignmentService,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "assignment-engine/nestjs";
import {
  FailingRoundRobinContextProvider,
  ScriptedRoundRobinContextProvider,
} from "assignment-engine/testing";
import { AppModule, RowStore } from "./app.module";
import { Handovers } from "./handovers";

let app: TestingModule;
afterEach(() => app.close());

test("the module decides", async () => {
  app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await app.init();
  expect(await app.get(Handovers).handOver("chat-1")).toBe("anna");
  expect(app.get(AssignmentService)).toBeInstanceOf(FromMain);
  expect(app.get(ASSIGNMENT_SESSION_STORE)).toBeInstanceOf(InMemorySessionStore);
  const health = await app.get(AssignmentHealthIndicator).check("rotation");
  expect(health.rotation).toMatchObject({ status: "up", provider: "in_memory" });
});

test("a test puts its own rotation in place", async () => {
  const rotation = new ScriptedRoundRobinContextProvider([1]);
  app = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(ROUND_ROBIN_CONTEXT_PROVIDER)
    .useValue(rotation)
    .compile();
  expect(await app.get(Handovers).handOver("chat-1")).toBe("ben");
  expect(rotation.calls).toEqual([{ contextKey: "sales", candidateCount: 2 }]);
});

test("a test sees what happens when the rotation is away", async () => {
  app = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(ROUND_ROBIN_CONTEXT_PROVIDER)
    .useValue(new FailingRoundRobinContextProvider("error"))
    .overrideProvider(ASSIGNMENT_SESSION_STORE)
    .useClass(RowStore)
    .compile();
  const { outcome } = await app.get(AssignmentService).requestAssignment("chat-1", "sales");
  expect(outcome).toMatchObject({ kind: "error", code: "unreachable" });
});

test("the module finds the client library, which finds no Redis", async () => {
  const env = { REDIS_URL: "redis://127.0.0.1:1" };
  app = await Test.createTestingModule({
    imports: [AssignmentModule.forRoot({ store: RowStore, redis: { env }, logger: false })],
  }).compile();
  const { assignmentEngine } = await app.get(AssignmentHealthIndicator).check();
  expect(assignmentEngine).toMatchObject({
    status: "up",
    degraded: true,
    reason: "unreachable",
    code: "unreachable",
  });
});
