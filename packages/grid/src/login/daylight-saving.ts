/** Whether clocks of a time zone are ahead now: viewers show the grid's time with it. */
import { LRUCache } from 'lru-cache';

/** Clocks are changed at full quarters of an hour. */
const quarterMs = 15 * 60_000;
/** By zone and quarter: to ask the time zone database takes as long as a query. */
const known = new LRUCache<string, boolean>({ max: 100 });

/** A zone that does not exist has none. */
export function isDaylightSaving(zone: string, now: Date): boolean {
  if (zone === '') return false;
  const key = `${Math.floor(now.getTime() / quarterMs)} ${zone}`;
  const answer = known.get(key) ?? compute(zone, now);
  known.set(key, answer);
  return answer;
}

function compute(zone: string, now: Date): boolean {
  const year = now.getUTCFullYear();
  const dates = [now, new Date(Date.UTC(year, 0, 1)), new Date(Date.UTC(year, 6, 1))];
  const offsets = dates.map((date) => offsetOf(zone, date));
  const [current = NaN, ...others] = offsets;
  return current > Math.min(...others);
}

/** Minutes before UTC; NaN for a zone that does not exist. */
function offsetOf(timeZone: string, date: Date): number {
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(
      date,
    );
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(name) ?? [];
    const total = Number(hours) * 60 + Number(minutes);
    return sign === '-' ? -total : total;
  } catch {
    return NaN;
  }
}
