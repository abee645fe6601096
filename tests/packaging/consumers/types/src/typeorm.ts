// The store on PostgreSQL, over whatever looks like TypeORM's DataSource; and its checks.
import { AssignmentEngineError, AssignmentService, type Transfer } from "assignment-engine";
import { sessionStoreChecks, type StoreCheck, type StoreFixture } from "assignment-engine/testing";
import {
  ASSIGNMENT_CLAIMS_SQL,
  AssignmentClaims,
  type PostgresDataSource,
  type SchemaNames,
  TypeOrmSessionStore,
} from "assignment-engine/typeorm";

class SessionEntity {
  id!: string;
}

declare const dataSource: PostgresDataSource;

const names: SchemaNames = {
  schema: "support",
  tables: {
    sessions: SessionEntity,
    users: { table: "agents", columns: { isActive: null, name: "full_name" } },
    teams: "groups",
  },
};

export const store = new TypeOrmSessionStore(dataSource, { names, timeoutMs: 2_000 });
export const service = new AssignmentService({ store });

export async function handOn(): Promise<string> {
  const transfer: Transfer = await service.transferSession("chat-1", "anna", "ben");
  if (transfer.kind === "transferred") return transfer.session.id;
  return `${transfer.refusal} ${transfer.session?.assignedAgentId}`;
}

export async function claims(): Promise<void> {
  const changes = { context: {}, at: new Date() };
  await store.claim("chat-1", "anna", { token: 7n, owner: "ben", maxLoad: 3 }, changes);
  // @ts-expect-error a token is a bigint, of which no digit gets lost
  await store.claim("chat-1", "anna", { token: 7 }, changes);
}

// @ts-expect-error no such table
export const wrong: SchemaNames = { tables: { chats: "chats" } };
// @ts-expect-error no such column
export const odd: SchemaNames = { tables: { users: { table: "u", columns: { nickname: "n" } } } };

declare const fixture: StoreFixture;
export const checks: StoreCheck[] = sessionStoreChecks(() => fixture);

export const migration: string = new AssignmentClaims().name + ASSIGNMENT_CLAIMS_SQL;
export const known: boolean = AssignmentEngineError.is(undefined);
