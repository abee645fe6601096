import type { AssignmentRule } from "assignment-engine";
import { In, type DataSource } from "typeorm";
import { UserEntity } from "../database/entities";

/**
 * A rule of our own, between eligibility and selector: a session whose context names a
 * `requiredSkill` goes to those who have it. If none of the eligible has, nobody is left, and the
 * selector says what then happens.
 */
export function skillRule(dataSource: DataSource): AssignmentRule {
  return async function skill(request, context) {
    const required = request.session.context?.requiredSkill;
    if (typeof required !== "string" || !context.agents?.length) return { outcome: "continue" };
    const eligible = await dataSource.getRepository(UserEntity).findBy({ id: In(context.agents) });
    const skilled = new Set(
      eligible.filter((agent) => agent.skills.includes(required)).map((agent) => agent.id),
    );
    context.agents = context.agents.filter((id) => skilled.has(id));
    return { outcome: "continue" };
  };
}
