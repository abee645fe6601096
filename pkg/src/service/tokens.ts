import { refused } from "./input.ts";

/** A claim that was made under a token. */
interface Claimed {
  token: bigint;
  agentId: string;
}

/** The highest token a store keeps: what PostgreSQL's `bigint` holds. */
export const MAX_TOKEN = 2n ** 63n - 1n;

/** The token of a claim as it may be; throws for what could not be stored and compared exactly. */
export function checkedToken(token: bigint | undefined): bigint | undefined {
  if (token === undefined) return undefined;
  const path = "expected.token";
  if (typeof token !== "bigint") throw refused("wrong_type", path, "a token is a bigint");
  if (token >= 0n && token <= MAX_TOKEN) return token;
  throw refused("invalid_value", path, `\`${token}\` is no whole number from 0 to 2^63 - 1`);
}

/** The last token each session was claimed under. */
export class Tokens {
  readonly #claimed = new Map<string, Claimed>();

  /** What the session's last token says to this claim: `same` one, `stale`, or nothing. */
  standing(
    sessionId: string,
    agentId: string,
    token: bigint | undefined,
  ): "same" | "stale" | undefined {
    return standingOf(this.#claimed.get(sessionId), agentId, token);
  }

  set(sessionId: string, claimed: Claimed): void {
    this.#claimed.set(sessionId, claimed);
  }

  delete(sessionId: string): void {
    this.#claimed.delete(sessionId);
  }
}

/** What an earlier claim of the session says to one of this agent under this token. */
export function standingOf(
  earlier: Claimed | undefined,
  agentId: string,
  token: bigint | undefined,
): "same" | "stale" | undefined {
  if (earlier === undefined || token === undefined || earlier.token < token) return undefined;
  return earlier.token === token && earlier.agentId === agentId ? "same" : "stale";
}
