import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";

/**
 * A process of ours: its output is kept, and it is ended by its own id. Should this process itself
 * die without a word, the kernel ends the child (`--pdeathsig`), so nothing is left behind.
 */
export class Child {
  #process;
  #name;
  #output = "";
  #watchers = new Set();
  /** Fulfilled with `{ code, signal }`. */
  exited;

  constructor(name, command, args, options = {}) {
    this.#name = name;
    const { user, env, cwd } = options;
    const argv = [...diesWithUs(user), command, ...args];
    this.#process = spawn(argv[0], argv.slice(1), {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#output += text;
        for (const look of [...this.#watchers]) look();
      });
    }
    this.exited = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve({ code: null, signal: null, error }));
      this.#process.once("close", (code, signal) => resolve({ code, signal }));
    });
    running.add(this);
    void this.exited.then(() => running.delete(this));
  }

  get output() {
    return this.#output;
  }

  get pid() {
    return this.#process.pid;
  }

  get running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The first match of `pattern` in the output, waited for. */
  async says(pattern, timeoutMs = 15_000) {
    const found = () => pattern.exec(this.#output);
    const match = new Promise((resolve) => {
      const look = () => {
        const match = found();
        if (!match) return;
        this.#watchers.delete(look);
        resolve(match);
      };
      this.#watchers.add(look);
      look();
    });
    const ended = this.exited.then(() => found() ?? this.#fail(`ended before it said ${pattern}`));
    return within(timeoutMs, Promise.race([match, ended]), () =>
      this.#fail(`did not say ${pattern} within ${timeoutMs} ms`),
    );
  }

  signal(signal) {
    this.#process.kill(signal);
  }

  /** Ends it and waits for that. */
  async stop(signal = "SIGTERM") {
    if (this.running) this.signal(signal);
    return this.ends();
  }

  /** Waits for its end, and how that was; makes one if it takes too long, which is an error. */
  async ends(timeoutMs = 10_000) {
    return within(timeoutMs, this.exited, () => {
      this.signal("SIGKILL");
      this.#fail(`did not end within ${timeoutMs} ms`);
    });
  }

  #fail(what) {
    throw new Error(`${this.#name} ${what}. Its output:\n${this.#output.slice(-4_000)}`);
  }
}

/** Waits for `promise`, but not for long. */
export async function within(timeoutMs, promise, onTimeout) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(onTimeout());
      } catch (error) {
        reject(error);
      }
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `condition` holds; `what` says in the error what never came. */
export async function until(what, condition, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A port of the loopback address that nobody has now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const running = new Set();
// Last resort, if a test file ends without having stopped what it started.
process.once("exit", () => {
  for (const child of running) child.signal("SIGKILL");
});

function diesWithUs(user) {
  if (!existsSync("/usr/bin/setpriv")) return [];
  const as = user ? [`--reuid=${user}`, `--regid=${user}`, "--init-groups"] : [];
  return ["/usr/bin/setpriv", ...as, "--pdeathsig=KILL", "--"];
}
