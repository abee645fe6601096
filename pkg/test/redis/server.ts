import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Settings of {@link RedisServer.start}. */
export interface RedisServerOptions {
  /** More arguments, as on the command line of `redis-server`. */
  args?: readonly string[];
}

/**
 * A real `redis-server` for tests: on a free port of the loopback address, in a directory of its
 * own, without persistence. {@link stop} it when the test is over; one that is left over goes with
 * the process of the tests.
 *
 * ```ts
 * const server = await RedisServer.start();
 * afterAll(() => server.stop());
 * ```
 */
export class RedisServer {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess;

  private constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#process = child;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    // Between the look at a port and the start of the server somebody else may take it.
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const port = await freePort();
      const directory = mkdtempSync(join(tmpdir(), "assignment-redis-"));
      const args = options.args ?? [];
      const server = new RedisServer(port, directory, launch(port, directory, args));
      if (await server.#isUp()) return server;
      await server.stop();
    }
    throw new Error("redis-server did not come up on any of 20 ports");
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /**
   * Asks the server as its administrator, on a connection of its own: words separated by blanks,
   * or a list of arguments. Answers text: of a list one element per line, of nothing an empty one.
   */
  async ask(command: string | readonly string[]): Promise<string> {
    return ask(this.port, command);
  }

  /** Stops the process in its tracks, as a hung host would be; the kernel keeps its sockets. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  /** Ends the process without any leave-taking. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Starts anew, on the same port and in the same directory. */
  async restart(args: readonly string[] = []): Promise<void> {
    await this.kill();
    this.#process = launch(this.port, this.#directory, args);
    if (!(await this.#isUp())) throw new Error("redis-server did not come up again");
  }

  /** Ends the process and leaves nothing behind; can be called again. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Whether this very process answers, and not one that was quicker to take the port. */
  async #isUp(): Promise<boolean> {
    const child = this.#process;
    const end = Date.now() + 10_000;
    while (Date.now() < end && child.exitCode === null && child.signalCode === null) {
      try {
        const info = await this.ask("INFO server");
        return info.includes(`process_id:${child.pid}\r\n`);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    return false;
  }
}

/** Asks whatever listens there, as {@link RedisServer.ask} does. */
export async function ask(port: number, command: string | readonly string[]): Promise<string> {
  const words = typeof command === "string" ? command.split(" ") : command;
  return show(await askOnce(port, words));
}

function launch(port: number, directory: string, args: readonly string[]): ChildProcess {
  const child = spawn(
    "redis-server",
    [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      ...["--daemonize", "no", "--enable-debug-command", "yes"],
      ...args,
    ],
    { cwd: directory, stdio: "ignore" },
  );
  running.set(child, directory);
  child.once("exit", () => running.delete(child));
  child.once("error", (error) => {
    throw new Error("these tests need redis-server 7 or later: apt-get install redis-server", {
      cause: error,
    });
  });
  return child;
}

/** The processes that run, and the directory of each. */
const running = new Map<ChildProcess, string>();
const endAll = (): void => {
  for (const [child, directory] of running) {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
};
process.once("exit", endAll);
// How Vitest ends the processes in which tests run, once a file is done.
process.once("SIGTERM", () => {
  endAll();
  process.exit();
});

/**
 * Below the ports that systems give to outgoing connections, so that a server that restarts finds
 * its own still free.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 9_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Keys and a certificate for `localhost` and 127.0.0.1, as arguments for a server with TLS. */
export function tlsArguments(tlsPort: number, directory: string): string[] {
  const key = join(directory, "key.pem");
  const certificate = join(directory, "certificate.pem");
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
  ]);
  if (made.status !== 0) throw new Error("these tests need openssl: apt-get install openssl");
  return [
    ...["--tls-port", `${tlsPort}`, "--tls-cert-file", certificate, "--tls-key-file", key],
    ...["--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"],
  ];
}

export { freePort };

type Reply = string | null | Reply[];

/** One command on a connection of its own, in the protocol itself, so that no client is needed. */
function askOnce(port: number, words: readonly string[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let received = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(5_000, () => finish(() => reject(new Error("no answer within 5 s"))));
    socket.once("error", (error) => finish(() => reject(error)));
    socket.once("close", () => reject(new Error("the server hung up")));
    socket.once("connect", () => {
      const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${parts.join("")}`);
    });
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const parsed = parse(received, 0);
      if (parsed === undefined) return;
      const [reply] = parsed;
      if (reply instanceof Error) finish(() => reject(reply));
      else finish(() => resolve(reply));
    });
  });
}

/** The reply at `at` and where it ends; undefined if it is not all there yet. */
function parse(bytes: Buffer, at: number): [Reply | Error, number] | undefined {
  const end = bytes.indexOf("\r\n", at);
  if (end < 0) return undefined;
  const line = bytes.toString("utf8", at + 1, end);
  const next = end + 2;
  switch (bytes.toString("latin1", at, at + 1)) {
    case "+":
    case ":":
      return [line, next];
    case "-":
      return [new Error(line), next];
    case "$": {
      const length = Number(line);
      if (length < 0) return [null, next];
      if (bytes.length < next + length + 2) return undefined;
      return [bytes.toString("latin1", next, next + length), next + length + 2];
    }
    case "*": {
      const items: Reply[] = [];
      let position = next;
      for (let i = 0; i < Number(line); i += 1) {
        const item = parse(bytes, position);
        if (item === undefined) return undefined;
        items.push(item[0] instanceof Error ? item[0].message : item[0]);
        position = item[1];
      }
      return [items, position];
    }
    default:
      return [new Error("no redis reply"), next];
  }
}

function show(reply: Reply): string {
  return Array.isArray(reply) ? reply.map(show).join("\n") : (reply ?? "");
}
