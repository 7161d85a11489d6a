import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlobId } from './blob-store.ts';
import {
  decodeFooter,
  decodePackHeader,
  decodeRecordHeader,
  decodeTrailer,
  encodeFooter,
  encodePackHeader,
  encodeRecordHeader,
  isPackName,
  newPackName,
  packIdentity,
  packNameTime,
  PackVersionError,
  trailerBytes,
  zstdContentBytesMax,
  type FooterEntry,
  type RecordHeader,
} from './pack-format.ts';

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const packNames = hex(16);
const blobIds = hex(32).map(parseBlobId);
const numbers = fc.maxSafeNat();
const crcs = fc.integer({ min: 0, max: 0xffff_ffff });

const records: fc.Arbitrary<RecordHeader> = fc.oneof(
  fc
    .record({ id: blobIds, stamp: numbers, length: numbers, offset: numbers, payloadCrc: crcs })
    .map((values) => ({ kind: 'raw' as const, storedLength: values.length, ...values })),
  fc
    .record({
      id: blobIds,
      stamp: numbers,
      length: fc.integer({ min: 1, max: zstdContentBytesMax }),
      offset: numbers,
      payloadCrc: crcs,
      share: fc.double({ min: 0, max: 0.95, noNaN: true }),
    })
    .map(({ share, ...values }) => ({
      kind: 'zstd' as const,
      storedLength: Math.floor(values.length * share),
      ...values,
    })),
  fc
    .record({ id: blobIds, stamp: numbers, offset: numbers, payloadCrc: crcs })
    .map((values) => ({ kind: 'tombstone' as const, length: 0, storedLength: 0, ...values })),
);

test('record headers survive encoding', () => {
  fc.assert(
    fc.property(records, packNames, (record, name) => {
      const identity = packIdentity(name);
      const decoded = decodeRecordHeader(encodeRecordHeader(record, identity), identity, record.offset);
      assert.deepEqual(decoded, record);
    }),
  );
});

test('a record header with any flipped bit, at another place or of another pack is none', () => {
  fc.assert(
    fc.property(records, packNames, packNames, fc.nat(72 * 8 - 1), (record, name, other, bit) => {
      const identity = packIdentity(name);
      const bytes = encodeRecordHeader(record, identity);
      assert.equal(
        decodeRecordHeader(bytes, identity, record.offset === 0 ? 1 : record.offset - 1),
        undefined,
      );
      if (other !== name)
        assert.equal(decodeRecordHeader(bytes, packIdentity(other), record.offset), undefined);
      const at = bit >> 3;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
      assert.equal(decodeRecordHeader(bytes, identity, record.offset), undefined);
    }),
  );
});

test('no bytes make the decoders throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), packNames, numbers, (bytes, name, place) => {
      const buffer = Buffer.from(bytes);
      const identity = packIdentity(name);
      assert.equal(decodeRecordHeader(buffer, identity, place), undefined);
      assert.equal(decodeTrailer(buffer, identity, place), undefined);
      assert.equal(decodePackHeader(buffer), undefined);
    }),
  );
});

test('footers survive encoding, and any flipped bit is noticed', () => {
  const entries = fc.array(
    fc.oneof(
      records.map(({ payloadCrc: _, ...record }): FooterEntry => record),
      fc
        .tuple(numbers, numbers)
        .map(([offset, storedLength]): FooterEntry => ({ kind: 'gap', offset, storedLength })),
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(entries, packNames, fc.nat(), (list, name, flip) => {
      const identity = packIdentity(name);
      const offset = Number.MAX_SAFE_INTEGER - 10_000;
      const inside = list.filter((entry) => entry.offset + entry.storedLength <= offset);
      const bytes = Buffer.concat(encodeFooter(inside, identity, offset));
      const read = (): readonly FooterEntry[] | undefined => {
        const trailer = decodeTrailer(bytes.subarray(-trailerBytes), identity, offset + bytes.length);
        return trailer && decodeFooter(bytes.subarray(0, -trailerBytes), identity, trailer);
      };
      assert.deepEqual(read(), inside);
      const bit = flip % (bytes.length * 8);
      const at = bit >> 3;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
      assert.equal(read(), undefined);
    }),
  );
});

test('pack headers carry the name and refuse later versions', () => {
  const name = newPackName(1_800_000_000_123);
  assert.ok(isPackName(name));
  assert.equal(packNameTime(name), 1_800_000_000_123);
  const bytes = encodePackHeader(packIdentity(name));
  assert.equal(decodePackHeader(bytes), name);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  assert.equal(decodePackHeader(bytes), undefined);
  assert.throws(() => packIdentity('../../etc/passwd'), RangeError);
  assert.equal(new PackVersionError(name, 9).message.includes('version 9'), true);
});

test('names made later sort later', () => {
  assert.ok(newPackName(1000) < newPackName(2000));
  assert.ok(newPackName(1_700_000_000_000) < newPackName(17_000_000_000_000));
});
