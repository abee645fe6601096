/**
 * Decides which support agent gets a conversation, and can say why.
 *
 * Works at once wherever it is imported: the module's bytes are part of the code.
 */
import "./kernel/inline.ts";

export * from "./public.ts";

export { init } from "./init.ts";
