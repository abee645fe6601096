import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

/**
 * A real PostgreSQL server for tests: a cluster of its own in a temporary folder, on a free port of
 * the loopback address. {@link stop} it when the tests are over; one that is left over goes with
 * the process of the tests.
 */
export class PostgresServer {
  readonly port: number;
  readonly #bin: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  #process: ChildProcess;
  #pool: pg.Pool | undefined;

  private constructor(bin: string, folder: string, port: number, settings: Settings) {
    this.port = port;
    this.#bin = bin;
    this.#folder = folder;
    const all = { ...SETTINGS, unix_socket_directories: folder, port, ...settings };
    this.#args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#process = this.#launch();
  }

  static async start(settings: Settings = {}): Promise<PostgresServer> {
    const bin = binaries();
    const folder = mkdtempSync(join(tmpdir(), "assignment-postgres-"));
    if (asRoot()) run("chown", [`${USER}:`, folder]);
    const init = ["-D", join(folder, "data"), "-U", "tests", "-A", "trust", "-E", "UTF8"];
    run(...asUser([join(bin, "initdb"), ...init, "--locale=C", "--no-sync"]));
    const server = new PostgresServer(bin, folder, await freePort(), settings);
    running.add(server);
    await server.#isUp();
    return server;
  }

  get options() {
    const { port } = this;
    return { host: "127.0.0.1", port, username: "tests", database: "postgres" } as const;
  }

  /** Asks the server, on connections of the tests' own. */
  async rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.pool.query(sql, values)).rows;
  }

  get pool(): pg.Pool {
    if (this.#pool === undefined) {
      const { username: user, ...where } = this.options;
      this.#pool = new pg.Pool({ ...where, user, application_name: "tests", max: 4 });
      // A client that sits in the pool when the server goes.
      this.#pool.on("error", () => {});
    }
    return this.#pool;
  }

  /** Takes the locks of `sql` and holds them; what it answers gives them back. */
  async lock(sql: string, values: unknown[]): Promise<() => Promise<void>> {
    const client = await this.pool.connect();
    await client.query("BEGIN");
    await client.query(sql, values);
    return async () => {
      await client.query("COMMIT");
      client.release();
    };
  }

  /** Ends the server, and with it its clients, without any leave-taking. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    // Its processes notice that the first of them is gone, and end, but the kernel need not wait.
    this.#process.kill("SIGKILL");
    await gone;
  }

  /** Starts the killed server anew. */
  async restart(): Promise<void> {
    const end = Date.now() + 15_000;
    // The old one's processes may hold its memory for a moment: the new one then refuses to start.
    for (;;) {
      this.#process = this.#launch();
      if (await this.#isUp(Math.max(0, end - Date.now()))) return;
      if (Date.now() > end) throw new Error("postgres did not start again");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async stop(): Promise<void> {
    await this.#pool?.end().catch(() => {});
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGINT");
      await gone;
    }
    running.delete(this);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Last resort. */
  abandon(): void {
    this.#process.kill("SIGKILL");
  }

  #launch(): ChildProcess {
    const postgres = [join(this.#bin, "postgres"), "-D", join(this.#folder, "data")];
    const [command, args] = asUser([...postgres, ...this.#args]);
    return spawn(command, args, { stdio: "ignore" });
  }

  /** Waits until it answers; false if it ended instead. */
  async #isUp(timeoutMs = 20_000): Promise<boolean> {
    const { username: user, ...where } = this.options;
    for (const end = Date.now() + timeoutMs; Date.now() < end;) {
      if (this.#process.exitCode !== null) return false;
      if (await accepts(this.port)) {
        const client = new pg.Client({ ...where, user, connectionTimeoutMillis: 5_000 });
        client.on("error", () => {});
        const up = await client.connect().then(
          () => true,
          () => false,
        );
        await client.end().catch(() => {});
        if (up) return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }
}

type Settings = Record<string, string | number>;

const SETTINGS: Settings = {
  listen_addresses: "127.0.0.1",
  // A power cut is not among what is tested; a process that is killed loses nothing by this.
  fsync: "off",
  max_connections: 100,
  timezone: "UTC",
};

/** PostgreSQL refuses to run as root: then it runs as Debian's user for it. */
const USER = "postgres";

function asRoot(): boolean {
  return process.getuid?.() === 0;
}

/** As a user it accepts; and should this process die, the kernel ends it. */
function asUser(argv: string[]): [command: string, args: string[]] {
  const user = asRoot() ? [`--reuid=${USER}`, `--regid=${USER}`, "--init-groups"] : [];
  return ["setpriv", [...user, "--pdeathsig=KILL", "--", ...argv]];
}

function run(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", cwd: "/" });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(" ")} failed:\n${stderr}`);
}

/** Debian keeps the server's programs off the PATH, by version. */
function binaries(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).map(Number) : [];
  const bins = versions.sort((a, b) => b - a).map((version) => join(root, `${version}`, "bin"));
  const bin = bins.find((folder) => existsSync(join(folder, "initdb")));
  if (bin === undefined) throw new Error("no PostgreSQL server here: run scripts/setup-test.sh");
  return bin;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const running = new Set<PostgresServer>();
process.once("exit", () => {
  for (const server of running) server.abandon();
});
