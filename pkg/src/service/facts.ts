import { defaultTeam, type Host } from "../engine/index.ts";
import { giveBack, noRotation } from "../engine/taken.ts";
import { nextCounted } from "../engine/traced_turns.ts";
import { read } from "../engine/wire.ts";
import type {
  CountedTurn,
  RoundRobinContextProvider,
  TakenTurn,
  TurnRequest,
} from "../provider/provider.ts";
import type {
  Agent,
  NoAgentPolicy,
  Request,
  ScheduleFact,
  StrategyFact,
  Team,
  TenantConfig,
} from "../types.ts";
import { AssignmentEngineError } from "../errors.ts";
import { within } from "./deadline.ts";
import type { Observer } from "./observe.ts";
import type { Parts } from "./parts.ts";
import type { Counts, SessionStore } from "./store.ts";
import { settingsOf } from "./tenants.ts";

type FactParts = Pick<
  Parts,
  "factStore" | "provider" | "observer" | "allCounts" | "answerTimeoutMs"
>;

/**
 * The store as one run of the engine asks it: one question at a time, and only what it needs.
 * Team and tenant are read once a run, so that all rules see the same. The engine sets the
 * deadlines.
 */
export class StoredFacts implements Host {
  readonly #store: SessionStore;
  readonly #provider: RoundRobinContextProvider;
  readonly #observer: Observer;
  readonly #allCounts: boolean;
  readonly #answerTimeoutMs: number;
  #taken: { request: TurnRequest; turn: TakenTurn } | undefined;
  #team: Promise<Team | null> | undefined;
  #tenant: Promise<TenantConfig> | undefined;

  /** With `allCounts` agents' histories are counted even where the strategy does not ask for them. */
  constructor({ factStore, provider, observer, allCounts, answerTimeoutMs }: FactParts) {
    this.#store = factStore;
    this.#provider = provider;
    this.#observer = observer;
    this.#allCounts = allCounts;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  async schedule(_need: unknown, request: Request): Promise<ScheduleFact> {
    const [team, tenant] = await this.#teamAndTenant(request);
    return {
      schedule: team && (read(team, "schedule") ?? null),
      tenantMessage: settingsOf(tenant).outOfOfficeMessage,
    };
  }

  async contactAssigned(_need: unknown, { session }: Request): Promise<boolean> {
    const { tenantId, contactId, id } = session;
    if (contactId === undefined || contactId === null) return false;
    return this.#store.contactHasAssignedSession(tenantId, contactId, id);
  }

  async strategy(_need: unknown, request: Request): Promise<StrategyFact> {
    const [team, tenant] = await this.#teamAndTenant(request);
    const tenantStrategy = settingsOf(tenant).strategy;
    if (team === null) return { tenantStrategy };
    const schedule = read(team, "schedule");
    return {
      teamStrategy: read(team, "routingStrategy") ?? null,
      tenantStrategy,
      config: read(team, "routingConfig") ?? null,
      timeZone: (schedule && read(schedule, "timezone")) ?? null,
    };
  }

  async agents(need: { countsSince?: string }, request: Request): Promise<Agent[]> {
    const { session } = request;
    const team =
      session.assignedTeamId == null
        ? await defaultTeamOf(this.#store, session.tenantId)
        : await this.#teamOf(request);
    if (team === null) return [];
    const members = await this.#store.members(team.id, await this.#counts(need, request));
    for (const agent of members) {
      const status = read(agent, "status");
      if (typeof status !== "string" || STATUSES.has(status)) continue;
      this.#observer.unknownStatus(String(agent.id), status);
    }
    return members;
  }

  /** Which sessions given to an agent count: none, where no agent is chosen by them. */
  async #counts(need: { countsSince?: string }, request: Request): Promise<Counts> {
    const since = read(need, "countsSince");
    if (since !== undefined) return { kind: "since", at: new Date(since) };
    if (this.#allCounts) return { kind: "ever" };
    const { teamStrategy, tenantStrategy } = await this.strategy(undefined, request);
    const named = teamStrategy || tenantStrategy || "round_robin";
    return { kind: BLIND_TO_TOTALS.includes(named) ? "none" : "ever" };
  }

  async noAgentPolicy(_need: unknown, request: Request): Promise<NoAgentPolicy> {
    return settingsOf(await this.#tenantOf(request)).noAgent;
  }

  getNextIndex(contextKey: string, candidateCount: number): Promise<number> {
    return this.#provider.getNextIndex(contextKey, candidateCount);
  }

  nextCounted(contextKey: string, candidateCount: number): Promise<CountedTurn> {
    return nextCounted(this.#provider, contextKey, candidateCount);
  }

  async takeTurn(request: TurnRequest): Promise<TakenTurn> {
    if (typeof this.#provider.takeTurn !== "function") throw noRotation(request.rotation);
    const turn = await this.#provider.takeTurn(request);
    this.#taken = { request, turn };
    return turn;
  }

  /** Gives back what the run has taken, once it is known that the session is not assigned by it. */
  async giveBack(): Promise<void> {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken === undefined) return;
    const given = () => giveBack(this.#provider, taken.request, taken.turn);
    const late = () =>
      new AssignmentEngineError("host_timeout", "giving a turn back took too long");
    await within(this.#answerTimeoutMs, given, late).catch(() => {});
  }

  #teamAndTenant(request: Request): Promise<[Team | null, TenantConfig]> {
    return Promise.all([this.#teamOf(request), this.#tenantOf(request)]);
  }

  /** The session's team, if it belongs to the session's tenant: another one's has no say here. */
  #teamOf({ session }: Request): Promise<Team | null> {
    const { tenantId, assignedTeamId } = session;
    this.#team ??=
      assignedTeamId == null
        ? Promise.resolve(null)
        : teamOf(this.#store, tenantId, assignedTeamId);
    return this.#team;
  }

  #tenantOf({ session }: Request): Promise<TenantConfig> {
    this.#tenant ??= this.#store.tenant(session.tenantId);
    return this.#tenant;
  }
}

/** Words for what agents are. Any other is as good as `offline`, but may be a mistake. */
const STATUSES = new Set(["online", "offline", "away", "busy", "break", "do_not_disturb"]);

/** The strategies that do not look at how many sessions an agent was given. */
const BLIND_TO_TOTALS = ["round_robin", "least_active", "load_balanced", "manual"];

/** The team of that id, if it is the tenant's. */
export async function teamOf(
  store: SessionStore,
  tenantId: string,
  id: string,
): Promise<Team | null> {
  const found = await store.team(id);
  return found !== null && found.tenantId === tenantId ? found.team : null;
}

/** The team that the tenant's sessions without one go to, if any has members. */
export async function defaultTeamOf(store: SessionStore, tenantId: string): Promise<Team | null> {
  return defaultTeam(await store.teams(tenantId)) ?? null;
}
