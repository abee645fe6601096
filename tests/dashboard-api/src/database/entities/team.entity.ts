import { Column, Entity, PrimaryColumn } from "typeorm";
import type { RoutingConfig, Schedule } from "assignment-engine";

@Entity("teams")
export class TeamEntity {
  @PrimaryColumn("uuid")
  id!: string;

  @Column("uuid", { name: "tenant_id" })
  tenantId!: string;

  @Column("text")
  name!: string;

  @Column("boolean", { name: "is_active" })
  isActive!: boolean;

  @Column("boolean", { name: "is_default" })
  isDefault!: boolean;

  @Column("timestamptz", { name: "created_at" })
  createdAt!: Date;

  @Column("text", { name: "routing_strategy", nullable: true })
  routingStrategy!: string | null;

  @Column("jsonb", { name: "routing_config", nullable: true })
  routingConfig!: RoutingConfig | null;

  @Column("jsonb", { nullable: true })
  schedule!: Schedule | null;
}
