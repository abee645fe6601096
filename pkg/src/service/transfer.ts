import type { Session } from "../types.ts";
import { teamOf } from "./facts.ts";
import { load } from "./handover.ts";
import { refused } from "./input.ts";
import { limitOf } from "./limit.ts";
import type { Parts } from "./parts.ts";
import { teamIdOf } from "./sessions.ts";
import type { Refusal } from "./store.ts";

/** What a transfer came to. */
export type Transfer =
  /** The session is the other agent's; as it is stored now. */
  | { kind: "transferred"; session: Session }
  /** Nothing was changed; the session as it is now, null if it is gone. */
  | { kind: "refused"; refusal: Refusal; session: Session | null };

/** See `AssignmentService.transferSession`; the arguments have been checked. */
export function transferSession(
  parts: Parts,
  id: string,
  from: string,
  to: string,
): Promise<Transfer> {
  if (from === to)
    throw refused("invalid_value", "toAgentId", "the session is that agent's already");
  return parts.locks.hold(id, async () => {
    const stored = await load(parts, id);
    const teamId = teamIdOf(stored);
    const team = teamId === undefined ? null : await teamOf(parts.store, stored.tenantId, teamId);
    const expected = { teamId, owner: from, maxLoad: team === null ? undefined : limitOf(team) };
    const changes = { context: {}, at: new Date(parts.now()) };
    const claim = await parts.store.claim(id, to, expected, changes);
    if (claim.kind === "claimed") return { kind: "transferred", session: claim.session };
    const { refusal } = claim;
    parts.observer.claimRefused(id, to, refusal);
    return { kind: "refused", refusal, session: await parts.store.session(id) };
  });
}
