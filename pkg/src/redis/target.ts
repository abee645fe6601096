import { ProviderError } from "../errors.ts";

/** Where a Redis is and who we are there. It holds the password: show {@link address} alone. */
export interface RedisTarget {
  /** `host:port`, or the path of a socket; no user name, no password. */
  readonly address: string;
  /** The server's name or address, without brackets; undefined with a {@link path}. */
  readonly host?: string;
  readonly port?: number;
  /** The path of a socket in the file system. */
  readonly path?: string;
  /** Whether to speak TLS (`rediss://`). */
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** 4 or 6 where the URL says `?family=…`, else 0: whichever the name leads to. */
  readonly family: 0 | 4 | 6;
}

/** Variables by name; a missing, empty or blank one says nothing. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The Redis that `REDIS_URL` names, else `REDIS_HOST` and `REDIS_PORT` together, with
 * `REDIS_USERNAME` and `REDIS_PASSWORD` where one has to log in; undefined if none is named. Throws a `ProviderError` with code `configuration` for what makes no sense. No message
 * shows a value: who mixes up two variables may have put a password there.
 */
export function targetFromEnvironment(env: Environment): RedisTarget | undefined {
  const url = read(env, "REDIS_URL");
  if (url !== undefined) return targetFromUrl(url);
  const [host, port] = [read(env, "REDIS_HOST"), read(env, "REDIS_PORT")];
  if (host === undefined || port === undefined) return undefined;
  const password = read(env, "REDIS_PASSWORD");
  const login =
    password === undefined
      ? {}
      : { ...optional("username", read(env, "REDIS_USERNAME") ?? null), password };
  return { ...targetFromHost(host, port), ...login };
}

/** Says of an environment that names half a Redis which half is missing. */
export function missingHalf(env: Environment): string | undefined {
  const [host, port] = [read(env, "REDIS_HOST"), read(env, "REDIS_PORT")];
  if (read(env, "REDIS_URL") !== undefined || (host === undefined) === (port === undefined)) {
    return undefined;
  }
  return host === undefined
    ? "REDIS_PORT is set without REDIS_HOST, and names no redis"
    : "REDIS_HOST is set without REDIS_PORT, and names no redis";
}

function read(env: Environment, name: string): string | undefined {
  const value = env[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/**
 * From `redis://[[user]:password@]host[:port][/database]`, with TLS `rediss://` (`valkey://` and
 * `valkeys://` likewise), or `unix:///path/of/socket[?db=0&user=…&pass=…]`. In user name and
 * password everything but letters, digits and `-._~` is written in percent encoding.
 */
export function targetFromUrl(text: string): RedisTarget {
  const [, scheme = "", rest = ""] = URL_PARTS.exec(text.trim()) ?? [];
  const socket = SOCKET_SCHEMES.has(scheme.toLowerCase());
  const tls = SCHEMES.get(scheme.toLowerCase());
  if (tls === undefined && !socket) throw refused("the redis URL is not one of a redis server");
  // In `redis://user:a#b@host` everything from the `#` on is no part of the address: the host
  // would be `user`, and half of the password would be shown as its port.
  const end = rest.search(/[/?#]/);
  if (!socket && end >= 0 && rest.includes("@", end)) {
    throw refused(
      "the redis URL has an `@` after its address; a `#`, `/` or `?` in a password is written in percent encoding",
    );
  }
  let url: URL;
  try {
    // Of a scheme that it does not know, so that every URL is read alike.
    url = new URL(`redis://${rest}`);
  } catch {
    throw refused("the redis URL is not one of a redis server");
  }
  const query = url.searchParams;
  const login = {
    ...optional("username", socket ? query.get("user") : decoded(url.username)),
    ...optional("password", socket ? query.get("pass") : decoded(url.password)),
  };
  const path = decoded(url.pathname);
  const protocol = query.get("protocol");
  if (protocol !== null && !/^(resp)?[23]$/.test(protocol)) {
    throw refused("the redis URL asks for a protocol that does not exist");
  }
  if (socket) {
    if (url.host !== "" || path.length < 2) throw refused("the redis URL names no socket");
    const database = databaseOf(query.get("db") ?? "");
    return { address: path, path, tls: false, ...login, database, family: 0 };
  }
  const family = query.get("family") ?? "0";
  if (!/^[046]$/.test(family)) throw refused("the redis URL asks for a family that does not exist");
  return {
    ...place(decoded(url.hostname), url.port === "" ? "6379" : url.port),
    tls: tls ?? false,
    ...login,
    database: databaseOf(path.slice(1) || (query.get("db") ?? "")),
    family: Number(family) as 0 | 4 | 6,
  };
}

/**
 * A server without user name and password: `host` is a name or an address (IPv6 with or without
 * brackets), `port` a number from 1 to 65535.
 */
export function targetFromHost(host: string, port: string): RedisTarget {
  return { ...place(host.trim(), port.trim()), tls: false, database: 0, family: 0 };
}

function place(host: string, port: string): { address: string; host: string; port: number } {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  if (!HOST.test(bare)) throw refused("the redis host is neither a host name nor an address");
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw refused("the redis port is not a number between 1 and 65535");
  }
  const address = `${bare.includes(":") ? `[${bare}]` : bare}:${Number(port)}`;
  return { address, host: bare, port: Number(port) };
}

function databaseOf(text: string): number {
  if (text === "") return 0;
  if (!/^[0-9]{1,9}$/.test(text)) throw refused("the redis database is not a number from 0");
  return Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused("the redis URL has a `%` that begins no percent encoding");
  }
}

function optional<Name extends string>(
  name: Name,
  value: string | null,
): Partial<Record<Name, string>> {
  return value === null || value === "" ? {} : ({ [name]: value } as Record<Name, string>);
}

function refused(message: string): ProviderError {
  return new ProviderError("configuration", message, { hint: CONFIGURATION_HINT });
}

const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is;

/** Whether the scheme asks for TLS. */
const SCHEMES = new Map([
  ["redis", false],
  ["valkey", false],
  ["rediss", true],
  ["valkeys", true],
]);

const SOCKET_SCHEMES = new Set(["unix", "redis+unix", "valkey+unix"]);

const HOST = /^[\p{Alphabetic}\p{N}.\-_:%]+$/u;

const CONFIGURATION_HINT =
  "set REDIS_URL to `redis://user:password@host:port/database`, or REDIS_HOST and REDIS_PORT (kubernetes sets REDIS_PORT to a URL if a service is called redis)";
