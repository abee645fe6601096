/** Everything in one: what the entries of the package show parts of, so that each thing is there once. */
import "./kernel/beside.ts";

export * from "./public.ts";
export { init } from "./init.ts";
export * from "./redis/provider.ts";
export * from "./testing/index.ts";
// For `redis` and `nestjs`, which are built by themselves: they need packages that not everybody has.
export { printable } from "./errors.ts";
export { within } from "./service/deadline.ts";
export { isObject } from "./service/input.ts";
