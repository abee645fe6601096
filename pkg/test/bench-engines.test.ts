/** The engines that the benchmark measures against must decide as the contract says. */
import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import * as data from "../bench/engines/data.ts";
import { PlainEngine } from "../bench/engines/plain.ts";
import type { GetNextIndex, Request, Result } from "../bench/engines/shapes.ts";
import { TunedEngine, TunedRoster } from "../bench/engines/tuned.ts";
import type { Agent, Day, Facts, RoutingConfig, Schedule, Session, Team } from "../src/types.ts";

/** An engine's answer, and what it asked for on the way. */
interface Told {
  result: Result;
  asked: { contextKey: string; candidateCount: number }[];
}

async function tell(
  turn: number,
  decide: (getNextIndex: GetNextIndex) => Promise<Result>,
): Promise<Told> {
  const asked: Told["asked"] = [];
  const result = await decide(async (contextKey, candidateCount) => {
    asked.push({ contextKey, candidateCount });
    return turn % candidateCount;
  });
  return { result, asked };
}

const plain = new PlainEngine();

/** The team that the facts are about. */
function teamOf(id: string, facts: Facts): Team {
  return {
    id,
    routingStrategy: facts.strategy?.teamStrategy,
    routingConfig: facts.strategy?.config,
    schedule: facts.schedule?.schedule,
  };
}

/** Everything that an engine may be asked about, made up. */
class World {
  constructor(private readonly random: () => number) {}

  below(end: number): number {
    return Math.floor(this.random() * end);
  }

  one<T>(...of: T[]): T {
    return of[this.below(of.length)]!;
  }

  size(): number {
    return this.one(this.below(4), this.below(8), this.below(8), this.below(30), this.below(200));
  }

  agents(size: number): Agent[] {
    const few = this.below(3) + 1;
    const share = this.one(0.1, 0.5, 0.9);
    const ids = new Set<string>();
    while (ids.size < size) ids.add(this.id());
    return [...ids].map((id) => {
      const agent: Agent = { id };
      if (this.random() < 0.95) agent.name = this.name();
      if (this.random() < 0.95) {
        const at = new Date(Date.UTC(2026, 0, this.below(4), 0, 0, 0, this.below(2)));
        agent.createdAt = this.one<Agent["createdAt"]>(at, at, at.toISOString(), null);
      }
      agent.status = this.random() < share ? "online" : this.one("offline", "busy", "Online", "");
      if (this.random() < 0.9) agent.active = this.below(few * 2);
      if (this.random() < 0.9) agent.total = this.below(few * 3);
      return agent;
    });
  }

  private id(): string {
    const letter = () => this.one("a", "b", "A", "-", "0");
    return this.below(2) === 0
      ? data.uuid(this.random)
      : Array.from({ length: 1 + this.below(5) }, letter).join("") + this.below(100);
  }

  private name(): string {
    const letter = () => this.one("a", "A", "b", "B", "z", "[", "_", " ", "é", "ÿ", "Ж", "Ω");
    return Array.from({ length: this.below(4) }, letter).join("");
  }

  config(): RoutingConfig | null | undefined {
    return this.one<() => RoutingConfig | null | undefined>(
      () => undefined,
      () => null,
      () => ({}),
      () => ({
        sortBy: this.one("name", "created_at", "random", null, undefined),
        maxLoad: this.one(null, undefined, 0, 1, 2, 3, 100),
        priority: this.one<RoutingConfig["priority"]>(
          null,
          [],
          ["least_active"],
          ["least_assigned"],
          ["load_balanced", "least_active"],
          ["least_assigned", "load_balanced"],
          ["load_balanced", "least_assigned"],
          ["least_assigned", "least_assigned", "least_active"],
        ),
      }),
    )();
  }

  strategyName(): string | null | undefined {
    const names = ["round_robin", "least_active", "load_balanced", "least_assigned", "hybrid"];
    return this.one(undefined, null, "", "manual", "no_such", ...names, ...names, ...names);
  }

  schedule(): Schedule | null {
    const time = (hours: number) =>
      `${String(this.below(hours)).padStart(2, "0")}:${this.one("00", "15", "30", "59")}`;
    const days: Schedule["days"] = {};
    for (const day of DAYS) {
      if (this.below(4) === 0) continue;
      days[day] = Array.from({ length: this.below(4) }, () => ({
        start: time(24),
        end: this.below(8) === 0 ? "24:00" : time(24),
      }));
    }
    const timezone = this.one(...ZONES, ...ZONES, null, " ", "Mars/Phobos", "+02:00");
    return this.below(4) === 0 ? null : { enabled: this.below(5) > 0, timezone, days };
  }

  facts(): Facts {
    const facts: Facts = {
      contactAssigned: this.below(8) === 0,
      strategy: {
        teamStrategy: this.strategyName(),
        tenantStrategy: this.strategyName(),
        config: this.config(),
      },
      agents: this.agents(this.size()),
    };
    if (this.below(2) === 0) facts.schedule = { schedule: this.schedule() };
    return facts;
  }

  session(): Session {
    return {
      id: "s1",
      tenantId: "acme",
      contactId: this.one(undefined, null, "c1", "c2"),
      assignedTeamId: this.one(null, "sales", "sales", "sales", "support"),
    };
  }

  now(): number {
    const change = this.one(...CHANGES) + this.one(-1, 1) * this.below(4 * 3_600_000);
    return this.one(Date.UTC(1990) + this.below(45 * 365 * 86_400_000), change, data.OPEN_AT);
  }
}

const DAYS = "monday tuesday wednesday thursday friday saturday sunday".split(" ") as Day[];
const ZONES = [
  "UTC",
  "Europe/Vienna",
  " europe/vienna ",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Pacific/Apia",
  "America/Los_Angeles",
];
/** When a clock somewhere was changed. */
const CHANGES = [
  Date.UTC(2026, 2, 29, 1),
  Date.UTC(2026, 9, 25, 1),
  Date.UTC(2026, 9, 3, 15, 30),
  Date.UTC(2026, 3, 23, 22),
  Date.UTC(2011, 11, 30, 10),
];

describe("random worlds", () => {
  it("are decided alike by all engines", async () => {
    // One tuned engine for all of them: nothing of one world may be left in the next.
    const tuned = new TunedEngine();
    const kinds = new Map<string, number>();
    for (let seed = 0; seed < 6_000; seed++) {
      const world = new World(data.randoms(seed));
      const facts = world.facts();
      const request: Request = { session: world.session(), now: world.now() };
      if (world.below(5) === 0) request.forceOverride = true;
      const turn = world.below(1_000);

      const expected = await tell(turn, (index) => plain.decide(request, facts, index));
      const kind = expected.result.kind === "assign" ? "assign" : expected.result.reason;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      for (let again = 0; again < 3; again++) {
        const told = await tell(turn, (index) => tuned.decide(request, facts, index));
        expect(told, `seed ${seed}`).toEqual(expected);
      }

      if (request.forceOverride) continue;
      const { session, now } = request;
      const { assignedTeamId } = session;
      // Without a team the team's settings do not count.
      const teamless = { tenantStrategy: facts.strategy?.tenantStrategy };
      const own = assignedTeamId ? facts : { ...facts, strategy: teamless };
      const ofRoster = await tell(turn, (index) => plain.decide(request, own, index));
      const team = teamOf(assignedTeamId ?? "sales", facts);
      const roster = new TunedRoster(team, facts.agents!, facts.strategy?.tenantStrategy);
      const told = await tell(turn, (index) =>
        roster.decide(session, now, facts.contactAssigned!, index),
      );
      expect(told, `seed ${seed}`).toEqual(ofRoster);
    }
    // Nothing was left out by chance.
    expect(kinds.get("assign")).toBeGreaterThan(1_500);
    const reasons = ["contact_already_assigned", "everybody_at_limit", "manual_strategy"];
    for (const reason of ["closed", "no_members", "nobody_online", ...reasons]) {
      expect(kinds.get(reason), reason).toBeGreaterThan(30);
    }
  });

  it("stay alike while agents come, go and are given sessions", async () => {
    for (let seed = 0; seed < 400; seed++) {
      const world = new World(data.randoms(70_000 + seed));
      const facts: Facts = { ...world.facts(), schedule: null, contactAssigned: false };
      if (seed % 2 === 0) facts.agents = world.agents(60 + world.below(200));
      const agents = facts.agents!;
      const tenantStrategy = facts.strategy?.tenantStrategy;
      const roster = new TunedRoster(teamOf("sales", facts), agents, tenantStrategy);
      const tuned = new TunedEngine();
      for (let step = 0; step < 30; step++) {
        let given = agents;
        if (agents.length > 0) {
          const at = world.below(agents.length);
          const agent = agents[at]!;
          switch (world.below(6)) {
            case 0:
            case 1: {
              agent.status = agent.status === "online" ? "offline" : "online";
              roster.setOnline(at, agent.status === "online");
              break;
            }
            case 2:
            case 3: {
              agent.active = (agent.active ?? 0) + 1;
              agent.total = (agent.total ?? 0) + 1;
              roster.assigned(at);
              break;
            }
            case 4: {
              agent.active = Math.max(0, (agent.active ?? 0) - 1);
              roster.released(at);
              break;
            }
            default:
              // The rows come in another order, or changed, and all are new.
              given = agents.map((agent) => ({ ...agent }));
              if (world.below(2) === 0) given.reverse();
              if (world.below(4) === 0) given[at]!.name = "Aa";
          }
        }
        const now = data.OPEN_AT;
        const assignedTeamId = world.below(4) === 0 ? null : "sales";
        const session: Session = { id: "s1", tenantId: "acme", assignedTeamId };
        const turn = world.one(step, world.below(1_000));
        const rows: Facts = { ...facts, agents: given };
        const expected = await tell(turn, (i) => plain.decide({ session, now }, rows, i));
        const told = await tell(turn, (i) => tuned.decide({ session, now }, rows, i));
        expect(told, `seed ${seed}, step ${step}`).toEqual(expected);

        const strategy = assignedTeamId ? facts.strategy : { tenantStrategy };
        const kept: Facts = { ...facts, agents, strategy };
        const ofRoster = await tell(turn, (i) => roster.decide(session, now, false, i));
        const wanted = await tell(turn, (i) => plain.decide({ session, now }, kept, i));
        expect(ofRoster, `seed ${seed}, step ${step}`).toEqual(wanted);
      }
    }
  });

  it("stay alike as time goes by", async () => {
    const session: Session = { id: "s1", tenantId: "acme", assignedTeamId: "sales" };
    const agents: Agent[] = [{ id: "a", status: "online" }];
    let open = 0;
    for (let seed = 0; seed < 300; seed++) {
      const world = new World(data.randoms(80_000 + seed));
      const facts: Facts = { schedule: { schedule: world.schedule() }, agents };
      const roster = new TunedRoster(teamOf("sales", facts), agents);
      const change = world.one(...CHANGES);
      const instants = Array.from({ length: 20 }, () => change + world.below(48 * 60) * 60_000);
      for (const at of world.below(2) === 0 ? instants : instants.sort((a, b) => a - b)) {
        const now = at - 86_400_000;
        const { result } = await tell(0, (i) => plain.decide({ session, now }, facts, i));
        const told = await tell(0, (i) => roster.decide(session, now, false, i));
        expect(told.result, `seed ${seed}, ${new Date(now).toISOString()}`).toEqual(result);
        if (result.kind === "assign") open++;
      }
    }
    expect(open / 6_000).toBeGreaterThan(0.3);
    expect(open / 6_000).toBeLessThan(0.9);
  });

  it("give batches in which load moves on alike", async () => {
    for (let seed = 0; seed < 500; seed++) {
      const world = new World(data.randoms(90_000 + seed));
      const facts: Facts = { ...world.facts(), contactAssigned: false };
      const now = world.now();
      const sessions = Array.from({ length: 1 + world.below(40) }, () => ({
        ...world.session(),
        assignedTeamId: "sales",
      }));
      const firstTurn = world.below(100);
      const tenantStrategy = facts.strategy?.tenantStrategy;
      const roster = new TunedRoster(teamOf("sales", facts), facts.agents!, tenantStrategy);
      let turn = firstTurn;
      const expected = await plain.decideQueue(
        sessions,
        now,
        facts,
        async (_, count) => turn++ % count,
      );
      expect(roster.decideMany(sessions, now, firstTurn), `seed ${seed}`).toEqual(expected);
    }
  });

  it("do not disturb each other while they wait for their index", async () => {
    const tuned = new TunedEngine();
    const random = data.randoms(5);
    const late: GetNextIndex = async (key, count) => {
      for (let ticks = Math.floor(random() * 20); ticks > 0; ticks--) await null;
      return (key.length * 7) % count;
    };
    await Promise.all(
      Array.from({ length: 300 }, async (_, seed) => {
        const world = new World(data.randoms(110_000 + seed));
        const facts = world.facts();
        const request = { session: world.session(), now: world.now() };
        const [told, expected] = await Promise.all([
          tuned.decide(request, facts, late),
          plain.decide(request, facts, late),
        ]);
        expect(told, `seed ${seed}`).toEqual(expected);
      }),
    );
  });
});

describe("while the index is waited for", () => {
  const session: Session = { id: "s1", tenantId: "acme", assignedTeamId: "sales" };
  const agents: Agent[] = ["a", "b", "c"].map((id) => ({ id, status: "online" }));

  it("a failure is the caller's", async () => {
    const fails: GetNextIndex = async () => Promise.reject(new Error("no answer"));
    const request = { session, now: data.OPEN_AT };
    await expect(plain.decide(request, { agents }, fails)).rejects.toThrow("no answer");
    await expect(new TunedEngine().decide(request, { agents }, fails)).rejects.toThrow("no answer");
    const roster = new TunedRoster({ id: "sales" }, agents);
    await expect(roster.decide(session, request.now, false, fails)).rejects.toThrow("no answer");
  });

  it("a roster may change: the index counts among those who are left", async () => {
    const roster = new TunedRoster({ id: "sales" }, agents);
    const third: GetNextIndex = async () => {
      roster.setOnline(2, false);
      return 2;
    };
    const assign = (agentId: string) => ({ kind: "assign", agentId });
    expect(await roster.decide(session, data.OPEN_AT, false, third)).toEqual(assign("a"));
    const first: GetNextIndex = async () => {
      for (const index of [0, 1]) roster.setOnline(index, false);
      return 0;
    };
    const nobody = { kind: "stop", reason: "nobody_online" };
    expect(await roster.decide(session, data.OPEN_AT, false, first)).toEqual(nobody);
  });

  it("a session of another team is refused", async () => {
    const roster = new TunedRoster({ id: "support" }, agents);
    const index = data.inMemoryIndex();
    await expect(roster.decide(session, data.OPEN_AT, false, index)).rejects.toThrow(
      "another team",
    );
  });
});

describe("examples worked out by hand", () => {
  const session: Session = { id: "s1", tenantId: "acme", contactId: "c1", assignedTeamId: "sales" };
  const people = (
    ...rows: [id: string, name: string, active?: number, total?: number][]
  ): Agent[] =>
    rows.map(([id, name, active, total]) => ({ id, name, active, total, status: "online" }));

  async function all(facts: Facts, turn: number, now = data.OPEN_AT): Promise<Result> {
    const { result } = await tell(turn, (i) => plain.decide({ session, now }, facts, i));
    const tuned = new TunedEngine();
    expect(await tell(turn, (i) => tuned.decide({ session, now }, facts, i))).toMatchObject({
      result,
    });
    const roster = new TunedRoster(teamOf("sales", facts), facts.agents ?? []);
    const told = await tell(turn, (i) =>
      roster.decide(session, now, facts.contactAssigned ?? false, i),
    );
    expect(told.result).toEqual(result);
    return result;
  }

  const winners = async (facts: Facts, turns: number): Promise<string> => {
    const ids: string[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const result = await all(facts, turn);
      ids.push(result.kind === "assign" ? result.agentId : result.reason);
    }
    return ids.join(" ");
  };

  it("round robin goes by name, by date or by id, ties by id", async () => {
    const agents = people(["c", "anna"], ["d", "Zoe"], ["a", "ben"], ["b", "Anna"]);
    agents[0]!.createdAt = "2026-01-03T00:00:00Z";
    agents[1]!.createdAt = new Date("2026-01-01T00:00:00Z");
    agents[3]!.createdAt = new Date("2026-01-03T00:00:00Z");
    const by = (sortBy?: "name" | "created_at" | "random"): Facts => ({
      strategy: { teamStrategy: "round_robin", config: { sortBy } },
      agents,
    });
    expect(await winners(by(), 5)).toBe("b c a d b");
    expect(await winners(by("name"), 5)).toBe("b c a d b");
    expect(await winners(by("created_at"), 5)).toBe("d b c a d");
    expect(await winners(by("random"), 5)).toBe("a b c d a");
  });

  it("the least busy take turns in order of their ids", async () => {
    const agents = people(["d", "D", 1, 0], ["c", "C", 0, 5], ["a", "A", 0, 7], ["b", "B", 2, 0]);
    expect(await winners({ strategy: { teamStrategy: "least_active" }, agents }, 3)).toBe("a c a");
    expect(await winners({ strategy: { teamStrategy: "load_balanced" }, agents }, 3)).toBe("a c a");
    expect(await winners({ strategy: { teamStrategy: "least_assigned" }, agents }, 3)).toBe(
      "b d b",
    );
    expect(await winners({ strategy: { teamStrategy: "hybrid" }, agents }, 2)).toBe("c c");
    const priority = ["least_assigned", "least_active"] as const;
    const config: RoutingConfig = { priority: [...priority] };
    expect(await winners({ strategy: { teamStrategy: "hybrid", config }, agents }, 2)).toBe("d d");
  });

  it("nobody above the limit, nobody offline", async () => {
    const agents = people(["a", "A", 3], ["b", "B", 2], ["c", "C", 0]);
    agents[2]!.status = "away";
    const facts: Facts = {
      strategy: { teamStrategy: "round_robin", config: { maxLoad: 3 } },
      agents,
    };
    expect(await winners(facts, 2)).toBe("b b");
    agents[1]!.active = 3;
    expect(await winners(facts, 1)).toBe("everybody_at_limit");
    agents[0]!.status = agents[1]!.status = "offline";
    expect(await winners(facts, 1)).toBe("nobody_online");
    expect(await winners({ ...facts, agents: [] }, 1)).toBe("no_members");
  });

  it("a contact with an agent is skipped, a manual team is left alone", async () => {
    const agents = people(["a", "A"]);
    const reason = "contact_already_assigned";
    expect(await all({ agents, contactAssigned: true }, 0)).toEqual({ kind: "skip", reason });
    expect(await winners({ agents, strategy: { teamStrategy: "manual" } }, 1)).toBe(
      "manual_strategy",
    );
    expect(await winners({ agents, strategy: { tenantStrategy: "no such" } }, 1)).toBe("a");
  });

  it("shifts are split, run past midnight, and include their start alone", async () => {
    const schedule: Schedule = {
      ...data.schedule(),
      days: { ...data.schedule().days, saturday: [{ start: "22:00", end: "06:00" }] },
    };
    const facts: Facts = { schedule: { schedule }, agents: people(["a", "A"]) };
    // In November Vienna is an hour ahead of UTC.
    const open: [string, boolean][] = [
      ["2026-11-23T06:59:59.999Z", false],
      ["2026-11-23T07:00:00Z", true],
      ["2026-11-23T10:59:59.999Z", true],
      ["2026-11-23T11:00:00Z", false],
      ["2026-11-23T12:00:00Z", true],
      ["2026-11-23T17:00:00Z", false],
      ["2026-11-27T12:59:00Z", true],
      ["2026-11-27T13:00:00Z", false],
      ["2026-11-28T20:59:00Z", false],
      ["2026-11-28T21:00:00Z", true],
      ["2026-11-29T04:59:59Z", true],
      ["2026-11-29T05:00:00Z", false],
      // In July it is two.
      ["2026-07-06T05:59:00Z", false],
      ["2026-07-06T06:00:00Z", true],
    ];
    for (const [at, isOpen] of open) {
      const expected = isOpen
        ? { kind: "assign", agentId: "a" }
        : { kind: "stop", reason: "closed" };
      expect(await all(facts, 0, Date.parse(at)), at).toEqual(expected);
    }
  });
});

/** Parts of a file under `tests/cases`, see the README there. */
interface Case {
  name: string;
  pipeline?: unknown[];
  request?: {
    session?: Partial<Session>;
    now?: string;
    forceOverride?: boolean;
    excluded?: string[];
  };
  facts?: Facts;
  roster?: unknown;
  answers?: {
    need: { kind: string; contextKey: string; candidateCount: number };
    answer: { nextIndex?: number };
  }[];
  ways?: unknown;
  messageFailed?: unknown;
  overruled?: unknown;
  expect: { outcome?: { kind: string; agentId?: string }; rule?: string; reason?: string };
}

function hasVeryMany({ active = 0, total = 0 }: Agent): boolean {
  return active >= 2 ** 26 || total >= 2 ** 26;
}

/** RFC 7396. */
function merged(base: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const isObject = base !== null && typeof base === "object" && !Array.isArray(base);
  const result: Record<string, unknown> = isObject ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

describe("the shared cases", () => {
  const RULES = ["schedule", "contactAlreadyAssigned", "strategy", "eligibility", "selector"];
  const ONE_AGENT: Agent[] = [{ id: "a", status: "online" }];
  const folder = new URL("../../tests/cases/", import.meta.url);
  const decided = new Map<string, number>();

  for (const rule of [
    "schedule",
    "contact_already_assigned",
    "strategy",
    "eligibility",
    "selector",
  ]) {
    for (const file of readdirSync(new URL(`${rule}/`, folder))) {
      // Rotations other than the counter are no part of what is compared.
      if (file === "turns.json") continue;
      it(`${rule}/${file}`, async () => {
        const read = JSON.parse(readFileSync(new URL(`${rule}/${file}`, folder), "utf8")) as {
          base: Partial<Case>;
          cases: Case[];
        };
        for (const raw of read.cases) {
          const one = merged(read.base, raw) as Case;
          const told = within(one);
          if (told === null) continue;
          decided.set(rule, (decided.get(rule) ?? 0) + 1);
          const { request, facts, turn, expected } = told;
          const tuned = new TunedEngine();
          for (const engine of [plain, tuned, tuned]) {
            const told = await tell(turn, (index) => engine.decide(request, facts, index));
            expect(told, one.name).toEqual(expected);
          }
          if (request.forceOverride || !request.session.assignedTeamId) continue;
          if (facts.schedule?.availability) continue;
          // Such counts a roster does not tell apart.
          const { teamStrategy } = facts.strategy ?? {};
          if (teamStrategy === "hybrid" && facts.agents?.some(hasVeryMany)) continue;
          const team = teamOf(request.session.assignedTeamId, facts);
          const roster = new TunedRoster(team, facts.agents ?? [], facts.strategy?.tenantStrategy);
          const ofRoster = await tell(turn, (index) =>
            roster.decide(request.session, request.now, facts.contactAssigned ?? false, index),
          );
          expect(ofRoster, one.name).toEqual(expected);
        }
      });
    }
  }

  it("are decided by the dozen", () => {
    expect(decided.get("schedule")).toBeGreaterThan(80);
    expect(decided.get("selector")).toBeGreaterThan(60);
    expect(decided.get("strategy")).toBeGreaterThan(20);
    expect(decided.get("eligibility")).toBeGreaterThan(10);
    expect(decided.get("contact_already_assigned")).toBeGreaterThan(3);
  });

  /**
   * What is asked and expected, with the rules that the case leaves out having nothing against it;
   * null for what these engines do not do.
   */
  function within(one: Case) {
    const { facts = {}, answers = [], request: asked } = one;
    const rules = (one.pipeline ?? RULES) as string[];
    if (one.roster || one.ways || one.messageFailed || one.overruled || !one.expect.outcome)
      return null;
    if (asked?.excluded || one.expect.reason === "duplicate_agent") return null;
    // They need no rule of the host's, all facts, and no failure.
    if (!rules.every((rule) => RULES.includes(rule))) return null;
    const index = answers[0];
    if (answers.length > 1 || (index && index.answer.nextIndex === undefined)) return null;
    if (rules.includes("strategy") && !rules.includes("eligibility") && facts.agents) return null;
    if (rules.includes("eligibility") && (!rules.includes("strategy") || !facts.agents))
      return null;
    if (rules.includes("selector") && !rules.includes("eligibility")) return null;
    // UTF-8 and UTF-16 put these in another order.
    if (facts.agents?.some(({ id, name }) => /[\ue000-\uffff\ud800-\udfff]/.test(id + name)))
      return null;

    const session = asked!.session as Session;
    const request: Request = { session, now: Date.parse(asked!.now!) };
    if (asked!.forceOverride) request.forceOverride = true;
    const all: Facts = {
      schedule: rules.includes("schedule") ? facts.schedule : undefined,
      contactAssigned: rules.includes("contactAlreadyAssigned") ? facts.contactAssigned : false,
      strategy: rules.includes("strategy") ? facts.strategy : undefined,
      agents: rules.includes("eligibility") ? facts.agents : ONE_AGENT,
    };
    if (all.strategy && rules.length === 1) all.strategy = { ...all.strategy, config: null };

    const { kind, agentId } = one.expect.outcome;
    let { reason } = one.expect;
    let result: unknown;
    let count = 1;
    if (reason === "rules_exhausted") {
      // Nothing was against an assignment: whose turn it is, is another matter.
      if (all.agents !== ONE_AGENT && all.agents!.length !== 1) return null;
      result = { kind: "assign", agentId: all.agents![0]!.id };
    } else if (kind === "assign") {
      result = { kind, agentId };
      count = index!.need.candidateCount;
      expect(index!.need.contextKey).toBe(session.assignedTeamId ?? session.tenantId);
    } else {
      if (["opens_soon", "out_of_office", "out_of_office_sent_recently"].includes(reason!)) {
        reason = "closed";
      }
      result = { kind, reason };
      count = 0;
    }
    const contextKey = session.assignedTeamId ?? session.tenantId;
    const expected = { result, asked: count > 0 ? [{ contextKey, candidateCount: count }] : [] };
    return { request, facts: all, turn: index?.answer.nextIndex ?? 0, expected };
  }
});

describe("the data", () => {
  it("is the same every time, and fresh where that is wanted", async () => {
    for (const settings of Object.keys(data.SETTINGS) as data.SettingsName[]) {
      const facts = data.facts(60, settings, 5);
      expect(data.facts(60, settings, 5)).toEqual(facts);
      const fresh = data.freshFacts(60, settings, 5);
      expect(fresh).toEqual(facts);
      expect(fresh.agents![0]).not.toBe(facts.agents![0]);
      const request = { session: data.session(1), now: data.OPEN_AT };
      const { result } = await tell(7, (index) => plain.decide(request, facts, index));
      expect(result.kind).toBe("assign");
      for (const now of [data.BREAK_AT, data.WEEKEND_AT]) {
        const { result } = await tell(7, (i) => plain.decide({ ...request, now }, facts, i));
        expect(result).toEqual({ kind: "stop", reason: "closed" });
      }
    }
  });

  it("is of a realistic kind", () => {
    const agents = data.agents(5_000);
    expect(new Set(agents.map((agent) => agent.id)).size).toBe(5_000);
    expect(agents.every(({ id }) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    );
    const online = agents.filter((agent) => agent.status === "online").length;
    expect(online / 5_000).toBeCloseTo(0.8, 1);
  });

  it("counts turns from 0", async () => {
    const index = data.inMemoryIndex();
    expect([
      await index("a", 2),
      await index("a", 2),
      await index("b", 2),
      await index("a", 2),
    ]).toEqual([0, 1, 0, 0]);
    expect(await index("a", 0)).toBe(0);
  });
});
