import { ProviderError } from "../errors.ts";

/** Every key of a rotation begins with this. */
export const KEY_PREFIX = "assignment:rr:";

/**
 * What a check counts under: the bare prefix. It lies under the same rights as every counter and
 * is never one, because a context key is not empty.
 */
export const PROBE_KEY = KEY_PREFIX;

/** Seven days from the last pick, in seconds. */
export const COUNTER_TTL_SECONDS = 604_800;

/** How long the key of a check stays, in seconds. */
export const PROBE_TTL_SECONDS = 60;

/** The longest context key, in bytes of UTF-8; the same as in the engine. */
const MAX_CONTEXT_KEY_BYTES = 256;

/**
 * The key of a counter: the prefix and the context key, byte for byte.
 *
 * Throws a `ProviderError` with code `configuration` for what is no context key.
 */
export function counterKey(contextKey: string): string {
  if (typeof contextKey !== "string" || contextKey === "") {
    throw new ProviderError("configuration", "the context key is not a text, or an empty one");
  }
  // No character of UTF-16 takes more than three bytes, so most keys need no counting.
  if (
    contextKey.length * 3 > MAX_CONTEXT_KEY_BYTES &&
    new TextEncoder().encode(contextKey).length > MAX_CONTEXT_KEY_BYTES
  ) {
    throw new ProviderError(
      "configuration",
      `the context key has more than ${MAX_CONTEXT_KEY_BYTES} bytes`,
    );
  }
  // In UTF-8 all of them become the same character, so that two tenants could share a counter.
  if (!isWellFormed(contextKey)) {
    throw new ProviderError("configuration", "the context key is no well-formed unicode text");
  }
  return KEY_PREFIX + contextKey;
}

/** The language's own check is quicker; Node has it from 20 on, not every browser does. */
function isWellFormed(text: string): boolean {
  const { isWellFormed } = text as { isWellFormed?: () => boolean };
  return isWellFormed === undefined ? !LONE_SURROGATE.test(text) : isWellFormed.call(text);
}

const LONE_SURROGATE = /\p{Cs}/u;

/**
 * The position of `turn` in a ring of `candidateCount`, a whole number in
 * `[0, candidateCount)`: Euclid's remainder, so a turn below zero has one too.
 */
export function turnIndex(turn: number | bigint, candidateCount: number): number {
  if (typeof turn === "number") {
    const rest = turn % candidateCount;
    // Adding 0 makes a plain zero of the negative one.
    return rest < 0 ? rest + candidateCount : rest + 0;
  }
  const count = BigInt(candidateCount);
  const rest = turn % count;
  return Number(rest < 0n ? rest + count : rest);
}
