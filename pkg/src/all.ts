/** Everything in one: what the entries of the package show parts of, so that each thing is there once. */
import "./kernel/beside.ts";

export * from "./public.ts";
export { init } from "./init.ts";
export * from "./redis/policy.ts";
export * from "./redis/provider.ts";
// For the entries that are built by themselves, for not everybody needs them.
export { printable } from "./errors.ts";
export { within } from "./service/deadline.ts";
export { isObject } from "./service/input.ts";
export { millisecondsOf } from "./service/instants.ts";
export { rowCopy } from "./service/json.ts";
export { isWith, teamIdOf } from "./service/sessions.ts";
export { checkedToken, standingOf } from "./service/tokens.ts";
