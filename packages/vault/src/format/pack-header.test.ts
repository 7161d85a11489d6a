import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { decodePackHeader, encodePackHeader, packFileBytes, sealedHeaderBytes } from './pack-header.ts';
import type { PackEntry } from './pack-header.ts';

const id = parseBlobId('7f8b1dfc466b6249f06cbe55c9174df2578e7754da793fded244ef5cba2a38f1');
const entry: PackEntry = { type: 'data', id, offset: 0, length: 49, uncompressedLength: 8 };

test('headers of real packs, both ways', { skip: missing('fixtures') }, () => {
  for (const pack of resticVectors().packs) {
    const entries = decodePackHeader(Buffer.from(pack.headerPlaintext, 'hex'));
    assert.deepEqual(
      entries.map((found) => ({ ...found, uncompressedLength: found.uncompressedLength ?? 0 })),
      pack.blobs.map((blob) => ({
        type: blob.type % 2 === 0 ? 'data' : 'tree',
        id: blob.id,
        offset: blob.offset,
        length: blob.length,
        uncompressedLength: blob.uncompressed,
      })),
    );
    assert.equal(encodePackHeader(entries).toString('hex'), pack.headerPlaintext);
    assert.equal(packFileBytes(entries), pack.size);
    assert.equal(sealedHeaderBytes(Buffer.from(pack.headerLengthField, 'hex'), pack.size), pack.headerLength);
  }
});

const shapes = fc.array(
  fc.record({
    type: fc.constantFrom('data' as const, 'tree' as const),
    id: fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => parseBlobId(Buffer.from(bytes).toString('hex'))),
    length: fc.integer({ min: 32, max: 0x100_0000 }),
    uncompressedLength: fc.option(fc.integer({ min: 1, max: 0xffff_ffff }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 40 },
);

test('every header comes back as it was', () => {
  fc.assert(
    fc.property(shapes, (blobs) => {
      let offset = 0;
      const entries = blobs.map((blob) => {
        offset += blob.length;
        return { ...blob, offset: offset - blob.length };
      });
      assert.deepEqual(decodePackHeader(encodePackHeader(entries)), entries);
    }),
  );
});

test('refuses what cannot be written or read', () => {
  const bad: PackEntry[][] = [
    [],
    [{ ...entry, offset: 1 }],
    [{ ...entry, length: 31 }],
    [{ ...entry, uncompressedLength: 0 }],
    [entry, { ...entry, offset: 50 }],
    [entry, { ...entry, offset: 49, length: 0xffff_ffff }],
  ];
  for (const entries of bad) assert.throws(() => encodePackHeader(entries), RangeError);
  const good = encodePackHeader([entry]);
  const type4 = Buffer.from(good);
  type4[0] = 4;
  const short = Buffer.from(good);
  short.writeUInt32LE(31, 1);
  const empty = Buffer.from(good);
  empty.writeUInt32LE(0, 5);
  for (const bytes of [Buffer.alloc(0), good.subarray(1), good.subarray(0, 40), type4, short, empty]) {
    assert.throws(() => decodePackHeader(bytes), { name: 'FormatError' });
  }
  for (const [length, file] of [
    [0, 1000],
    [68, 1000],
    [16 * 1024 * 1024 + 1, 2 ** 31],
    [97, 100],
  ] as const) {
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32LE(length);
    assert.throws(() => sealedHeaderBytes(trailer, file), { name: 'FormatError' });
  }
  assert.throws(() => sealedHeaderBytes(Buffer.alloc(3), 1000), { name: 'FormatError' });
});
