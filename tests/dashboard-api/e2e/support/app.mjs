import { fileURLToPath } from "node:url";
import { Child, within } from "./child.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Makes the tables. */
export async function migrate(postgres) {
  const run = node("migrate", "dist/database/migrate.js", postgres.env);
  const { code } = await run.exited;
  if (code !== 0) throw new Error(`the migration failed:\n${run.output}`);
}

/** Starts one process of the dashboard-api; the environments, all together, are its own. */
export function launchApp(...environments) {
  return new App(node("dashboard-api", "dist/main.js", Object.assign({}, ...environments)));
}

class App {
  process;
  #url;

  constructor(process) {
    this.process = process;
  }

  get log() {
    return this.process.output;
  }

  async listening() {
    this.#url = (await this.process.says(/listening on (http:\S+)/))[1];
  }

  /** Asks over HTTP; the answer is `{ status, body, ms }`. */
  async ask(method, path, body) {
    const started = performance.now();
    const response = await within(
      20_000,
      fetch(`${this.#url}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
      () => {
        throw new Error(`${method} ${path} got no answer. The log:\n${this.log.slice(-4_000)}`);
      },
    );
    const text = await response.text();
    const ms = performance.now() - started;
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), ms };
  }

  /** Asks, and hands back the body of a success. */
  async call(method, path, body) {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  handover(sessionId, body = {}) {
    return this.call("POST", `/sessions/${sessionId}/handover`, body);
  }

  assignQueue(tenantId, body = {}) {
    return this.call("POST", `/tenants/${tenantId}/queue/assign`, body);
  }

  health() {
    return this.ask("GET", "/health");
  }

  stop(signal) {
    return this.process.stop(signal);
  }
}

function node(name, script, env) {
  return new Child(name, process.execPath, ["--enable-source-maps", script], {
    cwd: ROOT,
    // Nothing of the caller's but what Node itself needs: a REDIS_HOST of the machine's, say,
    // would change what is tested.
    env: { PATH: process.env.PATH, NO_COLOR: "1", PORT: "0", ...env },
  });
}
