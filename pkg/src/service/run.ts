import { type AssignmentEngine, failedDecision, messageFailed, overrule } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import { AssignmentEngineError } from "../errors.ts";
import type { Decision, Request, Session } from "../types.ts";
import { StoredFacts } from "./facts.ts";
import { merged } from "./json.ts";
import type { Parts } from "./parts.ts";
import { isEmpty, isUnassigned, teamIdOf, withChanges } from "./sessions.ts";
import type { SessionChanges } from "./store.ts";

/**
 * How often a claim may be refused before the run gives up. Each refusal leaves one agent out, or
 * sees a session that somebody else has just changed.
 */
const MAX_CLAIMS = 8;

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
  const now = parts.now();
  const excluded: string[] = [];
  let refused: Decision | undefined;
  for (let tries = 0; tries < MAX_CLAIMS; tries += 1) {
    const at = new Date(now);
    const request: Request = {
      session: withChanges(stored, { ...plan.changes, at }),
      source: plan.source,
      forceOverride: plan.forceOverride,
      now: at,
      excluded: [...excluded],
    };
    const decided = await decide(parts, plan.engine, request);
    const { decision, entries } = await perform(parts, request.session, decided);
    const { outcome } = decision;
    if (outcome.kind === "error") return done(parts, stored, decision);
    const context = merged(plan.changes.context, entries);
    const changes: SessionChanges = { teamId: plan.changes.teamId, context, at };
    if (outcome.kind !== "assign") return save(parts, stored, changes, decision);

    const { agentId } = outcome;
    const expected = { teamId: teamIdOf(stored), maxLoad: read(decision, "limit") };
    const claim = await parts.store.claim(stored.id, agentId, expected, changes);
    if (claim.kind === "claimed") return done(parts, claim.session, decision);
    parts.observer.claimRefused(stored.id, agentId, claim.refusal);
    if (claim.refusal === "agent_at_limit" || claim.refusal === "agent_gone") {
      excluded.push(agentId);
    } else {
      const moved = await parts.store.session(stored.id);
      if (claim.refusal !== "session_moved" || moved === null || !isUnassigned(moved)) {
        return taken(parts, moved ?? stored, decision);
      }
      stored = moved;
    }
    refused = decision;
  }
  const code = "claims_refused";
  const message = `the store refused ${MAX_CLAIMS} claims in a row`;
  const decision = refused ?? failedDecision(code, message);
  return done(parts, stored, overrule(decision, { kind: "error", code, message }, code));
}

/** A session that is not to be had, because it has an owner or is over. */
export function leftAlone(parts: Parts, session: Session): Attempt {
  return taken(parts, session, failedDecision("", ""));
}

async function decide(parts: Parts, engine: AssignmentEngine, request: Request): Promise<Decision> {
  const host = new StoredFacts(parts.factStore, parts.provider);
  try {
    return await engine.run(request, host, { trace: parts.trace });
  } catch (error) {
    // A row that the engine cannot read, say.
    if (AssignmentEngineError.is(error)) return failedDecision(error.code, error.message);
    throw error;
  }
}

/** Does what the decision asks for: sends its message, and collects what is to be stored. */
async function perform(
  parts: Parts,
  session: Session,
  decision: Decision,
): Promise<{ decision: Decision; entries: Record<string, unknown> }> {
  let entries: Record<string, unknown> = {};
  for (const effect of decision.effects) {
    if (effect.kind === "merge_context") {
      entries = merged(entries, effect.entries);
    } else {
      const { kind: _, ...message } = effect;
      const why = await parts.messenger.send(session, message);
      if (why !== undefined) return { decision: messageFailed(decision, why), entries };
    }
  }
  return { decision, entries };
}

/** Stores what changes about a session that stays unassigned. */
async function save(
  parts: Parts,
  stored: Session,
  changes: SessionChanges,
  decision: Decision,
): Promise<Attempt> {
  if (isEmpty(changes)) return done(parts, stored, decision);
  const session = await parts.store.update(stored.id, changes);
  return session !== null && isUnassigned(session)
    ? done(parts, session, decision)
    : taken(parts, session ?? stored, decision);
}

/** Somebody else was quicker: the session is left as they have made it. */
function taken(parts: Parts, session: Session, decision: Decision): Attempt {
  return done(parts, session, overrule(decision, { kind: "skip" }, "session_taken"));
}

function done(parts: Parts, session: Session, decision: Decision): Attempt {
  parts.observer.outcome(session.id, decision);
  return { session, decision };
}
