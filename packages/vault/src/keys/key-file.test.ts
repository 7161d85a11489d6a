import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { formatMasterKey, newMasterKey } from '../sealing/master-key.ts';
import { openKeyFile, writeKeyFile } from './key-file.ts';

const cost = { N: 1024, r: 8, p: 1 };

test('opens the key files of restic with their passwords', { skip: missing('fixtures') }, async () => {
  const { keyFiles, passwords } = resticVectors();
  for (const { json, password, plaintext } of keyFiles) {
    const bytes = Buffer.from(JSON.stringify(json));
    const key = await openKeyFile(bytes, password);
    assert.equal(key && formatMasterKey(key), plaintext);
    assert.equal(await openKeyFile(bytes, passwords.wrong), undefined);
  }
});

test('a key is found again with its password only', async () => {
  const key = newMasterKey();
  const created = Date.UTC(2026, 1, 3, 4, 5, 6);
  const bytes = await writeKeyFile(key, 'pässword ✓', { cost, created, hostname: 'here', username: 'me' });
  const found = await openKeyFile(bytes, 'pässword ✓');
  assert.equal(found && formatMasterKey(found), formatMasterKey(key));
  assert.equal(await openKeyFile(bytes, 'password'), undefined);
  const file: Record<string, unknown> = JSON.parse(bytes.toString());
  assert.equal(file['hostname'], 'here');
  assert.equal(file['username'], 'me');
  assert.equal(Date.parse(String(file['created'])), created);
  assert.ok(!bytes.includes(Buffer.from(key.encrypt).toString('base64')));
});

test('refuses costs that would take the machine down', async () => {
  const bytes = await writeKeyFile(newMasterKey(), 'x', { cost });
  const file: Record<string, unknown> = JSON.parse(bytes.toString());
  const changes = [
    { N: 2 ** 30 },
    { N: 1000 },
    { N: 1 },
    { N: 0 },
    { N: -1024 },
    { N: 1.5 },
    { r: 2 ** 20 },
    { p: 2 ** 30 },
    { p: 0 },
    { kdf: 'none' },
    { salt: Buffer.alloc(32).toString('base64') },
    { data: 7 },
  ];
  for (const change of changes) {
    const changed = Buffer.from(JSON.stringify({ ...file, ...change }));
    await assert.rejects(openKeyFile(changed, 'x'), { name: 'FormatError' }, JSON.stringify(change));
  }
  await assert.rejects(writeKeyFile(newMasterKey(), 'x', { cost: { N: 2 ** 30, r: 8, p: 1 } }), RangeError);
});

test('whatever bytes a key file has, the answer is a key, none, or FormatError', async () => {
  const bytes = await writeKeyFile(newMasterKey(), 'x', { cost: { N: 2, r: 1, p: 1 } });
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), async (at, value) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(value, at);
      try {
        await openKeyFile(changed, 'x');
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'FormatError', String(error));
      }
    }),
    { numRuns: 200 },
  );
  await assert.rejects(openKeyFile(Buffer.alloc(100_000, 0x20), 'x'), { name: 'FormatError' });
});
