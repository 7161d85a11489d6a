/** The promise against everybody who wants to shorten it. Nights pass on a fake machine; what an attacker does is called between them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import fc from 'fast-check';
import type { StoredSnapshot } from '../format/snapshot.ts';
import { FakeMachine } from '../test-support/fake-machine.ts';
import { dayMs } from './calendar.ts';
import { decideForget } from './forget.ts';
import {
  lastLockEnds,
  leastRetention,
  lockDuration,
  planPoint,
  readRestorePoint,
  retentionInForce,
  type Retention,
} from './restore-points.ts';
import { advanceClock, beginClock, type ClockState } from './vault-clock.ts';
import type { VaultTime } from './vault-time.ts';

const start = Date.UTC(2026, 10, 23, 3);
const hour = 3_600_000;
const tree = parseBlobId('d'.repeat(64));

/** A vault reduced to its snapshots and its clock. */
class FakeVault {
  readonly machine = new FakeMachine(start);
  snapshots: StoredSnapshot[] = [];
  /** When, in real time, each snapshot was made. */
  readonly madeAt = new Map<string, number>();
  readonly points = new Map<string, readonly string[]>();
  readonly forgottenAt = new Map<string, number>();
  retention: Partial<Retention> = {};
  zone = 'Europe/Berlin';
  #state: ClockState = beginClock({ now: start, atMost: start }, start, this.machine.boot());

  sample(): VaultTime {
    this.#state = advanceClock(this.#state, this.machine.wall(), this.machine.boot());
    const { vault, atMost, wall } = this.#state[0];
    return { now: vault, atMost, lag: wall - vault };
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= hour) {
      this.machine.pass(Math.min(left, hour));
      this.sample();
    }
  }

  backup(): StoredSnapshot {
    const plan = planPoint({
      wall: this.machine.wall(),
      zone: this.zone,
      clock: this.sample(),
      existing: this.snapshots,
      retention: this.retention,
    });
    const id = createHash('sha256').update(`${this.madeAt.size}`).digest('hex');
    const snapshot = { id, time: this.machine.wall(), tree, paths: ['/'], hostname: 'g', tags: plan.tags };
    this.snapshots.push(snapshot);
    this.madeAt.set(id, this.machine.real);
    this.points.set(id, plan.points);
    return snapshot;
  }

  forget(): readonly StoredSnapshot[] {
    const { keep, forget } = decideForget(this.snapshots, {
      clock: this.sample().now,
      retention: this.retention,
      zone: this.zone,
    });
    for (const { id } of forget) this.forgottenAt.set(id, this.machine.real);
    this.snapshots = keep.map(({ snapshot }) => snapshot);
    return forget;
  }

  night(): void {
    this.pass(dayMs);
    this.backup();
    this.forget();
  }

  nights(count: number): void {
    for (let night = 0; night < count; night += 1) this.night();
  }

  /** Every snapshot that was a point lives at least as long as promised, in real time. */
  assertNoPointWentEarly(): void {
    for (const [id, at] of this.forgottenAt) {
      const age = at - (this.madeAt.get(id) ?? 0);
      for (const kind of this.points.get(id) ?? []) {
        const promised = { day: 30, week: 182, month: 366 }[kind] ?? Infinity;
        assert.ok(age > promised * dayMs, `a point of the ${kind} went after ${age / dayMs} days`);
      }
    }
  }

  /** For each of the last `days` there is a snapshot that was made at most `slackMs` after the day began. */
  assertReached(days: number, slackMs: number): void {
    const ages = this.snapshots.map(({ id }) => this.machine.real - (this.madeAt.get(id) ?? 0));
    const reach = Math.min(days * dayMs, this.machine.real);
    for (let age = 0; age < reach; age += dayMs)
      assert.ok(
        ages.some((other) => other >= age && other < age + slackMs),
        `nothing of ${age / dayMs} days ago`,
      );
  }

  assertPromise(): void {
    this.assertNoPointWentEarly();
    this.assertReached(30, 1.9 * dayMs);
    this.assertReached(26 * 7, 8 * dayMs);
    this.assertReached(366, 33 * dayMs);
  }
}

describe('restore points', () => {
  it('are the first of their day, week and month in the zone of the grid, locked for good', () => {
    const vault = new FakeVault();
    const first = vault.backup();
    const point = readRestorePoint(first);
    assert.ok(typeof point === 'object');
    assert.deepEqual([...point.points], ['day', 'week', 'month']);
    assert.equal(point.lockedUntil, start + lockDuration('month', leastRetention));
    assert.ok(lockDuration('month', leastRetention) >= 400 * dayMs);
    assert.deepEqual(vault.points.get(vault.backup().id), []);
    vault.pass(dayMs);
    assert.deepEqual(vault.points.get(vault.backup().id), ['day']);
    vault.pass(6 * dayMs);
    assert.deepEqual(vault.points.get(vault.backup().id), ['day', 'week']);
    vault.pass(dayMs);
    assert.deepEqual(vault.points.get(vault.backup().id), ['day', 'month']);
  });

  it('begin when the day begins in the zone', () => {
    const vault = new FakeVault();
    vault.machine.setWall(Date.UTC(2026, 10, 24, 10, 30));
    vault.zone = 'Pacific/Auckland';
    vault.backup();
    vault.pass(hour);
    assert.ok(vault.points.get(vault.backup().id)?.includes('day'), 'midnight in Auckland is 11:00 UTC');
  });

  it('are kept for a year of nights as promised, and the rest goes', () => {
    const vault = new FakeVault();
    vault.backup();
    vault.nights(430);
    vault.assertPromise();
    assert.ok(vault.snapshots.length < 31 + 28 + 14 + 3, `${vault.snapshots.length} are kept`);
    assert.ok(vault.forgottenAt.size > 300);
  });

  it('cannot be told from their tags only once: what protects longer counts', () => {
    const vault = new FakeVault();
    const snapshot = vault.backup();
    const until = (tags: readonly string[]): unknown => {
      const point = readRestorePoint({ ...snapshot, tags });
      return typeof point === 'object' ? point.lockedUntil : point;
    };
    assert.equal(until([...snapshot.tags, 'locked-until:1']), start + lockDuration('month', leastRetention));
    for (const bad of [
      'locked-until:',
      'locked-until:-1',
      'locked-until:1e3',
      'clock:x',
      'point:year',
      'retention:1d',
    ])
      assert.equal(until([...snapshot.tags, bad]), 'unreadable', bad);
    assert.equal(until(snapshot.tags.filter((tag) => !tag.startsWith('locked-until'))), 'unreadable');
    assert.equal(until(snapshot.tags.filter((tag) => !tag.startsWith('clock:'))), 'unreadable');
    assert.equal(until([]), 'foreign');
  });

  it('are never forgotten when they cannot be understood, nor are those of others, which count for nothing', () => {
    const vault = new FakeVault();
    const own = vault.backup();
    const foreign = { ...own, id: 'e'.repeat(64), tags: ['point:day'] };
    const broken = { ...own, id: 'f'.repeat(64), tags: ['gridkeep', 'clock:?'] };
    vault.snapshots.push(foreign, broken);
    vault.nights(20);
    vault.pass(500 * dayMs);
    vault.forget();
    vault.nights(5);
    const why = new Map(
      decideForget(vault.snapshots, { clock: vault.sample().now, zone: 'UTC' }).keep.map((kept) => [
        kept.snapshot.id,
        kept.why,
      ]),
    );
    assert.equal(why.get(foreign.id), 'foreign');
    assert.equal(why.get(broken.id), 'unreadable');
    vault.assertNoPointWentEarly();
    assert.equal(lastLockEnds(vault.snapshots, vault.sample().now), Infinity);
    assert.equal(lastLockEnds([foreign], 0), undefined);
  });

  it('leave the newest snapshot even when nobody made one for years', () => {
    const vault = new FakeVault();
    vault.nights(10);
    vault.pass(1000 * dayMs);
    vault.forget();
    assert.equal(vault.snapshots.length, 1);
  });
});

describe('attacks on the retention', () => {
  it('a clock set forward ages nothing', () => {
    const vault = new FakeVault();
    vault.nights(100);
    const before = vault.snapshots;
    vault.machine.setWall(start + 3000 * dayMs);
    assert.deepEqual(vault.forget(), []);
    assert.deepEqual(vault.snapshots, before);
    vault.nights(40);
    vault.assertPromise();
    vault.machine.setWall(start + vault.machine.real);
    vault.nights(40);
    vault.assertPromise();
  });

  it('a clock set forward between two samples and back again ages nothing', () => {
    const vault = new FakeVault();
    vault.backup();
    vault.nights(60);
    for (let round = 0; round < 500; round += 1) {
      vault.machine.setWall(vault.machine.wall() + 30 * dayMs);
      vault.machine.pass(1000);
      vault.sample();
      vault.machine.setWall(start + vault.machine.real);
      vault.sample();
    }
    assert.deepEqual(vault.forget(), []);
    vault.assertPromise();
  });

  it('a clock set back stops no restore points from being made', () => {
    const vault = new FakeVault();
    vault.nights(40);
    vault.machine.setWall(start - 2000 * dayMs);
    vault.nights(40);
    vault.assertPromise();
    // Held at one moment, so that by the calendar no day ever ends and the clock of the vault stands still.
    for (let night = 0; night < 60; night += 1) {
      for (let at = 0; at < 24; at += 1) {
        vault.pass(hour);
        vault.machine.setWall(start + 80 * dayMs);
        vault.sample();
      }
      vault.backup();
      vault.forget();
    }
    vault.machine.setWall(start + vault.machine.real);
    vault.nights(20);
    vault.assertPromise();
  });

  it('days that are used up in advance leave no gap when they come', () => {
    const vault = new FakeVault();
    vault.nights(5);
    const now = vault.machine.wall();
    for (let day = 1; day < 120; day += 1) {
      vault.machine.setWall(now + day * dayMs);
      vault.backup();
    }
    vault.machine.setWall(start + vault.machine.real);
    vault.nights(150);
    vault.assertPromise();
  });

  it('ten thousand junk snapshots push nothing out', () => {
    const vault = new FakeVault();
    vault.nights(100);
    const before = vault.snapshots.map(({ id }) => id);
    const template = vault.backup();
    // As many as planPoint itself would make, without asking it ten thousand times over a growing list.
    const plan = planPoint({
      wall: vault.machine.wall(),
      zone: vault.zone,
      clock: vault.sample(),
      existing: vault.snapshots,
    });
    assert.deepEqual(plan.points, []);
    for (let junk = 0; junk < 10_000; junk += 1)
      vault.snapshots.push({
        ...template,
        id: createHash('sha256').update(`junk ${junk}`).digest('hex'),
        time: vault.machine.wall() + junk,
        tags: plan.tags,
      });
    vault.forget();
    const left = new Set(vault.snapshots.map(({ id }) => id));
    assert.ok(before.every((id) => left.has(id)));
    vault.nights(5);
    vault.assertPromise();
    assert.ok(vault.snapshots.length < 200, 'the junk goes after two days');
  });

  it('junk with every date there is pushes nothing out', () => {
    const vault = new FakeVault();
    vault.nights(100);
    const before = vault.snapshots.map(({ id }) => id);
    const now = vault.machine.wall();
    for (let junk = 0; junk < 200; junk += 1) {
      vault.machine.setWall(now + (junk - 100) * 3 * dayMs);
      vault.backup();
    }
    vault.machine.setWall(now);
    vault.forget();
    const left = new Set(vault.snapshots.map(({ id }) => id));
    assert.ok(before.every((id) => left.has(id)));
    vault.nights(40);
    vault.assertPromise();
  });

  it('junk around each night takes no place of a restore point', () => {
    const vault = new FakeVault();
    for (let night = 0; night < 100; night += 1) {
      vault.pass(dayMs);
      for (let junk = 0; junk < 10; junk += 1) vault.backup();
      vault.forget();
      vault.forget();
    }
    vault.assertPromise();
    assert.ok(vault.snapshots.length < 31 * 2 + 16 + 5 + 30, `${vault.snapshots.length} are kept`);
  });

  it('edited settings ask for more at best', () => {
    const vault = new FakeVault();
    vault.retention = { days: 60 };
    vault.nights(100);
    const before = vault.snapshots.length;
    for (const wanted of [
      { days: 0, weeks: 0, months: 0 },
      { days: -1, weeks: -1e9, months: Number.NaN },
      { days: Number.NEGATIVE_INFINITY },
    ]) {
      vault.retention = wanted;
      assert.deepEqual(retentionInForce(wanted, vault.snapshots), { ...leastRetention, days: 60 });
      vault.forget();
      assert.equal(vault.snapshots.length, before);
    }
    // What was in force stays in force for new ones.
    vault.nights(100);
    vault.assertReached(60, 1.9 * dayMs);
    vault.assertPromise();
  });

  it('no slip of the hand locks for ever', () => {
    const vault = new FakeVault();
    vault.retention = { months: 1e9, days: Number.POSITIVE_INFINITY };
    const point = readRestorePoint(vault.backup());
    assert.ok(typeof point === 'object' && (point.lockedUntil ?? Infinity) < start + 11 * 366 * dayMs);
  });

  it('a change of the zone leaves no gap', () => {
    const vault = new FakeVault();
    const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC'];
    for (let night = 0; night < 120; night += 1) {
      vault.zone = zones[night % zones.length] ?? 'UTC';
      vault.night();
    }
    vault.assertPromise();
  });

  it('an old copy of the state of the clock ages nothing once the newer one is back', () => {
    const existing: StoredSnapshot[] = [];
    const vault = new FakeVault();
    vault.nights(3);
    const young = vault.backup();
    existing.push(young);
    const newer = vault.sample();
    const older = { now: newer.now - 300 * dayMs, atMost: newer.atMost - 300 * dayMs };
    const plan = planPoint({ wall: vault.machine.wall() + dayMs, zone: 'UTC', clock: older, existing });
    assert.ok((plan.lockedUntil ?? 0) >= newer.now + 30 * dayMs);
  });

  it('nothing of all this together makes a point go early or leaves a gap', () => {
    const act = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('night' as const), by: fc.integer({ min: 1, max: 20 }) }),
      },
      fc.record({ kind: fc.constant('wall' as const), by: fc.integer({ min: -1000, max: 1000 }) }),
      fc.record({ kind: fc.constant('junk' as const), by: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant('settings' as const), by: fc.integer({ min: -10, max: 40 }) }),
      fc.record({ kind: fc.constant('zone' as const), by: fc.nat(2) }),
      fc.record({ kind: fc.constant('forget' as const), by: fc.constant(0) }),
      fc.record({ kind: fc.constant('reboot' as const), by: fc.integer({ min: 0, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const vault = new FakeVault();
        vault.backup();
        for (const { kind, by } of acts) {
          if (kind === 'night') vault.nights(by);
          if (kind === 'wall') vault.machine.setWall(start + vault.machine.real + by * dayMs);
          if (kind === 'junk') for (let junk = 0; junk < by; junk += 1) vault.backup();
          if (kind === 'settings') vault.retention = { days: by, weeks: by, months: by };
          if (kind === 'zone') vault.zone = ['UTC', 'Asia/Tokyo', 'Pacific/Pago_Pago'][by] ?? 'UTC';
          if (kind === 'forget') vault.forget();
          if (kind === 'reboot') vault.machine.reboot(by * hour);
        }
        vault.night();
        vault.assertNoPointWentEarly();
        vault.assertReached(30, 2.2 * dayMs);
      }),
      { numRuns: 60 },
    );
  });
});
