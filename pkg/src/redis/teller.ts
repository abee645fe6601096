import { ProviderError, type ProviderErrorCode } from "../errors.ts";
import { codeOf } from "./reply.ts";

/** Says in our own words what went wrong, with which server and, where it matters, which key. */
export class Teller {
  readonly #server: string;

  /** `address` is `host:port` or a path, never with a password; undefined where it is not known. */
  constructor(address: string | undefined) {
    this.#server = address === undefined ? "redis" : `redis at \`${address}\``;
  }

  /** What a client threw or rejected with; an error that is told already stays as it is. */
  failed(error: unknown, key?: string): ProviderError {
    return error instanceof ProviderError ? error : this.error(codeOf(error), key);
  }

  timeout(deadlineMs: number): ProviderError {
    return this.#tell(
      "timeout",
      `${this.#server} gave no answer within ${deadlineMs} ms; whether it counted is unknown`,
    );
  }

  /** So many calls are under way that one more would only wait as well. */
  overloaded(limit: number): ProviderError {
    return this.#tell("overloaded", `${limit} calls wait for ${this.#server} already`);
  }

  error(code: ProviderErrorCode, key?: string): ProviderError {
    if (key !== undefined && code === "wrong_type") {
      return this.#tell(code, `the key \`${key}\` in ${this.#server} holds no counter`);
    }
    if (key !== undefined && code === "overflow") {
      return this.#tell(
        code,
        `the key \`${key}\` in ${this.#server} is a counter at its largest value`,
      );
    }
    return this.#tell(code, `${this.#server} ${WHAT[code]}`);
  }

  /** One of the codes in words that fit better than the usual ones. */
  because(code: ProviderErrorCode, what: string, hint: string): ProviderError {
    return new ProviderError(code, `${this.#server} ${what}`, { hint });
  }

  #tell(code: ProviderErrorCode, message: string): ProviderError {
    const hint = HINTS[code];
    return new ProviderError(code, message, hint === undefined ? {} : { hint });
  }
}

const WHAT: Record<ProviderErrorCode, string> = {
  timeout: "gave no answer in time",
  unreachable: "is unreachable",
  overloaded: "has as many calls to answer as are allowed",
  busy: "runs a script and answers nobody else",
  unavailable: "says that it cannot serve now",
  read_only: "is a read-only replica",
  loading: "is still loading its data",
  out_of_memory: "is out of memory and refuses writes",
  wrong_type: "holds something that is no counter",
  overflow: "has a counter at its largest value",
  not_permitted: "does not permit a command or a key that a rotation needs",
  authentication: "does not accept the user name or the password",
  tls: "and this process do not agree on TLS",
  cluster: "belongs to a cluster and sends us to another node",
  protocol: "answered with something that is no redis reply",
  configuration: "cannot be used as it is set up",
  other: "answered with an error that is not known here",
};

/** The rights of a Redis user that are enough, in the words of `ACL SETUSER`. */
export const NEEDED_RIGHTS = "~assignment:rr:* +evalsha +script|load +incr +incrby +expire +get";

const HINTS: Partial<Record<ProviderErrorCode, string>> = {
  authentication:
    "set the user name and the password in REDIS_URL, in percent encoding, or in REDIS_USERNAME and REDIS_PASSWORD beside REDIS_HOST",
  not_permitted: `the user needs \`${NEEDED_RIGHTS}\``,
  protocol: "check that host and port are those of a redis server",
  cluster: "use a single redis server, or hand in a client that speaks to clusters",
  wrong_type: "delete the key, which is ours",
  overflow: "delete the key, which is ours",
  configuration: "check the database number, and that the client is not subscribed to anything",
  other: "check that the server runs INCR, INCRBY, EXPIRE, GET, EVALSHA and SCRIPT",
};
