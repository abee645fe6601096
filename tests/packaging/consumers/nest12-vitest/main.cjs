// The same application from CommonJS: Nest 12 is ESM, which Node 20.19 and later can require.
require("reflect-metadata");
const { Module } = require("@nestjs/common");
const { NestFactory } = require("@nestjs/core");
const { InMemorySessionStore } = require("assignment-engine");
const { AssignmentModule, AssignmentService } = require("assignment-engine/nestjs");

const store = new InMemorySessionStore();
store.putAgent({ id: "anna", status: "online" });
store.putTeam("acme", { id: "sales", members: ["anna"] });
store.putSession({ id: "chat-1", tenantId: "acme" });

class AppModule {}
Module({ imports: [AssignmentModule.forRoot({ store, redis: { env: {} }, logger: false })] })(
  AppModule,
);

async function main() {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const { session } = await app.get(AssignmentService).requestAssignment("chat-1", "sales");
  await app.close();
  console.log(JSON.stringify({ agent: session.assignedAgentId }));
}

main();
