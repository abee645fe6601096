import { Logger, type DynamicModule } from "@nestjs/common";
import {
  contactAlreadyAssignedRule,
  eligibilityRule,
  scheduleRule,
  selectorRule,
  strategyRule,
} from "assignment-engine";
import { AssignmentModule, type AssignmentModuleOptions } from "assignment-engine/nestjs";
import { TypeOrmSessionStore } from "assignment-engine/typeorm";
import { DataSource } from "typeorm";
import { skillRule } from "./skill.rule";
import { TableMessenger } from "./table-messenger";

/** The assignment engine on our database; where its rotation is counted, the environment says. */
export function assignmentModule(): DynamicModule {
  return AssignmentModule.forRootAsync({
    inject: [DataSource],
    useFactory: assignmentOptions,
    store: {
      inject: [DataSource],
      useFactory: (dataSource: DataSource) =>
        new TypeOrmSessionStore(dataSource, { timeoutMs: 7_000 }),
    },
    messenger: { useClass: TableMessenger },
  });
}

function assignmentOptions(dataSource: DataSource): AssignmentModuleOptions {
  const logger = new Logger("Assignment");
  return {
    rules: [
      scheduleRule,
      contactAlreadyAssignedRule,
      strategyRule,
      eligibilityRule,
      skillRule(dataSource),
      selectorRule,
    ],
    // Longer than the store may take twice, so that it is the one to say what went wrong.
    answerTimeoutMs: 15_000,
    hooks: {
      failed: ({ what, sessionId, error }) =>
        logger.warn(`${what} failed sessionId=${sessionId} error=${String(error)}`),
    },
  };
}
