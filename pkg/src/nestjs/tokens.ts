export { ROUND_ROBIN_CONTEXT_PROVIDER } from "../index.ts";

/** The token of the {@link SessionStore}. */
export const ASSIGNMENT_SESSION_STORE = Symbol.for("assignment-engine.session-store");

/** The token of the {@link Messenger}; under it lies null where the module was given none. */
export const ASSIGNMENT_MESSENGER = Symbol.for("assignment-engine.messenger");

/** The token of the {@link AssignmentModuleOptions}. */
export const ASSIGNMENT_MODULE_OPTIONS = Symbol.for("assignment-engine.module-options");

/** The token of what the module itself has opened. */
export const ROTATION_CONNECTION = Symbol.for("assignment-engine.rotation-connection");
