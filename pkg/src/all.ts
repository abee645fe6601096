/** What the entries of the package have in common, so that each thing is there once. */
export * from "./index.ts";
export * from "./redis/provider.ts";
// For the entries that are built by themselves, for not everybody needs them.
export { printable } from "./errors.ts";
export { within } from "./service/deadline.ts";
export { isObject } from "./service/input.ts";
export { millisecondsOf } from "./service/instants.ts";
export { rowCopy } from "./service/json.ts";
export { isWith, teamIdOf } from "./service/sessions.ts";
export { checkedToken, standingOf } from "./service/tokens.ts";
