import type { Socket } from "node:net";
import type { RedisTarget } from "./target.ts";

/**
 * Whether whoever listens there speaks TLS where we were told that it does not, or the other way
 * round.
 *
 * Only asked at the start, after the usual way has failed or got nowhere, to tell a wrong setting
 * from a server that is down. Any trouble counts as no, and so does silence for `limitMs`.
 */
export async function speaksOtherwise(target: RedisTarget, limitMs: number): Promise<boolean> {
  if (target.host === undefined || target.port === undefined || !(limitMs > 0)) return false;
  const { connect } = await import("node:net");
  const { host, port, family } = target;
  return new Promise((resolve) => {
    const answer = (yes: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(yes);
    };
    const timer = setTimeout(() => answer(false), limitMs);
    const socket: Socket = connect({ host, port, family });
    socket.on("error", () => answer(false));
    socket.on("close", () => answer(false));
    socket.on("connect", () => socket.write(target.tls ? "PING\r\n" : CLIENT_HELLO));
    let first = new Uint8Array();
    socket.on("data", (chunk: Uint8Array) => {
      first = Uint8Array.of(...first, ...chunk.subarray(0, NEEDED_BYTES));
      if (first.length >= NEEDED_BYTES) answer(target.tls ? isReply(first) : isTls(first));
    });
  });
}

/** An alert, or a handshake that holds a server's greeting and not our own again. */
function isTls(first: Uint8Array): boolean {
  const [type, major, , , , message] = first;
  return major === 3 && (type === 0x15 || (type === 0x16 && message === 2));
}

/** `+PONG`, or a refusal such as `-NOAUTH`. */
function isReply(first: Uint8Array): boolean {
  return /^(\+PONG|-[A-Z]{3})/.test(String.fromCharCode(...first));
}

const NEEDED_BYTES = 6;

/**
 * The smallest greeting of a TLS 1.2 client. Nothing comes of it: a server that speaks TLS answers
 * with a greeting of its own or with an alert, and either will do.
 */
const CLIENT_HELLO = Uint8Array.of(
  // A record of a handshake, 49 bytes, and in it a client's greeting, 45 bytes, of TLS 1.2.
  ...[0x16, 3, 1, 0, 0x31, 1, 0, 0, 0x2d, 3, 3],
  // A random number that nobody will use.
  ...Array.from({ length: 32 }, (_, i) => i),
  // No session, three suites of ciphers, no compression.
  ...[0, 0, 6, 0xc0, 0x2f, 0xc0, 0x30, 0, 0x2f, 1, 0],
);
