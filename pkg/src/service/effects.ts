import { messageFailed } from "../engine/index.ts";
import { read } from "../engine/wire.ts";
import type { Decision, Effect, Session } from "../types.ts";
import { merged } from "./json.ts";
import type { Parts } from "./parts.ts";

/** What came of a decision's effects. */
export type Performed =
  /** Done, with the entries that are to be stored in the context. */
  | { kind: "done"; decision: Decision; entries: Record<string, unknown> }
  /** Somebody else has just told the contact, or taken the session: decide on how it is now. */
  | { kind: "overtaken" };

/**
 * Does what the decision asks for: sends its message, and collects what is to be stored. `stored` is
 * the session as the store gave it, `session` as the engine saw it.
 *
 * A message is stamped before it is sent, and only where nobody has stamped it since `stored` was
 * read: so of several instances that decide alike, one sends. What could not be sent leaves no
 * stamp. Should this process end between the two, the contact hears nothing until the stamp is a
 * day old.
 */
export async function perform(
  parts: Parts,
  stored: Session,
  session: Session,
  decision: Decision,
): Promise<Performed> {
  let entries: Record<string, unknown> = {};
  for (const [at, effect] of decision.effects.entries()) {
    if (effect.kind === "merge_context") {
      entries = merged(entries, effect.entries);
      continue;
    }
    const { kind: _, ...message } = effect;
    const stamp = stampOf(decision.effects[at + 1], stored);
    if (stamp !== undefined) {
      const { key, seen, value } = stamp;
      if (!(await parts.store.stamp(stored.id, key, seen, value))) return { kind: "overtaken" };
    }
    const why = await parts.messenger.send(session, message);
    if (why === undefined) continue;
    if (stamp !== undefined) await takeBack(parts, stored.id, stamp);
    return { kind: "done", decision: messageFailed(decision, why), entries };
  }
  return { kind: "done", decision, entries };
}

/** What remembers that a message was sent. */
interface Stamp {
  key: string;
  /** What stood there when the decision was made. */
  seen: unknown;
  value: string;
}

/** The stamp that follows a message: the first text that it puts into the context. */
function stampOf(next: Effect | undefined, stored: Session): Stamp | undefined {
  if (next?.kind !== "merge_context") return undefined;
  for (const [key, value] of Object.entries(next.entries)) {
    if (typeof value !== "string") continue;
    return { key, seen: read(read(stored, "context") ?? {}, key), value };
  }
  return undefined;
}

async function takeBack(parts: Parts, sessionId: string, stamp: Stamp): Promise<void> {
  try {
    await parts.store.unstamp(sessionId, stamp.key, stamp.value, stamp.seen);
  } catch {
    // The store has told the hooks why. The outcome is that of the message, which was not sent.
    parts.observer.stampLeft(sessionId, stamp.key);
  }
}
