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
import type { Agent, Facts, Request } from "../types.ts";
import type { FactsAndRoster } from "./run.ts";
import { TeamTurns } from "./turns.ts";
import { agentOf, isObject } from "./wire.ts";

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
    if (Object.hasOwn(facts, "roster") && facts.roster !== undefined) {
      return ordinaryTeam(request, facts);
    }
    if (!isOrdinary(request, facts)) return undefined;
    const { tenantId, assignedTeamId } = request.session;
    return this.#given(tenantId, assignedTeamId ?? undefined, facts);
  }

  #given(tenantId: string, teamId: string | undefined, facts: Facts): TeamTurns | undefined {
    for (const key in facts) if (!FACTS.has(key)) return undefined;
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
  const { session, source, forceOverride, excluded } = request;
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
  // Not one that somebody has put into Object.prototype.
  return (
    contactAssigned === false && Object.hasOwn(facts, "contactAssigned") && isShortId(contactId)
  );
}

const MOST_KEYS = 512;
const MOST_OF_ONE_KEY = 4;
const MOST_AGENTS = 100_000;

const FACTS = new Set(["schedule", "contactAssigned", "strategy", "agents", "noAgent"]);

/** A team as it was given, in the module and here. */
class KnownTeam {
  readonly turns: TeamTurns;
  readonly size: number;
  readonly #roster: Roster;
  readonly #settings: Settings;
  readonly #ids: string[];
  readonly #names: string[];
  readonly #created: (string | number | undefined)[];
  readonly #online: boolean[];
  readonly #active: number[];
  readonly #total: number[];

  private constructor(roster: Roster, turns: TeamTurns, settings: Settings, agents: Plain[]) {
    this.#roster = roster;
    this.turns = turns;
    this.size = agents.length;
    this.#settings = settings;
    this.#ids = agents.map(({ id }) => id);
    this.#names = agents.map(({ name }) => name ?? "");
    this.#created = agents.map(({ createdAt }) =>
      createdAt instanceof Date ? createdAt.getTime() : createdAt,
    );
    this.#online = agents.map(({ status }) => status === "online");
    this.#active = agents.map(({ active }) => active ?? 0);
    this.#total = agents.map(({ total }) => total ?? 0);
  }

  /** Hands a team over to the module; undefined for one that it refuses. */
  static of(
    contextKey: string,
    facts: Facts,
    agents: Agent[],
    hasTeam: boolean,
  ): KnownTeam | undefined {
    // From here on only the copies count: what is read a second time may be something else.
    const settings = JSON.parse(JSON.stringify(settingsOf(facts))) as Settings;
    const plain = Array.from(agents, agentOf) as Plain[];
    const { schedule, strategy, noAgent } = settings;
    const availability = schedule?.availability;
    if (hasTeam && availability && availability.isOpen !== true) return undefined;
    try {
      const roster = new Roster({
        tenantId: "tenant",
        tenant: {
          strategy: strategy?.tenantStrategy,
          settings: {
            waterfall: noAgent ?? undefined,
            outOfOfficeMessage: schedule?.tenantMessage,
          },
        },
        teams: [
          {
            id: "team",
            routingStrategy: strategy?.teamStrategy,
            routingConfig: strategy?.config,
            schedule: hasTeam && !availability ? schedule?.schedule : undefined,
            members: plain.map(({ id }) => id),
          },
        ],
        agents: plain,
      });
      return new KnownTeam(roster, new TeamTurns(roster, 0, contextKey), settings, plain);
    } catch {
      // Going the whole way says what is wrong, or that it is not.
      return undefined;
    }
  }

  free(): void {
    this.#roster.free();
  }

  /** Is it this team? Takes over its counts, unless somebody is still waiting on other ones. */
  takesOver(facts: Facts, agents: Agent[]): boolean {
    const size = this.size;
    if (agents.length !== size) return false;
    const settings = this.#settings;
    if (
      !same(facts.strategy, settings.strategy) ||
      !same(facts.schedule, settings.schedule) ||
      !same(facts.noAgent, settings.noAgent)
    ) {
      return false;
    }
    const [ids, names, created] = [this.#ids, this.#names, this.#created];
    const [onlines, actives, totals] = [this.#online, this.#active, this.#total];
    const changed: Change[] = [];
    for (let at = 0; at < size; at += 1) {
      const agent = agents[at]!;
      if (agent.id !== ids[at] || (agent.name ?? "") !== names[at]) return false;
      if (!sameInstant(agent.createdAt, created[at])) return false;
      const status = agent.status ?? "";
      const active = agent.active ?? 0;
      const total = agent.total ?? 0;
      if (typeof status !== "string") return false;
      const online = status === "online";
      if (online !== onlines[at] || active !== actives[at] || total !== totals[at]) {
        if (active >>> 0 !== active || total >>> 0 !== total || status.length > 80) return false;
        changed.push({ at, online, active, total });
      }
    }
    if (changed.length === 0) return true;
    if (this.turns.pending > 0) return false;
    for (const { at, online, active, total } of changed) {
      const id = ids[at]!;
      if (online !== onlines[at]) this.#roster.setOnline(id, online);
      if (active !== actives[at]) this.#roster.setActive(id, active);
      if (total !== totals[at]) this.#roster.setTotal("team", id, total);
      onlines[at] = online;
      actives[at] = active;
      totals[at] = total;
    }
    return true;
  }
}

interface Change {
  at: number;
  online: boolean;
  active: number;
  total: number;
}

type Plain = Agent & { createdAt?: Date | string };

type Settings = Pick<Facts, "schedule" | "strategy" | "noAgent">;

function settingsOf({ schedule, strategy, noAgent }: Facts): Settings {
  return { schedule, strategy, noAgent };
}

/** Is it the same as the copy? What is undefined is not there. */
function same(given: unknown, kept: unknown): boolean {
  if (given === kept) return true;
  if (typeof given !== "object" || typeof kept !== "object") return false;
  if (given === null || kept === null) return (given ?? kept) === undefined;
  if (Array.isArray(kept)) {
    if (!Array.isArray(given) || given.length !== kept.length) return false;
    for (let at = 0; at < kept.length; at += 1) if (!same(given[at], kept[at])) return false;
    return true;
  }
  let fields = 0;
  for (const key in given) {
    const value = (given as Record<string, unknown>)[key];
    if (value === undefined) continue;
    if (!same(value, (kept as Record<string, unknown>)[key])) return false;
    fields += 1;
  }
  for (const _ in kept) fields -= 1;
  return fields === 0;
}

function sameInstant(given: unknown, kept: string | number | undefined): boolean {
  if (given === kept) return typeof given !== "number";
  if (given === undefined || given === null) return kept === undefined;
  return given instanceof Date && given.getTime() === kept;
}

/** An id that is one whatever its letters: at most 128 bytes, and a unit has at most three. */
function isShortId(id: unknown): id is string {
  return typeof id === "string" && id.length > 0 && id.length <= 42;
}
