/** An instant: a `Date`, or an RFC 3339 text such as `2026-11-23T09:00:00Z`. */
export type Instant = Date | string;

/** Where a session stands. */
export type SessionStatus = "unassigned" | "assigned" | "resolved";

/**
 * A conversation as the host stores it. The engine reads `id`, `tenantId`, `contactId`,
 * `assignedTeamId` and of `context` the entries `account`, `oooLastSentAt` and `noAgentLastSentAt`.
 * It is a row of a database: it may have more columns, which are not looked at.
 */
export interface Session {
  id: string;
  tenantId: string;
  contactId?: string | null;
  status?: SessionStatus;
  assignedAgentId?: string | null;
  assignedTeamId?: string | null;
  assignedAt?: Instant | null;
  acceptedAt?: Instant | null;
  /** Higher is more urgent. */
  priority?: number;
  /** Where it came in, `whatsapp` for instance. */
  channel?: string | null;
  context?: Record<string, unknown> | null;
  createdAt?: Instant | null;
  updatedAt?: Instant | null;
  lastMessageAt?: Instant | null;
}

/** An agent as a team's active member. A row: more columns are not looked at. */
export interface Agent {
  id: string;
  name?: string;
  createdAt?: Instant | null;
  /** `online`, or any other word for an agent who takes no conversations now. */
  status?: string;
  /** Sessions the agent has now; 0 unless said. */
  active?: number;
  /** Sessions the agent was given since the start of the window that is counted; 0 unless said. */
  total?: number;
}

/** One shift: from `start` (`09:00`), included, to `end`, excluded. An end that is not after its
 * start lies on the next day. */
export interface Shift {
  start: string;
  end: string;
}

/** The days of the week as schedules name them. */
export type Day =
  "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/** A team's opening hours as a host stores them. */
export interface Schedule {
  /** A schedule that is not enabled is as good as none: the team is always open. */
  enabled: boolean;
  /** IANA name such as `Europe/Vienna`. Missing, blank or unknown: the team is closed. */
  timezone?: string | null;
  days?: { [day in Day]?: Shift[] };
  outOfOfficeMessage?: string | null;
  /** Address of a picture to go with that message. */
  outOfOfficeImage?: string | null;
}

/** How agents are chosen; `load_balanced` is another name of `least_active`. */
export type StrategyName =
  "round_robin" | "least_active" | "load_balanced" | "least_assigned" | "hybrid" | "manual";

/** A team's settings for its strategy. */
export interface RoutingConfig {
  /** The order of the ring for `round_robin`; by name unless said. */
  sortBy?: "name" | "created_at" | "random" | null;
  /** What `least_assigned` counts; everything unless said. */
  timeWindow?: "shift" | "day" | "week" | "month" | "all_time" | null;
  /** The criteria of `hybrid`; `least_active`, then `least_assigned`, unless said. */
  priority?: ("least_active" | "load_balanced" | "least_assigned")[] | null;
  /** Sessions an agent may have at once; 0 means no limit. */
  maxLoad?: number | null;
  /** How equals take turns; by the counter unless said. */
  rotation?: Rotation | null;
  /** Shares of the turns in `proportional`, by agent id, from 1 to 1000; 1 unless said. */
  weights?: Record<string, number> | null;
}

/**
 * How equals take turns: by a shared `counter`; whoever was served longest ago (`least_recent`);
 * whoever has had least of what was due, by weight if there are any (`proportional`).
 */
export type Rotation = "counter" | "least_recent" | "proportional";

/** One of those who are equally good, in a rotation other than the counter. */
export interface TurnCandidate {
  agentId: string;
  /** The agent's share, relative to the others'. */
  weight: number;
}

/** A team and who is in it. */
export interface Team {
  id: string;
  name?: string;
  /** Only an active team can be the one for conversations without a team. `true` unless said. */
  isActive?: boolean;
  /** The team that conversations without one go to first. */
  isDefault?: boolean;
  createdAt?: Instant | null;
  /** The tenant's strategy unless said. An unknown name means `round_robin`, with a warning. */
  routingStrategy?: StrategyName | (string & {}) | null;
  routingConfig?: RoutingConfig | null;
  /** Always open unless said. */
  schedule?: Schedule | null;
  /** The ids of its active members. */
  members?: string[];
}

/** What to do for a contact when nobody can take the conversation. */
export interface NoAgentPolicy {
  /** `reply` (unless said): the contact gets a message, once a day; `queue`: it hears nothing. */
  noAgentAction?: "reply" | "queue";
  noAgentMessage?: string | null;
}

/** What holds for a whole tenant, where a team says nothing else. */
export interface TenantConfig {
  /** A configuration that is not enabled counts as absent. `true` unless said. */
  enabled?: boolean;
  strategy?: StrategyName | (string & {}) | null;
  settings?: { waterfall?: NoAgentPolicy; outOfOfficeMessage?: string | null };
}

/** Whether a team is open. */
export interface Availability {
  isOpen: boolean;
  /** The next opening of a team that is closed; absent if there is none. */
  nextOpen?: Instant | null;
  /** What a contact is told while it is closed for long. */
  message?: string | null;
  /** Address of a picture to go with it. */
  mediaUrl?: string | null;
}

/** What must be decided: who gets `session`, now. */
export interface Request {
  session: Session;
  /** What asked for the decision; `queue` unless said. */
  source?: "handover" | "queue";
  /** Skips the schedule and lets offline agents take part; limits still hold. */
  forceOverride?: boolean;
  /** The instant the decision is made at; the present unless said. */
  now?: Instant | number;
  /** Agents who must not be chosen, because a store has just refused them for this session. */
  excluded?: string[];
  /**
   * Asks for a reservation instead of a turn, which {@link Need} `reserve` is for. Hosts of
   * `AssignmentEngine.run` cannot make one: the outcome is `error`, code `unsupported`.
   */
  reserve?: boolean;
}

/** The opening hours of a team: its schedule, or what a host already made of it. */
export interface ScheduleFact {
  schedule?: Schedule | null;
  /** The answer of a host that reads schedules itself; it wins over `schedule`. */
  availability?: Availability | null;
  /** The tenant's text for teams that have no message of their own. */
  tenantMessage?: string | null;
}

/** How conversations are routed. */
export interface StrategyFact {
  teamStrategy?: StrategyName | (string & {}) | null;
  tenantStrategy?: StrategyName | (string & {}) | null;
  /** The team's `routingConfig`; none without a team. */
  config?: RoutingConfig | null;
  /** The team's time zone, in which its days begin; UTC where it has none. */
  timeZone?: string | null;
}

/** What is known beforehand. A fact that is absent is asked for, if a rule needs it. */
export interface Facts {
  schedule?: ScheduleFact | null;
  /** Has the contact another session in this tenant that is assigned? */
  contactAssigned?: boolean | null;
  strategy?: StrategyFact | null;
  /** The members of the team the conversation goes to. */
  agents?: Agent[] | null;
  noAgent?: NoAgentPolicy | null;
}

/** One of those among whom a place is to be reserved. */
export interface ReservationCandidate extends TurnCandidate {
  active: number;
  total: number;
}

/** What became of a reservation; `held` is what is under way elsewhere, by agent id. */
export type Reserved =
  | {
      kind: "granted" | "already_reserved";
      agentId: string;
      /** Goes with the claim. */
      token: number;
      held?: Record<string, number>;
    }
  /** With what is under way everybody is at the limit. */
  | { kind: "full"; held?: Record<string, number> };

/** What the engine asks of a host, in the order of the pipeline, only what a rule lacks. */
export type Need =
  | { kind: "schedule"; teamId: string }
  | { kind: "contact_assigned"; tenantId: string; contactId: string; excludeSessionId: string }
  | { kind: "strategy"; tenantId: string; teamId?: string }
  | {
      kind: "agents";
      tenantId: string;
      teamId?: string;
      includeOffline: boolean;
      /** Where `Agent.total` is to begin counting; absent for everything. */
      countsSince?: string;
    }
  | { kind: "no_agent_policy"; tenantId: string }
  | { kind: "next_index"; contextKey: string; candidateCount: number }
  /** Answered by `nextIndex`, the place among the candidates. */
  | { kind: "turn"; contextKey: string; rotation: Rotation; candidates: TurnCandidate[] }
  /** Only where the request says `reserve`; answered by `reserved`. */
  | {
      kind: "reserve";
      tenantId: string;
      sessionId: string;
      contextKey: string;
      rotation: Rotation;
      limit?: number;
      order: ("least_active" | "least_assigned")[];
      candidates: ReservationCandidate[];
    }
  | {
      kind: "rule";
      name: string;
      strategy?: StrategyName;
      config?: RoutingConfig;
      agents?: string[];
    };

/** How a run ends. */
export type Outcome =
  | { kind: "assign"; agentId: string }
  /** The session is left alone. */
  | { kind: "skip" }
  /** The session stays unassigned. */
  | { kind: "stop" }
  /** Something failed: nothing is assigned, and nothing may be saved. */
  | { kind: "error"; code: string; message: string };

/** A message to a contact. */
export interface Message {
  about: "out_of_office" | "no_agent";
  text: string;
  mediaUrl?: string;
  /** The account to send from, as the session's context names it. */
  account?: string;
}

/** One thing a host has to do. */
export type Effect =
  | ({ kind: "send_message" } & Message)
  /** Put these entries into the session's context, over older ones of the same name. */
  | { kind: "merge_context"; entries: Record<string, unknown> };

/** Something wrong that did not prevent a decision. */
export interface Warning {
  code: string;
  message: string;
}

/** What was decided, and what the host has to do about it. Plain JSON: store it, compare it. */
export interface Decision {
  readonly outcome: Readonly<Outcome>;
  /** The rule that decided. */
  readonly rule: string;
  /** Why it decided so: a stable code, see docs/REASONS.md. */
  readonly reason: string;
  /** What the host has to do, in this order. */
  readonly effects: readonly Effect[];
  readonly warnings: readonly Warning[];
  /** When another try can end differently with nothing else changed; absent if never. */
  readonly nextCheckAt?: string;
  /** How it came about, if that was asked for. */
  readonly trace?: Trace;
  /** The limit the agent was chosen under: whoever stores the assignment must hold it. */
  readonly limit?: number;
  /** The token of the reservation that was made for it: goes with the claim. */
  readonly token?: number;
}

/** What every rule said, and what became of every agent. */
export interface Trace {
  sessionId: string;
  teamId?: string;
  now: string;
  source: "handover" | "queue";
  rules: {
    rule: string;
    answer: "continue" | "skip" | "assign" | "stop" | "error";
    reason: string;
    values: Record<string, unknown>;
  }[];
  candidates: {
    agentId: string;
    name: string;
    rule: string;
    reason: string;
    active: number;
    total: number;
  }[];
}

/** A value, or a promise of one. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Says what time it is, in milliseconds since 1970 or as a `Date`. */
export type Clock = () => Date | number;
