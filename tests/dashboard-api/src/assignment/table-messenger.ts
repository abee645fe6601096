import { Injectable } from "@nestjs/common";
import { InjectDataSource } from "@nestjs/typeorm";
import type { Message, Messenger, Session } from "assignment-engine";
import type { DataSource } from "typeorm";
import { SentMessageEntity } from "../database/entities";

/** An account that the gateway does not know. */
const UNKNOWN_ACCOUNT = "unknown";

/** Stands for the WhatsApp gateway: what it is to send is written to a table. */
@Injectable()
export class TableMessenger implements Messenger {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The engine sees to it that a contact hears nothing twice, whichever instance sends. */
  async send(session: Session, message: Message): Promise<void> {
    if (message.account === UNKNOWN_ACCOUNT) throw new Error("the gateway knows no such account");
    await this.dataSource.manager.insert(SentMessageEntity, {
      tenantId: session.tenantId,
      sessionId: session.id,
      contactId: session.contactId ?? undefined,
      about: message.about,
      body: message.text,
      mediaUrl: message.mediaUrl ?? null,
      account: message.account ?? null,
      sentAt: new Date(),
    });
  }
}
