import type { ProviderErrorCode } from "../errors.ts";

/**
 * The count in an answer: a number where it is exact, else a bigint; undefined if it is no count.
 *
 * Clients can be set up to answer numbers as texts or bigints, and texts as bytes. A number beyond
 * 2^53 was rounded by the client and is near the count; it still gives a valid position.
 */
export function readCount(reply: unknown): number | bigint | undefined {
  if (typeof reply === "number") {
    if (Number.isSafeInteger(reply)) return reply;
    return Number.isInteger(reply) ? inRange(BigInt(reply)) : undefined;
  }
  if (typeof reply === "bigint") return inRange(reply);
  if (typeof reply === "string") return DIGITS.test(reply) ? inRange(BigInt(reply)) : undefined;
  // Not by class: in jest a buffer is of another realm.
  if (ArrayBuffer.isView(reply) && reply.byteLength <= 20) {
    return readCount(new TextDecoder().decode(reply));
  }
  return undefined;
}

/** What a server can hold: 64 bits with a sign. */
function inRange(count: bigint): number | bigint | undefined {
  if (count < MIN_COUNT || count > MAX_COUNT) return undefined;
  const number = Number(count);
  return Number.isSafeInteger(number) ? number : count;
}

const DIGITS = /^-?[0-9]{1,19}$/;
// A client may have rounded the largest counts up to this.
const MAX_COUNT = 2n ** 63n;
const MIN_COUNT = -(2n ** 63n);

/** Thrown for a reply that is none that a Redis gives; told as `protocol`. */
export class UnreadableReply extends Error {
  override readonly name = "UnreadableReply";
}

/** The server does not know the script: it is new, or its scripts were flushed. It ran nothing. */
export function isMissingScript(error: unknown): boolean {
  return textOf(error, "message").startsWith("NOSCRIPT");
}

/**
 * The class of what a client threw or rejected with. Nothing of its words is kept: ioredis puts a
 * command's arguments into errors, the password of a login among them.
 */
export function codeOf(error: unknown): ProviderErrorCode {
  const message = typeof error === "string" ? error : textOf(error, "message");
  const code = textOf(error, "code");
  const answer = SERVER_CODES[LEADING_CODE.exec(message)?.[0] ?? ""] ?? SERVER_CODES[code];
  if (answer !== undefined) return answer;
  const text = TEXTS.find(([part]) => message.includes(part));
  if (text !== undefined) return text[1];
  if (TLS_CODE.test(code)) return "tls";
  if (CONNECTION_CODES.has(code)) return "unreachable";
  return CLASSES[textOf(error, "name")] ?? CLASSES[className(error)] ?? "other";
}

/** The certificate, and not the way it is spoken, is why there is no TLS. */
export function isCertificateError(error: unknown): boolean {
  return CERTIFICATE_CODE.test(textOf(error, "code"));
}

const LEADING_CODE = /^[A-Z][A-Z0-9_]+/;

/** Own properties alone: `constructor` is the code of nothing. */
function table<T>(entries: Record<string, T>): Record<string, T | undefined> {
  return Object.assign(Object.create(null) as Record<string, T | undefined>, entries);
}

/** The first word of a server's refusal. */
const SERVER_CODES = table<ProviderErrorCode>({
  LOADING: "loading",
  READONLY: "read_only",
  NOPERM: "not_permitted",
  DENIED: "not_permitted",
  MASTERDOWN: "unavailable",
  CLUSTERDOWN: "unavailable",
  NOMASTERLINK: "unavailable",
  TRYAGAIN: "unavailable",
  BUSY: "busy",
  MISCONF: "unavailable",
  NOREPLICAS: "unavailable",
  MOVED: "cluster",
  ASK: "cluster",
  CROSSSLOT: "cluster",
  WRONGTYPE: "wrong_type",
  OOM: "out_of_memory",
  NOAUTH: "authentication",
  WRONGPASS: "authentication",
});

/**
 * What has no code of its own is known by its words: the server's (Redis 5 to 8 and Valkey), and
 * those of ioredis 5 and 6 and node-redis 4 to 6.
 */
const TEXTS: readonly (readonly [string, ProviderErrorCode])[] = [
  ["is not an integer", "wrong_type"],
  ["would overflow", "overflow"],
  ["executing the script can't", "not_permitted"],
  ["can't run this command", "not_permitted"],
  ["ACL failure in script", "not_permitted"],
  // A proxy, or a server with scripts renamed away.
  ["unknown command", "not_permitted"],
  ["operation not permitted", "authentication"],
  ["invalid password", "authentication"],
  ["no password is set", "authentication"],
  ["without any password configured", "authentication"],
  ["max number of clients", "unavailable"],
  ["DB index", "configuration"],
  ["SELECT is not allowed in cluster mode", "cluster"],
  ["Too many Cluster redirections", "cluster"],
  ["Command timed out", "timeout"],
  ["Command timeout during maintenance", "timeout"],
  ["The queue is full", "unavailable"],
  ["Connection is closed", "unreachable"],
  ["Stream isn't writeable", "unreachable"],
  ["Command aborted due to connection close", "unreachable"],
  ["max retries per request", "unreachable"],
  ["Failed to refresh slots cache", "unreachable"],
  ["All the root nodes are unavailable", "unreachable"],
  ["Socket closed unexpectedly", "unreachable"],
  ["Socket timeout", "unreachable"],
  ["Connection timeout", "unreachable"],
  ["The client is closed", "unreachable"],
  ["The client is offline", "unreachable"],
  ["Disconnects client", "unreachable"],
  ["subscriber mode", "configuration"],
  ["monitoring mode", "configuration"],
  ["Protocol error, got", "protocol"],
  ["Unknown RESP type", "protocol"],
  ["Command queue state error", "protocol"],
];

const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "EADDRNOTAVAIL",
  "ENOTCONN",
  "ETIMEDOUT",
  "ECANCELED",
  // Of a socket in the file system.
  "ENOENT",
  "EACCES",
  "EPERM",
  "ENOTSOCK",
  "ERR_SOCKET_CLOSED",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
  // node-redis 3.
  "NR_CLOSED",
  "CONNECTION_BROKEN",
  "UNCERTAIN_STATE",
]);

const CERTIFICATE_CODE = /CERT|^UNABLE_TO_|HOSTNAME_MISMATCH/;
const TLS_CODE = /^EPROTO$|^ERR_SSL_|^ERR_TLS_|CERT|^UNABLE_TO_|HOSTNAME_MISMATCH/;

/** Errors that say nothing but their class. */
const CLASSES = table<ProviderErrorCode>({
  TimeoutError: "timeout",
  ClientClosedError: "unreachable",
  ClientOfflineError: "unreachable",
  DisconnectsClientError: "unreachable",
  SocketClosedUnexpectedlyError: "unreachable",
  SocketTimeoutError: "unreachable",
  ConnectionTimeoutError: "unreachable",
  MaxRetriesPerRequestError: "unreachable",
  ClusterAllFailedError: "unreachable",
  ParserError: "protocol",
  UnreadableReply: "protocol",
});

/** A property that is a text, from whatever was thrown; a property that throws itself is none. */
function textOf(error: unknown, property: "message" | "code" | "name"): string {
  try {
    const value = (error as Record<string, unknown> | null | undefined)?.[property];
    return typeof value === "string" ? value.slice(0, 500) : "";
  } catch {
    return "";
  }
}

function className(error: unknown): string {
  try {
    const name = (error as object | null | undefined)?.constructor.name;
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}
