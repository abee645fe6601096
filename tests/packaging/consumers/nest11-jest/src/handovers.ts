import { Injectable } from "@nestjs/common";
import { AssignmentService } from "assignment-engine/nestjs";

/** A service of an application, which gets the engine by its type. */
@Injectable()
export class Handovers {
  constructor(private readonly assignment: AssignmentService) {}

  async handOver(sessionId: string): Promise<string | null | undefined> {
    const { session } = await this.assignment.requestAssignment(sessionId, "sales");
    return session.assignedAgentId;
  }
}
