/**
 * Teams, agents and sessions to measure with: the same ones every time, whatever the machine.
 */
import type { Agent, Facts, RoutingConfig, Schedule, Session, Team } from "../../src/types.ts";
import type { GetNextIndex } from "./shapes.ts";

/** Monday 2026-11-23 10:30 in Vienna: inside the morning shift. */
export const OPEN_AT = Date.UTC(2026, 10, 23, 9, 30);
/** Monday 2026-11-23 12:30 in Vienna: between the two shifts of that day. */
export const BREAK_AT = Date.UTC(2026, 10, 23, 11, 30);
/** Saturday 2026-11-28 12:00 in Vienna: closed for the weekend. */
export const WEEKEND_AT = Date.UTC(2026, 10, 28, 11, 0);

export const TENANT_ID = "7d3f6a52-1c0e-4b8a-9f27-5e1d80c4b936";
export const TEAM_ID = "c2a94e08-6b71-4d5f-8e13-0f7ab26d9c45";

/** The settings to measure, by a short name. */
export const SETTINGS = {
  rr: { routingStrategy: "round_robin" },
  rr_created: { routingStrategy: "round_robin", routingConfig: { sortBy: "created_at" } },
  rr_random: { routingStrategy: "round_robin", routingConfig: { sortBy: "random" } },
  la: { routingStrategy: "least_active" },
  las: { routingStrategy: "least_assigned" },
  hy: { routingStrategy: "hybrid" },
} satisfies Record<string, Pick<Team, "routingStrategy" | "routingConfig">>;

export type SettingsName = keyof typeof SETTINGS;

/** Numbers in [0, 1) that only look random (mulberry32). */
export function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Text of 36 characters that looks like a version 4 UUID. */
export function uuid(random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(8)}${hex(4)}`;
}

/** Europe/Vienna; Monday in two shifts, Friday until 14:00, the weekend closed. */
export function schedule(): Schedule {
  const allDay = [{ start: "08:00", end: "18:00" }];
  return {
    enabled: true,
    timezone: "Europe/Vienna",
    days: {
      monday: [
        { start: "08:00", end: "12:00" },
        { start: "13:00", end: "18:00" },
      ],
      tuesday: allDay,
      wednesday: allDay,
      thursday: allDay,
      friday: [{ start: "08:00", end: "14:00" }],
      saturday: [],
      sunday: [],
    },
    outOfOfficeMessage: "We are closed. You will hear from us on the next working day.",
  };
}

/** `count` agents in no particular order, four of five online, with 0 to 5 sessions now. */
export function agents(count: number, seed = 1): Agent[] {
  const random = randoms(seed);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const firstDay = Date.UTC(2021, 0, 4);
  return Array.from({ length: count }, () => ({
    id: uuid(random),
    name: `${pick(FIRST_NAMES)} ${pick(LAST_NAMES)}`,
    createdAt: new Date(firstDay + Math.floor(random() * 5 * 365 * 86_400_000)),
    status: random() < 0.8 ? "online" : pick(["offline", "away", "busy"]),
    active: Math.floor(random() * 6),
    total: Math.floor(random() * 200),
  }));
}

export function team(settings: SettingsName, members: readonly Agent[], maxLoad?: number): Team {
  const { routingStrategy, routingConfig }: Pick<Team, "routingStrategy" | "routingConfig"> =
    SETTINGS[settings];
  const config: RoutingConfig | null =
    maxLoad === undefined ? (routingConfig ?? null) : { ...routingConfig, maxLoad };
  return {
    id: TEAM_ID,
    name: "Support",
    isActive: true,
    isDefault: true,
    createdAt: new Date(Date.UTC(2021, 0, 1)),
    routingStrategy,
    routingConfig: config,
    schedule: schedule(),
    members: members.map((agent) => agent.id),
  };
}

/** All that is known beforehand about `agents(count)` and their team. */
export function facts(count: number, settings: SettingsName, maxLoad?: number): Facts {
  const members = agents(count);
  const { routingStrategy, routingConfig, schedule } = team(settings, members, maxLoad);
  return {
    schedule: { schedule },
    contactAssigned: false,
    strategy: {
      teamStrategy: routingStrategy,
      config: routingConfig,
      timeZone: schedule!.timezone,
    },
    agents: members,
    noAgent: { noAgentAction: "queue" },
  };
}

/**
 * The same facts in new objects, as a database driver makes them: every text of a row is decoded
 * from the bytes that came in, dates are `Date`s, JSON columns are parsed.
 */
export function freshFacts(count: number, settings: SettingsName, maxLoad?: number): Facts {
  const { agents: members, ...rest } = facts(count, settings, maxLoad);
  return {
    ...(JSON.parse(JSON.stringify(rest)) as Facts),
    agents: members!.map((agent) => ({
      id: decoded(agent.id),
      name: decoded(agent.name!),
      createdAt: new Date((agent.createdAt as Date).getTime()),
      status: decoded(agent.status!),
      active: agent.active,
      total: agent.total,
    })),
  };
}

/** The `number`-th unassigned session of the team, with texts of its own. */
export function session(number: number): Session {
  const random = randoms(1_000_003 + number);
  return {
    id: decoded(uuid(random)),
    tenantId: decoded(TENANT_ID),
    contactId: decoded(uuid(random)),
    status: "unassigned",
    assignedAgentId: null,
    assignedTeamId: decoded(TEAM_ID),
    priority: 0,
    channel: "whatsapp",
    context: { account: "main" },
    createdAt: new Date(OPEN_AT - 60_000 - number),
    updatedAt: new Date(OPEN_AT - 60_000 - number),
  };
}

export function sessions(count: number): Session[] {
  return Array.from({ length: count }, (_, number) => session(number));
}

/** Counters in this process: the least that a `getNextIndex` can be. */
export function inMemoryIndex(): GetNextIndex {
  const turns = new Map<string, number>();
  return async (contextKey, candidateCount) => {
    if (!(candidateCount > 0)) return 0;
    const turn = turns.get(contextKey) ?? 0;
    turns.set(contextKey, turn + 1);
    return turn % candidateCount;
  };
}

/** A text that shares nothing with `text`. */
function decoded(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

const FIRST_NAMES = (
  "Anna Ben Clara David Elena Felix Greta Hanna Igor Jana Karim Lena Mario Nina Oskar Paula " +
  "Quentin Rosa Stefan Tina Ulrich Vera Walter Xenia Yusuf Zoe Amir Bettina Carlos Dora Emil " +
  "Fatima Georg Helene Ivan Julia Klaus Laura Martin Nora Omar Petra Ruth Simon Teresa Viktor"
).split(" ");

const LAST_NAMES = (
  "Adler Bauer Cerny Dvorak Eder Fischer Gruber Huber Ilic Jovanovic Kovac Lang Mayer Novak Ortner " +
  "Pichler Rossi Schmid Todorov Urban Vogel Wagner Yilmaz Zimmer Aigner Berger Costa Demir Egger " +
  "Fuchs Garcia Hofer Ivanova Jansen Kaya Leitner Moser Nagy Olsen Popescu Reiter Steiner Toth " +
  "Unger Varga Winkler Auer Brunner Cohen Denk Ebner Friedl Graf Haas Jung Kern Lechner Maurer"
).split(" ");
