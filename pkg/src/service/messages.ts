import { AssignmentEngineError } from "../errors.ts";
import type { Message, Session } from "../types.ts";
import { within } from "./deadline.ts";
import type { Messenger } from "./messenger.ts";
import type { Observer } from "./observe.ts";

/** The messenger as the service uses it: bounded in time, and with words for what went wrong. */
export class BoundedMessenger {
  readonly #messenger: Messenger | undefined;
  readonly #deadlineMs: number;
  readonly #observer: Observer;
  #dropped = false;

  constructor(messenger: Messenger | undefined, deadlineMs: number, observer: Observer) {
    this.#messenger = messenger;
    this.#deadlineMs = deadlineMs;
    this.#observer = observer;
  }

  /** Sends the message: nothing, or why it could not be sent. */
  async send(session: Session, message: Message): Promise<string | undefined> {
    const messenger = this.#messenger;
    if (messenger === undefined) {
      if (!this.#dropped) this.#observer.messageDropped(session.id);
      this.#dropped = true;
      return undefined;
    }
    const milliseconds = this.#deadlineMs;
    const late = () => {
      const message = `the messenger did not answer within ${milliseconds} ms`;
      return new AssignmentEngineError("messenger_timeout", message);
    };
    try {
      await within(milliseconds, () => messenger.send(session, message), late);
      return undefined;
    } catch (error) {
      this.#observer.failed("messenger.send", session.id, error);
      return reasonOf(error);
    }
  }
}

/** Why, for people: what was rejected with says it, if it says anything. */
function reasonOf(error: unknown): string {
  const said = typeof error === "string" ? error : error instanceof Error ? error.message : "";
  return said.trim() === "" ? "the messenger failed" : said.slice(0, 500);
}
