import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { newMasterKey } from '../sealing/master-key.ts';
import { chunkingKey, chunkSizes, cutChunks } from './chunker.ts';

const key = chunkingKey({
  encrypt: new Uint8Array(32).fill(1),
  k: new Uint8Array(16).fill(2),
  r: new Uint8Array(16).fill(3),
});

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
    await Promise.resolve();
  }
}

async function chunksOf(bytes: Uint8Array, sizes: readonly number[] = [65_536], by = key): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of cutChunks(pieces(bytes, sizes), by)) chunks.push(chunk);
  return chunks;
}

/** Lines as those of a table's records: the same bytes on every machine. */
function records(count: number, change: (i: number) => string = () => ''): Buffer {
  const lines: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const id = createHash('sha256').update(String(i)).digest('hex').slice(0, 32);
    lines.push(
      `{"id":"${id}","name":"Item ${i}${change(i)}","owner":"${id.slice(0, 8)}","kind":${i % 60}}\n`,
    );
  }
  return Buffer.from(lines.join(''));
}

const hashes = (chunks: readonly Buffer[]) =>
  new Set(chunks.map((chunk) => createHash('sha256').update(chunk).digest('hex')));

test('chunks together are the source, each within its bounds', async () => {
  for (const bytes of [records(20_000), randomBytes(2_000_000), Buffer.alloc(900_000)]) {
    const chunks = await chunksOf(bytes);
    assert.ok(Buffer.concat(chunks).equals(bytes));
    for (const chunk of chunks.slice(0, -1)) {
      assert.ok(chunk.length >= chunkSizes.min && chunk.length <= chunkSizes.max);
    }
  }
  assert.deepEqual(await chunksOf(Buffer.alloc(0)), []);
  assert.deepEqual(await chunksOf(Buffer.from('short')), [Buffer.from('short')]);
});

test('cuts at the same places however the source comes in', async () => {
  const bytes = records(15_000);
  const whole = hashes(await chunksOf(bytes, [bytes.length]));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 5 }),
      async (sizes) => {
        fc.pre(sizes.reduce((sum, size) => sum + size, 0) > 1000);
        assert.deepEqual(hashes(await chunksOf(bytes, sizes)), whole);
      },
    ),
    { numRuns: 20 },
  );
});

test('a line more leaves all but the chunks around it', async () => {
  const before = hashes(await chunksOf(records(30_000)));
  const after = hashes(await chunksOf(records(30_000, (i) => (i === 15_000 ? ' longer than before' : ''))));
  assert.ok(before.size > 50);
  assert.ok(after.difference(before).size <= 2);
});

test('another key cuts at other places; one key at the same on every machine', async () => {
  const bytes = records(3_000);
  const lengths = (await chunksOf(bytes)).map((chunk) => chunk.length);
  const others = (await chunksOf(bytes, [65_536], chunkingKey(newMasterKey()))).map((chunk) => chunk.length);
  assert.notDeepEqual(others, lengths);
  // Known values: a change of the cut makes every grid store its records anew.
  assert.deepEqual(lengths, [37_856, 43_899, 33_584, 20_800, 38_173, 32_987, 40_154, 20_937]);
});
