import { refused } from "./input.ts";

/** An instant of a row in milliseconds since 1970; undefined where the row has none. */
export function millisecondsOf(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  // A text without a zone would mean another instant on every machine.
  const readable = typeof value !== "string" || RFC_3339.test(value);
  const instant = readable ? new Date(value as Date | string).getTime() : Number.NaN;
  if (Number.isFinite(instant)) return instant;
  throw refused("invalid_value", path, "this is no instant: write it like `2026-11-23T09:00:00Z`");
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
