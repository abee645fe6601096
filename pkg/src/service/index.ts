export { AssignmentService, type AssignmentServiceOptions } from "./service.ts";
export type { Handover } from "./handover.ts";
export type { ManualAssignment } from "./manual.ts";
export type { TeamAvailability } from "./opening.ts";
export { type Assigned, DEFAULT_QUEUE_LIMIT } from "./queue.ts";
export { InMemorySessionStore } from "./memory-store.ts";
export type { Claim, Expected, Refusal, SessionChanges, SessionStore } from "./store.ts";
export type { Messenger } from "./messenger.ts";
