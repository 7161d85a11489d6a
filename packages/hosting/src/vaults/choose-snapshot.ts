/** The snapshot that a person means: the newest, that of a day, or one by its name. */
import { Calendar } from '@gridkeep/vault/retention/calendar';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { VaultError } from './vault-error.ts';

const nameCharactersMin = 6;

/**
 * `at`: absent, the newest; `2026-11-22`, the last of that day in the zone; `2026-11-22T15:00` (in the zone), the last before
 * that minute is over; or the beginning of a snapshot's name. Throws a VaultError that names the nearest.
 */
export function chooseSnapshot(
  snapshots: readonly StoredSnapshot[],
  at: string | undefined,
  zone: string,
): StoredSnapshot {
  const sorted = snapshots.toSorted((one, other) => one.time - other.time);
  const newest = sorted.at(-1);
  if (newest === undefined)
    throw new VaultError('not-found', 'there is no backup yet: "gridkeep backup run" makes one');
  if (at === undefined) return newest;
  if (/^\d{4}-\d{2}-\d{2}$/.test(at)) {
    const calendar = new Calendar(zone);
    const found = sorted.findLast((one) => calendar.period('day', one.time) === at);
    if (found !== undefined) return found;
    throw new VaultError('not-found', `there is no backup of ${at}${nearest(sorted, calendar, at)}`);
  }
  const minute = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})$/.exec(at);
  if (minute !== null) {
    const wanted = `${minute[1] ?? ''} ${minute[2] ?? ''}`;
    const found = sorted.findLast((one) => localMinute(one.time, zone) <= wanted);
    if (found !== undefined) return found;
    throw new VaultError(
      'not-found',
      `there is no backup up to ${wanted}; the oldest is of ${localMinute(sorted[0]?.time ?? 0, zone)}`,
    );
  }
  if (/^[0-9a-f]+$/.test(at) && at.length >= nameCharactersMin) {
    const [found, another] = sorted.filter((one) => one.id.startsWith(at));
    if (found !== undefined && another === undefined) return found;
    throw new VaultError(
      'not-found',
      found === undefined
        ? `there is no backup ${at}: see "gridkeep backup list"`
        : `several backups begin with ${at}: give more of the name`,
    );
  }
  throw new VaultError(
    'bad-value',
    `${JSON.stringify(at.slice(0, 80))} names no backup: give a day (2026-11-22), a minute (2026-11-22T15:00) or the first ${nameCharactersMin} digits of its name`,
  );
}

/** Unix milliseconds as `2026-11-22 15:00` in the zone. */
export function localMinute(ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
    ...{
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    },
    hourCycle: 'h23',
  }).formatToParts(ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}

function nearest(sorted: readonly StoredSnapshot[], calendar: Calendar, day: string): string {
  const days = sorted.map((one) => calendar.period('day', one.time));
  const before = days.findLast((one) => one < day);
  const after = days.find((one) => one > day);
  const found = [before, after].filter((one) => one !== undefined);
  return found.length === 0 ? '' : `; the nearest are of ${found.join(' and ')}`;
}
