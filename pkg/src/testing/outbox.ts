import { AssignmentEngineError, type Message, type Messenger, type Session } from "../public.ts";
import { rowCopy } from "../service/json.ts";

/** A message, and the session whose contact it went to. */
export interface SentMessage {
  sessionId: string;
  message: Message;
}

/** Keeps messages instead of sending them, or fails to, as it is told. */
export class Outbox implements Messenger {
  #sent: SentMessage[] = [];
  #failure: string | undefined;

  async send(session: Session, message: Message): Promise<void> {
    if (this.#failure !== undefined) {
      throw new AssignmentEngineError("message_failed", this.#failure);
    }
    this.#sent.push({ sessionId: session.id, message: rowCopy(message, "message") });
  }

  /** What was kept so far, oldest first. */
  get sent(): readonly SentMessage[] {
    return this.#sent;
  }

  /** Takes out what was kept so far, oldest first. */
  take(): SentMessage[] {
    return this.#sent.splice(0);
  }

  /** The same, the texts alone. */
  takeTexts(): string[] {
    return this.take().map(({ message }) => message.text);
  }

  /** From now on nothing is sent, for this reason. */
  fail(why: string): void {
    this.#failure = why;
  }

  /** From now on messages are kept again. */
  recover(): void {
    this.#failure = undefined;
  }
}
