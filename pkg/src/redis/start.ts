import { ProviderError, type ProviderErrorCode } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { RedisRoundRobinContextProvider } from "./provider.ts";
import { isCertificateError } from "./reply.ts";
import type { RedisTarget } from "./target.ts";
import type { Teller } from "./teller.ts";
import { speaksOtherwise } from "./tls.ts";

/** A connection that picks can use. */
export interface Started {
  readonly connection: Connection;
  readonly provider: RedisRoundRobinContextProvider;
}

/**
 * Opens a connection and makes sure that picks can work there, all within `deadlineMs`. Rejects
 * with a `ProviderError` that says what is missing; whatever was opened is closed then.
 */
export async function start(
  open: () => Promise<Connection>,
  providerOver: (connection: Connection) => RedisRoundRobinContextProvider,
  target: RedisTarget | undefined,
  teller: Teller,
  deadlineMs: number,
): Promise<Started> {
  const begin = performance.now();
  const restMs = (): number => Math.max(1, Math.ceil(deadlineMs - (performance.now() - begin)));
  // Who speaks TLS and who does not may wait for each other for ever, so the doubt begins before
  // the time is over.
  let suspicion: Promise<boolean> | undefined;
  const speaksOther = (): Promise<boolean> =>
    (suspicion ??=
      target === undefined
        ? Promise.resolve(false)
        : speaksOtherwise(target, Math.min(restMs(), SUSPICION_MS)));
  const doubt = setTimeout(speaksOther, deadlineMs / 2);

  let connection: Connection | undefined;
  const opening = open();
  try {
    connection = await within(restMs(), opening, () => teller.timeout(deadlineMs));
    const provider = providerOver(connection);
    await provider.check(restMs());
    return { connection, provider };
  } catch (error) {
    // Also one that is opened later than anybody waits.
    opening.then((late) => late.close()).catch(() => undefined);
    let told = tellStart(error, target, teller, deadlineMs);
    // ioredis 5 calls a line ready before the server has looked at the password; then it breaks.
    // node-redis says of an answer that it cannot read, and still waits for one.
    const vague = told.code === "unreachable" || told.code === "timeout";
    if (vague && connection?.lastError !== undefined) {
      told = tellStart(connection.lastError, target, teller, deadlineMs);
    }
    if (MAY_BE_TLS.has(told.code) && (await speaksOther())) throw tlsError(target, teller);
    throw told;
  } finally {
    clearTimeout(doubt);
  }
}

function tellStart(
  error: unknown,
  target: RedisTarget | undefined,
  teller: Teller,
  deadlineMs: number,
): ProviderError {
  if (isCertificateError(error)) {
    return teller.because(
      "tls",
      "has a certificate that is not trusted, or is not its own",
      "name the issuer's certificate in NODE_EXTRA_CA_CERTS, and the server as the certificate does",
    );
  }
  const told = teller.failed(error);
  if (told.code === "tls") return tlsError(target, teller);
  return told.code === "timeout" ? teller.timeout(deadlineMs) : told;
}

function tlsError(target: RedisTarget | undefined, teller: Teller): ProviderError {
  return target?.tls === true
    ? teller.because(
        "tls",
        "does not speak TLS",
        "use `redis://` in REDIS_URL, or turn on TLS at the server",
      )
    : teller.because("tls", "expects TLS", "use `rediss://` in REDIS_URL");
}

async function within<T>(
  limitMs: number,
  promise: Promise<T>,
  late: () => ProviderError,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** Who speaks TLS answers at once; a redis that does not waits for more. */
const SUSPICION_MS = 500;

/** How it looks from here when one side speaks TLS and the other does not. */
const MAY_BE_TLS: ReadonlySet<ProviderErrorCode> = new Set(["timeout", "unreachable", "protocol"]);
