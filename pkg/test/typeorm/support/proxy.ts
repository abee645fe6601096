import { connect, createServer, type Server, type Socket } from "node:net";

/** What becomes of a COMMIT on its way. */
export type AtCommit =
  /** It gets there, and so does the answer. */
  | "pass"
  /** The connection breaks before it gets there. */
  | "cut before"
  /** It gets there, and the connection breaks before the answer is back. */
  | "cut after"
  /** It gets there, and no answer comes back, ever. */
  | "hang after"
  /** Nothing gets there any more, though the connection stands. */
  | "hang before";

/** Between the store and its server: breaks the connection at the worst moment, once. */
export class Proxy {
  /** What happens to the next COMMIT. */
  atCommit: AtCommit = "pass";
  /** Nothing gets through any more, on connections there are and on new ones. */
  frozen = false;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server;
  port = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#serve(client));
  }

  static async to(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise((resolve) => proxy.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    proxy.port = (proxy.#server.address() as { port: number }).port;
    return proxy;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket): void {
    const server = connect(this.#target, "127.0.0.1");
    let silent = false;
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", cut).on("close", () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    server.on("data", (bytes) => {
      if (this.frozen) return;
      if (!silent) client.write(bytes);
      else if (silenced === "cut after") cut();
    });
    let silenced: AtCommit = "pass";
    client.on("data", (bytes) => {
      if (this.frozen || (silent && silenced === "hang before")) return;
      if (this.atCommit !== "pass" && bytes.includes("COMMIT\0")) {
        silenced = this.atCommit;
        this.atCommit = "pass";
        silent = true;
        if (silenced === "cut before") return cut();
        if (silenced === "hang before") return;
      }
      server.write(bytes);
    });
  }
}
