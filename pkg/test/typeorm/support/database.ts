import { randomUUID } from "node:crypto";
import { DataSource, type DataSourceOptions } from "typeorm";
import { DataSource as DataSource03 } from "typeorm03";
import type { StoreFixture } from "../../../src/testing/index.ts";
import {
  AssignmentClaims,
  TypeOrmSessionStore,
  type TypeOrmSessionStoreOptions,
} from "../../../src/typeorm/index.ts";
import { PostgresServer } from "./postgres.ts";

/** The dashboard-api's tables. */
export const TABLES = `
  CREATE TABLE users (
    id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text NOT NULL,
    status text NOT NULL DEFAULT 'offline', is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE teams (
    id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text NOT NULL,
    is_active boolean NOT NULL DEFAULT true, is_default boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    routing_strategy text, routing_config jsonb, schedule jsonb
  );
  CREATE TABLE team_members (
    team_id uuid NOT NULL REFERENCES teams, user_id uuid NOT NULL REFERENCES users,
    is_active boolean NOT NULL DEFAULT true, PRIMARY KEY (team_id, user_id)
  );
  CREATE TABLE assignment_configs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL,
    team_id uuid REFERENCES teams, enabled boolean NOT NULL DEFAULT true, strategy text,
    settings jsonb NOT NULL DEFAULT '{}', UNIQUE (tenant_id, team_id)
  );
  CREATE TABLE sessions (
    id uuid PRIMARY KEY, tenant_id uuid NOT NULL, contact_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'unassigned'
      CHECK (status IN ('unassigned', 'assigned', 'resolved')),
    assigned_agent_id uuid REFERENCES users, assigned_team_id uuid REFERENCES teams,
    assigned_at timestamptz, accepted_at timestamptz, priority integer NOT NULL DEFAULT 0,
    channel text NOT NULL DEFAULT 'whatsapp', context jsonb CHECK (jsonb_typeof(context) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    last_message_at timestamptz
  );
`;

/** Writes down each time a session is given to somebody, whoever does it and however. */
export const AUDIT = `
  CREATE TABLE given (
    number bigint GENERATED ALWAYS AS IDENTITY, tenant_id uuid, session_id uuid, agent_id uuid
  );
  CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO given (tenant_id, session_id, agent_id)
      VALUES (NEW.tenant_id, NEW.id, NEW.assigned_agent_id);
      RETURN NULL;
    END $$;
  CREATE TRIGGER write_down AFTER UPDATE OF assigned_agent_id ON sessions
    FOR EACH ROW WHEN (NEW.assigned_agent_id IS NOT NULL) EXECUTE FUNCTION write_down();
`;

/** How long a busy machine may take to make a cluster and start it. */
export const STARTING_MS = 90_000;

/** A server with the tables on it, data sources, and stores over them. */
export class Database {
  readonly server: PostgresServer;
  readonly #sources: { destroy(): Promise<void> }[] = [];

  private constructor(server: PostgresServer) {
    this.server = server;
  }

  static async start(settings: Record<string, string | number> = {}): Promise<Database> {
    const database = new Database(await PostgresServer.start(settings));
    await database.server.rows(TABLES);
    const migrating = await database.source({ migrations: [AssignmentClaims] });
    await migrating.runMigrations();
    await database.server.rows(AUDIT);
    return database;
  }

  /** A data source of its own, with its own pool. */
  async source(
    more: Partial<DataSourceOptions> & Record<string, unknown> = {},
  ): Promise<DataSource> {
    const options = { type: "postgres", ...this.server.options, poolSize: 6, ...more } as const;
    const source = await new DataSource(options as DataSourceOptions).initialize();
    this.#sources.push(source);
    return source;
  }

  /** The same of the older TypeORM. */
  async source03(): Promise<DataSource03> {
    const options = { type: "postgres", ...this.server.options, poolSize: 6 } as const;
    const source = await new DataSource03(options).initialize();
    this.#sources.push(source);
    return source;
  }

  async store(options?: TypeOrmSessionStoreOptions): Promise<TypeOrmSessionStore> {
    return new TypeOrmSessionStore(await this.source(), options);
  }

  /** What the checks of stores ask for, over these stores. */
  fixture(stores: StoreFixture["stores"]): StoreFixture {
    const insert = (table: string, row: Record<string, unknown>, more = "") => {
      const columns = Object.keys(row);
      const places = columns.map((_, at) => `$${at + 1}`).join(", ");
      const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places}) ${more}`;
      return this.server.rows(sql, Object.values(row));
    };
    const json = (value: unknown) => (value == null ? null : JSON.stringify(value));
    return {
      stores,
      newId: () => randomUUID(),
      putTenant: async (tenant_id, { enabled, strategy, settings }) => {
        const row = { tenant_id, enabled: enabled ?? true, strategy, settings: json(settings) };
        await insert("assignment_configs", row);
      },
      putAgent: async (tenant_id, { id, name, status }) => {
        await insert("users", { id, tenant_id, name: name ?? "", status: status ?? "offline" });
      },
      putTeam: async (tenant_id, team) => {
        await insert("teams", {
          id: team.id,
          tenant_id,
          name: team.name ?? "",
          is_active: team.isActive ?? true,
          is_default: team.isDefault ?? false,
          routing_strategy: team.routingStrategy ?? null,
          routing_config: json(team.routingConfig),
          schedule: json(team.schedule),
        });
        for (const user_id of team.members ?? []) {
          await insert("team_members", { team_id: team.id, user_id });
        }
      },
      putSession: async (session) => {
        const row = {
          id: session.id,
          tenant_id: session.tenantId,
          contact_id: session.contactId ?? randomUUID(),
          status: session.status ?? "unassigned",
          assigned_agent_id: session.assignedAgentId ?? null,
          assigned_team_id: session.assignedTeamId ?? null,
          assigned_at: session.assignedAt ?? null,
          accepted_at: session.acceptedAt ?? null,
          priority: session.priority ?? 0,
          channel: session.channel ?? "whatsapp",
          context: json(session.context),
          created_at: session.createdAt ?? new Date(),
          updated_at: session.updatedAt ?? new Date(),
        };
        const set = Object.keys(row).map((column) => `${column} = EXCLUDED.${column}`);
        await insert("sessions", row, `ON CONFLICT (id) DO UPDATE SET ${set.join(", ")}`);
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#sources.map((source) => source.destroy()));
    await this.server.stop();
  }
}
