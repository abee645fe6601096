import type { IoredisLike } from "./client.ts";
import {
  type Connection,
  type ConnectionEvents,
  type ConnectionSettings,
  Line,
  REOPEN_LIMIT_MS,
} from "./connection.ts";
import type { RedisTarget } from "./target.ts";

/** What is used of an ioredis client, in version 5 and 6. */
interface Ioredis extends IoredisLike {
  readonly options: { connectTimeout: number };
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  select(database: number): Promise<unknown>;
  on(event: string, listener: (error?: unknown) => void): unknown;
}

/** The module `ioredis`, however it was imported. */
export interface IoredisModule {
  readonly Redis?: unknown;
  readonly default?: unknown;
}

/**
 * Connects with ioredis and logs in. Rejects with what went wrong first, which is the client's own
 * error; the client is ended then.
 *
 * Commands fail at once while there is no line, none is sent twice, and nothing is asked of the
 * server that a rotation does not need (`INFO`, `CLIENT`), so that its user needs no right to it.
 */
export async function openIoredis(
  module: IoredisModule,
  target: RedisTarget,
  settings: ConnectionSettings,
  events: ConnectionEvents,
): Promise<Connection> {
  const Redis = (module.Redis ?? module.default) as new (options: object) => Ioredis;
  let opened = false;
  const client = new Redis({
    ...(target.path === undefined
      ? { host: target.host, port: target.port, family: target.family }
      : { path: target.path }),
    ...(target.tls ? { tls: {} } : {}),
    ...(target.password === undefined
      ? {}
      : { username: target.username, password: target.password }),
    db: target.database,
    // Version 6 would greet with HELLO, which not every proxy knows.
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectTimeout: settings.connectTimeoutMs,
    // A server that hangs does not hang up: so long is waited for it when a line is left.
    disconnectTimeout: 50,
    retryStrategy: () => (opened ? line.nextDelayMs() : null),
  });
  const line = new Line(client, settings, events, () => client.disconnect(true));
  client.on("close", () => line.lost());
  const connection: Connection = {
    client,
    get lastError() {
      return line.lastError;
    },
    renew: () => line.renew(),
    close: () => line.close(client),
  };
  try {
    await client.connect();
    // The client goes on in database 0 when the server refuses another one.
    if (target.database !== 0) await client.select(target.database);
  } catch (error) {
    const first = line.lastError ?? error;
    await connection.close();
    throw first;
  }
  opened = true;
  client.options.connectTimeout = Math.min(settings.connectTimeoutMs, REOPEN_LIMIT_MS);
  return connection;
}
