export { AssignmentService, type AssignmentServiceOptions } from "./service.ts";
export type { Handover } from "./handover.ts";
export type { ManualAssignment } from "./manual.ts";
export type { TeamAvailability } from "./opening.ts";
export { type Assigned, DEFAULT_QUEUE_LIMIT } from "./queue.ts";
export { InMemorySessionStore } from "./memory-store.ts";
export {
  type Claim,
  claimMany,
  type ClaimRequest,
  type Counts,
  type Expected,
  type Refusal,
  REFUSALS,
  type SessionChanges,
  type SessionStore,
} from "./store.ts";
export type { Transfer } from "./transfer.ts";
export type { Messenger } from "./messenger.ts";
