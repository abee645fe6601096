import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { Child, freePort, until } from "./child.mjs";

/** A PostgreSQL cluster of our own, in a folder for the time being, on a free port. */
export async function startPostgres() {
  const bin = findBinaries();
  const folder = mkdtempSync(join(tmpdir(), "dashboard-api-postgres-"));
  // PostgreSQL refuses to run as root: then it runs as Debian's user for it.
  const user = process.getuid() === 0 ? "postgres" : undefined;
  if (user) execFileSync("chown", [`${user}:`, folder]);

  const port = await freePort();
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "dashboard", "-A", "trust", "-E", "UTF8", "--locale=C"];
  const initdb = new Child("initdb", join(bin, "initdb"), [...init, "--no-sync"], { user });
  const { code } = await initdb.exited;
  if (code !== 0) throw new Error(`initdb failed:\n${initdb.output}`);

  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    // The data need not survive a power cut.
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    max_connections: 60,
    timezone: "UTC",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = new Child("postgres", join(bin, "postgres"), ["-D", data, ...args], { user });
  await server.says(/ready to accept connections/);

  const pool = new pg.Pool({ host: "127.0.0.1", port, user: "dashboard", database: "postgres" });
  await pool.query("CREATE DATABASE dashboard");
  await pool.end();
  return new Postgres(server, port, folder);
}

class Postgres {
  #server;
  #folder;
  /** For the tests' own queries. */
  #pool;
  port;

  constructor(server, port, folder) {
    this.#server = server;
    this.#folder = folder;
    this.port = port;
    this.#pool = new pg.Pool({ ...this.connection, application_name: "e2e" });
    // A client that sits in the pool when the server stops.
    this.#pool.on("error", () => {});
  }

  get connection() {
    return { host: "127.0.0.1", port: this.port, user: "dashboard", database: "dashboard" };
  }

  /** What the app reads. */
  get env() {
    return {
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(this.port),
      DATABASE_USER: "dashboard",
      DATABASE_NAME: "dashboard",
    };
  }

  async rows(sql, parameters = []) {
    return (await this.#pool.query(sql, parameters)).rows;
  }

  async row(sql, parameters = []) {
    return (await this.rows(sql, parameters))[0];
  }

  /** Takes the locks of `sql` and holds them; what it answers gives them back. */
  async lock(sql, parameters) {
    const client = await this.#pool.connect();
    await client.query("BEGIN");
    await client.query(sql, parameters);
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      await client.query("COMMIT");
      client.release();
    };
  }

  /** Waits until some client waits for a lock. */
  async untilSomebodyWaits() {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    await until("somebody waits for a lock", () => this.row(waiting));
  }

  /** Waits until no client but the tests is connected. */
  async untilAlone() {
    const others = `SELECT 1 FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND application_name <> 'e2e'`;
    await until("all others leave PostgreSQL", async () => !(await this.row(others)));
  }

  async stop() {
    await this.#pool.end();
    try {
      // "Fast": it ends its clients and then itself.
      await this.#server.stop("SIGINT");
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }
}

/** Debian keeps the server's programs off the PATH, by version. */
function findBinaries() {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  const bins = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"));
  const bin = bins.find((folder) => existsSync(join(folder, "initdb")));
  if (!bin) throw new Error("no PostgreSQL server here: run tests/dashboard-api/setup.sh");
  return bin;
}
