// The package's session store on the app's own tables, as its migrations make them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import "reflect-metadata";
import { sessionStoreChecks } from "assignment-engine/testing";
import { TypeOrmSessionStore } from "assignment-engine/typeorm";
import { DataSource } from "typeorm";
import { dataSourceOptions } from "../dist/database/data-source-options.js";
import { migrate } from "./support/app.mjs";
import { startPostgres } from "./support/postgres.mjs";
import { storeFixture, Tenant, untouched } from "./support/seed.mjs";

describe("TypeOrmSessionStore", () => {
  let postgres, dataSources, stores;
  const nothing = { context: {}, at: new Date("2026-11-24T09:00:00.123Z") };

  before(async () => {
    postgres = await startPostgres();
    await migrate(postgres);
    // Two pools, as two instances of the app have them.
    const { host, port, user, database: name } = postgres.connection;
    const options = dataSourceOptions({ host, port, user, name, poolSize: 10 });
    dataSources = await Promise.all([0, 1].map(() => new DataSource(options).initialize()));
    stores = dataSources.map((dataSource) => new TypeOrmSessionStore(dataSource));
  });

  after(async () => {
    await Promise.all((dataSources ?? []).map((dataSource) => dataSource.destroy()));
    await postgres?.stop();
  });

  for (const { name, run } of sessionStoreChecks(() => storeFixture(postgres, stores))) {
    it(name, run);
  }

  it("writes nothing where it refuses", async () => {
    const tenant = new Tenant(postgres);
    const stranger = new Tenant(postgres);
    const [busy, gone] = await tenant.agents(2);
    const [foreign] = await stranger.agents(1);
    await postgres.rows("UPDATE users SET is_active = false WHERE id = $1", [gone]);
    const [taken, waiting] = await tenant.sessions(2);
    await stores[0].claim(taken, busy, {}, nothing);

    const before = await Promise.all([taken, waiting].map((id) => untouched(postgres, id)));
    const refusal = async (...claim) => {
      const answer = await stores[0].claim(...claim, { ...nothing, context: { left: "behind" } });
      assert.equal(answer.kind, "refused");
      return answer.refusal;
    };
    assert.equal(await refusal(taken, busy, { maxLoad: 1 }), "session_taken");
    assert.equal(await refusal(waiting, busy, { teamId: randomUUID() }), "session_moved");
    assert.equal(await refusal(waiting, busy, { maxLoad: 1 }), "agent_at_limit");
    for (const agent of [gone, foreign, randomUUID()]) {
      assert.equal(await refusal(waiting, agent, {}), "agent_gone");
    }
    const after = await Promise.all([taken, waiting].map((id) => untouched(postgres, id)));
    assert.deepEqual(after, before);
  });
});
