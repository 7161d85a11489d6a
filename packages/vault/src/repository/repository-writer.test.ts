import { parseBlobId, type BlobId } from '@gridkeep/storage/blobs/blob-store';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { openFolderTarget } from '../target/folder-target.ts';
import { retryingTarget } from '../target/retrying-target.ts';
import { isTargetFailure, TargetError } from '../target/target.ts';
import {
  addExampleFile,
  backUpExample,
  contentOf,
  createExample,
  examplePassword,
  exampleTime,
  quickLocks,
} from '../test-support/example-repository.ts';
import { faultyTarget, memoryTarget, type Faults } from '../test-support/faulty-target.ts';
import { restic } from '../test-support/real-restic.ts';
import { BlobRejectedError } from './repository-errors.ts';
import { hashName } from './repository-files.ts';
import { LockLostError } from './repository-lock.ts';
import { openRepository, type Repository } from './repository.ts';
import type { RepositoryWriter } from './repository-writer.ts';

async function writing(
  repository: Repository,
  work: (writer: RepositoryWriter) => Promise<void>,
): Promise<void> {
  const lock = await repository.lock('shared');
  try {
    const writer = await repository.beginWriting(lock, { dataPackBytes: 200_000, treePackBytes: 50_000 });
    try {
      await work(writer);
    } finally {
      await writer.close();
    }
  } finally {
    await lock.release();
  }
}

function idOf(bytes: Uint8Array): BlobId {
  return parseBlobId(hashName(bytes));
}

test('a blob is stored once, whoever brings it and however often at once', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  const content = contentOf('same', 50_000);
  await writing(repository, async (writer) => {
    await Promise.all(Array.from({ length: 20 }, () => writer.addData(content)));
    assert.ok(writer.has('data', idOf(content)));
    assert.ok(!writer.has('tree', idOf(content)));
    assert.equal((await writer.finish()).dataBlobs, 1);
    await writer.addData(content);
    assert.equal((await writer.finish()).dataBlobs, 1);
  });
  assert.equal(target.files('pack').size, 1);
  await writing(repository, async (writer) => {
    await writer.addStored(idOf(content), { codec: 'raw', payload: content, length: content.length });
    assert.deepEqual((await writer.finish()).packs, []);
  });
  assert.deepEqual(await repository.readBlob('data', idOf(content)), content);
});

test('bytes that the blob store has compressed go in as they are', async () => {
  const repository = await createExample(memoryTarget());
  const content = contentOf('stored', 100_000);
  const payload = zstdCompressSync(content);
  await writing(repository, async (writer) => {
    await writer.addStored(idOf(content), { codec: 'zstd', payload, length: content.length });
    await writer.finish();
  });
  const place = (await repository.loadIndex()).find('data', idOf(content));
  assert.equal(place?.length, payload.length + 32);
  assert.equal(place.uncompressedLength, content.length);
  assert.deepEqual(await repository.readBlob('data', idOf(content)), content);
});

test('what is not what its id says is refused, and no snapshot is saved', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  const right = contentOf('right', 1000);
  const wrong = idOf(contentOf('wrong', 1000));
  await writing(repository, async (writer) => {
    await writer.addStored(wrong, { codec: 'raw', payload: right, length: 1000 });
    const torn = zstdCompressSync(right).subarray(0, -5);
    await writer.addStored(idOf(right), { codec: 'zstd', payload: torn, length: 1000 });
    const tree = await writer.addTree([await addExampleFile(writer, 'x', contentOf('x', 10))]);
    await assert.rejects(writer.finish(), (error) => {
      assert.ok(error instanceof BlobRejectedError);
      assert.deepEqual(new Set(error.ids), new Set([wrong, idOf(right)]));
      return true;
    });
    const snapshot = { time: exampleTime, tree, paths: ['/'], hostname: 'h', tags: [] };
    await assert.rejects(writer.saveSnapshot(snapshot), BlobRejectedError);
  });
  assert.equal(target.files('snapshot').size, 0);
});

test('packs are about as large as asked for; blobs larger than a pack go in too', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  await writing(repository, async (writer) => {
    for (let number = 0; number < 300; number += 1) {
      await writer.addData(contentOf(`n${number}`, 10_000), { compress: 'never' });
    }
    await writer.addData(contentOf('huge', 5_000_000), { compress: 'never' });
    await writer.finish();
  });
  const sizes = [...target.files('pack').values()].map(({ length }) => length);
  assert.ok(sizes.filter((size) => size < 200_000).length <= 3, String(sizes));
  const index = await repository.loadIndex();
  assert.deepEqual([...index.packs()].map(({ bytes }) => bytes).sort(), sizes.sort());
  for (const blob of index.entries()) await repository.readBlob(blob.type, blob.id);
});

test('a file is cut by its content and comes back', async () => {
  const repository = await createExample(memoryTarget());
  const content = contentOf('file', 3_000_000);
  await writing(repository, async (writer) => {
    const node = await writer.addFile('file', exampleTime, pieces(content, 70_001));
    assert.ok(node.content.length > 1);
    assert.equal(node.size, content.length);
    await writer.finish();
    const parts: Buffer[] = [];
    for await (const part of repository.readFile(node)) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(content));
    assert.deepEqual((await writer.addFile('none', 0, pieces(Buffer.alloc(0), 1))).content, []);
  });
});

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    await Promise.resolve();
    yield bytes.subarray(at, at + length);
  }
}

test('a full target is said, what was saved stays, and the next backup goes on from there', async (context) => {
  const place = join(await temporaryFolder(context), 'repository');
  const faults: Faults = {};
  const target = faultyTarget(await openFolderTarget(place), faults);
  const repository = await createExample(target);
  const before = await backUpExample(repository, { one: contentOf('one', 1000) });
  faults.room = 500_000;
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [`file-${n}`, contentOf(`f${n}`, 20_000)]),
  );
  await assert.rejects(
    writing(repository, async (writer) => {
      for (const [name, content] of Object.entries(files)) await addExampleFile(writer, name, content);
      await writer.finish();
    }),
    (error) => isTargetFailure(error, 'full'),
  );
  faults.room = undefined;
  assert.deepEqual(
    (await repository.listSnapshots()).map(({ id }) => id),
    [before.id],
  );
  const after = await backUpExample(repository, files);
  for (const node of await repository.readTree(after.tree)) {
    assert.equal(node.type, 'file');
    for await (const piece of repository.readFile(node))
      assert.ok(piece.equals(files[node.name] ?? Buffer.alloc(0)));
  }
  if (missing('restic') === false) await restic(place, examplePassword, 'check', '--read-data');
});

test('a target that vanishes and comes back while it is written', async () => {
  const faults: Faults = {};
  const memory = memoryTarget();
  let calls = 0;
  faults.before = (call) => {
    calls += 1;
    // Two of three fail, the lock's own calls too.
    if (calls > 10 && calls % 3 !== 0 && call !== 'remove') throw new TargetError('passing', 'gone');
  };
  const target = retryingTarget(faultyTarget(memory, faults), { waitMs: 1, waitMsMax: 2, attemptsMax: 10 });
  const repository = await createExample(target);
  const content = contentOf('kept', 2_000_000);
  const snapshot = await backUpExample(repository, { kept: content });
  const whole = await openRepository(memory, { masterKey: repository.masterKey });
  const [node] = await whole.readTree(snapshot.tree);
  assert.equal(node?.type, 'file');
  for await (const piece of whole.readFile(node)) assert.ok(piece.equals(content));
});

test('a cancelled backup stops, keeps what it had saved, and another begins', async () => {
  const repository = await createExample(memoryTarget());
  const lock = await repository.lock('shared');
  const stop = new AbortController();
  const writer = await repository.beginWriting(lock, { signal: stop.signal, dataPackBytes: 50_000 });
  for (let number = 0; number < 200; number += 1) {
    await writer.addData(contentOf(`c${number}`, 20_000), { compress: 'never' });
  }
  await writer.finish();
  stop.abort(new Error('enough'));
  await assert.rejects(writer.addData(contentOf('later', 10)), /enough/);
  await assert.rejects(repository.beginWriting(lock), /another writer/);
  await writer.close();
  await lock.release();
  await writing(repository, async (again) => {
    await again.addData(contentOf('c7', 20_000));
    assert.equal((await again.finish()).dataBlobs, 0);
  });
});

test('a lock that is lost stops the writer', async () => {
  const faults: Faults = {};
  const target = faultyTarget(memoryTarget(), faults);
  const made = await createExample(target);
  const times = { ...quickLocks, refreshMs: 20, lostMs: 100 };
  const repository = await openRepository(target, { masterKey: made.masterKey }, { lockTimes: times });
  const lock = await repository.lock('shared');
  const writer = await repository.beginWriting(lock);
  const lost = new Promise((resolve) => lock.signal.addEventListener('abort', resolve));
  // The timers of a lock alone do not keep a process alive.
  const alive = setInterval(() => undefined, 1000);
  faults.before = (call, kind) => {
    if (call === 'save' && kind === 'lock') throw new TargetError('passing', 'gone');
  };
  await lost;
  clearInterval(alive);
  await assert.rejects(writer.addData(contentOf('x', 10)), LockLostError);
  await writer.close();
  await lock.release();
});

test('several writers at once, each with a repository of its own', async (context) => {
  const place = join(await temporaryFolder(context), 'repository');
  const made = await createExample(await openFolderTarget(place));
  const both = contentOf('both', 100_000);
  const snapshots = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      const own = await openRepository(
        await openFolderTarget(place),
        { masterKey: made.masterKey },
        { lockTimes: quickLocks },
      );
      return await backUpExample(own, { both, [name]: contentOf(name, 300_000) });
    }),
  );
  assert.equal((await made.listSnapshots()).length, snapshots.length);
  assert.deepEqual(await made.readBlob('data', idOf(both)), both);
  if (missing('restic') === false) await restic(place, examplePassword, 'check', '--read-data');
});
