import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { formatMasterKey, masterKeyFromBytes, newMasterKey, parseMasterKey } from './master-key.ts';
import { createSealer, SealBrokenError, sealOverhead } from './sealer.ts';

function fromHex(key: { encrypt: string; macK: string; macR: string }) {
  return masterKeyFromBytes(Buffer.from(key.encrypt + key.macK + key.macR, 'hex'));
}

test('seals and opens exactly as worked out by hand', { skip: missing('fixtures') }, async () => {
  const { syntheticSeals } = resticVectors();
  const sealer = await createSealer(fromHex(syntheticSeals.key));
  for (const { plaintext, iv, sealed } of syntheticSeals.cases) {
    const plain = Buffer.from(plaintext, 'hex');
    assert.equal(sealer.sealWithIv(plain, Buffer.from(iv, 'hex')).toString('hex'), sealed);
    assert.deepEqual(sealer.open(Buffer.from(sealed, 'hex')), plain);
  }
});

test('opens what restic sealed', { skip: missing('fixtures') }, async () => {
  const { masterKey, config, snapshots } = resticVectors();
  const sealer = await createSealer(fromHex(masterKey));
  assert.equal(sealer.open(Buffer.from(config.file, 'hex')).toString(), config.plaintext);
  for (const { iv, ciphertext, mac } of snapshots) {
    assert.equal(sealer.open(Buffer.from(iv + ciphertext + mac, 'hex'))[0], 2);
  }
});

test('gives back what was sealed, at every size around the pieces of the MAC', async () => {
  const sealer = await createSealer(newMasterKey());
  const piece = 256 * 1024;
  for (const size of [0, 1, 15, 16, 17, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 7]) {
    const plain = Buffer.alloc(size, size);
    const sealed = sealer.seal(plain);
    assert.equal(sealed.length, size + sealOverhead);
    assert.deepEqual(sealer.open(sealed), plain);
    assert.notDeepEqual(sealer.seal(plain), sealed);
    const into = Buffer.alloc(size + sealOverhead + 9, 5);
    sealer.sealInto(plain, into, 4);
    assert.deepEqual(sealer.open(into.subarray(4, -5)), plain);
    assert.ok(into.subarray(0, 4).equals(Buffer.alloc(4, 5)) && into.subarray(-5).equals(Buffer.alloc(5, 5)));
  }
});

test('refuses what was changed, cut or sealed under another key', async () => {
  const sealer = await createSealer(newMasterKey());
  const other = await createSealer(newMasterKey());
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, place, change) => {
      const sealed = sealer.seal(plain);
      assert.throws(() => other.open(sealed), SealBrokenError);
      assert.throws(() => sealer.open(sealed.subarray(0, place % sealed.length)), SealBrokenError);
      const at = place % sealed.length;
      sealed.writeUInt8(sealed.readUInt8(at) ^ change, at);
      assert.throws(() => sealer.open(sealed), SealBrokenError);
    }),
  );
});

test('never takes an IV twice', async () => {
  const sealer = await createSealer(newMasterKey());
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i += 1) seen.add(sealer.seal(Buffer.of(1)).toString('hex', 0, 16));
  assert.equal(seen.size, 1000);
});

test('is made in a worker thread from the bytes of the key', async () => {
  const key = newMasterKey();
  const code = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { createSealer } from ${JSON.stringify(import.meta.resolve('./sealer.ts'))};
    const sealer = await createSealer(workerData.key);
    parentPort.postMessage(sealer.seal(workerData.plain));`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const sealed = await new Promise<Uint8Array>((resolve, reject) => {
    const worker = new Worker(url, { workerData: { key, plain: Buffer.from('from afar') } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  assert.equal((await createSealer(key)).open(sealed).toString(), 'from afar');
});

test('a master key goes through its JSON; what is none is refused', () => {
  const key = newMasterKey();
  assert.deepEqual(parseMasterKey(formatMasterKey(key)), {
    encrypt: new Uint8Array(key.encrypt),
    k: new Uint8Array(key.k),
    r: new Uint8Array(key.r),
  });
  const zero = formatMasterKey({ ...key, r: new Uint8Array(16) });
  for (const text of ['', '[]', '{}', '{"mac":{"k":1,"r":2},"encrypt":3}', zero]) {
    assert.throws(() => parseMasterKey(text), { name: 'FormatError' }, text);
  }
  assert.throws(() => masterKeyFromBytes(new Uint8Array(63)), { name: 'FormatError' });
});
