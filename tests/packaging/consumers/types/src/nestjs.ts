// The module for Nest.
import { Inject, Injectable, Module } from "@nestjs/common";
import {
  AssignmentService as FromMain,
  InMemorySessionStore,
  type RoundRobinContextProvider,
} from "assignment-engine";
import {
  ASSIGNMENT_SESSION_STORE,
  AssignmentHealthIndicator,
  type AssignmentHealthResult,
  AssignmentModule,
  type AssignmentModuleOptions,
  type AssignmentOptionsFactory,
  AssignmentService,
  ROUND_ROBIN_CONTEXT_PROVIDER,
} from "assignment-engine/nestjs";
import { Outbox } from "assignment-engine/testing";

@Injectable()
export class Handovers {
  constructor(
    readonly assignment: AssignmentService,
    @Inject(ROUND_ROBIN_CONTEXT_PROVIDER) readonly rotation: RoundRobinContextProvider,
    @Inject(ASSIGNMENT_SESSION_STORE) readonly store: InMemorySessionStore,
    readonly health: AssignmentHealthIndicator,
  ) {}

  async check(): Promise<AssignmentHealthResult<"rotation">> {
    const same: FromMain = this.assignment;
    await same.requestAssignment("chat-1");
    const result = await this.health.check("rotation");
    if (result.rotation.status === "down") void result.rotation.code;
    // @ts-expect-error under the key that was asked for
    void result.assignmentEngine;
    return result;
  }
}

@Injectable()
class Options implements AssignmentOptionsFactory {
  createAssignmentOptions(): AssignmentModuleOptions {
    return { trace: true, logger: false, redis: { deadlineMs: 100, env: {} } };
  }
}

const store = new InMemorySessionStore();

@Module({
  imports: [
    AssignmentModule.forRoot({ store, messenger: { useClass: Outbox }, isGlobal: true }),
    AssignmentModule.forRoot({
      store: InMemorySessionStore,
      redis: { client: { incr: () => 1, expire: () => 1 } },
    }),
    AssignmentModule.forRoot({
      store: { useExisting: "rows" },
      imports: [Options],
      clock: () => 0,
    }),
    AssignmentModule.forRootAsync({
      store: {
        useFactory: async (made: InMemorySessionStore) => made,
        inject: [InMemorySessionStore],
      },
      inject: [Options],
      useFactory: async (options: Options) => options.createAssignmentOptions(),
    }),
    AssignmentModule.forRootAsync({ store, useClass: Options }),
    // @ts-expect-error there must be a store
    AssignmentModule.forRoot({ trace: true }),
    // @ts-expect-error that is no store
    AssignmentModule.forRoot({ store: { useValue: new Map() } }),
    // @ts-expect-error a misspelt option
    AssignmentModule.forRoot({ store, shutdownTimeout: 100 }),
    // @ts-expect-error the factory must answer options
    AssignmentModule.forRootAsync({ store, useFactory: () => ({ trace: "yes" }) }),
  ],
  providers: [Handovers],
})
export class AppModule {}
