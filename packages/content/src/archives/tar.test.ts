import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { defaultArchiveLimits as limits } from './archive-limits.ts';
import { ArchiveRefusedError } from './findings.ts';
import { readTar } from './tar-reader.ts';
import type { TarLimits } from './tar-reader.ts';
import { tarHeader, writeTar } from './tar-writer.ts';
import type { TarContent } from './tar-writer.ts';

async function join(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* inChunks(bytes: Uint8Array, size: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + Math.max(1, size());
    yield bytes.subarray(at, end);
    at = end;
  }
}

interface Seen {
  name: string;
  type: string;
  refusal: string | undefined;
  text: string;
}

async function read(tar: Uint8Array, size = 1 << 20, special: Partial<TarLimits> = {}): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const entry of readTar(
    inChunks(tar, () => size),
    { ...limits, ...special },
  )) {
    const text = Buffer.from(await entry.bytes()).toString('latin1');
    seen.push({ name: entry.name, type: entry.type, refusal: entry.refusal, text });
  }
  return seen;
}

/** A header with any field changed, its checksum put right unless `checksum` is false. */
function header(
  name: string,
  typeFlag: string,
  sizeField: string,
  more: { at: number; text: string }[] = [],
): Buffer {
  const block = Buffer.from(tarHeader(Buffer.from(name, 'latin1'), '0', 0));
  block.write(typeFlag, 156, 'latin1');
  block.fill(0, 124, 136).write(sizeField, 124, 'latin1');
  for (const { at, text } of more) block.write(text, at, 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padded(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function octal(size: number): string {
  return `${size.toString(8).padStart(11, '0')}\0`;
}

const end = Buffer.alloc(1024);

const tarName = fc
  .string({ minLength: 1, maxLength: 300, unit: fc.constantFrom(...'abcXYZ019 ._-&#;()/'.split('')) })
  .filter((name) => !name.endsWith('/'));
const contents = fc.array(fc.record({ name: tarName, bytes: fc.uint8Array({ maxLength: 3000 }) }), {
  maxLength: 8,
});

test('what is written is read again, whatever the chunk boundaries', async () => {
  await fc.assert(
    fc.asyncProperty(contents, fc.infiniteStream(fc.integer({ min: 1, max: 1500 })), async (files, sizes) => {
      const tar = await join(writeTar(files));
      const seen: TarContent[] = [];
      for await (const entry of readTar(
        inChunks(tar, () => sizes.next().value ?? 1),
        limits,
      )) {
        assert.equal(entry.type, 'file');
        // Bodies are left unread at times, read in pieces or as a whole.
        if (seen.length % 3 === 2) seen.push({ name: entry.name, bytes: new Uint8Array(0) });
        else if (seen.length % 3 === 1)
          seen.push({ name: entry.name, bytes: new Uint8Array(await join(entry.chunks())) });
        else seen.push({ name: entry.name, bytes: new Uint8Array(await entry.bytes()) });
      }
      assert.deepEqual(
        seen,
        files.map(({ name, bytes }, index) => ({ name, bytes: index % 3 === 2 ? new Uint8Array(0) : bytes })),
      );
    }),
    { numRuns: 60 },
  );
});

test('one byte at a time gives the same entries', async () => {
  const long = `inventory/${'x'.repeat(150)}/y.xml`;
  const files: TarContent[] = [
    { name: 'archive.xml', bytes: Buffer.from('<archive/>') },
    { name: 'inventory/a__b/', directory: true },
    { name: long, bytes: Buffer.alloc(513, 7) },
  ];
  const tar = await join(writeTar(files));
  assert.deepEqual(await read(tar, 1), await read(tar));
  assert.deepEqual(
    (await read(tar, 1)).map(({ name, type }) => [name, type]),
    [
      ['archive.xml', 'file'],
      ['inventory/a__b/', 'directory'],
      [long, 'file'],
    ],
  );
});

test('headers are those of OpenSimulator', { skip: missing('fixtures') }, async () => {
  for (const archive of [fixture('iar', 'ada-inventory.iar'), fixture('oar', 'big-bay-512.oar')]) {
    const real = await join(createReadStream(archive).pipe(createGunzip()));
    const again: TarContent[] = [];
    for await (const entry of readTar(
      inChunks(real, () => 65536),
      limits,
    ))
      again.push(
        entry.type === 'directory'
          ? { name: entry.name, directory: true }
          : { name: entry.name, bytes: new Uint8Array(await entry.bytes()) },
      );
    assert.ok(again.length > 30);
    assert.ok((await join(writeTar(again))).equals(real), archive);
  }
});

test('GNU long names, ustar prefixes and pax paths are read', async () => {
  const long = 'p/'.repeat(60) + 'end.txt';
  const pax = `path=${long}\n`;
  const record = `${pax.length + 4} ${pax}`;
  assert.equal(record.length, pax.length + 4);
  const tar = Buffer.concat([
    header('././@LongLink', 'L', octal(long.length + 1)),
    padded(`${long}\0`),
    header('cut', '0', octal(2)),
    padded('hi'),
    header('name', '0', octal(0), [
      { at: 257, text: 'ustar\0' },
      { at: 345, text: 'some/prefix' },
    ]),
    header('gnu', '0', octal(0), [
      { at: 257, text: 'ustar  ' },
      { at: 345, text: '12345670123' },
    ]),
    header('PaxHeader', 'x', octal(record.length)),
    padded(record),
    header('short', '0', octal(0)),
    header('PaxHeader', 'x', octal(9)),
    padded('9 size=3\n'),
    header('three', '0', octal(0)),
    padded('abc'),
    header('folder/', '\0', octal(0)),
    header('caf\xc3\xa9', '0', octal(0)),
    header('caf\xe9', '0', octal(0)),
    end,
  ]);
  assert.deepEqual(
    (await read(tar)).map(({ name, type, text }) => [name, type, text]),
    [
      [long, 'file', 'hi'],
      ['some/prefix/name', 'file', ''],
      ['gnu', 'file', ''],
      [long, 'file', ''],
      ['three', 'file', 'abc'],
      ['folder/', 'directory', ''],
      ['café', 'file', ''],
      ['café', 'file', ''],
    ],
  );
});

test('links, devices, unknown types and names with NUL come as refused', async () => {
  for (const flag of ['1', '2', '3', '4', '6', 'S', 'V', 'Z']) {
    const [entry, after] = await read(
      Buffer.concat([header('a', flag, octal(0)), header('b', '0', octal(0)), end]),
    );
    assert.equal(entry?.type, 'refused', flag);
    assert.notEqual(entry.refusal, undefined);
    assert.equal(after?.type, 'file');
  }
  const [entry] = await read(Buffer.concat([header('a\0b', '0', octal(0)), end]));
  assert.equal(entry?.type, 'refused');
});

const broken: readonly (readonly [string, Buffer, RegExp])[] = [
  ['nothing at all', Buffer.alloc(0), /C1.*end marker/],
  ['not tar', Buffer.alloc(2048, 'spam'), /C1.*checksum/],
  ['half an end marker', Buffer.concat([header('a', '0', octal(0)), Buffer.alloc(512)]), /C1.*incomplete/],
  [
    'entry after one zero block',
    Buffer.concat([Buffer.alloc(512), header('a', '0', octal(0)), end]),
    /C1.*data follows/,
  ],
  ['data after the end', Buffer.concat([end, Buffer.alloc(9000), Buffer.from('x')]), /C1.*data follows/],
  ['cut header', header('a', '0', octal(0)).subarray(0, 300), /C1.*inside a header/],
  [
    'cut body',
    Buffer.concat([header('assets/a', '0', octal(600)), Buffer.alloc(512, 1)]),
    /C1.*"assets\/a" at byte 0.*cut/,
  ],
  ['cut padding', Buffer.concat([header('a', '0', octal(5)), Buffer.alloc(100)]), /C1.*cut/],
  ['size not octal', Buffer.concat([header('a', '0', '00000000009\0'), end]), /C1.*octal/],
  ['size empty', Buffer.concat([header('a', '0', ''), end]), /C1.*octal/],
  [
    'size in base 256',
    Buffer.concat([header('a', '0', '\x80\0\0\0\0\0\0\0\0\0\0\x01'), end]),
    /C1.*base 256/,
  ],
  ['size negative', Buffer.concat([header('a', '0', '-0000000001\0'), end]), /C1.*octal/],
  ['size with a tail', Buffer.concat([header('a', '0', '1 1        \0'), end]), /C1.*octal/],
  ['size too big', Buffer.concat([header('a', '0', '77777777777\0'), end]), /C4.*over the cap/],
  ['name bomb', header('././@LongLink', 'L', octal(4097)), /C4.*long name/],
  ['link name bomb', header('././@LongLink', 'K', octal(1 << 24)), /C4.*long link/],
  ['pax bomb', header('x', 'x', octal(65537)), /C4.*pax header/],
  [
    'long name without an entry',
    Buffer.concat([header('L', 'L', octal(1)), padded('a'), end]),
    /C1.*without an entry/,
  ],
  [
    'two long names',
    Buffer.concat([header('L', 'L', octal(1)), padded('a'), header('L', 'L', octal(1))]),
    /C1.*two long/,
  ],
  [
    'pax length wrong',
    Buffer.concat([header('x', 'x', octal(11)), padded('12 path=ab\n'), end]),
    /C1.*malformed/,
  ],
  [
    'pax length huge',
    Buffer.concat([header('x', 'x', octal(11)), padded('99999999 =\n'), end]),
    /C1.*malformed/,
  ],
  [
    'pax length zero',
    Buffer.concat([header('x', 'x', octal(11)), padded('0 path=abc\n'), end]),
    /C1.*malformed/,
  ],
  ['pax without =', Buffer.concat([header('x', 'x', octal(7)), padded('7 path\n'), end]), /C1.*without "="/],
  [
    'pax size 2^63-1',
    Buffer.concat([
      header('x', 'x', octal(28)),
      padded('28 size=9223372036854775807\n'),
      header('a', '0', octal(0)),
    ]),
    /C4.*over the cap/,
  ],
  [
    'pax size negative',
    Buffer.concat([header('x', 'x', octal(11)), padded('11 size=-1\n'), header('a', '0', octal(0))]),
    /C1.*decimal/,
  ],
  ['global path', Buffer.concat([header('x', 'g', octal(10)), padded('10 path=a\n'), end]), /C1.*global/],
];

for (const [name, tar, expected] of broken)
  test(`refused: ${name}`, async () => {
    await assert.rejects(read(tar), (error) => {
      assert.ok(error instanceof ArchiveRefusedError, String(error));
      assert.match(error.message, expected);
      return true;
    });
  });

test('more entries than allowed are refused', async () => {
  const tar = Buffer.concat([header('a', '0', octal(0)), header('b', '0', octal(0)), end]);
  await assert.rejects(read(tar, 512, { entriesMax: 1 }), /C4.*more than 1 entries/);
});

test('zero padding after the end marker is normal', async () => {
  assert.equal((await read(Buffer.concat([header('a', '0', octal(0)), end, Buffer.alloc(9216)]))).length, 1);
});

test('any damage ends in an error or in entries, never in a hang', async () => {
  const sound = await join(
    writeTar([
      { name: 'archive.xml', bytes: Buffer.alloc(700, 'a') },
      { name: `objects/${'n'.repeat(120)}.xml`, bytes: Buffer.alloc(100, 'b') },
    ]),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(sound.length),
      fc.integer({ min: 1, max: 2000 }),
      async (changes, cut, size) => {
        const damaged = Buffer.from(sound.subarray(0, cut));
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
        await read(damaged, size).catch((error: unknown) => assert.ok(error instanceof ArchiveRefusedError));
      },
    ),
    { numRuns: 200 },
  );
});

test('leaving early ends the source', async () => {
  const tar = await join(writeTar([{ name: 'a', bytes: Buffer.alloc(5000) }]));
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* inChunks(tar, () => 100);
    } finally {
      closed = true;
    }
  }
  for await (const entry of readTar(source(), limits)) {
    assert.equal(entry.name, 'a');
    break;
  }
  assert.equal(closed, true);
});
