import type { AssignmentRule } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import type { EngineHooks, EngineLogger } from "../logger.ts";
import type { RoundRobinContextProvider } from "../provider/provider.ts";
import type { Availability, Clock, Session } from "../types.ts";
import { assignSession, type Handover, requestAssignment } from "./handover.ts";
import * as input from "./input.ts";
import { jsonObject } from "./json.ts";
import { assignToAgents, type ManualAssignment } from "./manual.ts";
import type { Messenger } from "./messenger.ts";
import { scheduleAvailability, type TeamAvailability, teamsAvailable } from "./opening.ts";
import { partsOf, type Parts } from "./parts.ts";
import {
  type Assigned,
  assignToAvailableAgents,
  assignToTeams,
  DEFAULT_QUEUE_LIMIT,
} from "./queue.ts";
import type { SessionStore } from "./store.ts";
import { type Transfer, transferSession } from "./transfer.ts";

/** What an {@link AssignmentService} is made of. */
export interface AssignmentServiceOptions {
  /** Your database. */
  store: SessionStore;
  /** Counts the rotation; in this process unless said. */
  provider?: RoundRobinContextProvider;
  /**
   * Sends messages to contacts. Without one they are dropped, as if sent, with one warning: the
   * decisions still name them in their `effects`.
   */
  messenger?: Messenger;
  /** The machine's clock unless said. */
  clock?: Clock;
  /** Where log lines go; nowhere unless said. */
  logger?: EngineLogger;
  hooks?: EngineHooks;
  /** The rules of handovers and the queue, in this order; the standard ones unless said. */
  rules?: readonly AssignmentRule[];
  /** Records how each decision comes about, in `decision.trace`. */
  trace?: boolean;
  /**
   * Milliseconds that store, messenger, provider and rules may each take for an answer; 10 000
   * unless said; `Infinity` waits for ever.
   */
  answerTimeoutMs?: number;
}

/**
 * Assigns sessions: loads what the engine asks for, lets it decide, and makes the decision true
 * through {@link SessionStore.claim}.
 *
 * Every method may be called any number of times at once, here and in other processes on the same
 * store; no session is assigned twice. After an error nothing of that session has been saved.
 *
 * A method rejects with an `AssignmentEngineError`: with a `path` if an argument is refused, or one of
 * a list names what there is not;
 * `unknown_session`, `unknown_team` or `unknown_agent` if there is none; with the store's own code
 * if it rejected with an error of this package, else `store_failed`, the raw error as the `cause`;
 * `store_timeout` if it did not answer, and then a claim or an update may have been carried out or
 * not: look again before you try again. What fails while the engine decides is no rejection, but
 * the outcome `error`.
 *
 * ```ts
 * const store = new InMemorySessionStore();
 * store.putAgent({ id: "anna", status: "online" });
 * store.putTeam("acme", { id: "sales", members: ["anna"] });
 * store.putSession({ id: "chat-1", tenantId: "acme" });
 *
 * const service = new AssignmentService({ store });
 * const { outcome } = await service.requestAssignment("chat-1", "sales", { topic: "billing" });
 * // { kind: "assign", agentId: "anna" }
 *
 * // A timer, and everybody who comes online, tries those who still wait.
 * const { assigned } = await service.assignQueuedSessionsToAvailableAgents("acme");
 * ```
 */
export class AssignmentService {
  readonly #parts: Parts;

  /** Throws an `AssignmentEngineError` if an option is missing or makes no sense. */
  constructor(options: AssignmentServiceOptions) {
    this.#parts = partsOf(options);
  }

  /**
   * Hands a session over to people: moves it to the team (blank counts as none), or to the
   * tenant's default team, merges `context` into the session's, and lets the engine decide.
   *
   * Team, context and owner are stored together; after an outcome `error` none of them is. A
   * session that has an owner, or is over, is left alone: the outcome is `skip`, the reason
   * `session_taken`.
   *
   * `context` is taken as JSON: a getter, a function or an entry named `__proto__` is refused.
   */
  async requestAssignment(
    sessionId: string,
    teamId?: string | null,
    context?: Readonly<Record<string, unknown>> | null,
  ): Promise<Handover> {
    const id = input.id(sessionId, "sessionId");
    const team = input.optionalId(teamId, "teamId");
    return requestAssignment(this.#parts, id, team, jsonObject(context ?? {}, "context"));
  }

  /**
   * Tries the tenant's queued sessions, or those of one team, oldest first, at most `limit` of
   * them (50). One session's error is logged and does not end the run.
   */
  async assignQueuedSessionsToAvailableAgents(
    tenantId: string,
    options?: { teamId?: string | null; limit?: number } | null,
  ): Promise<Assigned> {
    const tenant = input.id(tenantId, "tenantId");
    const given = input.object(options ?? {}, "options");
    const team = input.optionalId(read(given, "teamId"), "options.teamId");
    const limit = input.count(read(given, "limit") ?? DEFAULT_QUEUE_LIMIT, "options.limit");
    return assignToAvailableAgents(this.#parts, tenant, team, limit);
  }

  /**
   * Spreads the tenant's queue over the teams in turn, oldest session first, at most 50 sessions.
   * A session moves to its team even if nobody there can take it yet. `forceOverride` skips
   * schedules and lets offline agents take part; limits still hold.
   *
   * Rejects before anything moves if one of the teams is not the tenant's.
   */
  async assignQueuedSessionsToTeams(
    tenantId: string,
    teamIds: readonly string[],
    forceOverride?: boolean,
  ): Promise<Assigned> {
    const tenant = input.id(tenantId, "tenantId");
    const teams = input.list(teamIds, "teamIds", input.id);
    const force = input.flag(forceOverride, "forceOverride");
    return assignToTeams(this.#parts, tenant, teams, force);
  }

  /**
   * Gives queued sessions to agents by hand, oldest first, as many as each is meant to get, with
   * the agent's first active team. No rule is asked, but the team's limit holds: an agent who
   * reaches it gets no more. What others take meanwhile is made up for from further back in the
   * queue.
   *
   * Rejects before anything is assigned if an agent is in no active team of the tenant. If the
   * store fails later, what was assigned before stays assigned.
   */
  async assignQueuedSessionsToAgents(
    tenantId: string,
    assignments: readonly ManualAssignment[],
  ): Promise<Assigned> {
    const tenant = input.id(tenantId, "tenantId");
    const wanted = input.list(assignments, "assignments", (value, path) => {
      const one = input.object(value, path);
      return {
        agentId: input.id(read(one, "agentId"), `${path}.agentId`),
        count: input.count(read(one, "count"), `${path}.count`),
      };
    });
    return assignToAgents(this.#parts, tenant, wanted);
  }

  /**
   * Hands an assigned session on from one agent to another of its tenant, who has not accepted it
   * yet. Its team stays, and the team's limit holds for the other agent, online or not. If the
   * session is not `fromAgentId`'s any more, or the other agent has no room, nothing changes: the
   * answer says why.
   */
  async transferSession(
    sessionId: string,
    fromAgentId: string,
    toAgentId: string,
  ): Promise<Transfer> {
    const id = input.id(sessionId, "sessionId");
    const from = input.id(fromAgentId, "fromAgentId");
    return transferSession(this.#parts, id, from, input.id(toAgentId, "toAgentId"));
  }

  /**
   * Chooses an agent by the team's strategy and assigns the session: no schedule, no look at the
   * contact's other sessions. The session as it is stored then, or null if nobody got it. Of a
   * session handed in only the id counts: it is loaded anew.
   */
  async assignSession(session: Session | string): Promise<Session | null> {
    return assignSession(this.#parts, input.sessionId(session));
  }

  /** The tenant's active teams that are open now and have members, by name, ties by id. */
  async getTeamsAvailableForQueue(tenantId: string): Promise<TeamAvailability[]> {
    return teamsAvailable(this.#parts, input.id(tenantId, "tenantId"));
  }

  /** Is the team open now, and if not, when is it next, and what does a contact hear? */
  async checkScheduleAvailability(teamId: string): Promise<Availability> {
    return scheduleAvailability(this.#parts, input.id(teamId, "teamId"));
  }
}
