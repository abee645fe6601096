import type { Schedule, Shift } from "../../../src/types.ts";

export function isOpen(
  answered: { isOpen: boolean } | null | undefined,
  schedule: Schedule | null | undefined,
  now: number,
): boolean {
  if (answered != null) return answered.isOpen;
  if (schedule == null || !schedule.enabled) return true;
  const zone = zoneNamed(schedule.timezone);
  if (zone === null) return false;
  const local = now + zone.offsetAt(now);
  const day = Math.floor(local / DAY);
  const minute = Math.floor((local - day * DAY) / MINUTE);
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 3) % 7) + 7) % 7;
  const today = shiftsOf(schedule, weekday);
  if (today !== undefined) {
    for (let i = 0; i < today.length; i++) {
      const start = minutes(today[i]!.start);
      if (minute < start) continue;
      const end = minutes(today[i]!.end);
      if (end <= start || minute < end) return true;
    }
  }
  const yesterday = shiftsOf(schedule, weekday === 0 ? 6 : weekday - 1);
  if (yesterday !== undefined) {
    for (let i = 0; i < yesterday.length; i++) {
      const end = minutes(yesterday[i]!.end);
      if (minute < end && end <= minutes(yesterday[i]!.start)) return true;
    }
  }
  return false;
}

export function shiftsOf(schedule: Schedule, weekday: number): Shift[] | undefined {
  const days = schedule.days;
  if (days == null) return undefined;
  switch (weekday) {
    case 0:
      return days.monday;
    case 1:
      return days.tuesday;
    case 2:
      return days.wednesday;
    case 3:
      return days.thursday;
    case 4:
      return days.friday;
    case 5:
      return days.saturday;
    default:
      return days.sunday;
  }
}

/** `HH:MM` as minutes since midnight. */
export function minutes(time: string): number {
  return (
    time.charCodeAt(0) * 600 +
    time.charCodeAt(1) * 60 +
    time.charCodeAt(3) * 10 +
    time.charCodeAt(4) -
    48 * 671
  );
}

/** The opening hours of a team that is kept, with the stretch of time in which nothing changes. */
export class Hours {
  readonly #zone: Zone | null;
  /** Spans of minutes since Monday 00:00, in order and apart: start, end, start, end, … */
  readonly #spans: number[] = [];
  #from = Infinity;
  #until = -Infinity;
  #open = false;

  constructor(schedule: Schedule) {
    this.#zone = zoneNamed(schedule.timezone);
    const spans: [number, number][] = [];
    for (let weekday = 0; weekday < 7; weekday++) {
      for (const shift of shiftsOf(schedule, weekday) ?? []) {
        const midnight = weekday * 1_440;
        const start = midnight + minutes(shift.start);
        let end = midnight + minutes(shift.end);
        if (end <= start) end += 1_440;
        spans.push([start, Math.min(end, WEEK)]);
        if (end > WEEK) spans.push([0, end - WEEK]);
      }
    }
    spans.sort((a, b) => a[0] - b[0]);
    for (const [start, end] of spans) {
      const last = this.#spans.length - 1;
      if (last > 0 && start <= this.#spans[last]!) {
        this.#spans[last] = Math.max(this.#spans[last]!, end);
      } else {
        this.#spans.push(start, end);
      }
    }
  }

  isOpen(now: number): boolean {
    if (!(now >= this.#from && now < this.#until)) this.#look(now);
    return this.#open;
  }

  #look(now: number): void {
    const zone = this.#zone;
    if (zone === null) {
      this.#from = -Infinity;
      this.#until = Infinity;
      return;
    }
    const offset = zone.offsetAt(now);
    const local = now + offset + 3 * DAY;
    const week = Math.floor(local / (7 * DAY)) * 7 * DAY;
    const minute = Math.floor((local - week) / MINUTE);
    const spans = this.#spans;
    let edge = 0;
    while (edge < spans.length && spans[edge]! <= minute) edge++;
    const instantOf = (minute: number) => week - 3 * DAY - offset + minute * MINUTE;
    this.#open = edge % 2 === 1;
    // Only as far as the offset is known to hold.
    this.#from = Math.max(edge > 0 ? instantOf(spans[edge - 1]!) : instantOf(0), zone.from);
    this.#until = Math.min(
      edge < spans.length ? instantOf(spans[edge]!) : instantOf(WEEK),
      zone.until,
    );
  }
}

/** A time zone, with the stretch of time for which its offset is known. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  from = Infinity;
  until = -Infinity;
  #offset = 0;
  readonly #days = new Map<number, { from: number; until: number; offset: number }>();

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /** Milliseconds that local time is ahead of UTC. */
  offsetAt(now: number): number {
    if (!(now >= this.from && now < this.until)) this.#look(now);
    return this.#offset;
  }

  #look(now: number): void {
    const start = Math.floor(now / DAY) * DAY;
    let span = this.#days.get(start);
    if (span === undefined || !(now >= span.from && now < span.until)) {
      span = this.#spanAround(now, start);
      if (this.#days.size >= 4_000) this.#days.clear();
      this.#days.set(start, span);
    }
    this.from = span.from;
    this.until = span.until;
    this.#offset = span.offset;
  }

  /** No zone has changed its offset twice in a day since 1970, so both ends of a day tell. */
  #spanAround(now: number, start: number): { from: number; until: number; offset: number } {
    const end = start + DAY;
    const offset = this.#offsetOf(now);
    if (start < 0) return { from: now, until: now + 1, offset };
    const early = this.#offsetOf(start);
    if (early === this.#offsetOf(end)) return { from: start, until: end, offset: early };
    // The last second with the early offset, and the first with the late one.
    let before = start;
    let after = end;
    while (after - before > 1_000) {
      const middle = Math.floor((before + after) / 2_000) * 1_000;
      if (this.#offsetOf(middle) === early) before = middle;
      else after = middle;
    }
    return now < after
      ? { from: start, until: after, offset }
      : { from: after, until: end, offset };
  }

  #offsetOf(at: number): number {
    let [year, month, day, hour, minute, second] = [0, 0, 0, 0, 0, 0];
    let beforeChrist = false;
    for (const { type, value } of this.#format.formatToParts(at)) {
      if (type === "year") year = Number(value);
      else if (type === "month") month = Number(value);
      else if (type === "day") day = Number(value);
      else if (type === "hour") hour = Number(value);
      else if (type === "minute") minute = Number(value);
      else if (type === "second") second = Number(value);
      else if (type === "era") beforeChrist = value.startsWith("B");
    }
    const local = new Date(0);
    local.setUTCFullYear(beforeChrist ? 1 - year : year, month - 1, day);
    local.setUTCHours(hour, minute, second);
    return local.getTime() - Math.floor(at / 1_000) * 1_000;
  }
}

export let lastName: string | null | undefined;
export let lastZone: Zone | null = null;
export const zones = new Map<string, Zone | null>();

/** The zone of that name; null where it is missing, blank or unknown. */
export function zoneNamed(name: string | null | undefined): Zone | null {
  if (name === lastName) return lastZone;
  let zone = zones.get(name ?? "");
  if (zone === undefined) {
    zone = makeZone((name ?? "").trim());
    if (zones.size >= 1_000) zones.clear();
    zones.set(name ?? "", zone);
  }
  lastName = name;
  lastZone = zone;
  return zone;
}

export function makeZone(timeZone: string): Zone | null {
  // Offsets are no zones, though some engines take them.
  if (timeZone === "" || timeZone.startsWith("+") || timeZone.startsWith("-")) return null;
  try {
    return new Zone(
      new Intl.DateTimeFormat("en-US", {
        timeZone,
        calendar: "gregory",
        era: "short",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
        hourCycle: "h23",
      }),
    );
  } catch {
    return null;
  }
}

export const MINUTE = 60_000;
export const DAY = 86_400_000;
/** Minutes in a week. */
export const WEEK = 10_080;
