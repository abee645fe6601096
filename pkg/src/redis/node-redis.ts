import type { NodeRedisLike } from "./client.ts";
import {
  type Connection,
  type ConnectionEvents,
  type ConnectionSettings,
  Line,
} from "./connection.ts";
import type { RedisTarget } from "./target.ts";

/** What is used of a node-redis client, in version 5 and 6. */
interface NodeRedis extends NodeRedisLike {
  /** False when the client has given up its line. */
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: (error?: unknown) => void): unknown;
}

/** The module `redis`, however it was imported. */
export interface NodeRedisModule {
  readonly createClient?: unknown;
  readonly default?: { readonly createClient?: unknown };
}

/** Like `openIoredis`, with node-redis. */
export async function openNodeRedis(
  module: NodeRedisModule,
  target: RedisTarget,
  settings: ConnectionSettings,
  events: ConnectionEvents,
): Promise<Connection> {
  const createClient = (module.createClient ?? module.default?.createClient) as (
    options: object,
  ) => NodeRedis;
  let opened = false;
  const client = createClient({
    socket: {
      ...(target.path === undefined
        ? { host: target.host, port: target.port, family: target.family }
        : { path: target.path }),
      ...(target.tls ? { tls: true } : {}),
      connectTimeout: settings.connectTimeoutMs,
      // At the start the first failure is the last: it says what is wrong. Later we see to the
      // next attempt, for the client makes its first one at once, and so, where somebody takes
      // each connection and hangs up, as many as the processor can.
      reconnectStrategy: false,
    },
    ...(target.password === undefined
      ? {}
      : { username: target.username, password: target.password }),
    database: target.database,
    // Version 6 would greet with HELLO, which not every proxy knows.
    RESP: 2,
    maintNotifications: "disabled",
    disableOfflineQueue: true,
    disableClientInfo: true,
    // Our deadline stands around each call; a second clock for each would only cost time.
    commandOptions: { timeout: undefined },
  });
  let reopening: ReturnType<typeof setTimeout> | undefined;
  const reopen = (): void => {
    line.lost();
    clearTimeout(reopening);
    // Never at once: an attempt that was given up must see first that it is over.
    reopening = setTimeout(() => {
      if (line.closed) return;
      line.attempt();
      client.connect().catch(() => undefined);
    }, line.nextDelayMs());
  };
  const line = new Line(client, settings, events, () => {
    if (client.isOpen) client.destroy();
    reopen();
  });
  // Each failed attempt ends in an error too; one that leaves the line open is none of the line.
  client.on("error", () => {
    if (opened && !line.closed && !client.isOpen) reopen();
  });
  const connection: Connection = {
    client,
    get lastError() {
      return line.lastError;
    },
    renew: () => line.renew(),
    close() {
      clearTimeout(reopening);
      return line.close(client);
    },
  };
  try {
    await client.connect();
  } catch (error) {
    await connection.close();
    throw error;
  }
  opened = true;
  return connection;
}
