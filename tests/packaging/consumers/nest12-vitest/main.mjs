// An application of Nest 12 in ESM, which imports ours before Nest itself.
import { AssignmentModule, AssignmentService } from "assignment-engine/nestjs";
import { InMemorySessionStore } from "assignment-engine";
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

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
