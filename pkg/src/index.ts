/**
 * Decides which support agent gets a conversation, and can say why.
 *
 * Works at once wherever it is imported: the module's bytes are part of the code.
 */
import "./kernel/inline.ts";

export * from "./public.ts";

/** Does nothing: here the engine is there at once. `assignment-engine/web` has one that loads. */
export async function init(): Promise<void> {}
