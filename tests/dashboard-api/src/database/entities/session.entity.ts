import { Column, Entity, PrimaryColumn } from "typeorm";
import type { SessionStatus } from "assignment-engine";

/** A conversation. Its properties are named as the engine names them, so a row is a `Session`. */
@Entity("sessions")
export class SessionEntity {
  @PrimaryColumn("uuid")
  id!: string;

  @Column("uuid", { name: "tenant_id" })
  tenantId!: string;

  @Column("uuid", { name: "contact_id" })
  contactId!: string;

  @Column("text")
  status!: SessionStatus;

  @Column("uuid", { name: "assigned_agent_id", nullable: true })
  assignedAgentId!: string | null;

  @Column("uuid", { name: "assigned_team_id", nullable: true })
  assignedTeamId!: string | null;

  @Column("timestamptz", { name: "assigned_at", nullable: true })
  assignedAt!: Date | null;

  @Column("timestamptz", { name: "accepted_at", nullable: true })
  acceptedAt!: Date | null;

  @Column("integer")
  priority!: number;

  @Column("text")
  channel!: string;

  @Column("jsonb", { nullable: true })
  context!: Record<string, unknown> | null;

  @Column("timestamptz", { name: "created_at" })
  createdAt!: Date;

  @Column("timestamptz", { name: "updated_at" })
  updatedAt!: Date;

  @Column("timestamptz", { name: "last_message_at", nullable: true })
  lastMessageAt!: Date | null;
}
