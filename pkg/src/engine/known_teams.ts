/**
 * Finds the ordinary course of a decision whose facts are given as objects.
 *
 * Handing a team over to the module costs more than deciding, and the team of one call is nearly
 * always that of the call before: the same people, the same settings, other counts. So what was
 * handed over is kept, as a roster in the module, beside a copy here. Of each call everything is
 * compared with that copy; what differs in counts is told to the module, and where people or
 * settings differ the team is handed over anew. A decision is never made on what was not given with
 * it: while one waits for its index, its team is not changed, and another call takes another one.
 */
import { Roster } from "../roster.ts";
import type { Facts, Request } from "../types.ts";
import { KnownTeam } from "./known_team.ts";
import type { FactsAndRoster } from "./run.ts";
import type { TeamTurns } from "./turns.ts";
import { isObject } from "./wire.ts";

/** @internal */
export class KnownTeams {
  /** By the session's team, and for sessions without one by their tenant; the oldest first. */
  readonly #ofTeams = new Map<string, KnownTeam[]>();
  readonly #ofTenants = new Map<string, KnownTeam[]>();
  #agents = 0;

  /** The turns to take; undefined where the engine has to go the whole way. */
  find(request: Request, facts: FactsAndRoster, now: number): TeamTurns | undefined {
    try {
      const turns = this.#find(request, facts);
      return turns !== undefined && turns.candidateCount(now) > 0 ? turns : undefined;
    } catch {
      // A getter or a proxy that throws. Going the whole way says what is wrong.
      return undefined;
    }
  }

  #find(request: Request, facts: FactsAndRoster): TeamTurns | undefined {
    if (facts.roster !== undefined) return ordinaryTeam(request, facts);
    if (!isOrdinary(request, facts)) return undefined;
    const { tenantId, assignedTeamId } = request.session;
    return this.#given(tenantId, assignedTeamId ?? undefined, facts);
  }

  #given(tenantId: string, teamId: string | undefined, facts: Facts): TeamTurns | undefined {
    for (const key in facts) if (!isFact(key)) return undefined;
    const { agents, schedule, strategy } = facts;
    if (!Array.isArray(agents) || !isObject(strategy)) return undefined;
    if (teamId !== undefined && !isObject(schedule)) return undefined;
    const teams = teamId === undefined ? this.#ofTenants : this.#ofTeams;
    const contextKey = teamId ?? tenantId;
    const known = teams.get(contextKey);
    if (known !== undefined) {
      for (const team of known) if (team.takesOver(facts, agents)) return team.turns;
    }
    const team = KnownTeam.of(contextKey, facts, agents, teamId !== undefined);
    if (team === undefined) return undefined;
    this.#keep(teams, contextKey, known, team);
    return team.turns;
  }

  #keep(
    teams: Map<string, KnownTeam[]>,
    contextKey: string,
    known: KnownTeam[] | undefined,
    team: KnownTeam,
  ): void {
    this.#agents += team.size;
    if (known === undefined) {
      teams.set(contextKey, [team]);
    } else {
      if (known.unshift(team) > MOST_OF_ONE_KEY) this.#drop(known.pop()!);
    }
    while (teams.size > MOST_KEYS || (this.#agents > MOST_AGENTS && teams.size > 1)) {
      const [oldest, dropped] = teams.entries().next().value!;
      teams.delete(oldest);
      for (const each of dropped) this.#drop(each);
    }
  }

  /** What still waits on it builds it again. */
  #drop(team: KnownTeam): void {
    this.#agents -= team.size;
    team.free();
  }
}

/** @internal The turns of the session's team on a roster, unless the request is out of the ordinary. */
export function ordinaryTeam(request: Request, facts: FactsAndRoster): TeamTurns | undefined {
  for (const key in facts) if (key !== "roster" && key !== "contactAssigned") return undefined;
  const { roster } = facts;
  if (!isOrdinary(request, facts) || !(roster instanceof Roster)) return undefined;
  const { tenantId, assignedTeamId } = request.session;
  return roster.tenantId === tenantId ? roster.turnsOf(assignedTeamId ?? undefined) : undefined;
}

/** Nothing is forced, nobody excluded, the contact is free, and the ids are ids. */
function isOrdinary(request: Request, facts: Facts): boolean {
  if (isPolluted()) return false;
  const { session, source, forceOverride, excluded, reserve } = request;
  if (reserve !== undefined) return false;
  if ((forceOverride !== undefined && forceOverride !== false) || excluded !== undefined) {
    return false;
  }
  if (source !== undefined && source !== "handover" && source !== "queue") return false;
  const { tenantId, contactId, assignedTeamId } = session;
  if (!isShortId(session.id) || !isShortId(tenantId)) return false;
  if (assignedTeamId !== undefined && assignedTeamId !== null && !isShortId(assignedTeamId)) {
    return false;
  }
  const { contactAssigned } = facts;
  if (contactId === undefined || contactId === null) {
    return contactAssigned === undefined || typeof contactAssigned === "boolean";
  }
  return contactAssigned === false && isShortId(contactId);
}

/**
 * Has somebody put a field that is read here into `Object.prototype`? The whole way reads none from
 * there. While nobody has, this costs nothing: V8 knows the answer until that object changes.
 */
function isPolluted(): boolean {
  const all = Object.prototype;
  return (
    // Of requests and sessions,
    "session" in all ||
    "source" in all ||
    "forceOverride" in all ||
    "excluded" in all ||
    "reserve" in all ||
    "tenantId" in all ||
    "contactId" in all ||
    "assignedTeamId" in all ||
    // of facts,
    "roster" in all ||
    "contactAssigned" in all ||
    "schedule" in all ||
    "strategy" in all ||
    "agents" in all ||
    "noAgent" in all ||
    // of agents.
    "id" in all ||
    "name" in all ||
    "createdAt" in all ||
    "status" in all ||
    "active" in all ||
    "total" in all
  );
}

const MOST_KEYS = 512;
const MOST_OF_ONE_KEY = 4;
const MOST_AGENTS = 100_000;

/** Compared one by one, which for names of fields is comparing addresses. */
function isFact(key: string): boolean {
  return (
    key === "schedule" ||
    key === "contactAssigned" ||
    key === "strategy" ||
    key === "agents" ||
    key === "noAgent"
  );
}

/** An id that is one whatever its letters: at most 128 bytes, and a unit has at most three. */
function isShortId(id: unknown): id is string {
  return typeof id === "string" && id.length > 0 && id.length <= 42;
}
