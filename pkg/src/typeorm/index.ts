export type { EntityNames, PostgresDataSource, PostgresQueryRunner } from "./data-source.ts";
export { ASSIGNMENT_CLAIMS_SQL, AssignmentClaims } from "./migration.ts";
export type { ColumnKey, EntityTarget, SchemaNames, TableKey, TableNames } from "./names.ts";
export { TypeOrmSessionStore, type TypeOrmSessionStoreOptions } from "./store.ts";
