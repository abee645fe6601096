// The store on PostgreSQL keeps the rules that every store has to keep, with either TypeORM.

import { afterAll, beforeAll, describe, test } from "vitest";
import { sessionStoreChecks, type StoreFixture } from "../../src/testing/index.ts";
import { TypeOrmSessionStore } from "../../src/typeorm/index.ts";
import { Database, STARTING_MS } from "./support/database.ts";

let database: Database;
beforeAll(async () => {
  database = await Database.start();
}, STARTING_MS);
afterAll(() => database?.stop());

describe("TypeORM 1, two pools", () => {
  let fixture: StoreFixture;
  beforeAll(async () => {
    fixture = database.fixture([await database.store(), await database.store()]);
  });
  for (const { name, run } of sessionStoreChecks(() => fixture)) test(name, run);
});

describe("TypeORM 0.3, beside TypeORM 1", () => {
  let fixture: StoreFixture;
  beforeAll(async () => {
    const older = new TypeOrmSessionStore(await database.source03());
    fixture = database.fixture([older, await database.store()]);
  });
  for (const { name, run } of sessionStoreChecks(() => fixture)) test(name, run);
});
