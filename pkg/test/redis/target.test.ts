import { describe, expect, test } from "vitest";
import { targetFromEnvironment, targetFromHost, targetFromUrl } from "../../src/redis/target.ts";
import { shown, thrown } from "./support.ts";

describe("a URL", () => {
  test.each([
    ["redis://localhost", "localhost:6379"],
    [" redis://localhost:6380/2\n", "localhost:6380"],
    ["valkey://u:p@10.0.0.1:1", "10.0.0.1:1"],
    ["redis://[::1]:7", "[::1]:7"],
    ["REDIS://Redis.Internal:7", "Redis.Internal:7"],
    ["rediss://h", "h:6379"],
    ["unix:///run/redis.sock?db=1&pass=p@q", "/run/redis.sock"],
  ])("%s", (url, address) => {
    expect(targetFromUrl(url).address).toBe(address);
  });

  test("says who we are, and how to get there", () => {
    expect(targetFromUrl("redis://us%40er:p%23w@h/3")).toEqual({
      address: "h:6379",
      host: "h",
      port: 6379,
      tls: false,
      username: "us@er",
      password: "p#w",
      database: 3,
      family: 0,
    });
    expect(targetFromUrl("rediss://:secret@[::1]:1?db=2&family=6")).toEqual({
      address: "[::1]:1",
      host: "::1",
      port: 1,
      tls: true,
      password: "secret",
      database: 2,
      family: 6,
    });
    expect(targetFromUrl("unix:///run/redis.sock?db=1&user=u&pass=p@q")).toEqual({
      address: "/run/redis.sock",
      path: "/run/redis.sock",
      tls: false,
      username: "u",
      password: "p@q",
      database: 1,
      family: 0,
    });
  });

  test.each([
    ["canary"],
    ["localhost:6379"],
    ["http://canary"],
    ["redis://"],
    ["redis:///1"],
    ["redis://:canary@"],
    ["redis://user:canary@host:port"],
    ["redis://user:canary@host:70000"],
    ["redis://user:canary@host:0"],
    ["redis://user:canary@host/canary"],
    ["redis://user:canary@host/-1"],
    ["redis://user:31#canary@host"],
    ["redis://user:31/canary@host"],
    ["redis://user:31?canary@host"],
    ["redis://user:canary%zz@host"],
    ["redis://user:canary@ho st"],
    ["redis://user:canary@ho%0ast"],
    ["redis://user:canary@host?protocol=canary"],
    ["redis://user:canary@host?family=canary"],
    ["unix://canary/run/redis.sock"],
    ["unix://"],
  ])("%s is refused, and none of it shown", (url) => {
    const error = thrown(() => targetFromUrl(url));
    expect(error.code).toBe("configuration");
    expect(error.message).not.toMatch(/canary|31/);
    expect(shown(error)).not.toContain("canary");
  });
});

describe("a host and a port", () => {
  test.each([
    ["redis.internal", "1", "redis.internal:1"],
    [" h ", " 65535\n", "h:65535"],
    ["::1", "1", "[::1]:1"],
    ["[::1]", "1", "[::1]:1"],
    ["fe80::1%eth0", "1", "[fe80::1%eth0]:1"],
    ["größe.example", "06379", "größe.example:6379"],
  ])("%s %s", (host, port, address) => {
    expect(targetFromHost(host, port).address).toBe(address);
  });

  test.each([
    ["", "1"],
    ["redis://h", "1"],
    ["user:canary@h", "1"],
    ["h/1", "1"],
    ["a b", "1"],
    ["a\nb", "1"],
    ["h\u202e", "1"],
    ["h", "canary"],
    ["h", "0"],
    ["h", "65536"],
    ["h", "1.5"],
    ["h", "-1"],
    ["h", "0x10"],
    ["h", "tcp://10.0.0.1:6379"],
  ])("%j %s is refused", (host, port) => {
    const error = thrown(() => targetFromHost(host, port));
    expect(error.code).toBe("configuration");
    expect(shown(error)).not.toContain("canary");
  });
});

test("the URL goes before host and port, and blank variables say nothing", () => {
  const address = (env: Record<string, string | undefined>): string | undefined =>
    targetFromEnvironment(env)?.address;
  expect(address({})).toBeUndefined();
  expect(address({ REDIS_HOST: "h" })).toBeUndefined();
  expect(address({ REDIS_PORT: "1" })).toBeUndefined();
  expect(address({ REDIS_HOST: "h", REDIS_PORT: "" })).toBeUndefined();
  expect(address({ REDIS_HOST: " ", REDIS_PORT: "1" })).toBeUndefined();
  expect(address({ REDIS_HOST: "h", REDIS_PORT: undefined })).toBeUndefined();
  expect(address({ REDIS_URL: " \t", REDIS_HOST: "h", REDIS_PORT: "1" })).toBe("h:1");
  expect(address({ REDIS_URL: "redis://u", REDIS_HOST: "-", REDIS_PORT: "-" })).toBe("u:6379");
});

test("user name and password beside host and port log in, and the URL has its own", () => {
  const env = { REDIS_HOST: "h", REDIS_PORT: "1", REDIS_USERNAME: "app", REDIS_PASSWORD: "p:@/" };
  expect(targetFromEnvironment(env)).toMatchObject({ username: "app", password: "p:@/" });
  expect(targetFromEnvironment({ ...env, REDIS_USERNAME: " " })?.username).toBeUndefined();
  // A name alone logs nobody in.
  expect(targetFromEnvironment({ ...env, REDIS_PASSWORD: "" })?.username).toBeUndefined();
  const named = targetFromEnvironment({ ...env, REDIS_URL: "redis://h:2" });
  expect([named?.username, named?.password]).toEqual([undefined, undefined]);
});
