/** A team as it was given, in the module and here. */
import { Roster } from "../roster.ts";
import type { Agent, Facts } from "../types.ts";
import { type Copied, copied, isSame } from "./copied.ts";
import { TeamTurns } from "./turns.ts";
import { agentOf, isObject } from "./wire.ts";

/** @internal */
export class KnownTeam {
  readonly turns: TeamTurns;
  readonly size: number;
  readonly #roster: Roster;
  readonly #schedule: Copied;
  readonly #strategy: Copied;
  readonly #noAgent: Copied;
  /** Each field of the agents in a list of its own: what is compared lies side by side. */
  readonly #ids: string[];
  readonly #names: string[];
  readonly #statuses: string[];
  readonly #created: (string | number | undefined)[];
  /** The same in milliseconds, of those who were given a `Date`. */
  readonly #times: Float64Array;
  readonly #active: Uint32Array;
  readonly #total: Uint32Array;

  private constructor(roster: Roster, turns: TeamTurns, settings: Settings, agents: Plain[]) {
    this.#roster = roster;
    this.turns = turns;
    this.size = agents.length;
    this.#schedule = copied(settings.schedule);
    this.#strategy = copied(settings.strategy);
    this.#noAgent = copied(settings.noAgent);
    this.#ids = agents.map(({ id }) => id);
    this.#names = agents.map(({ name }) => name ?? "");
    this.#statuses = agents.map(({ status }) => status ?? "");
    this.#created = agents.map(({ createdAt }) =>
      createdAt instanceof Date ? createdAt.getTime() : createdAt,
    );
    this.#times = Float64Array.from(this.#created, (at) => (typeof at === "number" ? at : NaN));
    this.#active = Uint32Array.from(agents, ({ active }) => active ?? 0);
    this.#total = Uint32Array.from(agents, ({ total }) => total ?? 0);
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
    const plain = Array.from(agents, agentOf);
    if (!plain.every(isPlain)) return undefined;
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

  /**
   * Is it this team? Takes over counts and statuses, unless somebody is still waiting on other ones.
   *
   * Every field of every agent is compared, whatever the strategy looks at: so what has to be refused
   * is refused, every time. It is the loop that the speed of given facts depends on: one pass, each
   * field read once, nothing allocated unless something differs.
   */
  takesOver(facts: Facts, agents: Agent[]): boolean {
    const size = this.size;
    if (agents.length !== size) return false;
    if (
      !isSame(facts.strategy, this.#strategy) ||
      !isSame(facts.schedule, this.#schedule) ||
      !isSame(facts.noAgent, this.#noAgent)
    ) {
      return false;
    }
    const [ids, names, statuses] = [this.#ids, this.#names, this.#statuses];
    const [created, times] = [this.#created, this.#times];
    const [actives, totals] = [this.#active, this.#total];
    let changes: Change[] | undefined;
    for (let at = 0; at < size; at += 1) {
      const agent = agents[at]!;
      if (agent.id !== ids[at] || (agent.name ?? "") !== names[at]) return false;
      const createdAt = agent.createdAt;
      if (createdAt instanceof Date) {
        if (createdAt.getTime() !== times[at]) return false;
      } else if ((createdAt ?? undefined) !== created[at] || typeof createdAt === "number") {
        return false;
      }
      const status = agent.status ?? "";
      const active = agent.active ?? 0;
      const total = agent.total ?? 0;
      if (status !== statuses[at] || active !== actives[at] || total !== totals[at]) {
        if (!isShort(status) || !isCount(active) || !isCount(total)) return false;
        (changes ??= []).push({ at, status, active, total });
      }
    }
    return changes === undefined || this.#take(changes);
  }

  #take(changes: Change[]): boolean {
    if (this.turns.pending > 0) return false;
    const roster = this.#roster;
    for (const { at, status, active, total } of changes) {
      const id = this.#ids[at]!;
      const online = status === "online";
      if (online !== (this.#statuses[at] === "online")) roster.setOnline(id, online);
      if (active !== this.#active[at]) roster.setActive(id, active);
      if (total !== this.#total[at]) roster.setTotal("team", id, total);
      this.#statuses[at] = status;
      this.#active[at] = active;
      this.#total[at] = total;
    }
    return true;
  }
}

interface Change {
  at: number;
  status: string;
  active: number;
  total: number;
}

/** An agent that the next one can be compared with. */
type Plain = Agent & { createdAt?: Date | string };

function isPlain(agent: unknown): agent is Plain {
  if (!isObject(agent)) return false;
  const { id, name = "", createdAt = "", status = "", active = 0, total = 0 } = agent;
  return (
    typeof id === "string" &&
    typeof name === "string" &&
    (typeof createdAt === "string" || createdAt instanceof Date) &&
    typeof status === "string" &&
    isCount(active) &&
    isCount(total)
  );
}

type Settings = Pick<Facts, "schedule" | "strategy" | "noAgent">;

function settingsOf({ schedule, strategy, noAgent }: Facts): Settings {
  return { schedule, strategy, noAgent };
}

/** A status that is one whatever its letters, of which a half is none. */
function isShort(status: unknown): status is string {
  return typeof status === "string" && status.length <= 80 && !/\p{Surrogate}/u.test(status);
}

function isCount(count: unknown): count is number {
  return typeof count === "number" && count >>> 0 === count;
}
