/**
 * Which snapshots may go. Everything goes by the vault's time and by what stands in the snapshots: no number of snapshots, no
 * setting and no clock makes a kept one go earlier.
 */
import type { StoredSnapshot } from '../format/snapshot.ts';
import { Calendar, dayMs, pointKinds, type PointKind } from './calendar.ts';
import {
  lockDuration,
  readRestorePoint,
  retentionInForce,
  type RestorePoint,
  type Retention,
} from './restore-points.ts';

export type KeepReason =
  /** Not made by Gridkeep: whoever made it decides. */
  | 'foreign'
  /** Says it is Gridkeep's but cannot be understood. */
  | 'unreadable'
  | 'locked'
  /** Of the last 48 hours. */
  | 'recent'
  /** The newest there is, however old. */
  | 'newest'
  /** Restore point whose lock ended, while the retention asks for more. */
  | PointKind
  | 'first-of-day'
  | 'last-of-day';

export interface KeptSnapshot {
  readonly snapshot: StoredSnapshot;
  readonly why: KeepReason;
}

export interface ForgetDecision {
  readonly keep: readonly KeptSnapshot[];
  readonly forget: readonly StoredSnapshot[];
}

const recent = 2 * dayMs;

export function decideForget(
  snapshots: readonly StoredSnapshot[],
  options: {
    /** VaultTime.now */
    readonly clock: number;
    readonly retention?: Partial<Retention>;
    readonly zone: string;
  },
): ForgetDecision {
  const retention = retentionInForce(options.retention, snapshots);
  const read = snapshots.map((snapshot) => ({ snapshot, point: readRestorePoint(snapshot) }));
  const own = read.map(({ point }) => point).filter((point) => typeof point === 'object');
  const newest = own.reduce<RestorePoint | undefined>(
    (latest, point) => (latest === undefined || after(point, latest) ? point : latest),
    undefined,
  );
  const young = own.filter((point) => options.clock - point.clock < lockDuration('day', retention));
  const { first, last } = endsOfDays(young, new Calendar(options.zone));

  const keep: KeptSnapshot[] = [];
  const forget: StoredSnapshot[] = [];
  for (const { snapshot, point } of read) {
    const why = typeof point === 'string' ? point : reason(point);
    if (why === undefined) forget.push(snapshot);
    else keep.push({ snapshot, why });
  }
  return { keep, forget };

  function reason(point: RestorePoint): KeepReason | undefined {
    if (point.lockedUntil !== undefined && point.lockedUntil > options.clock) return 'locked';
    const age = options.clock - point.clock;
    if (age < recent) return 'recent';
    const kind = pointKinds.findLast((name) => point.points.has(name) && age < lockDuration(name, retention));
    if (kind !== undefined) return kind;
    if (point === newest) return 'newest';
    if (first.has(point)) return 'first-of-day';
    if (last.has(point)) return 'last-of-day';
    return undefined;
  }
}

function after(a: RestorePoint, b: RestorePoint): boolean {
  return a.clock === b.clock ? a.snapshot.time > b.snapshot.time : a.clock > b.clock;
}

function endsOfDays(
  points: readonly RestorePoint[],
  calendar: Calendar,
): { first: ReadonlySet<RestorePoint>; last: ReadonlySet<RestorePoint> } {
  const firsts = new Map<string, RestorePoint>();
  const lasts = new Map<string, RestorePoint>();
  for (const point of points) {
    const day = calendar.period('day', point.snapshot.time);
    const first = firsts.get(day);
    if (first === undefined || after(first, point)) firsts.set(day, point);
    const last = lasts.get(day);
    if (last === undefined || after(point, last)) lasts.set(day, point);
  }
  return { first: new Set(firsts.values()), last: new Set(lasts.values()) };
}
