import { connect, createServer, type Server, type Socket } from "node:net";

/** A line between a client and a Redis that a test can hold up, cut, and lead elsewhere. */
export class Proxy {
  /** How many lines were opened so far. */
  lines = 0;
  /** From now on a line is cut when the server's answer arrives, before the client sees it. */
  cutsReplies = false;
  #upstream: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(upstream: number) {
    this.#upstream = upstream;
    this.#server = createServer((client) => this.#carry(client));
  }

  /** Leads each new line to the server on `upstream` and lets everything through. */
  static async to(upstream: number): Promise<Proxy> {
    const proxy = new Proxy(upstream);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return address.port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** New lines lead to another server; those that are open stay where they are. */
  leadTo(upstream: number): void {
    this.#upstream = upstream;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #carry(client: Socket): void {
    this.lines += 1;
    const server = connect({ port: this.#upstream, host: "127.0.0.1" });
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on("data", (chunk) => server.write(chunk));
    server.on("data", (chunk) => {
      if (this.cutsReplies) end();
      else client.write(chunk);
    });
  }
}
