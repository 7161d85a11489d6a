/** Times as Go writes them (RFC 3339). */
import { FormatError } from './format-error.ts';

/** 0000-01-01 and 9999-12-31T23:59:59.999 (Go's encoder refuses other years). */
const earliest = -62_167_219_200_000;
const latest = 253_402_300_799_999;

/** UTC, no trailing zeros in the fraction, none when it is zero. Throws RangeError outside of the years 0 to 9999. */
export function formatTimestamp(unixMs: number): string {
  const whole = Math.floor(unixMs);
  if (!(whole >= earliest && whole <= latest)) throw new RangeError(`no such time: ${unixMs}`);
  const text = new Date(whole).toISOString();
  if (whole % 1000 === 0) return `${text.slice(0, 19)}Z`;
  let end = 23;
  while (text.charCodeAt(end - 1) === 0x30) end -= 1;
  return `${text.slice(0, end)}Z`;
}

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Unix milliseconds, smaller parts rounded down. Throws FormatError. */
export function parseTimestamp(text: unknown, what: string): number {
  const match = typeof text === 'string' && text.length <= 40 ? pattern.exec(text) : null;
  const [, seconds = '', fraction = '', zone = ''] = match ?? [];
  // Date.parse refuses days and hours that do not exist.
  const time = match === null ? NaN : Date.parse(`${seconds}${zone}`);
  // Nor is what the zone puts out of the years that can be written again.
  if (!(time >= earliest && time <= latest)) throw new FormatError(`${what}: not a time`);
  return time + Number(fraction.padEnd(3, '0').slice(0, 3));
}
