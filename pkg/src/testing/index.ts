export { FailingRoundRobinContextProvider, type FailureKind } from "./failing-provider.ts";
export { FakeClock } from "./fake-clock.ts";
export { Outbox, type SentMessage } from "./outbox.ts";
export { ScriptedRoundRobinContextProvider, type IndexCall } from "./scripted-provider.ts";
export { sessionStoreChecks } from "./store/checks.ts";
export type { StoreCheck, StoreFixture } from "./store/fixture.ts";
export { InMemorySessionStore } from "../public.ts";
