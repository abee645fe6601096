import { AssignmentClaims } from "assignment-engine/typeorm";
import type { DataSourceOptions } from "typeorm";
import type { AppConfig } from "../config";
import * as entities from "./entities";
import { SupportTables1732000000000 } from "./migrations/1-support-tables";

export function dataSourceOptions(config: AppConfig["database"]): DataSourceOptions {
  return {
    type: "postgres",
    host: config.host,
    port: config.port,
    username: config.user,
    password: config.password,
    database: config.name,
    applicationName: "dashboard-api",
    entities: Object.values(entities),
    migrations: [SupportTables1732000000000, AssignmentClaims],
    poolSize: config.poolSize,
    // A contact waits for every one of these queries, so none may hang: not for a connection, not
    // for a lock, not in a transaction that somebody forgot.
    connectTimeoutMS: 10_000,
    extra: {
      statement_timeout: 5_000,
      lock_timeout: 3_000,
      idle_in_transaction_session_timeout: 10_000,
    },
  };
}
