import type { SessionChanges } from "assignment-engine";
import type { EntityManager } from "typeorm";

/**
 * The columns that `SessionChanges` stand for, as the right side of an UPDATE whose parameters
 * begin with those of {@link changeParameters}. `||` puts new entries of the context over old ones;
 * a context that is NULL stays so until there is something to keep.
 */
export const CHANGED_COLUMNS = `
  assigned_team_id = COALESCE($2::uuid, assigned_team_id),
  context = CASE WHEN $3::jsonb = '{}' THEN context
                 ELSE COALESCE(context, '{}') || $3::jsonb END,
  updated_at = $4::timestamptz`;

/** $1 to $4. */
export function changeParameters(sessionId: string, changes: SessionChanges): unknown[] {
  return [sessionId, changes.teamId ?? null, JSON.stringify(changes.context), changes.at];
}

/** Changes a session, if nobody has it yet. */
export async function updateSession(
  manager: EntityManager,
  sessionId: string,
  changes: SessionChanges,
): Promise<void> {
  await manager.query(
    `UPDATE sessions SET ${CHANGED_COLUMNS} WHERE id = $1 AND status = 'unassigned'`,
    changeParameters(sessionId, changes),
  );
}

/** Our ids are UUIDs, and PostgreSQL refuses to compare one with any other text. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
