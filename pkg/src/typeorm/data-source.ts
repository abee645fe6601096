/**
 * What the store uses of TypeORM, as shapes: so any version of it fits, and it is not loaded here.
 */

/** A TypeORM `DataSource` of the type `postgres`, initialised. */
export interface PostgresDataSource {
  readonly options: { readonly type: string };
  createQueryRunner(mode?: "master" | "slave"): PostgresQueryRunner;
  getMetadata(entity: unknown): EntityNames;
}

/** A TypeORM `QueryRunner`: one connection. */
export interface PostgresQueryRunner {
  connect(): Promise<unknown>;
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
  release(): Promise<void>;
}

/** What TypeORM's `EntityMetadata` says about names. */
export interface EntityNames {
  readonly tableName: string;
  readonly schema?: string | undefined;
  readonly columns: readonly { readonly propertyName: string; readonly databaseName: string }[];
}
