import { AssignmentEngineError, type ErrorCode } from "../errors.ts";

/** Bytes of an id (session, tenant, team, agent) in UTF-8, at most. */
export const MAX_ID_BYTES = 128;

/**
 * An id from a caller: a text that is not empty and has at most {@link MAX_ID_BYTES}. Nothing is
 * trimmed, folded or normalised.
 */
export function id(value: unknown, path: string): string {
  if (typeof value !== "string") {
    throw refused("wrong_type", path, `an id is a text, not ${nameOf(value)}`);
  }
  if (value === "") throw refused("invalid_value", path, "the id is empty");
  // Half a character has no bytes in UTF-8: two such ids could not be told apart.
  if (/\p{Cs}/u.test(value)) {
    throw refused("invalid_value", path, "the id holds half a character");
  }
  // A UTF-16 unit takes three bytes at most, so only long texts have to be measured.
  const bytes = value.length * 3 > MAX_ID_BYTES ? utf8Length(value) : 0;
  if (bytes > MAX_ID_BYTES) {
    const message = `the id has ${bytes} bytes, at most ${MAX_ID_BYTES} are allowed`;
    throw refused("too_large", path, message);
  }
  return value;
}

/** An id that may be absent; a blank one counts as absent. */
export function optionalId(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") return id(value, path);
  const trimmed = value.trim();
  return trimmed === "" ? undefined : id(trimmed, path);
}

/** The id of a session that is named or handed in. */
export function sessionId(session: unknown): string {
  return isObject(session) ? id(session.id, "session.id") : id(session, "sessionId");
}

/** A whole number from 0 up. */
export function count(value: unknown, path: string): number {
  if (typeof value !== "number") {
    throw refused("wrong_type", path, `a count is a number, not ${nameOf(value)}`);
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw refused("invalid_value", path, `\`${value}\` is no whole number from 0 up`);
  }
  return value;
}

/** A yes or no that may be absent. */
export function flag(value: unknown, path: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw refused("wrong_type", path, `expected true or false, not ${nameOf(value)}`);
}

/** Items in a list, at most. */
export const MAX_ITEMS = 10_000;

/** A list, each item of which `item` reads. */
export function list<T>(
  value: unknown,
  path: string,
  item: (value: unknown, path: string) => T,
): T[] {
  if (!Array.isArray(value)) {
    throw refused("wrong_type", path, `expected a list, not ${nameOf(value)}`);
  }
  if (value.length > MAX_ITEMS) {
    throw refused("too_large", path, `there are more than ${MAX_ITEMS} items`);
  }
  return Array.from(value, (one, index) => item(one, `${path}[${index}]`));
}

/** An object whose fields can be looked at. */
export function object(value: unknown, path: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw refused("wrong_type", path, `expected an object, not ${nameOf(value)}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function refused(code: ErrorCode, path: string, message: string): AssignmentEngineError {
  return new AssignmentEngineError(code, `${path}: ${message}`, { path });
}

/** What a value is, in a word that people know. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const point = char.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
