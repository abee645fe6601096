import { Column, Entity, PrimaryColumn } from "typeorm";

/** An agent: somebody who answers contacts. */
@Entity("users")
export class UserEntity {
  @PrimaryColumn("uuid")
  id!: string;

  @Column("uuid", { name: "tenant_id" })
  tenantId!: string;

  @Column("text")
  name!: string;

  /** `online`, `offline`, `away`, … */
  @Column("text")
  status!: string;

  @Column("text", { array: true })
  skills!: string[];

  @Column("boolean", { name: "is_active" })
  isActive!: boolean;

  @Column("timestamptz", { name: "created_at" })
  createdAt!: Date;
}
