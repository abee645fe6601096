import { AssignmentEngineError } from "../errors.ts";
import { isObject, nameOf, refused } from "./input.ts";

/** Levels of objects and lists within each other, at most. */
export const MAX_DEPTH = 64;
/** Values in one object, over all its levels, at most. */
export const MAX_VALUES = 100_000;

/**
 * A copy of what a caller hands in as JSON, made so that nothing in it can do anything: plain
 * objects and lists of texts, finite numbers, yes and no, and null. A `Date` becomes its text, an
 * entry that is `undefined` is left out. Throws an {@link AssignmentEngineError} with the path of
 * the first value that is none of these: a getter, a function, an entry called `__proto__`.
 */
export function jsonObject(value: unknown, path: string): Record<string, unknown> {
  return copied(value, path, new Copier((date) => date.toISOString()));
}

/**
 * A copy of a row of a database: the same, but that a `Date` stays one, and that it may be twice
 * as large, for there is more in a row than what a caller hands in.
 */
export function rowCopy<T extends object>(row: T, path: string): T {
  return copied(row, path, new Copier((date) => date, 2)) as T;
}

/** `base` with the entries of `over` over its own of the same name. Neither is changed. */
export function merged(
  base: Readonly<Record<string, unknown>> | null | undefined,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const target = {};
  for (const source of [base ?? {}, over]) {
    for (const key of Object.keys(source)) define(target, key, source[key]);
  }
  return target;
}

function copied(value: unknown, path: string, copier: Copier): Record<string, unknown> {
  try {
    if (!isObject(value) || kindOf(value) !== "Object") {
      throw refused("wrong_type", path, `expected an object, not ${nameOf(value)}`);
    }
    return copier.object(value, path, 0);
  } catch (error) {
    if (AssignmentEngineError.is(error)) throw error;
    // A proxy, say, that will not be looked at.
    const message = `${path}: the object cannot be read`;
    throw new AssignmentEngineError("invalid_value", message, { path, cause: error });
  }
}

class Copier {
  readonly #date: (date: Date) => unknown;
  readonly #depth: number;
  #left: number;

  /** `date` makes of a new `Date` what stands for it. */
  constructor(date: (date: Date) => unknown, times = 1) {
    this.#date = date;
    this.#depth = MAX_DEPTH * times;
    this.#left = MAX_VALUES * times;
  }

  object(source: object, path: string, depth: number): Record<string, unknown> {
    const target = {};
    for (const key of Object.keys(source)) {
      const property = Object.getOwnPropertyDescriptor(source, key);
      if (property === undefined) continue;
      const at = `${path}.${key}`;
      if (key === "__proto__") {
        // Harmless here, but not in whatever merges it next.
        throw refused("invalid_value", at, "an entry cannot have this name");
      }
      if (!("value" in property)) throw refused("wrong_type", at, "a getter is no value");
      if (property.value === undefined) continue;
      define(target, key, this.#value(property.value, at, depth + 1));
    }
    return target;
  }

  #value(value: unknown, path: string, depth: number): unknown {
    this.#left -= 1;
    if (this.#left < 0) {
      throw refused("too_large", path, "there are too many values");
    }
    if (depth > this.#depth) {
      throw refused("too_large", path, `there are more than ${this.#depth} levels, or a circle`);
    }
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number") {
      if (Number.isFinite(value)) return value;
      throw refused("invalid_value", path, `\`${value}\` is no number of JSON`);
    }
    if (typeof value !== "object") {
      throw refused("wrong_type", path, `there is no ${typeof value} in JSON`);
    }
    if (Array.isArray(value)) {
      // An item that is not there is null, as in JSON.
      return Array.from(value, (item: unknown, index) =>
        this.#value(item ?? null, `${path}[${index}]`, depth + 1),
      );
    }
    const kind = kindOf(value);
    if (kind === "Object") return this.object(value, path, depth);
    if (kind !== "Date") throw refused("wrong_type", path, `there is no ${kind} in JSON`);
    const instant = Number(value);
    if (Number.isFinite(instant)) return this.#date(new Date(instant));
    throw refused("invalid_value", path, "the date is no instant");
  }
}

/** `Object`, `Date`, `Map`. Not `instanceof`: under jest, a test's `Date` is not ours. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Unlike an assignment, this sets an entry of whatever name and nothing else. */
function define(target: object, key: string, value: unknown): void {
  const [writable, enumerable, configurable] = [true, true, true];
  Object.defineProperty(target, key, { value, writable, enumerable, configurable });
}
