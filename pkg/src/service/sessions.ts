import type { Session } from "../types.ts";
import { read } from "../engine/wire.ts";
import { AssignmentEngineError } from "../errors.ts";
import { isObject, nameOf } from "./input.ts";
import { merged } from "./json.ts";
import type { SessionChanges } from "./store.ts";

/** Does it wait for an agent? A status this package does not know is somebody else's affair. */
export function isUnassigned(session: Session): boolean {
  return (read(session, "status") ?? "unassigned") === "unassigned";
}

/** Who has it, if anybody does. */
export function ownerOf(session: Session): string | undefined {
  return read(session, "assignedAgentId") ?? undefined;
}

/** Is it with whom the claim expects it: with nobody, or with the owner named? */
export function isWith(session: Session, owner: string | undefined): boolean {
  if (ownerOf(session) !== owner) return false;
  return owner === undefined ? isUnassigned(session) : read(session, "status") === "assigned";
}

/** The team it was routed to, if it was. */
export function teamIdOf(session: Session): string | undefined {
  return read(session, "assignedTeamId") ?? undefined;
}

/** Do the changes change anything but the time? */
export function isEmpty(changes: Pick<SessionChanges, "teamId" | "context">): boolean {
  return changes.teamId === undefined && Object.keys(changes.context).length === 0;
}

/** A session as it will be with the changes. The one given stays as it is. */
export function withChanges(session: Session, changes: SessionChanges): Session {
  const context = read(session, "context");
  return {
    ...session,
    // Rows of some stores are objects of a class that has these as accessors.
    id: session.id,
    tenantId: session.tenantId,
    contactId: read(session, "contactId"),
    assignedTeamId: changes.teamId ?? read(session, "assignedTeamId"),
    context: Object.keys(changes.context).length === 0 ? context : merged(context, changes.context),
    updatedAt: changes.at,
  };
}

/**
 * The session as a store gave it, if it is one: whatever else is built on it needs these fields
 * to be what they should be.
 */
export function checkedSession(row: unknown, id?: string): Session {
  if (!isObject(row)) throw unusable("", `${nameOf(row)} for a session`);
  const text = (field: string, value: unknown) => {
    if (typeof value !== "string" || value === "") throw unusable(field, nameOf(value));
  };
  text("id", row.id);
  text("tenantId", row.tenantId);
  for (const field of ["status", "assignedTeamId"]) {
    const value = read(row, field);
    if (value !== undefined && value !== null) text(field, value);
  }
  const context = read(row, "context");
  if (context !== undefined && context !== null && !isObject(context)) {
    throw unusable("context", nameOf(context));
  }
  if (id !== undefined && row.id !== id) throw unusable("id", "another session");
  return row as unknown as Session;
}

function unusable(field: string, what: string): AssignmentEngineError {
  const path = field === "" ? "session" : `session.${field}`;
  const message = `${path}: the store answered ${what}`;
  return new AssignmentEngineError("wrong_type", message, { path });
}
