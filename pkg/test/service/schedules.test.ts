// Who is open: `checkScheduleAvailability` and `getTeamsAvailableForQueue`.

import { expect, test } from "vitest";
import type { Schedule } from "../../src/types.ts";
import { NEVER_OPEN, World } from "./support/world.ts";

/** Monday 09:00 to 17:00 in Vienna, which is 08:00 to 16:00 UTC in November. */
const MONDAYS: Schedule = {
  enabled: true,
  timezone: "Europe/Vienna",
  days: { monday: [{ start: "09:00", end: "17:00" }] },
};

/** Whether the team is open, and when it is next. */
async function openings(world: World, team: string): Promise<[boolean, string | undefined]> {
  const { isOpen, nextOpen } = await world.service.checkScheduleAvailability(team);
  return [isOpen, nextOpen == null ? undefined : new Date(nextOpen).toISOString()];
}

test("open from the first minute to the last, and then closed until next week", async () => {
  const world = new World();
  world.team("sales", [], { schedule: MONDAYS });
  const [now, next] = ["2026-11-23T08:00:00.000Z", "2026-11-30T08:00:00.000Z"];
  for (const [at, isOpen, nextOpen] of [
    ["2026-11-23T07:59:59.999Z", false, now],
    ["2026-11-23T08:00:00Z", true, undefined],
    ["2026-11-23T15:59:59.999Z", true, undefined],
    ["2026-11-23T16:00:00Z", false, next],
  ] as const) {
    world.clock.set(at);
    expect(await openings(world, "sales"), at).toEqual([isOpen, nextOpen]);
  }
});

test("no schedule and a disabled one are open, and one without a zone is closed for good", async () => {
  const world = new World();
  world.team("none", []);
  world.team("off", [], { schedule: { enabled: false } });
  world.team("never", [], { schedule: NEVER_OPEN });
  for (const timezone of [null, " ", "Mars/Phobos"]) {
    world.team("lost", [], { schedule: { ...MONDAYS, timezone } });
    expect(await openings(world, "lost"), String(timezone)).toEqual([false, undefined]);
  }
  for (const [team, isOpen] of [
    ["none", true],
    ["off", true],
    ["never", false],
  ] as const) {
    expect(await openings(world, team), team).toEqual([isOpen, undefined]);
  }
});

test("the message is the team's, else the tenant's, and the picture the team's", async () => {
  const world = new World();
  const settings = { outOfOfficeMessage: "acme sleeps" };
  world.tenant({ settings });
  world.team("plain", [], { schedule: NEVER_OPEN });
  const own = {
    outOfOfficeMessage: "sales sleeps",
    outOfOfficeImage: "https://acme.example/moon.png",
  };
  world.team("sales", [], { schedule: { ...NEVER_OPEN, ...own } });
  const plain = await world.service.checkScheduleAvailability("plain");
  expect(plain.message).toBe("acme sleeps");
  expect(plain.mediaUrl).toBeUndefined();
  expect(await world.service.checkScheduleAvailability("sales")).toMatchObject({
    isOpen: false,
    message: "sales sleeps",
    mediaUrl: "https://acme.example/moon.png",
  });
  world.tenant({ enabled: false, settings });
  expect((await world.service.checkScheduleAvailability("plain")).message).toBeUndefined();
});

test("a team that is not there is refused", async () => {
  const world = new World();
  const refused = world.service.checkScheduleAvailability("sales");
  await expect(refused).rejects.toMatchObject({ code: "unknown_team" });
});

test("the queue can go to active open teams with members", async () => {
  const world = new World();
  world.team("z", ["anna", "ben"], { name: "Abend" });
  world.team("b", ["anna"], { name: "Morgen" });
  world.team("a", ["ben"], { name: "Morgen", schedule: MONDAYS });
  world.team("closed", ["anna"], { schedule: NEVER_OPEN });
  world.team("off", ["anna"], { isActive: false });
  world.team("empty", []);
  world.team("theirs", ["zoe"], {}, "other");
  world.agent({ id: "ben", status: "offline" });
  const z = { teamId: "z", name: "Abend", memberCount: 2 };
  const a = { teamId: "a", name: "Morgen", memberCount: 1 };
  const b = { teamId: "b", name: "Morgen", memberCount: 1 };
  expect(await world.service.getTeamsAvailableForQueue("acme")).toEqual([z, a, b]);
  world.clock.set("2026-11-24T10:00:00Z");
  expect(await world.service.getTeamsAvailableForQueue("acme")).toEqual([z, b]);
  expect(await world.service.getTeamsAvailableForQueue("nobody")).toEqual([]);
});

test("a team whose schedule cannot be read is left out with a warning", async () => {
  const world = new World();
  world.team("sales", ["anna"]);
  const days = { monday: [{ start: "nine", end: "five" }] };
  world.team("broken", ["ben"], { schedule: { enabled: true, timezone: "UTC", days } });
  const found = await world.service.getTeamsAvailableForQueue("acme");
  expect(found.map(({ teamId }) => teamId)).toEqual(["sales"]);
  const [line] = world.log.take();
  expect(line).toMatch(/^WARN assignment_engine\.team_left_out teamId=broken code=\w+ error=/);
});
