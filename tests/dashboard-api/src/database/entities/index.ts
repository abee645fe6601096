export { AssignmentConfigEntity } from "./assignment-config.entity";
export { SentMessageEntity } from "./sent-message.entity";
export { SessionEntity } from "./session.entity";
export { TeamEntity } from "./team.entity";
export { TeamMemberEntity } from "./team-member.entity";
export { UserEntity } from "./user.entity";
