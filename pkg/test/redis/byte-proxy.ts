import { connect, createServer, type Server, type Socket } from "node:net";

/** What happens to the bytes of an exchange from a certain one on. */
export type Harm = "cut" | "stall" | "slow" | "duplicate" | "garble";

/** Which way, and at which of the bytes that go that way, a harm happens. */
export interface Plan {
  readonly way: "request" | "reply";
  readonly offset: number;
  readonly harm: Harm;
}

/**
 * A line between a client and a Redis that does harm once, at one byte that a test names, to
 * whatever passes after it was told to; lines that are opened after the harm are sound.
 */
export class ByteProxy {
  /** How many bytes went each way since the last plan. */
  readonly passed = { request: 0, reply: 0 };
  #plan: Plan | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(upstream: number) {
    this.#server = createServer((client) => {
      const server = connect({ port: upstream, host: "127.0.0.1" });
      const end = (): void => {
        client.destroy();
        server.destroy();
      };
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", end);
        socket.on("close", () => {
          this.#sockets.delete(socket);
          end();
        });
      }
      this.#carry("request", client, server, end);
      this.#carry("reply", server, client, end);
    });
  }

  static async to(upstream: number): Promise<ByteProxy> {
    const proxy = new ByteProxy(upstream);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Counts bytes anew from here, and does this harm once. */
  arm(plan?: Plan): void {
    this.passed.request = 0;
    this.passed.reply = 0;
    this.#plan = plan;
  }

  /** Breaks the lines that are open. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #carry(way: Plan["way"], from: Socket, to: Socket, end: () => void): void {
    let stalled = false;
    /** Bytes that follow slow ones wait for them. */
    let before: Promise<void> | undefined;
    const send = (bytes: Uint8Array): void => {
      if (before === undefined) to.write(bytes);
      else before = before.then(() => void to.write(bytes));
    };
    from.on("data", (chunk: Buffer) => {
      const begin = this.passed[way];
      this.passed[way] += chunk.length;
      if (stalled) return;
      const at = (this.#plan?.offset ?? 0) - begin;
      const plan = this.#plan;
      if (plan === undefined || plan.way !== way || at < 0 || at >= chunk.length)
        return send(chunk);
      this.#plan = undefined;
      const [left, right] = [chunk.subarray(0, at), chunk.subarray(at)];
      if (left.length > 0) send(left);
      switch (plan.harm) {
        case "cut":
          // What was written is still delivered.
          to.end();
          setTimeout(end, 5);
          stalled = true;
          break;
        case "stall":
          stalled = true;
          break;
        case "slow":
          before = (async () => {
            for (const byte of right) {
              await new Promise((resolve) => setTimeout(resolve, 1));
              to.write(Uint8Array.of(byte));
            }
          })();
          break;
        case "duplicate":
          send(right);
          send(right);
          break;
        case "garble":
          send(right.map((byte) => byte ^ 0x15));
          break;
      }
    });
  }
}
