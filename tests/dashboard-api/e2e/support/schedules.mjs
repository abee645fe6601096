const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Open once a week, a few days from now: closed, and for longer than a day. */
export function closedForDays(texts = {}) {
  const day = DAYS[(new Date().getUTCDay() + 3) % 7];
  return schedule({ [day]: [{ start: "09:00", end: "17:00" }] }, texts);
}

/** Opens some hours from now: closed, but for less than a day. */
export function closedForHours() {
  const opens = new Date(Date.now() + 3 * 3_600_000);
  const start = opens.toISOString().slice(11, 16);
  const end = new Date(opens.getTime() + 600_000).toISOString().slice(11, 16);
  return schedule({ [DAYS[opens.getUTCDay()]]: [{ start, end }] });
}

/** Open all day, every day. */
export function alwaysOpen() {
  const allDay = [{ start: "00:00", end: "00:00" }];
  return schedule(Object.fromEntries(DAYS.map((day) => [day, allDay])));
}

function schedule(days, texts = {}) {
  return { enabled: true, timezone: "Etc/UTC", days, ...texts };
}
