import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUuid } from '../uuid.ts';
import {
  booleanFromLlsd,
  integerFromLlsd,
  quaternionFromLlsd,
  quaternionToLlsd,
  realFromLlsd,
  textFromLlsd,
  unsigned32FromLlsd,
  unsigned32ToLlsd,
  unsigned64FromLlsd,
  unsigned64ToLlsd,
  uuidFromLlsd,
  uuidsFromLlsd,
  vector3FromLlsd,
  vector3ToLlsd,
} from './convert.ts';
import { LlsdReal, LlsdUri, LlsdUuid } from './value.ts';

const id = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201');

test('text is no boolean: "false" would be true', () => {
  assert.equal(booleanFromLlsd('false'), undefined);
  assert.equal(booleanFromLlsd(''), undefined);
  assert.deepEqual([true, false, 1, 0, 7].map(booleanFromLlsd), [true, false, true, false, true]);
});

test('only whole reals are integers: peers round and cut differently', () => {
  assert.equal(integerFromLlsd(new LlsdReal(2)), 2);
  assert.equal(integerFromLlsd(new LlsdReal(2.5)), undefined);
  assert.equal(integerFromLlsd(new LlsdReal(NaN)), undefined);
  assert.equal(integerFromLlsd(new LlsdReal(2 ** 31)), undefined);
  assert.equal(integerFromLlsd(' -7 '), -7);
  assert.equal(integerFromLlsd(undefined), undefined);
});

test('reals from integers and text', () => {
  assert.deepEqual([new LlsdReal(0.5), 1, '2.5', 'x', true].map(realFromLlsd), [
    0.5,
    1,
    2.5,
    undefined,
    undefined,
  ]);
});

test('text and ids', () => {
  assert.deepEqual(['a', new LlsdUri('b'), new LlsdUuid(id), 1].map(textFromLlsd), ['a', 'b', id, undefined]);
  assert.deepEqual([new LlsdUuid(id), id.toUpperCase(), 'x'].map(uuidFromLlsd), [id, id, undefined]);
  assert.deepEqual(uuidsFromLlsd([new LlsdUuid(id), id]), [id, id]);
  assert.equal(uuidsFromLlsd([id, 'x']), undefined);
  assert.equal(uuidsFromLlsd(id), undefined);
});

test('vectors are arrays of reals', () => {
  const vector = { x: 1, y: -2.5, z: 0 };
  const rotation = { x: 0, y: 0, z: 0.5, w: 1 };
  assert.deepEqual(vector3FromLlsd(vector3ToLlsd(vector)), vector);
  assert.deepEqual(quaternionFromLlsd(quaternionToLlsd(rotation)), rotation);
  assert.deepEqual(vector3FromLlsd([1, 2, new LlsdReal(3)]), { x: 1, y: 2, z: 3 });
  assert.equal(vector3FromLlsd([1, 2]), undefined);
  assert.equal(vector3FromLlsd([1, 2, 3, 4]), undefined);
  assert.equal(vector3FromLlsd([1, 2, new LlsdReal(NaN)]), undefined);
  assert.equal(quaternionFromLlsd('<0,0,0,1>'), undefined);
});

test('unsigned integers travel as big-endian bytes, text or signed integers', () => {
  assert.deepEqual(unsigned64ToLlsd(1099511628032000n), Uint8Array.of(0, 3, 232, 0, 0, 3, 232, 0));
  assert.equal(unsigned64FromLlsd('1099511628032000'), 1099511628032000n);
  assert.equal(unsigned64FromLlsd(-1), undefined);
  assert.equal(unsigned64FromLlsd(5), 5n);
  assert.equal(unsigned64FromLlsd('18446744073709551616'), undefined);
  assert.equal(unsigned64FromLlsd(Uint8Array.of(1)), undefined);
  assert.equal(unsigned32FromLlsd(-1), 4294967295);
  assert.equal(unsigned32FromLlsd('4294967296'), undefined);
  assert.throws(() => unsigned64ToLlsd(-1n), RangeError);
  assert.throws(() => unsigned64ToLlsd(2n ** 64n), RangeError);
  assert.throws(() => unsigned32ToLlsd(2 ** 32), RangeError);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      assert.equal(unsigned64FromLlsd(unsigned64ToLlsd(value)), value);
      assert.equal(unsigned64FromLlsd(String(value)), value);
    }),
  );
  fc.assert(
    fc.property(fc.nat({ max: 0xffffffff }), (value) => {
      assert.equal(unsigned32FromLlsd(unsigned32ToLlsd(value)), value);
      assert.equal(unsigned32FromLlsd(value | 0), value);
    }),
  );
});
