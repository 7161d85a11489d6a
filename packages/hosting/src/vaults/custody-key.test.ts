import assert from 'node:assert/strict';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { CustodyKey } from './custody-key.ts';
import { VaultError } from './vault-error.ts';

const secret = Buffer.from('correct horse battery staple');
const refused = (rule: RegExp) => (error: unknown) =>
  error instanceof VaultError &&
  error.code === 'key-file' &&
  rule.test(error.message) &&
  !error.message.includes(secret.toString());

test('a secret is sealed under a key file that is made when it is needed, and opened again', async (t) => {
  const path = join(await temporaryFolder(t), 'keys', 'vault.key');
  const [one, other] = await Promise.all(
    [new CustodyKey(path), new CustodyKey(path)].map((key) => key.seal('vault password', 'plaza', secret)),
  );
  assert.ok(one !== undefined && other !== undefined && !one.equals(other) && !one.includes(secret));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  for (const sealed of [one, other])
    assert.deepEqual(await new CustodyKey(path).open('vault password', 'plaza', sealed), secret);
});

test('a sealed secret is bound to its purpose and owner, and every byte of it counts', async (t) => {
  const key = new CustodyKey(join(await temporaryFolder(t), 'vault.key'));
  const sealed = await key.seal('vault password', 'plaza', secret);
  await assert.rejects(key.open('vault password', 'seaside', sealed), refused(/changed or is damaged/));
  await assert.rejects(key.open('target credentials', 'plaza', sealed), refused(/changed or is damaged/));
  for (let at = 0; at < sealed.length; at += 1) {
    const flipped = Buffer.from(sealed);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    await assert.rejects(
      key.open('vault password', 'plaza', flipped),
      refused(/key file|changed|sealed in a way/),
    );
    await assert.rejects(key.open('vault password', 'plaza', sealed.subarray(0, at)), refused(/./));
  }
});

test('a key file that is gone, another one or none is told, and never made anew for what is sealed', async (t) => {
  const path = join(await temporaryFolder(t), 'vault.key');
  const sealed = await new CustodyKey(path).seal('vault password', 'plaza', secret);
  const key = new CustodyKey(path);
  await rename(path, `${path}.away`);
  await assert.rejects(key.open('vault password', 'plaza', sealed), refused(/is not there/));
  await new CustodyKey(path).seal('vault password', 'seaside', secret);
  await assert.rejects(
    new CustodyKey(path).open('vault password', 'plaza', sealed),
    refused(/another key file/),
  );
  await writeFile(path, 'hello');
  await assert.rejects(
    new CustodyKey(path).open('vault password', 'plaza', sealed),
    refused(/is no key file/),
  );
  await writeFile(path, await readFile(`${path}.away`));
  assert.deepEqual(await key.open('vault password', 'plaza', sealed), secret);
});
