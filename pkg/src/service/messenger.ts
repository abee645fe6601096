import type { Message, Session } from "../types.ts";

/** Sends messages to contacts. */
export interface Messenger {
  /**
   * Sends `message` to the contact of `session`, over the account that the message names. Rejects
   * if it could not be sent.
   */
  send(session: Session, message: Message): Promise<void>;
}
