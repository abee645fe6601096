import { describe, expect, test } from "vitest";
import { turnIndex } from "../../src/redis/index.ts";
import { codeOf, readCount } from "../../src/redis/reply.ts";
import { Teller } from "../../src/redis/teller.ts";

describe("turnIndex", () => {
  test("follows the ring, with no jump where the sign changes", () => {
    expect([-5, -4, -3, -2, -1, 0, 1, 2, 3].map((turn) => turnIndex(turn, 3))).toEqual([
      1, 2, 0, 1, 2, 0, 1, 2, 0,
    ]);
    expect([-5n, -4n, -3n, -2n, -1n, 0n, 1n].map((turn) => turnIndex(turn, 3))).toEqual([
      1, 2, 0, 1, 2, 0, 1,
    ]);
    expect(Object.is(turnIndex(-3, 3), 0)).toBe(true);
  });

  test("gives a valid position for every turn", () => {
    const largest = 2n ** 63n;
    const turns = [-largest, 1n - largest, -1n, 0n, largest - 1n, -(2 ** 53), 2 ** 53 - 1];
    for (const turn of turns) {
      for (const count of [1, 2, 3, 7, 2 ** 31, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER]) {
        const index = turnIndex(turn, count);
        expect(Number.isSafeInteger(index) && index >= 0 && index < count).toBe(true);
      }
    }
  });
});

describe("readCount", () => {
  test.each([
    [1, 1],
    [-5, -5],
    ["41", 41],
    ["-1", -1],
    [7n, 7],
    ["9007199254740991", 2 ** 53 - 1],
    ["9007199254740993", 9007199254740993n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
    [2 ** 53 + 2, 2n ** 53n + 2n],
    [2 ** 63, 2n ** 63n],
    [Buffer.from("12"), 12],
    [new TextEncoder().encode("9007199254740993"), 9007199254740993n],
  ])("reads %o", (reply, count) => {
    expect(readCount(reply)).toBe(count);
  });

  test.each([
    [undefined],
    [null],
    [NaN],
    [Infinity],
    [1.5],
    [1e300],
    ["abc"],
    [""],
    [" 1"],
    ["1.5"],
    ["0x10"],
    ["1e3"],
    ["99999999999999999999"],
    ["9999999999999999999"],
    [10n ** 30n],
    [true],
    [{}],
    [[1]],
    [Symbol("1")],
    [Buffer.from("abc")],
    [Buffer.alloc(100_000, "1")],
    [{ valueOf: () => 1, toString: () => "1" }],
  ])("takes %o for no count", (reply) => {
    expect(readCount(reply)).toBeUndefined();
  });
});

/** An error with properties, as the libraries and Node make them. */
function error(message: string, properties: object = {}): Error {
  return Object.assign(new Error(message), properties);
}

describe("codeOf", () => {
  test.each([
    ["WRONGTYPE canary", "wrong_type"],
    ["ERR value is not an integer or out of range canary", "wrong_type"],
    ["ERR increment or decrement would overflow canary", "overflow"],
    ["OOM canary", "out_of_memory"],
    ["NOPERM canary", "not_permitted"],
    ["DENIED canary", "not_permitted"],
    ["ERR The user executing the script can't run this canary", "not_permitted"],
    ["ERR ACL failure in script: canary", "not_permitted"],
    ["ERR unknown command `canary`", "not_permitted"],
    ["READONLY canary", "read_only"],
    ["LOADING canary", "loading"],
    ["MASTERDOWN canary", "unavailable"],
    ["CLUSTERDOWN canary", "unavailable"],
    ["TRYAGAIN canary", "unavailable"],
    ["BUSY canary", "busy"],
    ["MISCONF canary", "unavailable"],
    ["NOREPLICAS canary", "unavailable"],
    ["ERR max number of clients reached canary", "unavailable"],
    ["NOAUTH canary", "authentication"],
    ["WRONGPASS canary", "authentication"],
    ["ERR operation not permitted canary", "authentication"],
    ["ERR invalid password canary", "authentication"],
    ["MOVED 1 canary:1", "cluster"],
    ["ASK 1 canary:1", "cluster"],
    ["CROSSSLOT canary", "cluster"],
    ["ERR DB index is out of range canary", "configuration"],
    ["ERR canary", "other"],
    ["CANARY canary", "other"],
    ["ERR", "other"],
    ["Connection is closed.", "unreachable"],
    ["Stream isn't writeable and enableOfflineQueue options is false", "unreachable"],
    ["Command aborted due to connection close", "unreachable"],
    ["Reached the max retries per request limit (which is 20). Refer to canary", "unreachable"],
    ["Command timed out", "timeout"],
    ["Socket closed unexpectedly", "unreachable"],
    ["The client is closed", "unreachable"],
    ["The client is offline", "unreachable"],
    ["Disconnects client", "unreachable"],
    ["The queue is full", "unavailable"],
    ["Connection in subscriber mode, only subscriber commands may be used", "configuration"],
    ['Protocol error, got "H" as reply type byte canary', "protocol"],
    ['Unknown RESP type 72 "H". Please report this.', "protocol"],
    ["constructor canary", "other"],
    ["__proto__", "other"],
    ["", "other"],
  ])("%s", (message, code) => {
    expect(codeOf(error(message))).toBe(code);
    expect(codeOf(message)).toBe(code);
    const told = new Teller("host:1").failed(error(message), "key");
    expect(told.code).toBe(code);
    expect(`${told.message} ${told.hint}`).not.toMatch(/canary/i);
    expect(told.message).toMatch(/^[a-z0-9][^\n]*[^.]$/);
  });

  test.each([
    ["ECONNREFUSED", "unreachable"],
    ["ECONNRESET", "unreachable"],
    ["EPIPE", "unreachable"],
    ["ENOTFOUND", "unreachable"],
    ["EAI_AGAIN", "unreachable"],
    ["EHOSTUNREACH", "unreachable"],
    ["ETIMEDOUT", "unreachable"],
    ["ENOENT", "unreachable"],
    ["NR_CLOSED", "unreachable"],
    ["READONLY", "read_only"],
    ["EPROTO", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["CANARY", "other"],
    ["toString", "other"],
  ])("an error with code %s", (code, expected) => {
    expect(codeOf(error("canary", { code }))).toBe(expected);
  });

  test("an error that says nothing but its class", () => {
    expect(codeOf(new (class TimeoutError extends Error {})())).toBe("timeout");
    expect(codeOf(new (class ClientClosedError extends Error {})())).toBe("unreachable");
    // Both addresses of `localhost` refused.
    const refused = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
    expect(codeOf(refused)).toBe("unreachable");
  });

  test("whatever else can be thrown", () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error("canary");
        },
        getPrototypeOf() {
          throw new Error("canary");
        },
      },
    );
    const things = [undefined, null, 0, 1n, true, Symbol("canary"), [], {}, () => 0, hostile];
    for (const thing of [...things, { message: 5, code: {} }, Object.create(null)]) {
      expect(codeOf(thing)).toBe("other");
    }
    expect(codeOf({ message: `READONLY ${"x".repeat(1_000_000)}` })).toBe("read_only");
  });
});
