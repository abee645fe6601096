import { Controller, Get, Param, ParseUUIDPipe } from "@nestjs/common";
import { AssignmentService } from "assignment-engine/nestjs";

@Controller("teams")
export class TeamsController {
  constructor(private readonly assignment: AssignmentService) {}

  @Get(":id/availability")
  async availability(@Param("id", ParseUUIDPipe) teamId: string) {
    return this.assignment.checkScheduleAvailability(teamId);
  }
}
