import { Module } from "@nestjs/common";
import { TerminusModule } from "@nestjs/terminus";
import { TypeOrmModule } from "@nestjs/typeorm";
import { assignmentModule } from "./assignment/assignment.setup";
import { readConfig } from "./config";
import { dataSourceOptions } from "./database/data-source-options";
import { UserEntity } from "./database/entities";
import { AgentsController } from "./http/agents.controller";
import { HealthController } from "./http/health.controller";
import { QueueController } from "./http/queue.controller";
import { SessionsController } from "./http/sessions.controller";
import { TeamsController } from "./http/teams.controller";

@Module({
  imports: [
    TypeOrmModule.forRoot({ ...dataSourceOptions(readConfig().database), retryAttempts: 2 }),
    TypeOrmModule.forFeature([UserEntity]),
    TerminusModule,
    assignmentModule(),
  ],
  controllers: [
    SessionsController,
    QueueController,
    AgentsController,
    TeamsController,
    HealthController,
  ],
})
export class AppModule {}
