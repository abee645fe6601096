import { Injectable } from "@nestjs/common";
import { InjectDataSource } from "@nestjs/typeorm";
import type {
  Agent,
  Claim,
  Expected,
  Session,
  SessionChanges,
  SessionStore,
  Team,
  TenantConfig,
} from "assignment-engine";
import { IsNull, type DataSource } from "typeorm";
import { AssignmentConfigEntity, SessionEntity } from "../database/entities";
import { claimSession } from "./claim-session";
import { isUuid, updateSession } from "./session-sql";
import { findMembers, findTeam, findTeams } from "./team-sql";

/** The engine's port to our PostgreSQL. */
@Injectable()
export class TypeOrmSessionStore implements SessionStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async session(id: string): Promise<Session | null> {
    return isUuid(id) ? this.#sessions.findOneBy({ id }) : null;
  }

  async queue(tenantId: string, teamId: string | undefined, limit: number): Promise<Session[]> {
    return this.#sessions.find({
      where: { tenantId, status: "unassigned", ...(teamId ? { assignedTeamId: teamId } : {}) },
      order: { createdAt: "ASC", id: "ASC" },
      take: limit,
    });
  }

  async claim(
    sessionId: string,
    agentId: string,
    expected: Expected,
    changes: SessionChanges,
  ): Promise<Claim> {
    return this.dataSource.transaction((manager) =>
      claimSession(manager, sessionId, agentId, expected, changes),
    );
  }

  async update(sessionId: string, changes: SessionChanges): Promise<Session | null> {
    await updateSession(this.dataSource.manager, sessionId, changes);
    return this.session(sessionId);
  }

  async contactHasAssignedSession(
    tenantId: string,
    contactId: string,
    exceptSessionId: string,
  ): Promise<boolean> {
    return this.#sessions
      .createQueryBuilder("session")
      .where("session.tenantId = :tenantId AND session.contactId = :contactId")
      .andWhere("session.status = 'assigned' AND session.id <> :exceptSessionId")
      .setParameters({ tenantId, contactId, exceptSessionId })
      .getExists();
  }

  async teams(tenantId: string): Promise<Team[]> {
    return findTeams(this.dataSource.manager, tenantId);
  }

  async team(id: string): Promise<{ tenantId: string; team: Team } | null> {
    return isUuid(id) ? findTeam(this.dataSource.manager, id) : null;
  }

  async members(teamId: string, countsSince: Date | undefined): Promise<Agent[]> {
    return findMembers(this.dataSource.manager, teamId, countsSince);
  }

  async tenant(id: string): Promise<TenantConfig> {
    const configs = this.dataSource.getRepository(AssignmentConfigEntity);
    return (await configs.findOneBy({ tenantId: id, teamId: IsNull() })) ?? {};
  }

  get #sessions() {
    return this.dataSource.getRepository(SessionEntity);
  }
}
