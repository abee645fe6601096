/**
 * Settings as they were given, kept to be compared with those of the next call.
 *
 * The fields of an object stand in two lists, in the order in which JSON writes them. So a comparison
 * is one walk over what is given, without looking up a name: `for … in` has the fields in the same
 * order, and V8 reads `given[key]` in such a loop by its place. Where only the order of fields
 * differs, the settings count as other ones.
 */
export type Copied = string | number | boolean | null | undefined | CopiedObject;

class CopiedObject {
  /** The names of the fields; of a list none. */
  readonly keys: string[] | undefined;
  readonly values: Copied[];

  constructor(plain: object) {
    this.keys = Array.isArray(plain) ? undefined : Object.keys(plain);
    this.values = Object.values(plain).map(copied);
  }
}

/** A copy of `plain`, which came out of `JSON.parse`. */
export function copied(plain: unknown): Copied {
  return typeof plain === "object" && plain !== null ? new CopiedObject(plain) : (plain as Copied);
}

/** Would JSON write the same? What is undefined is not there. */
export function isSame(given: unknown, kept: Copied): boolean {
  if (typeof given === "string") return typeof kept === "string" && given === kept;
  if (typeof given !== "object" || given === null) return given === kept;
  if (typeof kept !== "object" || kept === null) return false;
  const { keys, values } = kept;
  if (keys === undefined) {
    if (!Array.isArray(given) || given.length !== values.length) return false;
    for (let at = 0; at < values.length; at += 1) {
      if (!isSame(given[at], values[at])) return false;
    }
    return true;
  }
  if (Array.isArray(given)) return false;
  let at = 0;
  for (const key in given) {
    const value = (given as Record<string, unknown>)[key];
    if (value === undefined) continue;
    if (key !== keys[at] || !isSame(value, values[at])) return false;
    at += 1;
  }
  return at === keys.length;
}
