/**
 * Which snapshots are restore points, and how long they are locked. It stands in the snapshot itself, as tags:
 *
 *     gridkeep                    made by Gridkeep; all others are foreign and never touched
 *     clock:<vault ms>            the vault's time when it was made (vault-clock.ts)
 *     clock-at-most:<ms>          its upper bound (VaultTime.atMost)
 *     point:day|week|month        it is the restore point of its day, week, month
 *     locked-until:<vault ms>     not to be forgotten before
 *     retention:<d>d,<w>w,<m>m    what was in force, so that it can never become less
 *
 * Snapshots are sealed and named by their hash, so nothing outside them (settings, databases, clocks) can shorten a lock.
 */
import type { StoredSnapshot } from '../format/snapshot.ts';
import { Calendar, dayMs, pointKinds, type PointKind } from './calendar.ts';
import type { VaultTime } from './vault-time.ts';

export interface Retention {
  readonly days: number;
  readonly weeks: number;
  readonly months: number;
}

/** The promise. Settings can only ask for more. */
export const leastRetention: Retention = { days: 30, weeks: 26, months: 12 };
/** What is promised cannot be taken back, so a slip of the hand must not last for ever. */
export const mostRetention: Retention = { days: 366, weeks: 260, months: 120 };

const gridkeepTag = 'gridkeep';

/** A snapshot of Gridkeep's with what its tags say. */
export interface RestorePoint {
  readonly snapshot: StoredSnapshot;
  /** Vault milliseconds. */
  readonly clock: number;
  /** VaultTime.atMost */
  readonly atMost: number;
  readonly points: ReadonlySet<PointKind>;
  /** Vault milliseconds; undefined: never locked. */
  readonly lockedUntil: number | undefined;
  readonly retention: Retention;
}

/** 'foreign': not of Gridkeep. 'unreadable': claims to be but its tags cannot be understood; to be treated as locked for ever. */
export function readRestorePoint(snapshot: StoredSnapshot): RestorePoint | 'foreign' | 'unreadable' {
  if (!snapshot.tags.includes(gridkeepTag)) return 'foreign';
  let clock: number | undefined;
  let atMost: number | undefined;
  let lockedUntil: number | undefined;
  let retention = leastRetention;
  const points = new Set<PointKind>();
  // Of what is said twice, what protects longer counts.
  for (const tag of snapshot.tags) {
    const colon = tag.indexOf(':');
    const key = colon < 0 ? tag : tag.slice(0, colon);
    const value = tag.slice(colon + 1);
    if (key === 'clock' || key === 'clock-at-most' || key === 'locked-until') {
      const time = parseTime(value);
      if (time === undefined) return 'unreadable';
      if (key === 'clock') clock = Math.max(clock ?? time, time);
      else if (key === 'clock-at-most') atMost = Math.min(atMost ?? time, time);
      else lockedUntil = Math.max(lockedUntil ?? time, time);
    } else if (key === 'point') {
      const kind = pointKinds.find((name) => name === value);
      if (kind === undefined) return 'unreadable';
      points.add(kind);
    } else if (key === 'retention') {
      const parsed = parseRetention(value);
      if (parsed === undefined) return 'unreadable';
      retention = longer(retention, parsed);
    }
  }
  if (clock === undefined || (points.size > 0 && lockedUntil === undefined)) return 'unreadable';
  return { snapshot, clock, atMost: atMost ?? clock, points, lockedUntil, retention };
}

/** Fifteen digits reach the year 33658 and stay exact. */
function parseTime(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

function parseRetention(text: string): Retention | undefined {
  const match = /^([0-9]{1,4})d,([0-9]{1,4})w,([0-9]{1,4})m$/.exec(text);
  if (match === null) return undefined;
  return { days: Number(match[1]), weeks: Number(match[2]), months: Number(match[3]) };
}

function longer(a: Retention, b: Retention): Retention {
  return {
    days: Math.max(a.days, b.days),
    weeks: Math.max(a.weeks, b.weeks),
    months: Math.max(a.months, b.months),
  };
}

function clamp(value: number | undefined, least: number, most: number): number {
  if (value === undefined || Number.isNaN(value)) return least;
  return Math.min(most, Math.max(least, Math.ceil(value)));
}

/** What is in force: never less than the promise, nor than what any snapshot was made under. */
export function retentionInForce(
  wanted: Partial<Retention> | undefined,
  existing: readonly StoredSnapshot[],
): Retention {
  let retention: Retention = {
    days: clamp(wanted?.days, leastRetention.days, mostRetention.days),
    weeks: clamp(wanted?.weeks, leastRetention.weeks, mostRetention.weeks),
    months: clamp(wanted?.months, leastRetention.months, mostRetention.months),
  };
  for (const snapshot of existing) {
    const point = readRestorePoint(snapshot);
    if (typeof point === 'object') retention = longer(retention, point.retention);
  }
  return retention;
}

/** How long a point of a kind is locked, milliseconds: one period more than promised, because the promise counts whole ones. */
export function lockDuration(kind: PointKind, retention: Retention): number {
  switch (kind) {
    case 'day':
      return (retention.days + 1) * dayMs;
    case 'week':
      return (retention.weeks + 1) * 7 * dayMs;
    case 'month':
      return (retention.months + 1) * 31 * dayMs;
  }
}

/**
 * Once so much may have passed the next snapshot is a point whatever the calendar says. The month's is longer than any month:
 * with one backup a night the calendar always comes first.
 */
const longestGap: Readonly<Record<PointKind, number>> = {
  day: (20 / 24) * dayMs,
  week: 6.5 * dayMs,
  month: 31.5 * dayMs,
};

export interface PointPlan {
  /** For the snapshot that is about to be made. */
  readonly tags: readonly string[];
  readonly points: readonly PointKind[];
  /** Vault milliseconds; undefined: no point, not locked. */
  readonly lockedUntil: number | undefined;
  readonly retention: Retention;
}

/**
 * The first snapshot of a day, week or month is its point. First, not last: what comes later can never take its place. A wall
 * clock set back makes no period new and one set forward uses up periods to come, so the monotonic clock counts as well: once nearly
 * a period may have passed since the newest point, the next snapshot is one.
 */
export function planPoint(input: {
  /** Unix milliseconds: the time that the snapshot will state. */
  readonly wall: number;
  readonly zone: string;
  readonly clock: Pick<VaultTime, 'now' | 'atMost'>;
  readonly existing: readonly StoredSnapshot[];
  readonly retention?: Partial<Retention>;
}): PointPlan {
  const calendar = new Calendar(input.zone);
  const retention = retentionInForce(input.retention, input.existing);
  // An old copy of the clock's state put in place would make new points look old as soon as the newer one is put back.
  const newest = newestTimes(input.existing) ?? input.clock;
  const clock = Math.max(input.clock.now, newest.now);
  const atMost = Math.max(input.clock.atMost, newest.atMost);
  const earlier = input.existing
    .map((snapshot) => readRestorePoint(snapshot))
    .filter((point) => typeof point === 'object');
  const points = pointKinds.filter((kind) => {
    const same = earlier.filter((point) => point.points.has(kind));
    const period = calendar.period(kind, input.wall);
    const near = same.filter((point) => Math.abs(point.snapshot.time - input.wall) < 32 * dayMs);
    if (!near.some((point) => calendar.period(kind, point.snapshot.time) === period)) return true;
    const last = same.reduce((latest, point) => Math.max(latest, point.atMost), -Infinity);
    return atMost - last >= longestGap[kind];
  });
  const lockedUntil =
    points.length === 0
      ? undefined
      : clock + Math.max(...points.map((kind) => lockDuration(kind, retention)));
  return {
    tags: [
      gridkeepTag,
      `clock:${clock}`,
      `clock-at-most:${atMost}`,
      ...points.map((kind) => `point:${kind}`),
      ...(lockedUntil === undefined ? [] : [`locked-until:${lockedUntil}`]),
      `retention:${retention.days}d,${retention.weeks}w,${retention.months}m`,
    ],
    points,
    lockedUntil,
    retention,
  };
}

/** The latest times that any snapshot states; undefined when none is Gridkeep's. */
export function newestTimes(
  snapshots: readonly StoredSnapshot[],
): Pick<VaultTime, 'now' | 'atMost'> | undefined {
  let now: number | undefined;
  let atMost = 0;
  for (const snapshot of snapshots) {
    const point = readRestorePoint(snapshot);
    if (typeof point !== 'object') continue;
    now = Math.max(now ?? point.clock, point.clock);
    atMost = Math.max(atMost, point.atMost);
  }
  return now === undefined ? undefined : { now, atMost };
}

/** When the last lock ends, in vault milliseconds: before it a vault cannot be erased. Infinity when a snapshot cannot be understood. */
export function lastLockEnds(snapshots: readonly StoredSnapshot[], clock: number): number | undefined {
  let end: number | undefined;
  for (const snapshot of snapshots) {
    const point = readRestorePoint(snapshot);
    if (point === 'foreign') continue;
    const until = point === 'unreadable' ? Infinity : point.lockedUntil;
    if (until !== undefined && until > clock) end = Math.max(end ?? until, until);
  }
  return end;
}
