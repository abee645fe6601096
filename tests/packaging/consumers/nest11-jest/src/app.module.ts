import { Injectable, Module } from "@nestjs/common";
import { InMemorySessionStore } from "assignment-engine";
import { AssignmentModule } from "assignment-engine/nestjs";
import { Handovers } from "./handovers";

@Injectable()
export class RowStore extends InMemorySessionStore {
  constructor() {
    super();
    for (const id of ["anna", "ben"]) this.putAgent({ id, status: "online" });
    this.putTeam("acme", { id: "sales", members: ["anna", "ben"] });
    this.putSession({ id: "chat-1", tenantId: "acme" });
  }
}

@Module({
  imports: [AssignmentModule.forRoot({ store: RowStore, redis: { env: {} }, logger: false })],
  providers: [Handovers],
})
export class AppModule {}
