import type { ColumnKey, Table, TableKey, Tables } from "./names.ts";

/** The SQL of the store, for the tables it works on. Every value is a parameter. */
export type Statements = ReturnType<typeof statementsFor>;

/**
 * Ids are compared as the columns have them, be they `uuid`, `text` or numbers: PostgreSQL takes a
 * parameter for what it is compared with.
 */
export function statementsFor(tables: Tables) {
  const { sessions, teams, team_members, users, assignment_configs, assignment_claims } = tables;
  const s = alias(sessions, "s");
  const t = alias(teams, "t");
  const m = alias(team_members, "m");
  const u = alias(users, "u");
  const claim = alias(assignment_claims, "c");
  const config = alias(assignment_configs, "c");
  // Columns on the left side of SET and in lists go without their table.
  const set = sessions.columns;
  const claimed = assignment_claims.columns;

  const session = SESSION.map((column) => s.as(column))
    .filter(Boolean)
    .join(", ");
  const active = `${m.or("isActive", "TRUE")} AND ${u.or("isActive", "TRUE")}`;
  const context = `${s.of("context")}::jsonb`;
  /** $2 to $4: team, context, instant. */
  const changes = `
    ${set.assignedTeamId} = COALESCE($2, ${s.of("assignedTeamId")}),
    ${set.context} = CASE WHEN $3::jsonb = '{}' THEN ${context}
                          ELSE COALESCE(${context}, '{}') || $3::jsonb END,
    ${set.updatedAt} = $4::timestamptz`;
  const xid = "pg_current_xact_id()::text AS xid";
  const team = `
    SELECT ${TEAM.map((column) => t.as(column))
      .filter(Boolean)
      .join(", ")},
           ARRAY(SELECT ${u.of("id")}::text
                 FROM ${m.from} JOIN ${u.from} ON ${u.of("id")} = ${m.of("userId")}
                 WHERE ${m.of("teamId")} = ${t.of("id")} AND ${active}
                 ORDER BY ${u.of("id")}) AS members
    FROM ${t.from}`;
  const agent = AGENT.map((column) => u.as(column))
    .filter(Boolean)
    .join(", ");
  const has = `${s.of("assignedAgentId")} = ${u.of("id")}`;
  const member = (total: string) => `
    SELECT ${agent},
           (SELECT count(*)::int FROM ${s.from}
            WHERE ${has} AND ${s.of("status")} = 'assigned') AS active${total}
    FROM ${m.from} JOIN ${u.from} ON ${u.of("id")} = ${m.of("userId")}
    WHERE ${m.of("teamId")} = $1 AND ${active}
    ORDER BY ${u.of("id")}`;
  const waiting = `${s.of("status")} = 'unassigned'`;
  const queue = (more: string) => `
    SELECT ${session} FROM ${s.from}
    WHERE ${s.of("tenantId")} = $1 AND ${waiting}${more}
    ORDER BY ${s.of("createdAt")}, ${s.of("id")} LIMIT $2`;
  const load = `(
    SELECT count(*)::int FROM (
      SELECT 1 FROM ${s.from}
      WHERE ${s.of("assignedAgentId")} = $2 AND ${s.of("status")} = 'assigned'
        AND ${s.of("id")} <> $1
      LIMIT $3) AS held)`;
  const take = (owner: string, more: string) => `
    UPDATE ${s.from}
    SET ${changes}, ${set.status} = 'assigned', ${set.assignedAgentId} = $5,
        ${set.assignedAt} = $4::timestamptz${more}
    WHERE ${s.of("id")} = $1 AND ${owner}
    RETURNING ${session}, ${xid}`;

  return {
    session: `SELECT ${session} FROM ${s.from} WHERE ${s.of("id")} = $1`,
    /** $1 tenant, $2 limit. */
    queue: queue(""),
    /** The same, $3 team. */
    queueOfTeam: queue(` AND ${s.of("assignedTeamId")} = $3`),
    /** $1 session, and the changes. */
    update: `UPDATE ${s.from} SET ${changes} WHERE ${s.of("id")} = $1 AND ${waiting}
             RETURNING ${session}, ${xid}`,

    /**
     * $1 agent, $2 session. NO KEY: whoever inserts a row that refers to the agent need not wait, as
     * for a plain FOR UPDATE; two claims exclude each other just the same.
     */
    lockAgent: `
      SELECT 1 AS found FROM ${u.from}
      JOIN ${s.from} ON ${s.of("id")} = $2 AND ${s.of("tenantId")} = ${u.of("tenantId")}
      WHERE ${u.of("id")} = $1 AND ${u.or("isActive", "TRUE")}
      FOR NO KEY UPDATE OF u`,
    lockSession: `SELECT ${session} FROM ${s.from} WHERE ${s.of("id")} = $1 FOR NO KEY UPDATE`,
    /** $1 session, $2 agent, $3 how far to count. */
    load: `SELECT ${load} AS active`,
    /** $1 session. */
    token: `SELECT ${claim.of("token")}::text AS token, ${claim.of("agentId")}::text AS "agentId"
            FROM ${claim.from} WHERE ${claim.of("sessionId")} = $1`,
    /** $1 session, the changes, $5 agent. */
    take: take(`${waiting} AND ${s.of("assignedAgentId")} IS NULL`, ""),
    /** The same, $6 owner. Whoever takes a session over has not accepted it yet. */
    takeOver: take(
      `${s.of("status")} = 'assigned' AND ${s.of("assignedAgentId")} = $6`,
      set.acceptedAt === undefined ? "" : `, ${set.acceptedAt} = NULL`,
    ),
    /** $1 session, $2 tenant, $3 token, $4 agent, $5 instant. */
    keepToken: `
      INSERT INTO ${assignment_claims.sql}
        (${claimed.sessionId}, ${claimed.tenantId}, ${claimed.token}, ${claimed.agentId}, ${claimed.claimedAt})
      VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (${claimed.sessionId}) DO UPDATE
      SET ${claimed.token} = EXCLUDED.${claimed.token}, ${claimed.agentId} = EXCLUDED.${claimed.agentId},
          ${claimed.claimedAt} = EXCLUDED.${claimed.claimedAt}`,

    /** $1 session, $2 key, $3 what was seen (NULL: nothing), $4 stamp. */
    stamp: `
      UPDATE ${s.from}
      SET ${set.context} = COALESCE(${context}, '{}') || jsonb_build_object($2::text, $4::text)
      WHERE ${s.of("id")} = $1 AND ${waiting}
        AND (${context} -> $2::text) IS NOT DISTINCT FROM $3::jsonb
      RETURNING ${xid}`,
    /** $1 session, $2 key, $3 stamp, $4 what was seen. */
    unstamp: `
      UPDATE ${s.from}
      SET ${set.context} =
        CASE WHEN $4::jsonb IS NULL THEN NULLIF(${context} - $2::text, '{}')
             ELSE ${context} || jsonb_build_object($2::text, $4::jsonb) END
      WHERE ${s.of("id")} = $1 AND (${context} -> $2::text) = to_jsonb($3::text)
      RETURNING ${xid}`,

    /** $1 tenant, $2 contact, $3 the session that does not count. */
    contactHasAssigned: `
      SELECT EXISTS (
        SELECT 1 FROM ${s.from}
        WHERE ${s.of("tenantId")} = $1 AND ${s.of("contactId")} = $2
          AND ${s.of("status")} = 'assigned' AND ${s.of("id")} <> $3) AS has`,
    teams: `${team} WHERE ${t.of("tenantId")} = $1 ORDER BY ${t.of("id")}`,
    team: `${team} WHERE ${t.of("id")} = $1`,
    members: member(""),
    membersEver: member(`, (SELECT count(*)::int FROM ${s.from} WHERE ${has}) AS total`),
    /** $2 since when. */
    membersSince: member(`,
      (SELECT count(*)::int FROM ${s.from}
       WHERE ${has} AND ${s.of("assignedAt")} >= $2::timestamptz) AS total`),
    tenant: `
      SELECT ${config.or("enabled", "TRUE")} AS enabled, ${config.as("strategy")}, ${config.as("settings")}
      FROM ${config.from}
      WHERE ${config.of("tenantId")} = $1 AND ${config.of("teamId")} IS NULL LIMIT 1`,
  };
}

const SESSION = [
  "id",
  "tenantId",
  "contactId",
  "status",
  "assignedAgentId",
  "assignedTeamId",
  "assignedAt",
  "acceptedAt",
  "priority",
  "channel",
  "context",
  "createdAt",
  "updatedAt",
  "lastMessageAt",
] as const;
const TEAM = [
  "id",
  "tenantId",
  "name",
  "isActive",
  "isDefault",
  "createdAt",
  "routingStrategy",
  "routingConfig",
  "schedule",
] as const;
const AGENT = ["id", "name", "status", "createdAt"] as const;

/** A table under a short name of its own. */
function alias<T extends TableKey>({ sql, columns }: Table<T>, name: string) {
  const of = (column: ColumnKey<T>) => `${name}.${columns[column]}`;
  return {
    from: `${sql} AS ${name}`,
    of,
    /** The column, or this where there is none. */
    or: (column: ColumnKey<T>, instead: string) =>
      columns[column] === undefined ? instead : of(column),
    /** The column as code calls it; nothing where there is none. Ids are texts there. */
    as: (column: ColumnKey<T>) => {
      if (columns[column] === undefined) return "";
      const text = /id$/i.test(column) ? "::text" : "";
      return `${of(column)}${text} AS "${column}"`;
    },
  };
}
