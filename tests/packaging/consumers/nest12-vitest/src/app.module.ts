import { Inject, Injectable, Module } from "@nestjs/common";
import { InMemorySessionStore } from "assignment-engine";
import { AssignmentModule, AssignmentService } from "assignment-engine/nestjs";

@Injectable()
export class RowStore extends InMemorySessionStore {
  constructor() {
    super();
    for (const id of ["anna", "ben"]) this.putAgent({ id, status: "online" });
    this.putTeam("acme", { id: "sales", members: ["anna", "ben"] });
    this.putSession({ id: "chat-1", tenantId: "acme" });
  }
}

@Injectable()
export class Handovers {
  constructor(@Inject(AssignmentService) private readonly assignment: AssignmentService) {}

  async handOver(sessionId: string): Promise<string | null | undefined> {
    const { session } = await this.assignment.requestAssignment(sessionId, "sales");
    return session.assignedAgentId;
  }
}

@Module({
  imports: [
    AssignmentModule.forRootAsync({
      store: RowStore,
      useFactory: async () => ({ redis: { env: {} }, logger: false as const }),
    }),
  ],
  providers: [Handovers],
})
export class AppModule {}
