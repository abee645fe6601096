import { Injectable, Logger } from "@nestjs/common";
import { InjectDataSource } from "@nestjs/typeorm";
import type { Message, Messenger, Session } from "assignment-engine";
import { MoreThan, type DataSource } from "typeorm";
import { SentMessageEntity } from "../database/entities";

/** An account that the gateway does not know. */
const UNKNOWN_ACCOUNT = "unknown";

/**
 * The engine asks for one a day. Shorter than that, so that the two clocks cannot get into each
 * other's way: this is only for instances that decide at the same moment.
 */
const SAME_MOMENT_MS = 12 * 3_600_000;

/** Stands for the WhatsApp gateway: what it is to send is written to a table. */
@Injectable()
export class TableMessenger implements Messenger {
  private readonly logger = new Logger(TableMessenger.name);

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The engine sees to it that a contact hears nothing twice, but each process for itself: two
   * instances whose timers tick together would both send. The session's row is the lock, and the
   * table of what was sent has the last word.
   */
  async send(session: Session, message: Message): Promise<void> {
    if (message.account === UNKNOWN_ACCOUNT) throw new Error("the gateway knows no such account");
    const [sessionId, about] = [session.id, message.about];
    await this.dataSource.transaction(async (manager) => {
      await manager.query("SELECT 1 FROM sessions WHERE id = $1 FOR NO KEY UPDATE", [sessionId]);
      const sentAt = new Date();
      const same = MoreThan(new Date(sentAt.getTime() - SAME_MOMENT_MS));
      if (await manager.existsBy(SentMessageEntity, { sessionId, about, sentAt: same })) {
        this.logger.warn(`not sent twice about=${about} sessionId=${sessionId}`);
        return;
      }
      await manager.insert(SentMessageEntity, {
        tenantId: session.tenantId,
        sessionId,
        contactId: session.contactId ?? undefined,
        about,
        body: message.text,
        mediaUrl: message.mediaUrl ?? null,
        account: message.account ?? null,
        sentAt,
      });
    });
  }
}
