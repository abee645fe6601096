import { Body, Controller, NotFoundException, Param, ParseUUIDPipe, Put } from "@nestjs/common";
import { InjectRepository } from "@nestjs/typeorm";
import { AssignmentService } from "assignment-engine/nestjs";
import type { Repository } from "typeorm";
import { UserEntity } from "../database/entities";
import { PresenceBody } from "./dto";

@Controller("agents")
export class AgentsController {
  constructor(
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly assignment: AssignmentService,
  ) {}

  /** Somebody who comes online takes on what waits. */
  @Put(":id/presence")
  async presence(@Param("id", ParseUUIDPipe) id: string, @Body() { status }: PresenceBody) {
    const agent = await this.users.findOneBy({ id });
    if (!agent) throw new NotFoundException(`there is no agent \`${id}\``);
    await this.users.update({ id }, { status });
    if (status !== "online") return { status, assigned: 0 };
    const { assigned } = await this.assignment.assignQueuedSessionsToAvailableAgents(
      agent.tenantId,
    );
    return { status, assigned };
  }
}
