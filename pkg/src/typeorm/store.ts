import { AssignmentEngineError } from "../errors.ts";
import type { Claim, Counts, Expected, SessionChanges, SessionStore } from "../service/store.ts";
import { isWith, teamIdOf } from "../service/sessions.ts";
import type { Agent, Session, Team, TenantConfig } from "../types.ts";
import { claim, ImpossibleIds, refused } from "./claim.ts";
import type { Row } from "./connection.ts";
import type { PostgresDataSource } from "./data-source.ts";
import { Database, type Transaction } from "./database.ts";
import { type SchemaNames, tablesOf } from "./names.ts";
import { type Statements, statementsFor } from "./statements.ts";

/** How the store works. */
export interface TypeOrmSessionStoreOptions {
  /** Tables and columns that are called otherwise than the dashboard-api's. */
  names?: SchemaNames;
  /**
   * Milliseconds that a call may take; 4000 unless said. A call whose COMMIT gets no answer may take
   * twice as long, to learn what became of it: stay below half of the service's `answerTimeoutMs`.
   */
  timeoutMs?: number;
}

/**
 * Sessions, teams and agents in PostgreSQL (13 and newer), over a `DataSource` of TypeORM's. A Rust
 * service with the native crate's PostgreSQL store can share the database.
 *
 * ```ts
 * const store = new TypeOrmSessionStore(dataSource);
 * const service = new AssignmentService({ store, messenger });
 * ```
 *
 * A claim locks the agent's row, then the session's, counts, and writes, in one transaction: no
 * session has two owners, and no agent more sessions than the limit, whoever else claims. What this
 * takes for granted: whoever else gives sessions to agents does it by the same claim.
 *
 * A call rejects with an `AssignmentEngineError`: `store_timeout` (nothing was changed),
 * `store_conflict` (another transaction was in the way again and again; nothing was changed),
 * `store_unavailable` (no connection; nothing was changed), `store_outcome_unknown` (the connection
 * broke in the COMMIT, and the server cannot say what became of it), `store_schema`, `store_denied`,
 * `store_constraint`, `invalid_value`, else `store_failed`. What the server said is the `cause`.
 */
export class TypeOrmSessionStore implements SessionStore {
  readonly #dataSource: PostgresDataSource;
  readonly #names: SchemaNames;
  readonly #database: Database;
  #statements: Statements | undefined;

  /** Throws an `AssignmentEngineError` if the data source is no PostgreSQL's. */
  constructor(dataSource: PostgresDataSource, options: TypeOrmSessionStoreOptions = {}) {
    const type = dataSource?.options?.type;
    if (type !== "postgres" && type !== "aurora-postgres") {
      const message = "dataSource: this is no data source of the type `postgres`";
      throw new AssignmentEngineError("wrong_type", message, { path: "dataSource" });
    }
    this.#dataSource = dataSource;
    this.#names = options.names ?? {};
    this.#database = new Database(dataSource, timeoutOf(options.timeoutMs ?? DEFAULT_TIMEOUT_MS));
  }

  async session(id: string): Promise<Session | null> {
    const [row] = await this.#found("session", this.#sql.session, [id]);
    return (row as Session | undefined) ?? null;
  }

  async queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]> {
    const most = Math.max(0, Math.min(Math.floor(limit), Number.MAX_SAFE_INTEGER));
    const rows =
      teamId === undefined
        ? this.#found("queue", this.#sql.queue, [tenantId, most])
        : this.#found("queue", this.#sql.queueOfTeam, [tenantId, most, teamId]);
    return (await rows) as unknown as Session[];
  }

  async claim(
    sessionId: string,
    agentId: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim> {
    const sql = this.#sql;
    const request = { sessionId, agentId, expected, changes };
    const shows = async (answer: Claim) => {
      if (answer.kind === "refused") return true;
      const session = await this.session(sessionId);
      return session?.assignedAgentId === agentId && isAt(session.assignedAt, changes.at);
    };
    try {
      return await this.#database.transaction("claim", (one) => claim(one, sql, request), shows);
    } catch (error) {
      if (!(error instanceof ImpossibleIds)) throw error;
      const session = await this.session(sessionId);
      if (session === null) return refused("session_gone");
      if (!isWith(session, expected.owner ?? undefined)) return refused("session_taken");
      const moved = teamIdOf(session) !== (expected.teamId ?? undefined);
      return refused(moved ? "session_moved" : "agent_gone");
    }
  }

  async update(sessionId: string, changes: SessionChanges): Promise<Session | null> {
    const sql = this.#sql;
    const { teamId, context, at } = changes;
    const values = [sessionId, teamId ?? null, JSON.stringify(context), at];
    const work = async (transaction: Transaction) => {
      const [updated] = await transaction.write(sql.update, values);
      const row = updated ?? (await transaction.rows(sql.session, [sessionId]))[0];
      return (row as Session | undefined) ?? null;
    };
    return this.#database.transaction("update", work, async () =>
      isAt((await this.session(sessionId))?.updatedAt, at),
    );
  }

  stamp(sessionId: string, key: string, seen: unknown, stamp: string): Promise<boolean> {
    const values = [sessionId, key, jsonOf(seen), stamp];
    const shows = async () => (await this.#entry(sessionId, key)) === stamp;
    return this.#changed("stamp", this.#sql.stamp, values, shows);
  }

  unstamp(sessionId: string, key: string, stamp: string, seen: unknown): Promise<boolean> {
    const values = [sessionId, key, stamp, jsonOf(seen)];
    const shows = async () => (await this.#entry(sessionId, key)) !== stamp;
    return this.#changed("unstamp", this.#sql.unstamp, values, shows);
  }

  async contactHasAssignedSession(
    tenantId: string,
    contactId: string,
    exceptSessionId: string,
  ): Promise<boolean> {
    const ids = [tenantId, contactId, exceptSessionId];
    const what = "contactHasAssignedSession";
    const [row] = await this.#found(what, this.#sql.contactHasAssigned, ids);
    return row?.["has"] === true;
  }

  async teams(tenantId: string): Promise<Team[]> {
    const rows = await this.#found("teams", this.#sql.teams, [tenantId]);
    return rows.map((row) => teamOf(row).team);
  }

  async team(id: string): Promise<{ tenantId: string; team: Team } | null> {
    const [row] = await this.#found("team", this.#sql.team, [id]);
    return row === undefined ? null : teamOf(row);
  }

  async members(teamId: string, counts: Counts): Promise<Agent[]> {
    const { members, membersEver, membersSince } = this.#sql;
    const [sql, values] =
      counts.kind === "since"
        ? [membersSince, [teamId, counts.at]]
        : [counts.kind === "ever" ? membersEver : members, [teamId]];
    return (await this.#found("members", sql, values)) as unknown as Agent[];
  }

  async tenant(id: string): Promise<TenantConfig> {
    const [row] = await this.#found("tenant", this.#sql.tenant, [id]);
    return (row as TenantConfig | undefined) ?? {};
  }

  /** Made at the first call, when the data source knows its entities. */
  get #sql(): Statements {
    this.#statements ??= statementsFor(tablesOf(this.#dataSource, this.#names));
    return this.#statements;
  }

  /** What is found; for an id that the tables cannot hold, nothing. */
  async #found(what: string, sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return await this.#database.rows(what, sql, values);
    } catch (error) {
      if (AssignmentEngineError.is(error) && error.code === "invalid_value") return [];
      throw error;
    }
  }

  /** Did the statement, which writes to one row or none, write to one? */
  async #changed(
    what: string,
    sql: string,
    values: unknown[],
    shows: () => Promise<boolean>,
  ): Promise<boolean> {
    const write = (transaction: Transaction) => transaction.write(sql, values);
    return (await this.#database.transaction(what, write, shows)).length > 0;
  }

  async #entry(sessionId: string, key: string): Promise<unknown> {
    return (await this.session(sessionId))?.context?.[key];
  }
}

const DEFAULT_TIMEOUT_MS = 4_000;
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function timeoutOf(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= LONGEST_TIMEOUT_MS) return value;
  const path = "options.timeoutMs";
  const message = `${path}: not a whole number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`;
  throw new AssignmentEngineError("invalid_value", message, { path });
}

/** Is the instant of a row the one that was written? */
function isAt(stored: unknown, at: Date): boolean {
  return stored != null && new Date(stored as Date | string).getTime() === at.getTime();
}

function teamOf({ tenantId, ...team }: Row): { tenantId: string; team: Team } {
  return { tenantId: String(tenantId), team: team as unknown as Team };
}

/** JSON as a parameter; what is absent is NULL. */
function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
