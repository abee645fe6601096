// An application of Nest 10 in plain CommonJS, so decorators are called as functions.
require("reflect-metadata");
const { Inject, Injectable, Module } = require("@nestjs/common");
const { NestFactory } = require("@nestjs/core");
const { Test } = require("@nestjs/testing");
const { AssignmentService: FromMain, InMemorySessionStore } = require("assignment-engine");
const {
  AssignmentHealthIndicator,
  AssignmentModule,
  AssignmentService,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} = require("assignment-engine/nestjs");
const { ScriptedRoundRobinContextProvider } = require("assignment-engine/testing");

class RowStore extends InMemorySessionStore {
  constructor() {
    super();
    for (const id of ["anna", "ben"]) this.putAgent({ id, status: "online" });
    this.putTeam("acme", { id: "sales", members: ["anna", "ben"] });
    this.putSession({ id: "chat-1", tenantId: "acme" });
  }
}
Injectable()(RowStore);

class Handovers {
  constructor(assignment) {
    this.assignment = assignment;
  }
  async handOver(id) {
    const { session } = await this.assignment.requestAssignment(id, "sales");
    return session.assignedAgentId;
  }
}
Injectable()(Handovers);
Inject(FromMain)(Handovers, undefined, 0);

class AppModule {}
Module({
  imports: [AssignmentModule.forRoot({ store: RowStore, redis: { env: {} }, logger: false })],
  providers: [Handovers],
})(AppModule);

async function main() {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const agent = await app.get(Handovers).handOver("chat-1");
  const health = await app.get(AssignmentHealthIndicator).check("rotation");
  await app.close();

  const testing = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(ROUND_ROBIN_CONTEXT_PROVIDER)
    .useValue(new ScriptedRoundRobinContextProvider([1]))
    .compile();
  const overridden = await testing.get(Handovers).handOver("chat-1");
  await testing.close();

  console.log(
    JSON.stringify({
      agent,
      health: health.rotation.status,
      overridden,
      sameClass: AssignmentService === FromMain,
      nest: require("@nestjs/core/package.json").version,
    }),
  );
}

main();
