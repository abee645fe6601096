import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";

/** What the (pretended) WhatsApp gateway was given to send. */
@Entity("sent_messages")
export class SentMessageEntity {
  @PrimaryGeneratedColumn("identity", { type: "bigint" })
  id!: string;

  @Column("uuid", { name: "tenant_id" })
  tenantId!: string;

  @Column("uuid", { name: "session_id" })
  sessionId!: string;

  @Column("uuid", { name: "contact_id" })
  contactId!: string;

  @Column("text")
  about!: string;

  @Column("text")
  body!: string;

  @Column("text", { name: "media_url", nullable: true })
  mediaUrl!: string | null;

  @Column("text", { nullable: true })
  account!: string | null;

  @Column("timestamptz", { name: "sent_at" })
  sentAt!: Date;
}
