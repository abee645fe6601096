import { AT, same, type Tenant } from "./fixture.ts";

const NOTHING = { context: {}, at: AT };

/** What is read, and what is changed without giving a session to anybody. */
export const ROW_RULES: Record<string, (tenant: Tenant) => Promise<void>> = {
  "a session is found by its id, or not": async (tenant) => {
    const session = await tenant.session({ priority: 3, channel: "whatsapp", context: { a: [1] } });
    const found = await tenant.store.session(session);
    same([found?.id, found?.tenantId], [session, tenant.id], "the session");
    same([found?.priority, found?.channel, found?.context], [3, "whatsapp", { a: [1] }], "columns");
    for (const id of [tenant.newId(), "no such id", "'; DROP TABLE sessions; --", "\0", "💬"]) {
      same(await tenant.store.session(id), null, JSON.stringify(id));
      same(await tenant.store.team(id), null, JSON.stringify(id));
    }
  },

  "the queue is of the tenant, or of a team, oldest first, ties by id": async (tenant) => {
    const agent = await tenant.agent();
    const [one, two] = [await tenant.team([agent]), await tenant.team([agent])];
    const old = { createdAt: new Date(AT.getTime() - 86_400_000) };
    const young = [
      await tenant.session({ assignedTeamId: one }),
      await tenant.session({ assignedTeamId: two }),
      await tenant.session(),
    ];
    const twins = (await tenant.sessions(3, { ...old, assignedTeamId: one })).sort();
    await tenant.session({ status: "assigned", assignedAgentId: agent });
    await tenant.session({ status: "resolved" });
    const queue = async (team: string | undefined, limit: number) =>
      (await tenant.store.queue(tenant.id, team, limit)).map(({ id }) => id);
    same(await queue(undefined, 50), [...twins, ...young], "the tenant's");
    same(await queue(undefined, 2), twins.slice(0, 2), "the first two");
    same(await queue(one, Number.MAX_SAFE_INTEGER), [...twins, young[0]], "the team's");
    same(await queue(tenant.newId(), 50), [], "another team's");
    same(await tenant.store.queue(tenant.newId(), undefined, 50), [], "another tenant's");
    await tenant.store.claim(twins[0]!, agent, { teamId: one }, NOTHING);
    same(await queue(one, 50), [...twins.slice(1), young[0]], "after a claim");
  },

  "an update changes what is unassigned, and nothing else": async (tenant) => {
    const agent = await tenant.agent();
    const teamId = await tenant.team([agent]);
    const free = await tenant.session({ context: { old: 1, both: 1 } });
    const plain = await tenant.session({ assignedTeamId: teamId });
    const changes = { teamId, context: { both: 2 }, at: AT };
    const updated = await tenant.store.update(free, changes);
    same(updated, await tenant.store.session(free), "the answer");
    const found = await tenant.look(free);
    same([found?.team, found?.context], [teamId, { old: 1, both: 2 }], "team and context");
    same([found?.status, found?.owner, found?.updatedAt], ["unassigned", null, AT], "the rest");
    const kept = await tenant.store.update(plain, NOTHING);
    same([kept?.assignedTeamId, kept?.context ?? null], [teamId, null], "without changes");
    for (const status of ["assigned", "resolved"] as const) {
      const taken = await tenant.session({ status, assignedAgentId: agent, context: { a: 1 } });
      const before = await tenant.store.session(taken);
      same(await tenant.store.update(taken, changes), before, "the answer as it is");
      same(await tenant.store.session(taken), before, `what is ${status}`);
    }
    same(await tenant.store.update(tenant.newId(), changes), null, "what is not there");
  },

  "texts are data, whatever is in them": async (tenant) => {
    const session = await tenant.session();
    const evil = `'; DROP TABLE sessions; -- "$1" :name \\ \u2028 ­ 💬`;
    const { context } = (await tenant.store.update(session, {
      context: { [evil]: evil },
      at: AT,
    }))!;
    same(context, { [evil]: evil }, "the context");
    same(await tenant.store.stamp(session, evil, evil, "stamped"), true, "the stamp");
    same((await tenant.look(session))?.context, { [evil]: "stamped" }, "the stamped context");
  },

  "a contact's other assigned sessions are known, within the tenant": async (tenant) => {
    const agent = await tenant.agent();
    const contactId = tenant.newId();
    const [one, two] = (await tenant.sessions(2, { contactId })) as [string, string];
    const has = (id: string, where = tenant.id, whose = contactId) =>
      tenant.store.contactHasAssignedSession(where, whose, id);
    same(await has(one), false, "nobody has any");
    await tenant.store.claim(one, agent, {}, NOTHING);
    same([await has(one), await has(two)], [false, true], "but for itself");
    same(await has(two, tenant.newId()), false, "in another tenant");
    same(await has(two, tenant.id, tenant.newId()), false, "of another contact");
    await tenant.session({ id: one, contactId, status: "resolved" });
    same(await has(two), false, "when it is over");
  },

  "teams are known with their members, and by their id": async (tenant) => {
    const agents = (await tenant.agents(2)).sort();
    const more = {
      name: "Sales",
      isActive: true,
      isDefault: true,
      routingStrategy: "least_active",
      routingConfig: { maxLoad: 4 },
      schedule: { enabled: true, timezone: "Europe/Berlin", days: { monday: [] } },
    } as const;
    const sales = await tenant.team(agents, { ...more, schedule: { ...more.schedule, days: {} } });
    const empty = await tenant.team([]);
    const teams = await tenant.store.teams(tenant.id);
    same(teams.map(({ id }) => id).sort(), [sales, empty].sort(), "the teams");
    const found = await tenant.store.team(sales);
    same(found?.tenantId, tenant.id, "the tenant");
    same(
      found?.team,
      teams.find(({ id }) => id === sales),
      "the team by its id",
    );
    same([...(found?.team.members ?? [])].sort(), agents, "the members");
    const { name, isDefault, routingStrategy, routingConfig } = found!.team;
    same([name, isDefault, routingStrategy], ["Sales", true, "least_active"], "the columns");
    same(
      [routingConfig?.maxLoad, found?.team.schedule?.timezone],
      [4, "Europe/Berlin"],
      "settings",
    );
    same((await tenant.store.team(empty))?.team.members ?? [], [], "nobody");
    same(await tenant.store.teams(tenant.newId()), [], "another tenant's");
  },

  "members have the sessions they have, and were given as many as are counted": async (tenant) => {
    const [anna, ben] = (await tenant.agents(2)) as [string, string];
    const [team, other] = [await tenant.team([anna, ben]), await tenant.team([anna])];
    const days = (days: number) => new Date(AT.getTime() - days * 86_400_000);
    for (const [at, teamId, over] of [
      [days(40), team, true],
      [days(2), team, true],
      [AT, team, false],
      [AT, other, false],
    ] as const) {
      const id = await tenant.session({ assignedTeamId: teamId });
      await tenant.store.claim(id, anna, { teamId }, { context: {}, at });
      if (!over) continue;
      const past = { assignedAgentId: anna, assignedTeamId: teamId, assignedAt: at };
      await tenant.session({ id, status: "resolved", ...past });
    }
    const counts = async (counts: Parameters<typeof tenant.store.members>[1]) =>
      Object.fromEntries(
        (await tenant.store.members(team, counts)).map(({ id, active, total }) => [
          id,
          counts.kind === "none" ? active : [active, total],
        ]),
      );
    same(await counts({ kind: "none" }), { [anna]: 2, [ben]: 0 }, "uncounted");
    same(await counts({ kind: "ever" }), { [anna]: [2, 4], [ben]: [0, 0] }, "ever");
    const since = (at: Date) => counts({ kind: "since", at });
    same(await since(days(2)), { [anna]: [2, 3], [ben]: [0, 0] }, "since two days ago");
    same(await since(days(1)), { [anna]: [2, 2], [ben]: [0, 0] }, "since yesterday");
    same(await tenant.store.members(tenant.newId(), { kind: "ever" }), [], "another team's");
    const [found] = await tenant.store.members(other, { kind: "none" });
    same(found?.status, "online", "the status");
  },

  "a tenant's configuration is known; one without has none": async (tenant) => {
    same((await tenant.store.tenant(tenant.id)).strategy ?? null, null, "none");
    const waterfall = { noAgentAction: "queue" as const };
    await tenant.configure({ enabled: true, strategy: "hybrid", settings: { waterfall } });
    const { enabled, strategy, settings } = await tenant.store.tenant(tenant.id);
    same([enabled, strategy, settings], [true, "hybrid", { waterfall }], "the configuration");
  },
};

const KEY = "oooLastSentAt";
const [FIRST, SECOND] = ["2026-11-23T10:00:00.000Z", "2026-11-24T11:00:00.000Z"] as const;

/** The stamp that goes before a message. */
export const STAMP_RULES: Record<string, (tenant: Tenant) => Promise<void>> = {
  "a stamp is put where there is what was seen, and changes nothing else": async (tenant) => {
    const seen: unknown[] = [undefined, null, "yesterday", 7, ["a", { b: 1 }], ""];
    for (const before of seen) {
      const context = { kept: 1, ...(before === undefined ? {} : { [KEY]: before }) };
      const session = await tenant.session({ context });
      const was = (await tenant.look(session))!;
      const { stamp } = tenant.store;
      for (const other of [...seen, FIRST].filter((one) => one !== before)) {
        const stamped = await stamp.call(tenant.store, session, KEY, other, FIRST);
        same(stamped, false, `what was seen was ${JSON.stringify(other)}`);
      }
      same(await tenant.look(session), was, "after stamps that were refused");
      same(await tenant.store.stamp(session, KEY, before, FIRST), true, JSON.stringify(before));
      same(await tenant.look(session), { ...was, context: { kept: 1, [KEY]: FIRST } }, "stamped");
      same(await tenant.store.stamp(session, KEY, before, SECOND), false, "a second time");
    }
    const bare = await tenant.session({ context: null });
    same(await tenant.store.stamp(bare, KEY, undefined, FIRST), true, "without a context");
    same((await tenant.look(bare))?.context, { [KEY]: FIRST }, "the context");
    same(await tenant.store.stamp(tenant.newId(), KEY, undefined, FIRST), false, "no session");
  },

  "what is assigned or over is not stamped": async (tenant) => {
    const assignedAgentId = await tenant.agent();
    for (const status of ["assigned", "resolved"] as const) {
      const session = await tenant.session({ status, assignedAgentId });
      const before = await tenant.look(session);
      same(await tenant.store.stamp(session, KEY, undefined, FIRST), false, status);
      same(await tenant.look(session), before, `what is ${status}`);
    }
  },

  "of many who saw the same one stamps": async (tenant) => {
    const session = await tenant.session();
    const stamps = await Promise.all(
      Array.from({ length: 20 }, (_, at) => {
        const stamp = new Date(AT.getTime() + at).toISOString();
        return tenant.storeAt(at).stamp(session, KEY, undefined, stamp);
      }),
    );
    const stamped = stamps.flatMap((stamped, at) => (stamped ? [at] : []));
    same(stamped.length, 1, "stamped");
    const expected = new Date(AT.getTime() + stamped[0]!).toISOString();
    same((await tenant.look(session))?.context, { [KEY]: expected }, "the stamp that is there");
  },

  "a stamp is taken back while it is there, whatever the session has become": async (tenant) => {
    const agent = await tenant.agent();
    for (const seen of [undefined, null, "yesterday", { a: [1] }]) {
      for (const context of [{ kept: 1 }, {}]) {
        const before = { ...context, ...(seen === undefined ? {} : { [KEY]: seen }) };
        const id = await tenant.session({ context: before });
        const was = (await tenant.look(id))!;
        await tenant.store.stamp(id, KEY, seen, FIRST);
        same(await tenant.store.unstamp(id, KEY, SECOND, seen), false, "another stamp");
        same(await tenant.store.unstamp(id, KEY, FIRST, seen), true, JSON.stringify(seen));
        const empty = Object.keys(before).length === 0;
        same(await tenant.look(id), { ...was, context: empty ? null : before }, "as it was");
        same(await tenant.store.unstamp(id, KEY, FIRST, seen), false, "a second time");
      }
    }
    const taken = await tenant.session();
    await tenant.store.stamp(taken, KEY, undefined, FIRST);
    await tenant.store.claim(taken, agent, {}, NOTHING);
    const owned = (await tenant.look(taken))!;
    same(await tenant.store.unstamp(taken, KEY, FIRST, undefined), true, "what is assigned");
    same(await tenant.look(taken), { ...owned, context: null }, "it stays assigned");
    same(await tenant.store.unstamp(tenant.newId(), KEY, FIRST, undefined), false, "no session");
  },
};
