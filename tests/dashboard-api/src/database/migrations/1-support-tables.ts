import type { MigrationInterface, QueryRunner } from "typeorm";

export class SupportTables1732000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id         uuid PRIMARY KEY,
        tenant_id  uuid NOT NULL,
        name       text NOT NULL,
        status     text NOT NULL DEFAULT 'offline',
        skills     text[] NOT NULL DEFAULT '{}',
        is_active  boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE teams (
        id               uuid PRIMARY KEY,
        tenant_id        uuid NOT NULL,
        name             text NOT NULL,
        is_active        boolean NOT NULL DEFAULT true,
        is_default       boolean NOT NULL DEFAULT false,
        created_at       timestamptz NOT NULL DEFAULT now(),
        routing_strategy text,
        routing_config   jsonb,
        schedule         jsonb
      );
      CREATE INDEX teams_of_tenant ON teams (tenant_id);
      CREATE TABLE team_members (
        team_id   uuid NOT NULL REFERENCES teams,
        user_id   uuid NOT NULL REFERENCES users,
        is_active boolean NOT NULL DEFAULT true,
        PRIMARY KEY (team_id, user_id)
      );
      CREATE TABLE assignment_configs (
        id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        tenant_id uuid NOT NULL,
        team_id   uuid REFERENCES teams,
        enabled   boolean NOT NULL DEFAULT true,
        strategy  text,
        settings  jsonb NOT NULL DEFAULT '{}',
        UNIQUE NULLS NOT DISTINCT (tenant_id, team_id)
      );
      CREATE TABLE sessions (
        id                uuid PRIMARY KEY,
        tenant_id         uuid NOT NULL,
        contact_id        uuid NOT NULL,
        status            text NOT NULL DEFAULT 'unassigned'
                          CHECK (status IN ('unassigned', 'assigned', 'resolved')),
        assigned_agent_id uuid REFERENCES users,
        assigned_team_id  uuid REFERENCES teams,
        assigned_at       timestamptz,
        accepted_at       timestamptz,
        priority          integer NOT NULL DEFAULT 0,
        channel           text NOT NULL DEFAULT 'whatsapp',
        context           jsonb CHECK (jsonb_typeof(context) = 'object'),
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        last_message_at   timestamptz
      );
    `);
    // One index for each question of the session store.
    await runner.query(`
      CREATE INDEX sessions_queue ON sessions (tenant_id, created_at, id)
        WHERE status = 'unassigned';
      CREATE INDEX sessions_of_contact ON sessions (tenant_id, contact_id)
        WHERE status = 'assigned';
      CREATE INDEX sessions_of_agent ON sessions (assigned_agent_id, status, assigned_at);
    `);
    await runner.query(`
      CREATE TABLE sent_messages (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant_id  uuid NOT NULL,
        session_id uuid NOT NULL REFERENCES sessions,
        contact_id uuid NOT NULL,
        about      text NOT NULL,
        body       text NOT NULL,
        media_url  text,
        account    text,
        sent_at    timestamptz NOT NULL
      );
      CREATE INDEX sent_messages_of_session ON sent_messages (session_id, about, sent_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      "DROP TABLE sent_messages, sessions, assignment_configs, team_members, teams, users",
    );
  }
}
