import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import fc from 'fast-check';
import type { StoredSnapshot } from '../format/snapshot.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import { FakeMachine } from '../test-support/fake-machine.ts';
import { dayMs } from './calendar.ts';
import { planPoint } from './restore-points.ts';
import { advanceClock, beginClock, machineClocks, VaultClock, type ClockHome } from './vault-clock.ts';

const start = Date.UTC(2026, 10, 23, 3);
const minute = 60_000;
const emptyTree = parseBlobId('d'.repeat(64));

/** The state of a repository in memory, with what an attacker may do to it. */
class FakeHome implements ClockHome {
  readonly id = 'a'.repeat(64);
  state: Buffer | undefined;
  snapshots: StoredSnapshot[] = [];
  isBroken = false;
  readState(): Promise<Buffer | undefined> {
    if (this.isBroken) return Promise.reject(new RepositoryDamagedError('state', 'clock', 'flipped'));
    return Promise.resolve(this.state);
  }
  writeState(_name: string, plain: Uint8Array): Promise<void> {
    this.state = Buffer.from(plain);
    this.isBroken = false;
    return Promise.resolve();
  }
  listSnapshots(): Promise<readonly StoredSnapshot[]> {
    return Promise.resolve(this.snapshots);
  }
}

function begin(): { machine: FakeMachine; home: FakeHome; clock: VaultClock } {
  const machine = new FakeMachine(start);
  const home = new FakeHome();
  return { machine, home, clock: new VaultClock(home, machine) };
}

describe('the clock of a vault', () => {
  it('begins with the wall clock and goes with it', async () => {
    const { machine, clock } = begin();
    assert.deepEqual(await clock.sample(), { now: start, atMost: start, lag: 0 });
    machine.pass(5 * dayMs);
    assert.deepEqual(await clock.sample(), { now: start + 5 * dayMs, atMost: start + 5 * dayMs, lag: 0 });
  });

  it('gains nothing from a wall clock set forward, and tells how far that is ahead', async () => {
    const { machine, clock } = begin();
    await clock.sample();
    machine.setWall(start + 5000 * dayMs);
    machine.pass(minute);
    const time = await clock.sample();
    assert.equal(time.now, start + minute);
    assert.equal(time.lag, 5000 * dayMs);
    machine.setWall(start + machine.real);
    machine.pass(minute);
    assert.ok((await clock.sample()).now <= start + machine.real);
  });

  it('loses only the interval in which the wall clock was set back', async () => {
    const { machine, clock } = begin();
    await clock.sample();
    machine.setWall(start - 300 * dayMs);
    machine.pass(minute);
    assert.equal((await clock.sample()).now, start);
    machine.pass(dayMs);
    const time = await clock.sample();
    assert.equal(time.now, start + dayMs);
    assert.equal(time.atMost, start + dayMs + minute);
  });

  it('does not count time in which the machine was off, and says so', async () => {
    const { machine, clock } = begin();
    await clock.sample();
    machine.pass(dayMs);
    await clock.sample();
    machine.reboot(90 * dayMs);
    machine.pass(minute);
    const time = await clock.sample();
    assert.equal(time.now, start + dayMs);
    assert.equal(time.lag, 90 * dayMs + minute);
    machine.pass(dayMs);
    assert.equal((await clock.sample()).now, start + 2 * dayMs);
  });

  it('goes on from one process to the next on the same boot', async () => {
    const { machine, home, clock } = begin();
    await clock.sample();
    machine.pass(40 * dayMs);
    assert.equal((await new VaultClock(home, machine).sample()).now, start + 40 * dayMs);
  });

  it('counts time once when machines take turns', async () => {
    const { machine, home, clock } = begin();
    const other = new FakeMachine(start);
    const second = new VaultClock(home, other);
    for (let turn = 0; turn < 200; turn += 1) {
      machine.pass(10 * minute);
      other.pass(10 * minute);
      await (turn % 2 === 0 ? clock : second).sample();
    }
    const { now, atMost } = await clock.sample();
    assert.ok(now <= start + machine.real);
    assert.ok(now >= start + machine.real - 40 * minute, `lost ${(start + machine.real - now) / minute} min`);
    assert.ok(atMost <= start + machine.real + 40 * minute);
  });

  it('begins with the newest snapshot when its state is lost, spoilt, of another vault or not a state', async () => {
    for (const spoil of ['lost', 'broken', 'other', 'text'] as const) {
      const { machine, home, clock } = begin();
      await clock.sample();
      machine.pass(dayMs);
      const { tags } = planPoint({
        wall: machine.wall(),
        zone: 'UTC',
        clock: await clock.sample(),
        existing: [],
      });
      home.snapshots.push(snapshotWith(tags, machine.wall()));
      if (spoil === 'lost') home.state = undefined;
      if (spoil === 'broken') home.isBroken = true;
      if (spoil === 'other')
        home.state = Buffer.from(String(home.state).replaceAll('a'.repeat(64), 'b'.repeat(64)));
      if (spoil === 'text') home.state = Buffer.from('{"anchors":');
      machine.setWall(start + 900 * dayMs);
      machine.pass(dayMs);
      assert.equal((await clock.sample()).now, start + dayMs, spoil);
    }
  });

  it('is never ahead of what really passed, whatever is done to clocks, machines and state', () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40 * dayMs }) }),
      fc.record({
        kind: fc.constant('wall' as const),
        ms: fc.integer({ min: -4000 * dayMs, max: 4000 * dayMs }),
      }),
      fc.record({ kind: fc.constant('reboot' as const), ms: fc.integer({ min: 0, max: 40 * dayMs }) }),
      fc.record({ kind: fc.constant('sample' as const), ms: fc.constant(0) }),
      fc.record({ kind: fc.constant('swap' as const), ms: fc.constant(0) }),
      fc.record({ kind: fc.constant('old state' as const), ms: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const machines = [new FakeMachine(start), new FakeMachine(start)] as const;
        let turn = 0;
        let state = beginClock({ now: start, atMost: start }, start, machines[0].boot());
        const states = [state];
        for (const { kind, ms } of acts) {
          const machine = machines[turn % 2 === 0 ? 0 : 1];
          const other = machines[turn % 2 === 0 ? 1 : 0];
          if (kind === 'pass') for (const one of machines) one.pass(ms);
          if (kind === 'wall') machine.setWall(start + ms);
          if (kind === 'reboot') {
            machine.reboot(ms);
            other.pass(ms);
          }
          if (kind === 'swap') turn += 1;
          if (kind === 'old state') state = states[ms % states.length] ?? state;
          if (kind === 'sample') {
            state = advanceClock(state, machine.wall(), machine.boot());
            states.push(state);
          }
          assert.ok(state[0].vault - start <= machine.real);
        }
      }),
    );
  });

  it('counts time that passed with a wall clock that is set back again and again, where too much does no harm', async () => {
    const { machine, clock } = begin();
    await clock.sample();
    for (let hour = 0; hour < 48; hour += 1) {
      machine.pass(60 * minute);
      machine.setWall(start);
      await clock.sample();
    }
    const time = await clock.sample();
    assert.equal(time.now, start);
    assert.equal(time.atMost, start + 2 * dayMs);
  });
});

describe('the clocks of the machine', () => {
  it('tell a boot that stays the same and a time that goes on', async () => {
    const before = machineClocks.boot();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const after = machineClocks.boot();
    assert.equal(after.id, before.id);
    assert.ok(after.ms > before.ms);
    assert.ok(Math.abs(machineClocks.wall() - Date.now()) < 1000);
  });
});

function snapshotWith(tags: readonly string[], time: number): StoredSnapshot {
  return { id: 'c'.repeat(64), time, tree: emptyTree, paths: ['/grid'], hostname: 'gridkeep', tags };
}
