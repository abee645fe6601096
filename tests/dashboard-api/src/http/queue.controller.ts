import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post } from "@nestjs/common";
import { AssignmentService } from "assignment-engine/nestjs";
import { AssignQueueBody, QueueToAgentsBody, QueueToTeamsBody } from "./dto";

@Controller("tenants/:id/queue")
export class QueueController {
  constructor(private readonly assignment: AssignmentService) {}

  /** The button "assign queue". */
  @Post("assign")
  @HttpCode(200)
  async assign(@Param("id", ParseUUIDPipe) tenantId: string, @Body() body: AssignQueueBody) {
    return this.assignment.assignQueuedSessionsToAvailableAgents(tenantId, body);
  }

  /** The supervisor spreads the queue over some teams. */
  @Post("teams")
  @HttpCode(200)
  async toTeams(@Param("id", ParseUUIDPipe) tenantId: string, @Body() body: QueueToTeamsBody) {
    return this.assignment.assignQueuedSessionsToTeams(tenantId, body.teamIds, body.forceOverride);
  }

  /** The supervisor hands sessions out by hand. */
  @Post("agents")
  @HttpCode(200)
  async toAgents(@Param("id", ParseUUIDPipe) tenantId: string, @Body() body: QueueToAgentsBody) {
    return this.assignment.assignQueuedSessionsToAgents(tenantId, body.agents);
  }

  /** The teams that the supervisor may choose from. */
  @Get("teams")
  async teams(@Param("id", ParseUUIDPipe) tenantId: string) {
    return this.assignment.getTeamsAvailableForQueue(tenantId);
  }
}
