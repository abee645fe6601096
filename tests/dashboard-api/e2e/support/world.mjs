import { launchApp, migrate } from "./app.mjs";
import { startPostgres } from "./postgres.mjs";
import { startRedis } from "./redis.mjs";

/** A PostgreSQL with our tables, a Redis, and processes of the app on both. */
export class World {
  postgres;
  redis;
  /** Those under way; tests that restart one put the new one in its place. */
  apps = [];

  /** Starts it all, `instances` processes among it. What did start is stopped by {@link stop}. */
  async start({ instances }) {
    [this.postgres, this.redis] = await all([
      startPostgres().then((postgres) => (this.postgres = postgres)),
      startRedis().then((redis) => (this.redis = redis)),
    ]);
    await migrate(this.postgres);
    await this.postgres.rows(AUDIT);
    await all(Array.from({ length: instances }, (_, at) => this.startApp(at)));
  }

  /** Starts the process number `at` (again). */
  async startApp(at) {
    const app = this.launchApp();
    // At once, so that it is stopped even if it does not get so far.
    this.apps[at] = app;
    await app.listening();
  }

  /** Starts one more process, which the caller has to stop. */
  launchApp() {
    return launchApp(this.postgres.env, this.redis.env);
  }

  /** Who was given which session, each time it was given, in that order. */
  async given(tenantId) {
    return this.postgres.rows(
      "SELECT session_id, agent_id FROM given WHERE tenant_id = $1 ORDER BY number",
      [tenantId],
    );
  }

  async stop() {
    await all([...this.apps.map((app) => app?.stop()), this.redis?.stop()]);
    await this.postgres?.stop();
  }
}

/** All of them, the failed ones last: nothing is left half started or half stopped. */
async function all(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  return results.map(({ value }) => value);
}

/** Writes down each time a session is given to somebody, whoever does it and however. */
const AUDIT = `
  CREATE TABLE given (
    number bigint GENERATED ALWAYS AS IDENTITY, tenant_id uuid, session_id uuid, agent_id uuid
  );
  CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO given (tenant_id, session_id, agent_id)
      VALUES (NEW.tenant_id, NEW.id, NEW.assigned_agent_id);
      RETURN NULL;
    END $$;
  CREATE TRIGGER write_down AFTER UPDATE OF assigned_agent_id ON sessions
    FOR EACH ROW WHEN (NEW.assigned_agent_id IS NOT NULL) EXECUTE FUNCTION write_down();
`;
