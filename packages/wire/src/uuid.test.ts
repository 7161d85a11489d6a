import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUuid, randomUuid, tryParseUuid, uuidFromBytes, uuidToBytes, zeroUuid } from './uuid.ts';

const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

test('ids are lower case inside, whatever their version bits', () => {
  assert.equal(parseUuid('11111111-1111-0000-0000-000100BBA000'), '11111111-1111-0000-0000-000100bba000');
  assert.equal(zeroUuid, '00000000-0000-0000-0000-000000000000');
});

test('other spellings are refused', () => {
  const spellings = [
    '',
    '0000000000000000000000000000000000',
    '{11111111-1111-0000-0000-000100bba000}',
    ' 11111111-1111-0000-0000-000100bba000',
    '11111111-1111-0000-0000-000100bba000\n',
    '11111111-1111-0000-0000-000100bba00',
    '11111111-1111-0000-0000-000100bba00g',
    // A dotless i turns longer or other when its case changes.
    '11111111-1111-0000-0000-000100bba00İ',
  ];
  for (const text of spellings) {
    assert.equal(tryParseUuid(text), undefined, JSON.stringify(text));
    assert.throws(() => parseUuid(text), RangeError);
  }
});

test('the error shows only the beginning of a long text', () => {
  assert.throws(
    () => parseUuid('x'.repeat(10_000)),
    (error) => error instanceof RangeError && error.message.length < 100,
  );
});

test('bytes and text turn into each other', () => {
  fc.assert(
    fc.property(sixteenBytes, (bytes) => {
      assert.deepEqual(Buffer.from(uuidToBytes(uuidFromBytes(bytes))), Buffer.from(bytes));
    }),
  );
  const id = randomUuid();
  assert.equal(uuidFromBytes(uuidToBytes(id)), id);
});

test('bytes are read at an offset, and only where 16 are left', () => {
  fc.assert(
    fc.property(sixteenBytes, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (bytes, before, after) => {
      const padded = new Uint8Array(before + 16 + after);
      padded.set(bytes, before);
      assert.equal(uuidFromBytes(padded.subarray(before)), uuidFromBytes(bytes));
      assert.equal(uuidFromBytes(padded, before), uuidFromBytes(bytes));
      assert.throws(() => uuidFromBytes(padded, before + after + 1), RangeError);
    }),
  );
  assert.throws(() => uuidFromBytes(new Uint8Array(16), -1), RangeError);
});
