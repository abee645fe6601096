// The store in memory, as a store: what it grants, counts and gives away.

import { expect, test } from "vitest";
import { InMemorySessionStore } from "../../src/service/memory-store.ts";
import { byBytes } from "../../src/service/order.ts";
import { WaitingLine } from "../../src/service/memory/waiting.ts";
import { session } from "./support/world.ts";

const AT = new Date("2026-11-23T10:00:00Z");
const NOTHING = { context: {}, at: AT };
const ANY = { teamId: undefined, maxLoad: undefined };

function storeWith(...agents: string[]): InMemorySessionStore {
  const store = new InMemorySessionStore();
  for (const id of agents) store.putAgent({ id, status: "online" });
  store.putTeam("acme", { id: "sales", members: agents });
  return store;
}

test("a claim gives the session away once, together with the changes", async () => {
  const store = storeWith("anna", "ben");
  store.putSession(session("s1", { context: { old: 1, both: 1 } }));
  const changes = { teamId: "sales", context: { both: 2 }, at: AT };
  const claims = await Promise.all(
    ["anna", "ben", "anna"].map((agent) => store.claim("s1", agent, ANY, changes)),
  );
  const stored = {
    ...session("s1"),
    context: { old: 1, both: 2 },
    status: "assigned",
    assignedAgentId: "anna",
    assignedTeamId: "sales",
    assignedAt: AT,
    updatedAt: AT,
  };
  expect(claims).toEqual([
    { kind: "claimed", session: stored },
    { kind: "refused", refusal: "session_taken" },
    { kind: "refused", refusal: "session_taken" },
  ]);
  expect(await store.session("s1")).toEqual(stored);
});

test("a claim is refused for what does not hold any more, in this order", async () => {
  const store = storeWith("anna");
  store.putSession(session("over", { status: "resolved" }));
  store.putSession(session("odd", { assignedAgentId: "ben" }));
  store.putSession(session("moved", { assignedTeamId: "support" }));
  store.putSession(session("s1"));
  store.putSession(session("old", { status: "assigned", assignedAgentId: "anna" }));
  const limited = { teamId: undefined, maxLoad: 1 };
  for (const [id, agent, refusal] of [
    ["gone", "nobody", "session_gone"],
    ["over", "nobody", "session_taken"],
    ["odd", "nobody", "session_taken"],
    ["moved", "nobody", "session_moved"],
    ["s1", "nobody", "agent_gone"],
    ["s1", "anna", "agent_at_limit"],
  ] as const) {
    expect(await store.claim(id, agent, limited, NOTHING)).toEqual({ kind: "refused", refusal });
  }
  const two = { teamId: undefined, maxLoad: 2 };
  expect(await store.claim("s1", "anna", two, NOTHING)).toHaveProperty("kind", "claimed");
});

test("a limit holds however many claims come at once", async () => {
  const store = storeWith("anna");
  const ids = Array.from({ length: 50 }, (_, n) => `s${n}`);
  for (const id of ids) store.putSession(session(id));
  const three = { teamId: undefined, maxLoad: 3 };
  const claims = await Promise.all(ids.map((id) => store.claim(id, "anna", three, NOTHING)));
  expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(3);
});

test("an update changes only what is still unassigned", async () => {
  const store = storeWith("anna");
  store.putSession(session("s1"));
  store.putSession(session("s2", { status: "assigned", assignedAgentId: "anna" }));
  const changes = { teamId: "sales", context: { a: 1 }, at: AT };
  const changed = { ...session("s1"), assignedTeamId: "sales", context: { a: 1 }, updatedAt: AT };
  expect(await store.update("s1", changes)).toEqual(changed);
  const before = await store.session("s2");
  expect(await store.update("s2", changes)).toEqual(before);
  expect(await store.session("s2")).toEqual(before);
  expect(await store.update("gone", changes)).toBeNull();
});

test("members have what they were put with, and what they have and were given here", async () => {
  const store = storeWith("anna", "ben");
  store.putAgent({ id: "anna", status: "online", active: 1, total: 5 });
  for (const [id, at] of [
    ["s1", "2026-10-01T10:00:00Z"],
    ["s2", "2026-11-23T09:00:00Z"],
    ["s3", "2026-11-23T10:00:00Z"],
  ] as const) {
    store.putSession(session(id));
    await store.claim(id, "anna", ANY, { context: {}, at: new Date(at) });
  }
  store.resolve("s1");
  const counts = async (since?: string) => {
    const members = await store.members(
      "sales",
      since === undefined ? { kind: "ever" } : { kind: "since", at: new Date(since) },
    );
    return members.map(({ id, active, total }) => [id, active, total]);
  };
  expect(await counts()).toEqual([
    ["anna", 3, 8],
    ["ben", 0, 0],
  ]);
  expect(await counts("2026-11-01T00:00:00Z")).toEqual([
    ["anna", 3, 7],
    ["ben", 0, 0],
  ]);
  expect(await counts("2026-11-23T10:00:00Z")).toEqual([
    ["anna", 3, 6],
    ["ben", 0, 0],
  ]);
  expect(store.setStatus("anna", "away")).toBe(true);
  expect(store.setStatus("nobody", "online")).toBe(false);
  expect((await store.members("sales", { kind: "ever" }))[0]?.status).toBe("away");
  expect(await store.members("nowhere", { kind: "ever" })).toEqual([]);
});

test("the queue is in order, and follows what happens to its sessions", async () => {
  const store = storeWith("anna");
  const ids = async (teamId?: string, limit = 10) =>
    (await store.queue("acme", teamId, limit)).map(({ id }) => id);
  store.putSession(session("b", { createdAt: AT }));
  store.putSession(session("a", { createdAt: AT.toISOString(), assignedTeamId: "sales" }));
  store.putSession(session("young", { createdAt: "2026-11-23T11:00:00Z" }));
  store.putSession(session("timeless"));
  store.putSession(session("theirs", { tenantId: "other" }));
  expect(await ids()).toEqual(["timeless", "a", "b", "young"]);
  expect(await ids("sales")).toEqual(["a"]);
  expect(await ids(undefined, 2)).toEqual(["timeless", "a"]);
  await store.claim("a", "anna", { teamId: "sales", maxLoad: undefined }, NOTHING);
  store.resolve("timeless");
  store.putSession(session("young", { createdAt: "2026-11-23T08:00:00Z" }));
  expect(await ids()).toEqual(["young", "b"]);
  expect(store.remove("b")?.id).toBe("b");
  expect(store.remove("b")).toBeNull();
  expect(store.resolve("b")).toBe(false);
  expect(await ids()).toEqual(["young"]);
});

test("a contact's other assigned sessions are known, within the tenant", async () => {
  const store = storeWith("anna");
  const taken = { contactId: "c1", status: "assigned", assignedAgentId: "anna" } as const;
  store.putSession(session("s1", taken));
  const has = (except: string, tenant = "acme", contact = "c1") =>
    store.contactHasAssignedSession(tenant, contact, except);
  expect([await has("s1"), await has("s2"), await has("s2", "other")]).toEqual([
    false,
    true,
    false,
  ]);
  store.putSession(session("s2", taken));
  expect(await has("s1")).toBe(true);
  store.resolve("s1");
  store.resolve("s2");
  expect(await has("s3")).toBe(false);
  // Keys are made of two ids, whatever these hold.
  store.putSession(session("s4", { ...taken, tenantId: 'a","b', contactId: "c" }));
  expect(await has("s0", "a", 'b","c')).toBe(false);
});

test("what goes in and what comes out are copies", async () => {
  const store = new InMemorySessionStore();
  const team = { id: "sales", members: ["anna"], routingConfig: { maxLoad: 1 } };
  const agent = { id: "anna", status: "online" };
  const tenant = { settings: { outOfOfficeMessage: "zzz" } };
  const row = session("s1", { context: { list: [1] }, createdAt: new Date(AT) });
  store.putTeam("acme", team);
  store.putAgent(agent);
  store.putTenant("acme", tenant);
  store.putSession(row);
  const all = async () => [
    await store.session("s1"),
    await store.queue("acme", undefined, 1),
    await store.teams("acme"),
    await store.team("sales"),
    await store.members("sales", { kind: "ever" }),
    await store.tenant("acme"),
    store.sessions(),
  ];
  const before = structuredClone(await all());
  const spoil = (value: unknown): void => {
    if (value instanceof Date) value.setTime(0);
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      spoil(inner);
      (value as Record<string, unknown>)[key] = "spoilt";
    }
  };
  for (const value of [team, agent, tenant, row, await all()]) spoil(value);
  expect(await all()).toEqual(before);

  const changes = { context: { list: [2] }, at: new Date(AT) };
  store.putAgent({ id: "anna" });
  const claim = await store.claim("s1", "anna", ANY, changes);
  const claimed = structuredClone(await store.session("s1"));
  spoil(changes);
  spoil(claim);
  expect(await store.session("s1")).toEqual(claimed);
});

test("what is no row is refused", () => {
  const store = new InMemorySessionStore();
  const any = (value: unknown) => value as never;
  for (const [put, code] of [
    [() => store.putSession(any(undefined)), "wrong_type"],
    [() => store.putSession(any({ id: "s1" })), "wrong_type"],
    [() => store.putSession(session("")), "wrong_type"],
    [() => store.putSession(session("s1", { createdAt: "yesterday" })), "invalid_value"],
    [() => store.putSession(session("s1", any({ close() {} }))), "wrong_type"],
    [() => store.putTeam("", { id: "sales" }), "invalid_value"],
    [() => store.putTeam("acme", any(undefined)), "wrong_type"],
    [() => store.putAgent(any({ id: 7 })), "wrong_type"],
    [() => store.putTenant("acme", any(null)), "wrong_type"],
  ] as const) {
    expect(put).toThrow(expect.objectContaining({ code }));
  }
  expect(store.sessions()).toEqual([]);
});

test("ids are ordered by their bytes in UTF-8", () => {
  const ids = ["b", "a", "é", "😀", "￿", "", "aa", "", "ａ", "𐀀", "\ue000"];
  const bytes = (id: string) => Buffer.from(id);
  const byBuffer = [...ids].sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
  expect([...ids].sort(byBytes)).toEqual(byBuffer);
});

test("a line keeps its order through any additions and removals", () => {
  const line = new WaitingLine();
  const places = Array.from({ length: 500 }, (_, n) => {
    const random = (n * 7919) % 499;
    return { createdAt: random % 5 === 0 ? undefined : random % 17, id: `s${random}-${n}` };
  });
  for (const place of places) line.add(place);
  const kept = places.filter((_, n) => n % 3 !== 0);
  for (const place of places.filter((_, n) => n % 3 === 0)) line.remove(place);
  line.remove({ createdAt: 3, id: "nobody" });
  const age = (createdAt: number | undefined) => createdAt ?? -1;
  const sorted = [...kept].sort(
    (a, b) => age(a.createdAt) - age(b.createdAt) || byBytes(a.id, b.id),
  );
  expect([...line.ids()]).toEqual(sorted.map(({ id }) => id));
});
