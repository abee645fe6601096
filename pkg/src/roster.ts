import { AssignmentEngineError } from "./errors.ts";
import { agentOf, isObject, teamOf, toJson } from "./engine/wire.ts";
import { type Bindings, bindings, generation, translated } from "./kernel/kernel.ts";
import { TeamTurns } from "./engine/turns.ts";
import type { Agent, Team, TenantConfig } from "./types.ts";

/** One tenant's teams and agents, as {@link Roster} takes them. */
export interface RosterConfig {
  tenantId: string;
  tenant?: TenantConfig;
  teams?: Team[];
  agents?: Agent[];
}

type Resident = InstanceType<Bindings["Roster"]>;

/** Stands for the team that serves conversations without one. */
export const DEFAULT_TEAM = 0xffff_ffff;

/**
 * One tenant's teams and agents, kept in the module's memory between decisions and updated in place.
 *
 * Counts are the host's: a roster counts on from what it was told ({@link Roster.assigned},
 * {@link Roster.released}) and is told again when they change elsewhere. Where a strategy counts over
 * a window of time, the totals are as of the last {@link Roster.setTotal}.
 *
 * What it holds is kept here as well, so it outlives a module that has to be started afresh.
 */
export class Roster {
  /** Whose roster it is. */
  readonly tenantId: string;
  readonly #tenant: unknown;
  readonly #agents = new Map<string, Kept>();
  readonly #teams = new Map<string, KeptTeam>();
  /** By their place in the module. */
  #places: (Kept | undefined)[] = [];
  #resident: Resident | undefined;
  #generation = 0;
  readonly #turns = new Map<string | undefined, TeamTurns>();
  #version = 0;
  #membership = 0;

  /** Throws for the first field that is wrong, with its path. */
  constructor(config: RosterConfig) {
    const given = isObject(config)
      ? {
          ...config,
          agents: listed(config.agents, agentOf),
          teams: listed(config.teams, teamOf),
        }
      : config;
    // Through JSON and back: what is kept here is a plain copy that nobody else holds.
    const text = toJson("roster", given);
    this.#build(text);
    const plain = JSON.parse(text) as Required<RosterConfig>;
    this.tenantId = plain.tenantId;
    this.#tenant = plain.tenant;
    for (const agent of plain.agents ?? []) this.#keep(agent, this.#places.length);
    for (const team of plain.teams ?? []) this.#keepTeam(team);
  }

  /** The agent as it stands now; `total` is what it was added with and given since. */
  agent(id: string): Agent | undefined {
    const kept = this.#agents.get(id);
    if (kept === undefined) return undefined;
    const { name, createdAt, online, active, total } = kept;
    const status = online ? "online" : kept.status === "online" ? "offline" : kept.status;
    return { id, name, createdAt, status, active, total };
  }

  /** The ids of the agents. */
  agentIds(): string[] {
    return [...this.#agents.keys()];
  }

  /** The ids of the teams. */
  teamIds(): string[] {
    return [...this.#teams.keys()];
  }

  /** Says whether the agent takes conversations now. */
  setOnline(agentId: string, online: boolean): void {
    const kept = this.#known(agentId);
    boolean("online", online);
    this.#change((roster) => roster.setOnline(kept.place, online));
    kept.online = online;
  }

  /** Sets how many sessions the agent has now. */
  setActive(agentId: string, active: number): void {
    const kept = this.#known(agentId);
    count("active", active);
    this.#change((roster) => roster.setActive(kept.place, active));
    kept.active = active;
  }

  /** Sets how many sessions the agent was given in the window that the team counts. */
  setTotal(teamId: string, agentId: string, total: number): void {
    const kept = this.#known(agentId);
    count("total", total);
    this.#change((roster) => roster.setTotal(teamId, kept.place, total));
    kept.totals.set(teamId, total);
  }

  /** Counts a session that the agent was given: one more now, one more in every total. */
  assigned(agentId: string): void {
    const kept = this.#known(agentId);
    this.#change((roster) => roster.assigned(kept.place));
    this.#count(kept);
  }

  /** Counts a session that the agent no longer has. Below zero it does not go. */
  released(agentId: string): void {
    const kept = this.#known(agentId);
    this.#change((roster) => roster.released(kept.place));
    if (kept.active > 0) kept.active -= 1;
  }

  /** Adds an agent, in no team yet. */
  addAgent(agent: Agent): void {
    const text = toJson("agent", agentOf(agent));
    const place = this.#change((roster) => roster.addAgent(text));
    this.#keep(JSON.parse(text) as Agent, place);
  }

  /** Removes an agent from the roster and from all its teams. */
  removeAgent(agentId: string): void {
    const kept = this.#known(agentId);
    this.#change((roster) => roster.removeAgent(kept.place));
    for (const team of kept.totals.keys()) this.#teams.get(team)?.members.delete(agentId);
    this.#agents.delete(agentId);
    this.#places[kept.place] = undefined;
    this.#membership += 1;
  }

  /** Adds a team and its members, who must be in the roster, with the totals they have. */
  addTeam(team: Team): void {
    const text = toJson("team", teamOf(team));
    this.#change((roster) => roster.addTeam(text));
    this.#keepTeam(JSON.parse(text) as Team);
  }

  /** Makes the agent a member of the team, with this total in the window that it counts. */
  join(teamId: string, agentId: string, total = 0): void {
    const kept = this.#known(agentId);
    count("total", total);
    this.#change((roster) => roster.join(teamId, kept.place, total));
    this.#teams.get(teamId)?.members.add(agentId);
    kept.totals.set(teamId, total);
  }

  /** Takes the agent out of the team. */
  leave(teamId: string, agentId: string): void {
    const kept = this.#known(agentId);
    this.#change((roster) => roster.leave(teamId, kept.place));
    this.#teams.get(teamId)?.members.delete(agentId);
    kept.totals.delete(teamId);
  }

  /**
   * Gives back the module's memory at once; otherwise the garbage collector does, when it comes to
   * it. A roster that is used again afterwards is built again.
   */
  free(): void {
    const resident = this.#resident;
    this.#resident = undefined;
    if (resident !== undefined && this.#generation === generation()) resident.free();
  }

  /** @internal Changes with everything that could change a decision. */
  get version(): number {
    return this.#version;
  }

  /** @internal Changes when a place or a team can be another one's. */
  get membership(): number {
    return this.#membership;
  }

  /** @internal The roster in the module, built anew if the module was started afresh. */
  resident(): Resident {
    if (this.#resident !== undefined && this.#generation === generation()) return this.#resident;
    return this.#rebuilt();
  }

  /** @internal The turns of the team; of the default team without one; none for an unknown team. */
  turnsOf(teamId: string | undefined): TeamTurns | undefined {
    const known = this.#turns.get(teamId);
    if (known !== undefined) return known;
    const place = teamId === undefined ? DEFAULT_TEAM : this.resident().team(teamId);
    if (place === undefined) return undefined;
    const turns = new TeamTurns(this, place, teamId ?? this.tenantId);
    this.#turns.set(teamId, turns);
    return turns;
  }

  /** @internal The id of the agent at a place. */
  idAt(place: number): string | undefined {
    return this.#places[place]?.id;
  }

  /** @internal Takes over that the module has counted a session for the agent at a place. */
  counted(place: number): void {
    this.#version += 1;
    const kept = this.#places[place];
    if (kept !== undefined) this.#count(kept);
  }

  #count(kept: Kept): void {
    kept.active = Math.min(kept.active + 1, MOST);
    kept.total = Math.min(kept.total + 1, MOST);
    for (const [team, total] of kept.totals) kept.totals.set(team, Math.min(total + 1, MOST));
  }

  #known(agentId: string): Kept {
    const kept = this.#agents.get(agentId);
    if (kept === undefined) {
      throw new AssignmentEngineError("unknown_agent", "the roster has no such agent");
    }
    return kept;
  }

  #change<T>(change: (roster: Resident) => T): T {
    try {
      const changed = change(this.resident());
      this.#version += 1;
      return changed;
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  #build(text: string): void {
    try {
      this.#generation = generation();
      this.#resident = new (bindings().Roster)(text);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  #rebuilt(): Resident {
    const agents = [...this.#agents.values()];
    const teams = [...this.#teams.values()];
    this.#build(
      JSON.stringify({
        tenantId: this.tenantId,
        tenant: this.#tenant,
        agents: agents.map((kept) => this.agent(kept.id)),
        teams: teams.map(({ config, members }) => ({ ...config, members: [...members] })),
      }),
    );
    this.#version += 1;
    this.#membership += 1;
    this.#places = agents;
    const resident = this.#resident!;
    agents.forEach((kept, place) => {
      kept.place = place;
      for (const [team, total] of kept.totals) {
        if (total !== kept.total) resident.setTotal(team, place, total);
      }
    });
    return resident;
  }

  #keep(agent: Agent, place: number): void {
    const status = agent.status ?? "offline";
    const kept: Kept = {
      id: agent.id,
      name: agent.name ?? "",
      createdAt: (agent.createdAt as string | undefined) ?? undefined,
      status,
      online: status === "online",
      active: agent.active ?? 0,
      total: agent.total ?? 0,
      place,
      totals: new Map(),
    };
    this.#agents.set(kept.id, kept);
    this.#places[place] = kept;
  }

  #keepTeam(team: Team): void {
    const members = new Set(team.members);
    this.#teams.set(team.id, { config: team, members });
    for (const id of members) {
      const kept = this.#agents.get(id);
      kept?.totals.set(team.id, kept.total);
    }
  }
}

interface Kept {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string | undefined;
  readonly status: string;
  online: boolean;
  active: number;
  total: number;
  place: number;
  /** Its totals in the teams it is in. */
  readonly totals: Map<string, number>;
}

interface KeptTeam {
  readonly config: Team;
  readonly members: Set<string>;
}

/** Counts of the module have 32 bits and stay at the largest. */
const MOST = 0xffff_ffff;

function listed<T>(list: T[] | undefined, of: (item: T) => unknown): unknown {
  if (!Array.isArray(list)) return list ?? undefined;
  return Array.from(list, (item) => of(item));
}

function count(what: string, value: number): void {
  if (typeof value !== "number" || value >>> 0 !== value) {
    throw new AssignmentEngineError("invalid_value", `${what}: is no count`, {
      path: what,
      hint: `give a whole number from 0 to ${MOST}`,
    });
  }
}

function boolean(what: string, value: boolean): void {
  if (typeof value !== "boolean") {
    throw new AssignmentEngineError("wrong_type", `${what}: is neither true nor false`, {
      path: what,
    });
  }
}
