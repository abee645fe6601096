import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis as Client } from "ioredis";
import { Child, freePort } from "./child.mjs";

/** A Redis of our own on a free port, or on `options.port`. */
export async function startRedis(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-api-redis-"));
  const port = options.port ?? (await freePort());
  const password = options.password ? ["--requirepass", options.password] : [];
  const server = new Child("redis-server", "redis-server", [
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
    ...["--save", "", "--appendonly", "no", ...password],
  ]);
  await server.says(/Ready to accept connections/);
  return new Redis(server, port, folder, options.password);
}

class Redis {
  #server;
  #folder;
  #password;
  #client;
  port;

  constructor(server, port, folder, password) {
    this.#server = server;
    this.port = port;
    this.#folder = folder;
    this.#password = password;
  }

  /** What the app reads. */
  get env() {
    return { REDIS_HOST: "127.0.0.1", REDIS_PORT: String(this.port) };
  }

  /** The same with a password, or with none. */
  envWith(password) {
    return password === undefined
      ? this.env
      : { REDIS_URL: `redis://:${password}@127.0.0.1:${this.port}` };
  }

  /** For the tests' own commands. */
  get client() {
    if (!this.#client) {
      const options = { host: "127.0.0.1", port: this.port, password: this.#password };
      this.#client = new Client({ ...options, connectionName: "e2e" });
      this.#client.on("error", () => {});
    }
    return this.#client;
  }

  /** Stands still: takes connections and commands, and answers nothing. */
  freeze() {
    this.#server.signal("SIGSTOP");
  }

  thaw() {
    this.#server.signal("SIGCONT");
  }

  async stop(signal = "SIGTERM") {
    this.#client?.disconnect();
    try {
      // One that is frozen would not notice.
      this.thaw();
      await this.#server.stop(signal);
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }
}
