/**
 * Moments as text, in UTC. Seconds since 1970 are a 64-bit float, as LLSD has them; text and float
 * turn into each other without loss, hence the decimal arithmetic.
 */

/** 0001-01-01 and 10000-01-01. */
const secondsMin = -62_135_596_800;
const secondsEnd = 253_402_300_800;

const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,20}))?(Z|[+-]\d\d:\d\d)?$/;
const fractionDigitsMax = 20;
const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d):(\d\d):(\d\d)$/;

/** Reads `YYYY-MM-DDThh:mm:ss[.f][Z|±hh:mm]`; without a zone the text is UTC. Undefined when it is no such moment. */
export function parseIsoTimestamp(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  const whole = wholeSeconds(match);
  const offset = zoneSeconds(match[8]);
  if (whole === undefined || offset === undefined) return undefined;
  const fraction = match[7] ?? '';
  const seconds = whole - offset;
  if (fraction === '') return seconds;
  const scaled = BigInt(seconds) * 10n ** BigInt(fraction.length) + BigInt(fraction);
  return Number(`${scaled}e-${fraction.length}`);
}

/** Reads `yyyyMMddThh:mm:ss`, the form of XML-RPC, as UTC. */
export function parseCompactTimestamp(text: string): number | undefined {
  const match = compact.exec(text);
  return match === null ? undefined : wholeSeconds(match);
}

function wholeSeconds(match: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (year === 0 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // The 30th of February would otherwise become a day in March.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
}

function zoneSeconds(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 14 || minutes > 59) return undefined;
  return (hours * 3600 + minutes * 60) * (zone.startsWith('-') ? -1 : 1);
}

/** Whether the moment has a text form: years 1 to 9999. */
export function isWritableTimestamp(seconds: number): boolean {
  return seconds >= secondsMin && seconds < secondsEnd;
}

/** `YYYY-MM-DDThh:mm:ss[.f]Z` with as many digits as the float needs. Throws a RangeError outside the years 1 to 9999. */
export function formatIsoTimestamp(seconds: number): string {
  const { whole, fraction } = split(seconds);
  const text = new Date(whole * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${text}Z` : `${text}.${fraction}Z`;
}

/** `yyyyMMddThh:mm:ss`; a fraction is cut off. Throws a RangeError outside the years 1 to 9999. */
export function formatCompactTimestamp(seconds: number): string {
  return new Date(split(seconds).whole * 1000).toISOString().slice(0, 19).replaceAll('-', '');
}

/** Whole seconds, rounded down, and the decimal digits of the rest. */
function split(seconds: number): { whole: number; fraction: string } {
  if (!isWritableTimestamp(seconds))
    throw new RangeError(`${seconds} seconds are outside the years 1 to 9999`);
  if (Number.isInteger(seconds)) return { whole: seconds, fraction: '' };
  const digits = fractionDigits(seconds);
  const scale = 10n ** BigInt(digits);
  const scaled = BigInt(decimal(seconds, digits).replace('.', ''));
  const rest = ((scaled % scale) + scale) % scale;
  return { whole: Number((scaled - rest) / scale), fraction: rest.toString().padStart(digits, '0') };
}

/** Digits after the point that the shortest text of the number has, at most 20. */
function fractionDigits(seconds: number): number {
  const text = String(seconds);
  return text.includes('e') ? fractionDigitsMax : text.length - text.indexOf('.') - 1;
}

function decimal(seconds: number, digits: number): string {
  const text = String(seconds);
  return text.includes('e') ? seconds.toFixed(digits) : text;
}
