import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { readSource } from './archive-source.ts';
import { ArchiveRefusedError } from './findings.ts';
import type { Finding } from './findings.ts';
import { decompress } from './gzip-source.ts';
import { compress } from './gzip-stream.ts';

const limits = { totalBytesMax: 1e9, ratioMax: 200, ratioFloorBytes: 1e6, pieceBytes: 65_536 };

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What came before the end or the error, and the error. */
async function decode(
  bytes: Uint8Array,
  size = 65536,
  special: Partial<typeof limits> = {},
): Promise<{ text: Buffer; findings: Finding[]; error: unknown }> {
  const parts: Uint8Array[] = [];
  const findings: Finding[] = [];
  let error: unknown;
  try {
    for await (const chunk of decompress(pieces(bytes, size), { ...limits, ...special }, (finding) =>
      findings.push(finding),
    ))
      parts.push(chunk);
  } catch (thrown) {
    assert.ok(thrown instanceof ArchiveRefusedError, String(thrown));
    error = thrown.message;
  }
  return { text: Buffer.concat(parts), findings, error };
}

const text = Buffer.from(Array.from({ length: 30_000 }, (_, index) => `${index * 7919} `).join(''));

test('members, plain streams and zero padding are read, in chunks of any size', async () => {
  const two = Buffer.concat([gzipSync(text.subarray(0, 1000)), gzipSync(text.subarray(1000))]);
  for (const bytes of [gzipSync(text), two, Buffer.concat([two, Buffer.alloc(700)]), text])
    for (const size of [500, 10_007, 1 << 20]) {
      const { text: got, findings, error } = await decode(bytes, size);
      assert.equal(error, undefined);
      assert.ok(got.equals(text), `chunks of ${size}`);
      assert.deepEqual(findings, []);
    }
});

test('one byte at a time will do', async () => {
  const short = text.subarray(0, 900);
  const two = Buffer.concat([
    gzipSync(short.subarray(0, 100)),
    gzipSync(short.subarray(100)),
    Buffer.from('x'),
  ]);
  const { text: got, findings, error } = await decode(two, 1);
  assert.equal(error, undefined);
  assert.ok(got.equals(short));
  assert.equal(findings.length, 1);
});

test('a header with extra field, name, comment and its own checksum is skipped', async () => {
  const plain = gzipSync(text);
  const head = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 3, 0]),
    Buffer.from('abcname\0comment\0hc'),
  ]);
  const { text: got, error } = await decode(Buffer.concat([head, plain.subarray(10)]), 500);
  assert.equal(error, undefined);
  assert.ok(got.equals(text));
});

test('garbage after the last member is reported and loses nothing', async () => {
  for (const size of [1009, 1 << 20]) {
    const {
      text: got,
      findings,
      error,
    } = await decode(Buffer.concat([gzipSync(text), Buffer.from('junk!')]), size);
    assert.equal(error, undefined);
    assert.ok(got.equals(text));
    assert.deepEqual(
      findings.map(({ rule, severity }) => [rule, severity]),
      [['C1', 'warning']],
    );
  }
});

test('a cut, a wrong checksum, a wrong length and damage are fatal', async () => {
  const sound = gzipSync(text);
  for (const cut of [4, 9, 11, 20_000, sound.length - 9, sound.length - 8, sound.length - 1])
    for (const size of [997, 1 << 20])
      assert.match(String((await decode(sound.subarray(0, cut), size)).error), /cut off/);
  for (const [at, expected] of [
    [sound.length - 8, /CRC-32/],
    [sound.length - 2, /length/],
    [3, /reserved/],
  ] as const) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 0xe0;
    assert.match(String((await decode(damaged)).error), expected);
  }
  const second = Buffer.concat([sound, sound.subarray(0, 2000)]);
  const { text: got, error } = await decode(second);
  assert.match(String(error), /cut off/);
  assert.ok(got.subarray(0, text.length).equals(text));
});

test('output and ratio are capped while streaming', async () => {
  const bomb = gzipSync(Buffer.alloc(5_000_000));
  const { text: got, error } = await decode(bomb);
  assert.match(String(error), /C4.*200 to 1/);
  assert.ok(got.length < 2_000_000);
  assert.match(
    String((await decode(gzipSync(text), 65536, { totalBytesMax: 5000 })).error),
    /C4.*5000 bytes/,
  );
  assert.match(String((await decode(text, 65536, { totalBytesMax: 5000 })).error), /C4.*5000 bytes/);
});

test('mutated gzip never hangs and throws only what says why', async () => {
  const sound = gzipSync(text.subarray(0, 3000));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 4000 }),
      async (changes, size) => {
        const damaged = Buffer.from(sound);
        for (const [at, value] of changes) damaged[at] = value;
        await decode(damaged, size);
      },
    ),
    { numRuns: 100 },
  );
});

test('compress makes one member that zlib reads, the same each time', async () => {
  const make = async (size: number, level: number): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const chunk of compress(pieces(text, size), { level })) parts.push(chunk);
    return Buffer.concat(parts);
  };
  const fast = await make(100, 1);
  assert.ok(gunzipSync(fast).equals(text));
  assert.ok((await make(77_777, 1)).equals(fast));
  assert.ok((await make(100, 9)).length < fast.length);
});

test('an error of the source ends compress with that error', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield text;
    throw new Error('the disk is gone');
  }
  await assert.rejects(async () => {
    for await (const chunk of compress(failing())) assert.ok(chunk.length > 0);
  }, /the disk is gone/);
});

test('leaving compress early ends its source', async () => {
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from(`${Math.random()}`);
    } finally {
      closed = true;
    }
  }
  for await (const chunk of compress(endless())) {
    assert.ok(chunk.length > 0);
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(closed, true);
});

async function openFiles(): Promise<string[]> {
  const links = await readdir('/proc/self/fd');
  return Promise.all(links.map((link) => readlink(join('/proc/self/fd', link)).catch(() => '')));
}

test('leaving early closes the file', { skip: process.platform !== 'linux' && 'reads /proc' }, async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(await mkdtemp(join(folder, 'x')), 'a.gz');
  await writeFile(path, gzipSync(Buffer.concat(Array.from({ length: 20 }, () => text))));
  for await (const chunk of decompress(readSource(path), limits, () => undefined)) {
    assert.ok(chunk.length > 0);
    break;
  }
  for (let round = 0; round < 100 && (await openFiles()).includes(path); round++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(!(await openFiles()).includes(path));
});

test('an abort ends the wait for an upload that stalls', async () => {
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield gzipSync(text).subarray(0, 100);
    await new Promise(() => undefined);
  }
  const abort = new AbortController();
  const reading = (async () => {
    for await (const chunk of decompress(readSource(stalled(), abort.signal), limits, () => undefined))
      assert.ok(chunk.length > 0);
  })();
  setImmediate(() => abort.abort(new Error('enough')));
  await assert.rejects(reading, /enough/);
});

test('real archives come out as zlib decodes them', { skip: missing('fixtures') }, async () => {
  const bytes = await readFile(fixture('oar', 'big-bay-512.oar'));
  const { text: got, error } = await decode(bytes, 10_007);
  assert.equal(error, undefined);
  assert.ok(got.equals(gunzipSync(bytes)));
});
