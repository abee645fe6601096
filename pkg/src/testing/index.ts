export { FailingRoundRobinContextProvider, type FailureKind } from "./failing-provider.ts";
export { FakeClock } from "./fake-clock.ts";
export { Outbox, type SentMessage } from "./outbox.ts";
export { ScriptedRoundRobinContextProvider, type IndexCall } from "./scripted-provider.ts";
export { InMemorySessionStore } from "../public.ts";
