// The module under Nest: what it provides, how it is configured, and what it closes.

import { Inject, Injectable, Module } from "@nestjs/common";
import { expect, test } from "vitest";
import {
  ASSIGNMENT_MESSENGER,
  ASSIGNMENT_MODULE_OPTIONS,
  ASSIGNMENT_SESSION_STORE,
  AssignmentHealthIndicator,
  AssignmentModule,
  type AssignmentModuleRootOptions,
  type AssignmentOptionsFactory,
  AssignmentService,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "../../src/nestjs/index.ts";
import { AssignmentEngineError } from "../../src/errors.ts";
import { InMemoryRoundRobinContextProvider } from "../../src/provider/memory.ts";
import type { Messenger } from "../../src/service/index.ts";
import {
  FakeClock,
  InMemorySessionStore,
  Outbox,
  ScriptedRoundRobinContextProvider,
} from "../../src/testing/index.ts";
import { handOver, HERE, lines, NO_STORE, start, store } from "./support.ts";

/** A store as a class of an application's: it injects what it works on. */
class RowStore extends InMemorySessionStore {
  constructor(readonly rows: string) {
    super();
    this.putAgent({ id: rows, status: "online" });
    this.putTeam("acme", { id: "sales", members: [rows] });
    this.putSession({ id: "s1", tenantId: "acme" });
  }
}
Injectable()(RowStore);
Inject("ROWS")(RowStore, undefined, 0);

class RowsModule {}
Module({ providers: [{ provide: "ROWS", useValue: "zoe" }], exports: ["ROWS"] })(RowsModule);

test("with nothing but a store it starts in memory, and says so", async () => {
  const module = await start(AssignmentModule.forRoot({ ...HERE, store: store() }));
  expect(await handOver(module)).toBe("anna");
  const provider = module.get(ROUND_ROBIN_CONTEXT_PROVIDER);
  expect(provider).toBeInstanceOf(InMemoryRoundRobinContextProvider);
  expect(module.get(ASSIGNMENT_MESSENGER)).toBeNull();
  const health = await module.get(AssignmentHealthIndicator).check();
  expect(health).toEqual({
    assignmentEngine: {
      status: "up",
      provider: "in_memory",
      degraded: true,
      reason: expect.any(String),
    },
  });
});

test("log lines go to Nest's logger under a context of ours", async () => {
  const module = await start(AssignmentModule.forRoot({ ...HERE, store: store() }));
  lines.length = 0;
  await handOver(module);
  expect(lines.at(-1)).toEqual({
    level: "debug",
    context: "AssignmentEngine",
    message: "assignment_engine.outcome outcome=assign sessionId=s1",
  });
  expect(lines).toHaveLength(6);
});

test("a logger of one's own is taken instead, and false is silence", async () => {
  const told: string[] = [];
  const logger = {
    debug: (line: string) => told.push(line),
    warn: (line: string) => told.push(line),
  };
  await handOver(await start(AssignmentModule.forRoot({ ...HERE, store: store(), logger })));
  expect(told.at(-1)).toBe("assignment_engine.outcome outcome=assign sessionId=s1");
  await handOver(await start(AssignmentModule.forRoot({ ...HERE, store: store(), logger: false })));
  expect(lines.filter(({ context }) => context === "AssignmentEngine")).toEqual([]);
});

test("the string that applications inject by is the token of the provider", async () => {
  class Picks {
    constructor(readonly provider: unknown) {}
  }
  Injectable()(Picks);
  Inject("RoundRobinContextProvider")(Picks, undefined, 0);
  const provider = new ScriptedRoundRobinContextProvider([1]);
  const module = await start(AssignmentModule.forRoot({ store: store(), provider }), {
    providers: [Picks],
  });
  expect(module.get(Picks).provider).toBe(provider);
  expect(await handOver(module)).toBe("ben");
  const health = await module.get(AssignmentHealthIndicator).check("rotation");
  expect(health).toEqual({ rotation: { status: "up", provider: "custom", degraded: false } });
});

const stores: [how: string, options: Pick<AssignmentModuleRootOptions, "store" | "imports">][] = [
  ["a class", { store: RowStore, imports: [RowsModule] }],
  ["useClass", { store: { useClass: RowStore }, imports: [RowsModule] }],
  [
    "useFactory",
    {
      store: { useFactory: async (rows: string) => new RowStore(rows), inject: ["ROWS"] },
      imports: [RowsModule],
    },
  ],
  ["useValue", { store: { useValue: new RowStore("zoe") } }],
  ["an instance", { store: new RowStore("zoe") }],
];

test.each(stores)("the store can be given as %s, which can inject", async (_, options) => {
  const module = await start(AssignmentModule.forRoot({ ...HERE, ...options }));
  expect(await handOver(module)).toBe("zoe");
  expect(module.get(ASSIGNMENT_SESSION_STORE)).toBeInstanceOf(RowStore);
});

test("a store of another module is used with useExisting", async () => {
  class StoreModule {}
  Module({ imports: [RowsModule], providers: [RowStore], exports: [RowStore] })(StoreModule);
  const module = await start(
    AssignmentModule.forRoot({ ...HERE, store: { useExisting: RowStore }, imports: [StoreModule] }),
  );
  expect(await handOver(module)).toBe("zoe");
  expect(module.get(ASSIGNMENT_SESSION_STORE)).toBe(module.get(RowStore, { strict: false }));
});

test("without a store it does not start, and says what is missing", async () => {
  const starting = start(AssignmentModule.forRoot({ ...HERE, store: NO_STORE }));
  await expect(starting).rejects.toMatchObject({ code: "missing_field", path: "store" });
});

test("options come from a factory that injects", async () => {
  const clock = new FakeClock("2026-11-23T10:00:00Z");
  const module = await start(
    AssignmentModule.forRootAsync({
      imports: [RowsModule],
      inject: ["ROWS"],
      useFactory: async (rows: string) => {
        expect(rows).toBe("zoe");
        return { ...HERE, clock, trace: true };
      },
      store: { useClass: RowStore },
      messenger: { useClass: Outbox },
    }),
  );
  const { session, decision } = await module
    .get(AssignmentService)
    .requestAssignment("s1", "sales");
  expect(session.assignedAt).toEqual(clock());
  expect(decision.trace?.candidates).toHaveLength(1);
  expect(module.get(ASSIGNMENT_MESSENGER)).toBeInstanceOf(Outbox);
});

class Settings implements AssignmentOptionsFactory {
  createAssignmentOptions() {
    return { ...HERE, trace: true };
  }
}
Injectable()(Settings);

class SettingsModule {}
Module({ providers: [Settings], exports: [Settings] })(SettingsModule);

test.each([
  ["useClass", { useClass: Settings }],
  ["useExisting", { useExisting: Settings, imports: [SettingsModule] }],
])("options come from %s", async (_, how) => {
  const module = await start(AssignmentModule.forRootAsync({ ...how, store: store() }));
  const { decision } = await module.get(AssignmentService).requestAssignment("s1", "sales");
  expect(decision.trace).toBeDefined();
});

test("a factory that fails fails the start", async () => {
  const useFactory = () => Promise.reject(new Error("no settings"));
  const starting = start(AssignmentModule.forRootAsync({ useFactory, store: store() }));
  await expect(starting).rejects.toThrow("no settings");
});

test("other modules inject it where it is global, and only there", async () => {
  class Chats {
    constructor(readonly service: AssignmentService) {}
  }
  Injectable()(Chats);
  Inject(AssignmentService)(Chats, undefined, 0);
  class ChatsModule {}
  Module({ providers: [Chats] })(ChatsModule);
  for (const imported of [
    AssignmentModule.forRoot({ ...HERE, store: store(), isGlobal: true }),
    AssignmentModule.forRootAsync({ useFactory: () => HERE, store: store(), isGlobal: true }),
  ]) {
    const module = await start(imported, { imports: [ChatsModule] });
    const chats = module.get(Chats, { strict: false });
    expect(chats.service).toBe(module.get(AssignmentService));
  }
  const closed = start(AssignmentModule.forRoot({ ...HERE, store: store() }), {
    imports: [ChatsModule],
  });
  await expect(closed).rejects.toThrow(/resolve dependencies/);
});

test("tests put their own store, provider, messenger and options in place", async () => {
  const outbox = new Outbox();
  const own = store();
  own.putTeam("acme", { id: "empty" });
  const rotation = new ScriptedRoundRobinContextProvider([1]);
  const env = { REDIS_HOST: "127.0.0.1", REDIS_PORT: "1" };
  const module = await start(
    AssignmentModule.forRoot({ redis: { env }, store: NO_STORE }),
    {},
    (builder) =>
      builder
        .overrideProvider(ASSIGNMENT_SESSION_STORE)
        .useValue(own)
        .overrideProvider(ROUND_ROBIN_CONTEXT_PROVIDER)
        .useValue(rotation)
        .overrideProvider(ASSIGNMENT_MESSENGER)
        .useValue(outbox)
        .overrideProvider(ASSIGNMENT_MODULE_OPTIONS)
        .useValue({ trace: true, logger: false }),
  );
  const service = module.get(AssignmentService);
  const { decision } = await service.requestAssignment("s1", "empty");
  expect(decision.trace).toBeDefined();
  expect(outbox.sent).toHaveLength(1);
  expect(await handOver(module)).toBe("ben");
  // Nobody went to look for the Redis that is not there.
  expect(lines.filter(({ context }) => context === "AssignmentEngine")).toEqual([]);
});

test("a messenger and a provider can be classes that inject", async () => {
  const sent: string[] = [];
  class Line implements Messenger {
    constructor(readonly rows: string) {}
    async send(session: { id: string }) {
      sent.push(`${session.id} over ${this.rows}`);
    }
  }
  Injectable()(Line);
  Inject("ROWS")(Line, undefined, 0);
  class Counters extends InMemoryRoundRobinContextProvider {}
  Injectable()(Counters);
  const own = store();
  own.putTeam("acme", { id: "empty" });
  const module = await start(
    AssignmentModule.forRoot({
      store: own,
      messenger: Line,
      provider: { useClass: Counters },
      imports: [RowsModule],
    }),
  );
  await module.get(AssignmentService).requestAssignment("s1", "empty");
  expect(sent).toEqual(["s1 over zoe"]);
  expect(module.get(ROUND_ROBIN_CONTEXT_PROVIDER)).toBeInstanceOf(Counters);
});

test("rules, hooks and timeouts are passed through", async () => {
  const outcomes: string[] = [];
  const module = await start(
    AssignmentModule.forRoot({
      ...HERE,
      store: store(),
      rules: [async () => ({ outcome: "assign", agentId: "ben" })],
      hooks: { outcome: ({ outcome }) => outcomes.push(outcome) },
      answerTimeoutMs: 500,
    }),
  );
  expect(await handOver(module)).toBe("ben");
  expect(outcomes).toEqual(["assign"]);
  const bad = start(AssignmentModule.forRoot({ ...HERE, store: store(), answerTimeoutMs: -1 }));
  await expect(bad).rejects.toThrow(AssignmentEngineError);
});

test("two of them in one application have each their own", async () => {
  const modules = ["zoe", "max"].map((rows) => {
    class Tenancy {}
    const imported = AssignmentModule.forRoot({ ...HERE, store: new RowStore(rows) });
    Module({
      imports: [imported],
      providers: [
        {
          provide: `SERVICE_OF_${rows}`,
          inject: [AssignmentService],
          useFactory: (service: AssignmentService) => service,
        },
      ],
    })(Tenancy);
    return Tenancy;
  });
  const [one, two] = modules;
  const module = await start({ module: one! }, { imports: [two!] });
  for (const rows of ["zoe", "max"]) {
    const service = module.get<AssignmentService>(`SERVICE_OF_${rows}`, { strict: false });
    const { outcome } = await service.requestAssignment("s1", "sales");
    expect(outcome).toEqual({ kind: "assign", agentId: rows });
  }
});

test("values are not looked at, however large", async () => {
  const large = new Proxy(store(), {
    get(target, name) {
      if (name === "toJSON") throw new Error("looked at");
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    ownKeys() {
      throw new Error("looked at");
    },
  });
  for (const given of [large, { useValue: large }]) {
    const module = await start(AssignmentModule.forRoot({ ...HERE, store: given }));
    expect(["anna", "skip"]).toContain(await handOver(module));
  }
});
