import type { Availability, Instant, MaybePromise, RoutingConfig, Session } from "../types.ts";

/**
 * What the rules of {@link AssignmentEngine.run} work with when they are called without a host: the
 * services of the dashboard-api. A rule whose dependency is absent answers `continue`; the selector
 * `stop`.
 */
export interface AssignmentDeps {
  /** Is the team open? */
  checkScheduleAvailability?(teamId: string): MaybePromise<Availability | null | undefined>;
  /** How the team, else the tenant, wants conversations routed. */
  getStrategyWithType?(
    tenantId: string,
    teamId?: string,
  ): MaybePromise<{ strategy?: string | null; config?: RoutingConfig | null } | null | undefined>;
  /** The ids of those who can take the session. */
  getAvailableAgents?(
    tenantId: string,
    teamId?: string,
    includeOffline?: boolean,
  ): MaybePromise<string[] | null | undefined>;
  /** One of them. */
  pickAgentForSession?(
    session: Session,
    strategy: string,
    config: RoutingConfig | null | undefined,
    agentIds: string[],
  ): MaybePromise<string | null | undefined>;
  /** Tells the contact that nobody is free, in the host's own way. */
  runNoAgentFallback?(session: Session): MaybePromise<unknown>;
  inboxService?: {
    contactHasAssignedSession?(
      tenantId: string,
      contactId: string,
      excludeSessionId: string,
    ): MaybePromise<boolean>;
    addMessage?(message: {
      tenantId: string;
      sessionId: string;
      contactId: string;
      direction: "outbound";
      content: string;
      attachment?: { type: "image"; url: string };
      senderId: string;
    }): MaybePromise<unknown>;
  };
  whatsappService?: {
    sendMessage?(
      tenantId: string,
      contactId: string,
      message: string | { type: "image"; image: { link: string; caption: string } },
      options: { account?: string },
    ): MaybePromise<unknown>;
  };
  sessionRepo?: {
    update?(id: string, changes: { context: Record<string, unknown> }): MaybePromise<unknown>;
  };
  configRepo?: {
    findOne?(query: { where: Record<string, unknown> }): MaybePromise<
      | {
          enabled?: boolean;
          teamId?: string | null;
          strategy?: string | null;
          settings?: {
            waterfall?: { noAgentAction?: string; noAgentMessage?: string | null } | null;
          } | null;
        }
      | null
      | undefined
    >;
  };
  /** The present instant; the machine's clock unless given. */
  now?: () => Instant | number;
}
