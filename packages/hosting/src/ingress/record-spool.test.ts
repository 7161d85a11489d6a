import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { RecordSpool } from './record-spool.ts';

const text = {
  encode: (record: string) => JSON.stringify(record),
  decode: (line: string) => String(JSON.parse(line)),
};

test('gives back what was added, in order, more than once, with any characters', async (t) => {
  const path = join(await temporaryFolder(t), 'records');
  const spool = await RecordSpool.create(path, text);
  const records = [
    'a',
    'line\nbreak',
    'separators \u2028 \u2029 \r',
    'ü€😀',
    '',
    ...Array.from({ length: 20_000 }, (_, n) => `record ${n} €`),
  ];
  for (const record of records) await spool.add(record);
  assert.equal(spool.count, records.length);
  for (let round = 0; round < 2; round += 1) {
    const read: string[] = [];
    for await (const record of spool.read()) read.push(record);
    assert.deepEqual(read, records);
  }
  await spool.discard();
  assert.equal(existsSync(path), false);
});
