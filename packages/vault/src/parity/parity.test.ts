import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../format/format-error.ts';
import type { FileKind, Target } from '../target/target.ts';
import { TargetError } from '../target/target.ts';
import type { MemoryTarget } from '../test-support/faulty-target.ts';
import { faultyTarget, memoryTarget } from '../test-support/faulty-target.ts';
import { firstBlocks, planGroup } from './group-plan.ts';
import { decodeManifest, encodeManifest, sumBytes } from './parity-file.ts';
import { updateParity } from './protect.ts';
import { repairFromParity } from './repair-from-parity.ts';
import { withdrawFromParity } from './withdrawn.ts';

/** Bytes that are the same in every run (xorshift). */
function noise(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

function put(target: MemoryTarget, kind: FileKind, bytes: Buffer): string {
  const name = kind === 'config' ? '' : hash('sha256', bytes, 'hex');
  target.files(kind).set(name, bytes);
  return name;
}

function sample(): { target: MemoryTarget; packs: string[] } {
  const target = memoryTarget();
  put(target, 'config', noise(1, 155));
  put(target, 'key', noise(2, 460));
  for (let at = 0; at < 5; at += 1) put(target, 'snapshot', noise(10 + at, 300 + at));
  put(target, 'index', noise(20, 7000));
  const packs = [300_000, 170_001, 120_000, 4_000].map((bytes, at) =>
    put(target, 'pack', noise(30 + at, bytes)),
  );
  return { target, packs };
}

function copyOf(target: MemoryTarget): Map<string, Buffer> {
  const all = new Map<string, Buffer>();
  for (const kind of ['config', 'key', 'snapshot', 'index', 'pack'] as const) {
    for (const [name, bytes] of target.files(kind)) all.set(`${kind}/${name}`, Buffer.from(bytes));
  }
  return all;
}

function change(target: MemoryTarget, kind: FileKind, name: string, work: (bytes: Buffer) => Buffer): void {
  const bytes = target.files(kind).get(name);
  assert.ok(bytes);
  target.files(kind).set(name, work(Buffer.from(bytes)));
}

function parityBytes(target: MemoryTarget): number {
  return [...target.files('parity').values()].reduce((sum, bytes) => sum + bytes.length, 0);
}

describe('protecting a repository with parity', () => {
  test('any two files of a small repository may be lost', async () => {
    const { target } = sample();
    const report = await updateParity(target);
    assert.equal(report.files, 12);
    assert.deepEqual(report.damaged, []);
    assert.equal(report.parityBytes, parityBytes(target));
    const before = copyOf(target);
    const keys = [...before.keys()];
    for (const [at, first] of keys.entries()) {
      const second = keys[(at + 5) % keys.length] ?? '';
      for (const key of [first, second]) {
        const [kind, name] = key.split('/');
        if (kind === 'pack') target.files('pack').delete(name ?? '');
        if (kind === 'config') target.files('config').delete('');
        if (kind === 'index') change(target, 'index', name ?? '', (bytes) => bytes.subarray(0, 50));
        if (kind === 'snapshot')
          change(target, 'snapshot', name ?? '', (bytes) => Buffer.concat([bytes, bytes]));
        if (kind === 'key') change(target, 'key', name ?? '', (bytes) => bytes.fill(0));
      }
      const { repaired, lost } = await repairFromParity(target);
      assert.deepEqual(lost, []);
      assert.equal(repaired.length, 2);
      assert.deepEqual(copyOf(target), before);
    }
  });

  test('damage at different places of many files is repaired, also with damaged parity files', async () => {
    const { target } = sample();
    await updateParity(target);
    const before = copyOf(target);
    for (const name of target.files('parity').keys()) {
      // The start of each: its first list is gone, the second one serves.
      change(target, 'parity', name, (bytes) => bytes.fill(7, 0, 60));
    }
    for (const [name, bytes] of target.files('pack')) {
      const at = Math.floor((bytes.length * Number.parseInt(name.slice(0, 2), 16)) / 256);
      change(target, 'pack', name, (copy) => copy.fill(9, at, at + 100));
    }
    const { repaired, lost } = await repairFromParity(target);
    assert.deepEqual(lost, []);
    assert.equal(repaired.length, 4);
    assert.deepEqual(copyOf(target), before);
  });

  test('what is beyond reach is named, and nothing wrong is written', async () => {
    const { target } = sample();
    const gone = [0, 1, 2].map((at) => put(target, 'pack', noise(at + 50, 300_000)));
    await updateParity(target);
    for (const name of gone) target.files('pack').delete(name);
    const left = copyOf(target);
    const { repaired, lost } = await repairFromParity(target);
    assert.equal(lost.length, 3);
    assert.deepEqual(repaired, []);
    for (const [key, bytes] of left) assert.deepEqual(copyOf(target).get(key), bytes);
    for (const [name, bytes] of target.files('pack')) assert.equal(hash('sha256', bytes, 'hex'), name);
  });

  test('a second update does nothing; new files go into groups; merging keeps them few', async () => {
    const { target } = sample();
    await updateParity(target);
    const again = await updateParity(target);
    assert.deepEqual([again.bytesRead, again.bytesWritten], [0, 0]);
    for (let night = 0; night < 40; night += 1) {
      put(target, 'snapshot', noise(1000 + night, 310));
      put(target, 'pack', noise(2000 + night, 20_000));
      const report = await updateParity(target);
      assert.equal(report.files, 12 + 2 * (night + 1));
      assert.ok(report.groups <= 12, `${report.groups} groups`);
      assert.ok(report.bytesRead < 1_000_000);
    }
    const before = copyOf(target);
    target.files('pack').delete([...target.files('pack').keys()].at(-1) ?? '');
    target.files('pack').delete([...target.files('pack').keys()].at(6) ?? '');
    assert.deepEqual((await repairFromParity(target)).lost, []);
    assert.deepEqual(copyOf(target), before);
  });

  test('files removed on purpose do not come back, others do', async () => {
    const { target, packs } = sample();
    await updateParity(target);
    const [removed = '', lost = ''] = packs;
    await withdrawFromParity(target, [{ kind: 'pack', name: removed }]);
    target.files('pack').delete(removed);
    target.files('pack').delete(lost);
    const report = await repairFromParity(target);
    assert.deepEqual(
      report.repaired.map(({ name }) => name),
      [lost],
    );
    assert.equal(target.files('pack').has(removed), false);
    const update = await updateParity(target);
    assert.deepEqual([update.files, update.damaged], [11, []]);
    assert.deepEqual(target.files('state').get('parity-withdrawn')?.toString(), '{"files":[]}');
    assert.deepEqual((await repairFromParity(target)).repaired, []);
  });

  test('an update leaves alone what a repair still needs', async () => {
    const { target, packs } = sample();
    await updateParity(target);
    const before = copyOf(target);
    const [lost = '', flipped = ''] = packs;
    target.files('pack').delete(lost);
    change(target, 'pack', flipped, (bytes) => bytes.fill(1, 1000, 1500));
    put(target, 'pack', noise(77, 400_000));
    put(target, 'pack', noise(78, 900_000));
    const report = await updateParity(target);
    assert.ok(report.damaged.some(({ name }) => name === lost));
    assert.deepEqual((await repairFromParity(target)).lost, []);
    for (const [key, bytes] of before) assert.deepEqual(copyOf(target).get(key), bytes);
    assert.deepEqual((await updateParity(target)).damaged, []);
  });

  test('a flipped byte found while groups are merged keeps the group that can repair it', async () => {
    const { target, packs } = sample();
    await updateParity(target);
    const before = copyOf(target);
    change(target, 'pack', packs[1] ?? '', (bytes) => bytes.fill(1, 1000, 1500));
    for (let at = 0; at < 3; at += 1) put(target, 'pack', noise(80 + at, 400_000));
    const report = await updateParity(target);
    assert.deepEqual(report.damaged, [{ kind: 'pack', name: packs[1] }]);
    await updateParity(target);
    assert.equal((await repairFromParity(target)).repaired.length, 1);
    for (const [key, bytes] of before) assert.deepEqual(copyOf(target).get(key), bytes);
    assert.deepEqual((await updateParity(target)).damaged, []);
  });

  test('a replaced configuration is told from a damaged one by who can open it', async () => {
    const { target } = sample();
    await updateParity(target);
    const old = target.files('config').get('');
    put(target, 'config', noise(99, 155));
    assert.deepEqual((await updateParity(target)).damaged, [{ kind: 'config', name: '' }]);
    const isConfig = (bytes: Buffer): boolean => bytes.equals(noise(99, 155));
    assert.deepEqual((await repairFromParity(target, { isConfig })).repaired, []);
    assert.deepEqual((await updateParity(target, { isConfig })).damaged, []);
    put(target, 'config', old ?? Buffer.alloc(0));
    assert.equal((await repairFromParity(target)).repaired.length, 1);
    assert.deepEqual(target.files('config').get(''), noise(99, 155));
  });

  test('a removed key stays away as long as another is there', async () => {
    const { target } = sample();
    const second = put(target, 'key', noise(3, 470));
    await updateParity(target);
    target.files('key').delete(second);
    assert.deepEqual((await repairFromParity(target)).repaired, []);
    target.files('key').clear();
    assert.equal((await repairFromParity(target)).repaired.length, 2);
  });

  test('large files go through a thread, in little memory; disks that cannot read a place are met', async () => {
    const target = memoryTarget();
    const packs = [0, 1, 2].map((at) => put(target, 'pack', noise(at + 5, 6 * 1024 * 1024 + at)));
    const report = await updateParity(target);
    // Losing a whole pack would cost more than the share: a place of each is protected.
    assert.ok(report.parityBytes < 0.06 * report.bytes, `${report.parityBytes} of ${report.bytes}`);
    const before = copyOf(target);
    change(target, 'pack', packs[0] ?? '', (bytes) => bytes.fill(3, 5_000_000, 5_400_000));
    let isWritten = false;
    const bad: Target = {
      ...faultyTarget(target, {}),
      save(kind, name, bytes, options) {
        isWritten ||= name === packs[2];
        return target.save(kind, name, bytes, options);
      },
      read(kind, name, range, signal) {
        const end = (range?.offset ?? 0) + (range?.length ?? 7_000_000);
        const isBad = !isWritten && name === packs[2] && (range?.offset ?? 0) <= 1000 && end > 1000;
        if (isBad) return Promise.reject(new TargetError('permanent', 'EIO'));
        return target.read(kind, name, range, signal);
      },
    };
    const { repaired, lost } = await repairFromParity(bad);
    assert.deepEqual(
      [repaired.map(({ name }) => name), lost],
      [[packs[0], packs[2]].sort((a, b) => packs.indexOf(a ?? '') - packs.indexOf(b ?? '')), []],
    );
    assert.deepEqual(copyOf(target), before);
  });

  test('interrupted after any write, nothing is unprotected that was protected before', async () => {
    for (let steps = 0; ; steps += 1) {
      const { target, packs } = sample();
      await updateParity(target);
      for (let at = 0; at < 3; at += 1) put(target, 'pack', noise(80 + at, 400_000));
      let left = steps;
      const stopping = faultyTarget(target, {
        before: (call) => {
          if (call !== 'save' && call !== 'remove') return;
          if (left === 0) throw new Error('killed');
          left -= 1;
        },
      });
      const finished = await updateParity(stopping).then(
        () => true,
        () => false,
      );
      const before = copyOf(target);
      target.files('pack').delete(packs[0] ?? '');
      target.files('pack').delete(packs[3] ?? '');
      assert.deepEqual((await repairFromParity(target)).lost, []);
      assert.deepEqual(copyOf(target), before);
      const report = await updateParity(target);
      assert.equal(report.files, 15);
      assert.equal(report.parityBytes, parityBytes(target));
      if (finished) break;
    }
  });

  test('without overhead there is no parity', async () => {
    const { target } = sample();
    await updateParity(target);
    assert.ok(parityBytes(target) > 0);
    await updateParity(target, { overhead: 0 });
    assert.equal(parityBytes(target), 0);
    await assert.rejects(updateParity(target, { overhead: 0.001 }), RangeError);
    const report = await updateParity(target, { overhead: 0.5 });
    assert.equal(report.files, 12);
  });
});

describe('the format of parity files', () => {
  const file = fc.record({
    kind: fc.constantFrom('pack' as const, 'snapshot' as const),
    name: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    bytes: fc.integer({ min: 1, max: 40_000_000 }),
  });

  test('plans keep to their columns, and manifests read back', () => {
    fc.assert(
      fc.property(
        fc.array(file, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (files, overhead) => {
          const plan = planGroup(files, overhead);
          const blocks = firstBlocks(plan).at(-1) ?? 0;
          assert.ok(blocks <= plan.rows * plan.columns);
          assert.ok(plan.columns + plan.parity <= 255);
          const sums = noise(blocks, sumBytes * (blocks + plan.parity * plan.rows));
          const back = decodeManifest(encodeManifest({ plan, sums }));
          assert.deepEqual(back, { plan: { ...plan, files: files.map((one) => ({ ...one })) }, sums });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a hostile manifest is a FormatError', () => {
    const plan = planGroup([{ kind: 'pack', name: 'a'.repeat(64), bytes: 5000 }], 0.05);
    const blocks = firstBlocks(plan).at(-1) ?? 0;
    const good = encodeManifest({ plan, sums: Buffer.alloc(sumBytes * (blocks + plan.parity * plan.rows)) });
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, flip, cut) => {
          const bytes = Buffer.from(cut ? good.subarray(0, at) : good);
          if (!cut) bytes[at] = (bytes[at] ?? 0) ^ flip;
          try {
            decodeManifest(bytes);
          } catch (error) {
            assert.ok(error instanceof FormatError, String(error));
          }
        },
      ),
    );
  });
});
