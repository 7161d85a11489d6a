import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { FileExistsError, writeDurableFile } from './durable-file.ts';

async function* content(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield* content('half');
  throw new Error('no more');
}

test('a file is there whole or not at all, and a second try clears up after a killed one', async (context) => {
  const folder = await temporaryFolder(context);
  const path = join(folder, 'a.oar');
  await writeFile(join(folder, '.a.oar.job-1.partial'), 'left behind by a kill, and longer than what comes');
  await assert.rejects(writeDurableFile(path, broken(), { overwrite: false, writer: 'job-2' }), /no more/);
  assert.equal(await writeDurableFile(path, content('whole'), { overwrite: false, writer: 'job-1' }), 5);
  assert.deepEqual(await readdir(folder), ['a.oar']);
  assert.equal(await readFile(path, 'utf8'), 'whole');
  await assert.rejects(
    writeDurableFile(path, content('other'), { overwrite: false, writer: 'job-3' }),
    FileExistsError,
  );
  assert.equal(await readFile(path, 'utf8'), 'whole');
  await writeDurableFile(path, content('other'), { overwrite: true, writer: 'job-4' });
  assert.equal(await readFile(path, 'utf8'), 'other');
  assert.deepEqual(await readdir(folder), ['a.oar']);
});
