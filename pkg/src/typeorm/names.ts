import { AssignmentEngineError } from "../errors.ts";
import type { PostgresDataSource } from "./data-source.ts";

/**
 * The tables, with their columns by the names they have in code. Null columns may be absent. These
 * are the dashboard-api's.
 */
const CONTRACT = {
  sessions: {
    id: "id",
    tenantId: "tenant_id",
    contactId: "contact_id",
    status: "status",
    assignedAgentId: "assigned_agent_id",
    assignedTeamId: "assigned_team_id",
    assignedAt: "assigned_at",
    acceptedAt: "accepted_at",
    priority: "priority",
    channel: "channel",
    context: "context",
    createdAt: "created_at",
    updatedAt: "updated_at",
    lastMessageAt: "last_message_at",
  },
  teams: {
    id: "id",
    tenantId: "tenant_id",
    name: "name",
    isActive: "is_active",
    isDefault: "is_default",
    createdAt: "created_at",
    routingStrategy: "routing_strategy",
    routingConfig: "routing_config",
    schedule: "schedule",
  },
  team_members: { teamId: "team_id", userId: "user_id", isActive: "is_active" },
  users: {
    id: "id",
    tenantId: "tenant_id",
    name: "name",
    status: "status",
    isActive: "is_active",
    createdAt: "created_at",
  },
  assignment_configs: {
    tenantId: "tenant_id",
    teamId: "team_id",
    enabled: "enabled",
    strategy: "strategy",
    settings: "settings",
  },
  assignment_claims: {
    sessionId: "session_id",
    tenantId: "tenant_id",
    token: "token",
    agentId: "agent_id",
    claimedAt: "claimed_at",
  },
} as const;

/** Columns that a table need not have. */
const OPTIONAL: Record<string, readonly string[]> = {
  sessions: ["acceptedAt", "priority", "channel", "lastMessageAt"],
  teams: ["isActive", "isDefault", "createdAt", "routingStrategy", "routingConfig", "schedule"],
  team_members: ["isActive"],
  users: ["isActive", "createdAt"],
  assignment_configs: ["enabled"],
};

/** The tables the store works on, by their names in the contract. */
export type TableKey = keyof typeof CONTRACT;

/** The columns of a table, by their names in code. */
export type ColumnKey<T extends TableKey> = keyof (typeof CONTRACT)[T] & string;

/**
 * What a table is called: its name, its entity class or schema (the columns are those of the
 * properties of the names in code), or either with columns of other names; null for one that is not
 * there.
 */
export type TableNames<T extends TableKey = TableKey> =
  | string
  | EntityTarget
  | { table: string | EntityTarget; columns?: Partial<Record<ColumnKey<T>, string | null>> };

/** An entity class or `EntitySchema` of TypeORM's. */
export type EntityTarget =
  (abstract new (...args: never[]) => object) | { readonly "@instanceof": symbol };

/** Names that differ from the contract's. */
export interface SchemaNames {
  /** The schema the tables are in; the connection's `search_path` unless said. */
  schema?: string;
  /** Tables that are called otherwise. */
  tables?: { [T in TableKey]?: TableNames<T> };
}

/** One table as SQL names it: everything is quoted. */
export interface Table<T extends TableKey> {
  /** The table, with its schema. */
  readonly sql: string;
  /** Its columns; undefined for one that it has not. */
  readonly columns: { readonly [C in ColumnKey<T>]: string | undefined };
}

export type Tables = { readonly [T in TableKey]: Table<T> };

/** Looks the names up. Entities are known once the data source is initialised. */
export function tablesOf(dataSource: PostgresDataSource, names: SchemaNames): Tables {
  const keys = Object.keys(CONTRACT) as TableKey[];
  const tables = keys.map((key) => [key, tableOf(dataSource, key, names)] as const);
  return Object.fromEntries(tables) as unknown as Tables;
}

function tableOf(
  dataSource: PostgresDataSource,
  key: TableKey,
  names: SchemaNames,
): Table<TableKey> {
  const given: TableNames = names.tables?.[key] ?? key;
  const named = typeof given === "object" && "table" in given ? given : { table: given };
  const renamed: Partial<Record<string, string | null>> =
    ("columns" in named ? named.columns : undefined) ?? {};
  const entity =
    typeof named.table === "string" ? undefined : dataSource.getMetadata(named.table as unknown);
  const columns: Record<string, string | undefined> = {};
  for (const [column, usual] of Object.entries(CONTRACT[key])) {
    const ofEntity = entity?.columns.find(({ propertyName }) => propertyName === column);
    const name =
      column in renamed ? renamed[column] : entity === undefined ? usual : ofEntity?.databaseName;
    const optional = OPTIONAL[key]?.includes(column) === true;
    if (name == null && !optional) {
      const path = `names.tables.${key}.columns.${column}`;
      const message = `${path}: the table cannot do without this column`;
      throw new AssignmentEngineError("missing_field", message, { path });
    }
    columns[column] =
      name == null ? undefined : quoted(name, `names.tables.${key}.columns.${column}`);
  }
  const name = entity?.tableName ?? (named.table as string);
  const schema = entity?.schema ?? names.schema;
  const table = quoted(name, `names.tables.${key}`);
  return {
    sql: schema === undefined ? table : `${quoted(schema, "names.schema")}.${table}`,
    columns: columns as Table<TableKey>["columns"],
  };
}

/** An identifier as PostgreSQL reads it, whatever is in it. */
function quoted(name: unknown, path: string): string {
  if (typeof name === "string" && name !== "" && !name.includes("\0")) {
    return `"${name.replaceAll('"', '""')}"`;
  }
  throw new AssignmentEngineError("invalid_value", `${path}: this is no name`, { path });
}
