/** Names of files and folders in a snapshot: readable, allowed on every file system, and found again by the id at their end. */
import type { Uuid } from '@gridkeep/wire/uuid';

/** Bytes of the readable part; with the id and an ending it stays below the 255 that file systems take. */
const titleBytesMax = 100;
const separator = '__';

/** `<title>__<id>`, or only the id where nothing readable is left of the title. */
export function entryName(title: string, id: Uuid, ending = ''): string {
  const safe = safeTitle(title);
  return `${safe === '' ? '' : safe + separator}${id}${ending}`;
}

/** What of a name that people chose may stand in a file name on any system. */
export function safeTitle(title: string): string {
  const safe = title
    .toWellFormed()
    // Separators, what Windows forbids, control and format characters, and U+FFFD of what was no character.
    .replace(/[/\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/gu, '_')
    .replace(/^[\s.]+|[\s.]+$/gu, '');
  return cutBytes(safe, titleBytesMax).replace(/[\s.]+$/u, '');
}

function cutBytes(text: string, bytesMax: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** The folders of the day (UTC) on which something was made: year, month, day. */
export function dayFolders(day: number): readonly [string, string, string] {
  const iso = new Date(Math.min(Math.max(day, -dayMax), dayMax) * dayMs).toISOString();
  const end = iso.indexOf('T');
  return [iso.slice(0, end - 6), iso.slice(end - 5, end - 3), iso.slice(end - 2, end)];
}

export const dayMs = 86_400_000;
/** ECMA-262: a Date reaches 100,000,000 days from 1970. */
const dayMax = 100_000_000;

/** The first day of a year or month folder, for sorting and for its date. */
export function dayOfFolders(year: string, month = '01', day = '01'): number | undefined {
  const time = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(time) ? undefined : time / dayMs;
}
