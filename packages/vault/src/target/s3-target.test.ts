import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startCeph, type CephGateway } from '@gridkeep/testing/ceph';
import { missing } from '@gridkeep/testing/requirements';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { filePath } from './file-paths.ts';
import { archiveState, openS3Target } from './s3-target.ts';
import { isTargetFailure, type FileKind, type Target } from './target.ts';

const skip = missing('ceph');
const plain = 'plain';
const locking = 'locking';
const hourMs = 3_600_000;

test('what S3 says about archived objects', () => {
  assert.equal(archiveState(undefined, undefined), 'ready');
  assert.equal(archiveState('STANDARD_IA', undefined), 'ready');
  assert.equal(archiveState('GLACIER_IR', undefined), 'ready');
  assert.equal(archiveState('GLACIER', undefined), 'cold');
  assert.equal(archiveState('DEEP_ARCHIVE', 'ongoing-request="true"'), 'fetching');
  const done = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"';
  assert.equal(archiveState('DEEP_ARCHIVE', done), 'ready');
});

describe('S3 target', { skip }, () => {
  let gateway: CephGateway | undefined;
  let prefixes = 0;

  before(async () => {
    gateway = await startCeph();
    const client = s3(gateway);
    await client.send(new CreateBucketCommand({ Bucket: plain }));
    await client.send(new CreateBucketCommand({ Bucket: locking, ObjectLockEnabledForBucket: true }));
    client.destroy();
  });
  after(() => gateway?.stop());

  async function open(
    context: TestContext,
    bucket: string,
  ): Promise<{ target: Target; client: S3Client; prefix: string }> {
    assert.ok(gateway !== undefined);
    const client = s3(gateway);
    prefixes += 1;
    const { endpoint, accessKeyId, secretAccessKey } = gateway;
    const prefix = `vault-${prefixes}/`;
    const target = await openS3Target({ endpoint, accessKeyId, secretAccessKey, bucket, prefix });
    context.after(async () => {
      client.destroy();
      await target.close();
    });
    return { target, client, prefix };
  }

  for (const bucket of [plain, locking]) {
    test(`files of every kind come and go in a bucket that is ${bucket}`, async (context) => {
      const { target } = await open(context, bucket);
      for (const kind of ['pack', 'index', 'snapshot', 'key', 'lock', 'parity'] as const) {
        const { name, bytes } = file(kind);
        await target.save(kind, name, bytes, { content: 'data' });
        await target.save(kind, name, bytes);
        assert.deepEqual(await listed(target, kind), [{ name, bytes: bytes.length }]);
        assert.deepEqual(await target.read(kind, name), bytes);
        assert.deepEqual(await target.read(kind, name, { offset: 3, length: 5 }), bytes.subarray(3, 8));
        await assert.rejects(target.read(kind, name, { offset: 0, length: bytes.length + 1 }), is('short'));
        await assert.rejects(target.read(kind, name, { offset: bytes.length, length: 1 }), is('short'));
        await target.remove(kind, name);
        await target.remove(kind, name);
        assert.deepEqual(await listed(target, kind), []);
        await assert.rejects(target.read(kind, name), is('absent'));
      }
      await target.save('config', '', Buffer.from('one'));
      await target.save('config', '', Buffer.from('two!'));
      assert.equal(String(await target.read('config', '')), 'two!');
      for (const text of ['1', '22', '333']) await target.save('state', 'clock', Buffer.from(text));
      assert.equal(String(await target.read('state', 'clock')), '333');
      assert.deepEqual(await listed(target, 'state'), [{ name: 'clock', bytes: 3 }]);
      await target.remove('state', 'clock');
      assert.deepEqual(await listed(target, 'state'), []);
    });
  }

  test('more files than one page of a listing holds', async (context) => {
    // The two listings differ.
    const kind = 'index';
    for (const bucket of [plain, locking]) {
      const { target } = await open(context, bucket);
      const names = Array.from({ length: 1010 }, (_, at) =>
        createHash('sha256').update(String(at)).digest('hex'),
      );
      for (let at = 0; at < names.length; at += 50)
        await Promise.all(names.slice(at, at + 50).map((name) => target.save(kind, name, Buffer.alloc(1))));
      assert.deepEqual((await listed(target, kind)).map(({ name }) => name).sort(), names.sort());
    }
  });

  test('only a bucket with Object Lock offers protection', async (context) => {
    assert.equal((await open(context, plain)).target.protect, undefined);
    assert.notEqual((await open(context, locking)).target.protect, undefined);
  });

  test('nobody removes what is locked, and no lock is shortened', async (context) => {
    const { target } = await open(context, locking);
    for (const kind of ['pack', 'snapshot'] as const) {
      const { name, bytes } = file(kind);
      await target.save(kind, name, bytes, { lockedUntil: Date.now() + hourMs, content: 'data' });
      await assert.rejects(target.remove(kind, name), is('locked'));
      await target.protect?.(kind, name, Date.now() + 1000);
      await assert.rejects(target.remove(kind, name), is('locked'));
      assert.deepEqual(await listed(target, kind), [{ name, bytes: bytes.length }]);
      assert.deepEqual(await target.read(kind, name), bytes);
    }
  });

  test('protection comes later, is extended, and ends', async (context) => {
    const { target } = await open(context, locking);
    const { name, bytes } = file('pack');
    await target.save('pack', name, bytes);
    await target.protect?.('pack', name, Date.now() + 2000);
    const end = Date.now() + 3000;
    await target.protect?.('pack', name, end);
    await delay(2200);
    // A machine that is busy may come to it only when the lock is over.
    await target.remove('pack', name).then(
      () => assert.ok(Date.now() >= end, 'removed while it was locked'),
      (error: unknown) => assert.ok(is('locked')(error)),
    );
    while (Date.now() < end + 1000) await delay(100);
    await target.remove('pack', name);
    assert.deepEqual(await listed(target, 'pack'), []);
  });

  test('lock files and state are never locked', async (context) => {
    const { target } = await open(context, locking);
    const lock = file('lock');
    await target.save('lock', lock.name, lock.bytes, { lockedUntil: Date.now() + hourMs });
    await target.protect?.('lock', lock.name, Date.now() + hourMs);
    await target.remove('lock', lock.name);
    await target.save('state', 'clock', lock.bytes, { lockedUntil: Date.now() + hourMs });
    await target.remove('state', 'clock');
    assert.deepEqual(await listed(target, 'lock'), []);
    assert.deepEqual(await listed(target, 'state'), []);
  });

  test('what somebody hid or wrote over while it was locked is still read', async (context) => {
    const { target, client, prefix } = await open(context, locking);
    const [hidden, changed, free] = [file('pack'), file('pack'), file('pack')];
    const lockedUntil = Date.now() + hourMs;
    await target.save('pack', hidden.name, hidden.bytes, { lockedUntil });
    await target.save('pack', changed.name, changed.bytes, { lockedUntil });
    await target.save('pack', free.name, free.bytes);
    for (const { name } of [hidden, free])
      await client.send(new DeleteObjectCommand({ Bucket: locking, Key: prefix + filePath('pack', name) }));
    const junk = { Bucket: locking, Key: prefix + filePath('pack', changed.name), Body: 'junk' };
    await client.send(new PutObjectCommand(junk));
    const range = { offset: 1, length: 2 };
    assert.deepEqual(await target.read('pack', hidden.name, range), hidden.bytes.subarray(1, 3));
    assert.deepEqual(await target.read('pack', hidden.name), hidden.bytes);
    assert.deepEqual(await target.read('pack', changed.name), changed.bytes);
    assert.deepEqual(await target.read('pack', changed.name, range), changed.bytes.subarray(1, 3));
    assert.deepEqual(
      (await listed(target, 'pack')).sort((a, b) => (a.name < b.name ? -1 : 1)),
      [hidden, changed]
        .map(({ name, bytes }) => ({ name, bytes: bytes.length }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    await assert.rejects(target.read('pack', free.name), is('absent'));
  });

  test('wrong credentials and a bucket that is not there are permanent failures', async () => {
    assert.ok(gateway !== undefined);
    const { endpoint, accessKeyId } = gateway;
    const wrong = { endpoint, accessKeyId, secretAccessKey: 'wrong', bucket: plain };
    await assert.rejects(openS3Target(wrong), is('permanent'));
    const nowhere = { ...gateway, bucket: 'nowhere' };
    await assert.rejects(openS3Target(nowhere), is('permanent'));
  });
});

test('a service that does not answer is a passing failure', async () => {
  const place = { endpoint: 'http://127.0.0.1:9', accessKeyId: 'a', secretAccessKey: 'b', bucket: 'c' };
  await assert.rejects(openS3Target(place), is('passing'));
});

function s3({ endpoint, accessKeyId, secretAccessKey }: CephGateway): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

function file(kind: FileKind): { name: string; bytes: Buffer } {
  const bytes = Buffer.concat([Buffer.from(kind), randomBytes(100)]);
  return { name: createHash('sha256').update(bytes).digest('hex'), bytes };
}

async function listed(target: Target, kind: FileKind): Promise<{ name: string; bytes: number }[]> {
  const files: { name: string; bytes: number }[] = [];
  for await (const file of target.list(kind)) files.push(file);
  return files;
}

function is(failure: Parameters<typeof isTargetFailure>[1]): (error: unknown) => boolean {
  return (error) => isTargetFailure(error, failure);
}
