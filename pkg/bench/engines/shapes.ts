/**
 * What the yardstick engines have in common: what they are asked, and what they answer.
 *
 * They decide; they do not write messages, warnings or traces. `Facts` hold everything, so nothing
 * is asked for but the next index of the rotation. They must not be changed while a decision waits
 * for that index.
 */
import type { Session } from "../../src/types.ts";

/** What must be decided: who gets `session`, at `now` (milliseconds since 1970). */
export interface Request {
  session: Session;
  now: number;
  /** Skips the schedule and lets offline agents take part; limits still hold. */
  forceOverride?: boolean;
}

/** How a decision ends; the reasons are those of docs/REASONS.md, but for `closed`. */
export type Result =
  | { readonly kind: "assign"; readonly agentId: string }
  | { readonly kind: "skip"; readonly reason: SkipReason }
  | { readonly kind: "stop"; readonly reason: StopReason };

export type SkipReason = "contact_already_assigned";

export type StopReason =
  /** `opens_soon` and `out_of_office` in one: when a closed team opens again is not looked for. */
  | "closed"
  | "manual_strategy"
  | "no_members"
  | "nobody_online"
  | "everybody_at_limit"
  | "no_candidate_left";

/** A whole number in `[0, candidateCount)`: whose turn it is under `contextKey`. */
export type GetNextIndex = (contextKey: string, candidateCount: number) => Promise<number>;
