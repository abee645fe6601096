import type { Agent } from "../../../src/types.ts";
import type { Result, StopReason } from "../shapes.ts";

export const NOBODY: readonly Agent[] = [];

export const stop = (reason: StopReason): Result => Object.freeze({ kind: "stop", reason });
export const CLOSED = stop("closed");
export const MANUAL_STRATEGY = stop("manual_strategy");
export const NO_MEMBERS = stop("no_members");
export const NOBODY_ONLINE = stop("nobody_online");
export const EVERYBODY_AT_LIMIT = stop("everybody_at_limit");
export const NO_CANDIDATE_LEFT = stop("no_candidate_left");
export const CONTACT_ALREADY_ASSIGNED: Result = Object.freeze({
  kind: "skip",
  reason: "contact_already_assigned",
});
