import { isObject, milliseconds, teamOf, toJson } from "./engine/wire.ts";
import { call } from "./kernel/kernel.ts";
import type { Availability, Decision, Instant, Outcome, ScheduleFact, Team } from "./types.ts";

/**
 * A decision in a few lines of plain English. Of one that was made with a trace it tells what became
 * of every agent. Any decision will do: one that was stored last year, too.
 */
export function explain(decision: Decision): string[] {
  const text = toJson("decision", decision);
  return call((wasm) => wasm.explain(text));
}

/**
 * What the decision becomes when its message could not be sent, for this reason. Without the
 * out-of-office message the outcome is an error; without the no-agent message it stays, with a
 * warning. The effects that were to follow are dropped.
 */
export function messageFailed(decision: Decision, why: string): Decision {
  const text = toJson("decision", decision);
  return parsed(call((wasm) => wasm.messageFailed(text, String(why).slice(0, 1_000))));
}

/** What the decision becomes when the store, which has the last word, did not let it come true. */
export function overrule(
  decision: Decision,
  outcome: Outcome,
  reason: "session_taken" | "claims_refused" | (string & {}),
): Decision {
  const text = toJson("decision", decision);
  const outcomeText = toJson("outcome", outcome);
  return parsed(call((wasm) => wasm.overrule(text, outcomeText, String(reason))));
}

/** A decision that could not be made, for drivers that have no run to fail. */
export function failedDecision(code: string, message: string): Decision {
  return parsed(call((wasm) => wasm.failedDecision(code, message)));
}

/** Is the team open at `now`, when is it next, and what does a contact hear while it is closed? */
export function availability(fact: ScheduleFact, now?: Instant | number): Availability {
  const text = toJson("schedule", fact);
  const at = now === undefined ? Date.now() : milliseconds(now);
  return JSON.parse(call((wasm) => wasm.availability(text, at))) as Availability;
}

/**
 * The team for conversations without one: active, with members; the default one first, then the
 * oldest, ties by id.
 */
export function defaultTeam<T extends Team>(teams: readonly T[]): T | undefined {
  // Schedules and settings do not matter here, and a broken one must not hide the team.
  const standings = teams.map((team) => {
    if (!isObject(team)) return team;
    const { id, isActive, isDefault, createdAt, members } = teamOf(team) as Team;
    return { id, isActive, isDefault, createdAt, members: members?.slice(0, 1) };
  });
  const text = toJson("teams", standings);
  const at = call((wasm) => wasm.defaultTeam(text));
  return at === undefined ? undefined : teams[at];
}

function parsed(decision: string): Decision {
  return JSON.parse(decision) as Decision;
}
