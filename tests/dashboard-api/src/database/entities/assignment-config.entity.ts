import { Column, Entity, PrimaryColumn } from "typeorm";
import type { TenantConfig } from "assignment-engine";

/** How a tenant routes. Rows with a team belong to an older feature and are not read. */
@Entity("assignment_configs")
export class AssignmentConfigEntity {
  @PrimaryColumn("uuid")
  id!: string;

  @Column("uuid", { name: "tenant_id" })
  tenantId!: string;

  @Column("uuid", { name: "team_id", nullable: true })
  teamId!: string | null;

  @Column("boolean")
  enabled!: boolean;

  @Column("text", { nullable: true })
  strategy!: string | null;

  @Column("jsonb")
  settings!: NonNullable<TenantConfig["settings"]>;
}
