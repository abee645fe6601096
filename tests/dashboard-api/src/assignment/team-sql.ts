import type { Agent, Team } from "assignment-engine";
import type { EntityManager, SelectQueryBuilder } from "typeorm";
import { TeamEntity, TeamMemberEntity, UserEntity } from "../database/entities";

/** The tenant's teams with the ids of their active members. */
export async function findTeams(manager: EntityManager, tenantId: string): Promise<Team[]> {
  const found = await teamsWithMembers(manager, "team.tenantId = :tenantId", { tenantId });
  return found.map(({ team }) => team);
}

/** One team, and whose it is. */
export async function findTeam(
  manager: EntityManager,
  id: string,
): Promise<{ tenantId: string; team: Team } | null> {
  const [found] = await teamsWithMembers(manager, "team.id = :id", { id });
  return found ?? null;
}

/** The team's active members with their counts, in one query. */
export async function findMembers(
  manager: EntityManager,
  teamId: string,
  countsSince: Date | undefined,
): Promise<Agent[]> {
  return manager.query(
    `SELECT u.id, u.name, u.status, u.created_at AS "createdAt",
            count(s.id) FILTER (WHERE s.status = 'assigned')::int AS active,
            count(s.id) FILTER (WHERE $2::timestamptz IS NULL OR s.assigned_at >= $2)::int AS total
     FROM team_members m
     JOIN users u ON u.id = m.user_id
     LEFT JOIN sessions s ON s.assigned_agent_id = u.id
     WHERE m.team_id = $1 AND m.is_active AND u.is_active
     GROUP BY u.id`,
    [teamId, countsSince ?? null],
  );
}

async function teamsWithMembers(
  manager: EntityManager,
  where: string,
  parameters: Record<string, string>,
): Promise<{ tenantId: string; team: Team }[]> {
  const query: SelectQueryBuilder<TeamEntity> = manager
    .createQueryBuilder(TeamEntity, "team")
    .leftJoin(TeamMemberEntity, "member", "member.teamId = team.id AND member.isActive")
    .leftJoin(UserEntity, "agent", "agent.id = member.userId AND agent.isActive")
    .addSelect("array_remove(array_agg(agent.id ORDER BY agent.id), NULL)", "members")
    .where(where, parameters)
    .groupBy("team.id")
    .orderBy("team.id");
  const { entities, raw } = await query.getRawAndEntities<{ members: string[] }>();
  return entities.map((row, at) => {
    const { tenantId, ...team } = row;
    return { tenantId, team: { ...team, members: raw[at]?.members ?? [] } };
  });
}
