import { AssignmentEngineError, printable } from "../errors.ts";
import { isObject } from "../service/input.ts";

/** What PostgreSQL, its driver or TypeORM said, as an error of this package. */
export function failureOf(what: string, milliseconds: number, error: unknown): Error {
  if (AssignmentEngineError.is(error)) return error;
  const cause = driverErrorOf(error);
  const state = stateOf(error);
  const make = (code: string, message: string, hint?: string) =>
    new AssignmentEngineError(code, message, { hint, cause });
  if (state === undefined) {
    return make("store_unavailable", `the database cannot be reached for \`${what}\``);
  }
  if (TIMEOUTS.includes(state)) {
    return make(
      "store_timeout",
      `the database did not carry out \`${what}\` within ${milliseconds} ms; nothing was changed`,
    );
  }
  if (CONFLICTS.includes(state)) {
    return make("store_conflict", `\`${what}\` met another transaction; nothing was changed`);
  }
  if (/^(08|53|57)/.test(state)) {
    return make("store_unavailable", `the database cannot serve \`${what}\` now (${state})`);
  }
  if (state.startsWith("22")) {
    return make("invalid_value", `the database cannot take a value of \`${what}\` (${state})`);
  }
  if (state.startsWith("23")) {
    const constraint = isObject(cause) ? cause["constraint"] : undefined;
    const which = typeof constraint === "string" ? `: \`${printable(constraint)}\`` : "";
    return make("store_constraint", `a constraint of the database forbids \`${what}\`${which}`);
  }
  if (state.startsWith("28") || state === "42501") {
    return make("store_denied", `the database denies \`${what}\` (${state})`);
  }
  if (SCHEMA.includes(state)) {
    const hint =
      "name your tables and columns in `names`, and run the migration `AssignmentClaims`";
    return make("store_schema", `the database lacks a table or column for \`${what}\``, hint);
  }
  return make("store_failed", `the database failed to carry out \`${what}\` (${state})`);
}

/** The SQLSTATE of an error; undefined where the server did not come to say one. */
export function stateOf(error: unknown): string | undefined {
  const said = driverErrorOf(error);
  const code = isObject(said) ? said["code"] : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)
    ? code
    : undefined;
}

/** Did the transaction certainly not take place, though its COMMIT was sent? */
export function isAborted(error: unknown): boolean {
  const state = stateOf(error);
  return state !== undefined && /^(23|25|40)/.test(state);
}

export function isConflict(error: unknown): boolean {
  return CONFLICTS.includes(stateOf(error) ?? "");
}

/** TypeORM wraps what the driver says, together with the parameters, which concern nobody. */
export function driverErrorOf(error: unknown): unknown {
  return isObject(error) && "driverError" in error ? error["driverError"] : error;
}

/** Cancelled by its timeout; a lock was not to be had; the transaction stood idle. */
const TIMEOUTS = ["57014", "55P03", "25P03"];
/** A serialization failure; a deadlock. */
const CONFLICTS = ["40001", "40P01"];
/** No such table, column, schema, function. */
const SCHEMA = ["42P01", "42703", "3F000", "42883"];
