/** What a migration uses of TypeORM's `QueryRunner`. */
interface Runner {
  query(sql: string): Promise<unknown>;
}

/**
 * The table in which tokens of claims are kept, and an index for each question of the store that the
 * tables may lack: the contract's names. Nothing that is there is changed. For tables that are
 * called otherwise, copy it and change the names.
 */
export const ASSIGNMENT_CLAIMS_SQL = `
CREATE TABLE IF NOT EXISTS assignment_claims (
  session_id uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  tenant_id  uuid NOT NULL,
  token      bigint NOT NULL CHECK (token >= 0),
  agent_id   uuid NOT NULL,
  claimed_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_queue ON sessions (tenant_id, created_at, id)
  WHERE status = 'unassigned';
CREATE INDEX IF NOT EXISTS sessions_of_contact ON sessions (tenant_id, contact_id)
  WHERE status = 'assigned';
CREATE INDEX IF NOT EXISTS sessions_of_agent ON sessions (assigned_agent_id, status, assigned_at);
`.trim();

/**
 * A migration of TypeORM's that makes {@link ASSIGNMENT_CLAIMS_SQL} so: name it among the
 * `migrations` of your data source. Claims without a token do without it.
 */
export class AssignmentClaims {
  /** What TypeORM remembers it by; the digits are its place among yours. */
  readonly name = "AssignmentClaims1795478400000";

  async up(runner: Runner): Promise<void> {
    await runner.query(ASSIGNMENT_CLAIMS_SQL);
  }

  /** The indexes stay: they may have been there before. */
  async down(runner: Runner): Promise<void> {
    await runner.query("DROP TABLE IF EXISTS assignment_claims");
  }
}
