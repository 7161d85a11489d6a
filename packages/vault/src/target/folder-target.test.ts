import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFolderTarget } from './folder-target.ts';
import { retryingTarget } from './retrying-target.ts';
import { isTargetFailure, TargetError, type FileKind, type Target } from './target.ts';
import { faultyTarget, memoryTarget, type Faults } from '../test-support/faulty-target.ts';

const name = 'ab'.repeat(32);

async function namesOf(target: Target, kind: FileKind): Promise<string[]> {
  const names: string[] = [];
  for await (const file of target.list(kind)) names.push(file.name);
  return names;
}

test('files stand where restic looks for them, read-only, and nothing else is listed', async (context) => {
  const folder = join(await temporaryFolder(context), 'a', 'repository');
  const target = await openFolderTarget(folder);
  const bytes = Buffer.from('content of a file');
  const kinds = ['key', 'pack', 'index', 'snapshot', 'lock', 'parity'] as const;
  for (const kind of kinds) {
    await target.save(kind, name, bytes);
    await target.save(kind, name, bytes);
    assert.deepEqual(await namesOf(target, kind), [name]);
  }
  await target.save('config', '', bytes);
  await target.save('state', 'clock', bytes);
  await target.save('state', 'clock', Buffer.from('replaced'));
  assert.deepEqual(await namesOf(target, 'state'), ['clock']);
  assert.equal((await target.read('state', 'clock')).toString(), 'replaced');
  assert.equal((await stat(join(folder, 'data', 'ab', name))).mode & 0o777, 0o400);
  assert.deepEqual(await readFile(join(folder, 'config')), bytes);
  await writeFile(join(folder, 'data', 'ab', `${name}-tmp-1`), 'left behind');
  await writeFile(join(folder, 'data', 'README'), 'not ours');
  assert.deepEqual(await namesOf(target, 'pack'), [name]);

  assert.equal(
    (await target.read('pack', name, { offset: 3, length: 4 })).toString(),
    bytes.toString().slice(3, 7),
  );
  const short = target.read('pack', name, { offset: 10, length: 100 });
  await assert.rejects(short, (error) => isTargetFailure(error, 'short'));
  await target.remove('pack', name);
  await target.remove('pack', name);
  await assert.rejects(target.read('pack', name), (error) => isTargetFailure(error, 'absent'));
  assert.deepEqual(await namesOf(target, 'pack'), []);
  await assert.rejects(target.save('pack', '../../etc/passwd', bytes), RangeError);
  await assert.rejects(target.read('state', '../config'), RangeError);
});

test('many at once, in one folder that is not there yet', async (context) => {
  const folder = await temporaryFolder(context);
  const target = await openFolderTarget(folder);
  const names = Array.from({ length: 50 }, (_, number) => number.toString(16).padStart(64, '0'));
  await Promise.all(names.map((each) => target.save('pack', each, Buffer.from(each))));
  assert.deepEqual((await namesOf(target, 'pack')).sort(), names);
  assert.ok((await readdir(join(folder, 'data', '00'))).every((file) => !file.includes('tmp')));
});

test('a folder that vanished is not an empty repository, and may come back', async (context) => {
  const base = await temporaryFolder(context);
  const folder = join(base, 'disk');
  const target = await openFolderTarget(folder);
  await target.save('config', '', Buffer.from('config'));
  await target.save('pack', name, Buffer.from('pack'));
  await rename(folder, join(base, 'away'));
  const isGone = (error: unknown): boolean => isTargetFailure(error, 'passing');
  // As after unmounting: nothing there, or the empty folder under the mount.
  for (const make of [false, true]) {
    if (make) await mkdir(folder);
    await assert.rejects(target.read('pack', name), isGone);
    await assert.rejects(namesOf(target, 'pack'), isGone);
    await assert.rejects(target.save('pack', name, Buffer.from('pack')), isGone);
    await assert.rejects(target.remove('pack', name), isGone);
  }
  assert.deepEqual(await readdir(folder), []);
  await rm(folder, { recursive: true });
  await rename(join(base, 'away'), folder);
  assert.equal((await target.read('pack', name)).toString(), 'pack');
  await assert.rejects(openFolderTarget(join(base, 'none'), { mustExist: true }), TargetError);
});

test('what may pass is tried again, what hangs is given up, what cannot be is said at once', async () => {
  const faults: Faults = {};
  const memory = memoryTarget();
  const target = retryingTarget(faultyTarget(memory, faults), {
    attemptsMax: 3,
    waitMs: 1,
    waitMsMax: 1,
    attemptMs: 30,
  });
  let calls = 0;
  faults.before = () => {
    calls += 1;
    if (calls < 3) throw new TargetError('passing', 'not now');
  };
  await target.save('pack', name, Buffer.from('pack'));
  assert.equal(calls, 3);
  calls = -10;
  await assert.rejects(target.save('pack', name, Buffer.from('pack')), /not now/);
  calls = 0;
  assert.deepEqual(await namesOf(target, 'pack'), [name]);
  faults.before = () => {
    throw new TargetError('full', 'no room');
  };
  await assert.rejects(target.save('pack', name, Buffer.alloc(1)), (error) => isTargetFailure(error, 'full'));
  faults.before = () => new Promise<void>(() => undefined);
  await assert.rejects(target.remove('pack', name), /no answer/);
  await assert.rejects(namesOf(target, 'pack'), /no answer/);
  const stop = AbortSignal.abort(new Error('enough'));
  await assert.rejects(target.remove('pack', name, stop), /enough/);
});
