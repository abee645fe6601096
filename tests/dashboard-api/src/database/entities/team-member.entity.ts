import { Column, Entity, PrimaryColumn } from "typeorm";

/** Who is in which team. A member on leave stays in the table and is not active. */
@Entity("team_members")
export class TeamMemberEntity {
  @PrimaryColumn("uuid", { name: "team_id" })
  teamId!: string;

  @PrimaryColumn("uuid", { name: "user_id" })
  userId!: string;

  @Column("boolean", { name: "is_active" })
  isActive!: boolean;
}
