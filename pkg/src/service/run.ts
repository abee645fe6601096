import { type AssignmentEngine, failedDecision, overrule } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import { AssignmentEngineError } from "../errors.ts";
import type { Decision, Request, Session } from "../types.ts";
import { perform } from "./effects.ts";
import { StoredFacts } from "./facts.ts";
import { merged } from "./json.ts";
import type { Parts } from "./parts.ts";
import { type RefusedClaim, withRefusals } from "./refusals.ts";
import { isEmpty, isUnassigned, teamIdOf, withChanges } from "./sessions.ts";
import type { SessionChanges } from "./store.ts";

/**
 * How often the store may refuse before the run gives up. Each refusal leaves one agent out, or
 * sees a session that somebody else has just changed.
 */
const MAX_TRIES = 8;

/** What one try to assign a session came to. */
export interface Attempt {
  /** The session as it is now: as stored, or unchanged after an error. */
  session: Session;
  decision: Decision;
}

/** How a session is tried. */
export interface Plan {
  engine: AssignmentEngine;
  source: "handover" | "queue";
  forceOverride: boolean;
  /** Changes that are stored together with whatever the decision is, unless it is an error. */
  changes: Pick<SessionChanges, "teamId" | "context">;
}

/**
 * Lets the engine decide on `stored`, and makes the decision true. The caller holds the session's
 * lock. Rejects if the store fails while the decision is made true.
 */
export async function attempt(parts: Parts, stored: Session, plan: Plan): Promise<Attempt> {
  const at = new Date(parts.now());
  const refused: RefusedClaim[] = [];
  const excluded: string[] = [];
  const end = (session: Session, decision: Decision): Attempt => {
    parts.observer.outcome(session.id, decision);
    return { session, decision: withRefusals(decision, refused) };
  };
  let last = failedDecision("", "");
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const round = await tryOnce(parts, stored, plan, at, excluded);
    if (round.kind === "over") return end(round.session, round.decision);
    last = round.decision;
    const claim = round.kind === "refused" ? round.claim : undefined;
    if (claim !== undefined) refused.push(claim);
    if (claim?.refusal === "agent_at_limit" || claim?.refusal === "agent_gone") {
      excluded.push(claim.agentId);
      continue;
    }
    const now = await parts.store.session(stored.id);
    const movedOn = claim === undefined || claim.refusal === "session_moved";
    if (now === null || !isUnassigned(now) || !movedOn) return end(now ?? stored, taken(last));
    stored = now;
  }
  const code = "claims_refused";
  const message = `the store refused ${MAX_TRIES} claims in a row`;
  return end(stored, overrule(last, { kind: "error", code, message }, code));
}

/** What one decision came to. */
type Round =
  | { kind: "over"; session: Session; decision: Decision }
  /** The store refused the claim. */
  | { kind: "refused"; claim: RefusedClaim; decision: Decision }
  /** The session is not any more as it was when this was decided. */
  | { kind: "overtaken"; decision: Decision };

/** Decides once on `stored`, and makes that true if the store lets it. */
async function tryOnce(
  parts: Parts,
  stored: Session,
  plan: Plan,
  at: Date,
  excluded: readonly string[],
): Promise<Round> {
  const request: Request = {
    session: withChanges(stored, { ...plan.changes, at }),
    source: plan.source,
    forceOverride: plan.forceOverride,
    now: at,
    excluded: [...excluded],
  };
  const host = new StoredFacts(parts);
  const decided = await decide(parts, plan.engine, request, host);
  const performed = await perform(parts, stored, request.session, decided);
  if (performed.kind === "overtaken") {
    await host.giveBack();
    return { kind: "overtaken", decision: decided };
  }
  const { decision, entries } = performed;
  const { outcome } = decision;
  if (outcome.kind === "error") return { kind: "over", session: stored, decision };
  const context = merged(plan.changes.context, entries);
  const changes: SessionChanges = { teamId: plan.changes.teamId, context, at };
  if (outcome.kind !== "assign") return save(parts, stored, changes, decision);

  const { agentId } = outcome;
  const expected = { teamId: teamIdOf(stored), maxLoad: read(decision, "limit") };
  const claim = await parts.store.claim(stored.id, agentId, expected, changes);
  if (claim.kind === "claimed") return { kind: "over", session: claim.session, decision };
  const { refusal } = claim;
  parts.observer.claimRefused(stored.id, agentId, refusal);
  await host.giveBack();
  return { kind: "refused", claim: { agentId, refusal }, decision };
}

/** Stores what changes about a session that stays unassigned. */
async function save(
  parts: Parts,
  stored: Session,
  changes: SessionChanges,
  decision: Decision,
): Promise<Round> {
  if (isEmpty(changes)) return { kind: "over", session: stored, decision };
  const session = await parts.store.update(stored.id, changes);
  if (session !== null && isUnassigned(session)) return { kind: "over", session, decision };
  return { kind: "over", session: session ?? stored, decision: taken(decision) };
}

/** A session that is not to be had, because it has an owner or is over. */
export function leftAlone(parts: Parts, session: Session): Attempt {
  const decision = taken(failedDecision("", ""));
  parts.observer.outcome(session.id, decision);
  return { session, decision };
}

/** Somebody else was quicker: the session is left as they have made it. */
function taken(decision: Decision): Decision {
  return overrule(decision, { kind: "skip" }, "session_taken");
}

async function decide(
  parts: Parts,
  engine: AssignmentEngine,
  request: Request,
  host: StoredFacts,
): Promise<Decision> {
  try {
    return await engine.run(request, host, { trace: parts.trace });
  } catch (error) {
    // A row that the engine cannot read, say.
    if (AssignmentEngineError.is(error)) return failedDecision(error.code, error.message);
    throw error;
  }
}
