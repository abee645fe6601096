import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Post } from "@nestjs/common";
import { AssignmentService } from "assignment-engine/nestjs";
import { HandoverBody } from "./dto";

@Controller("sessions")
export class SessionsController {
  constructor(private readonly assignment: AssignmentService) {}

  /** The bot gives up, or the contact asks for a person. */
  @Post(":id/handover")
  @HttpCode(200)
  async handover(@Param("id", ParseUUIDPipe) id: string, @Body() body: HandoverBody) {
    return this.assignment.requestAssignment(id, body.teamId, body.context);
  }
}
