import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatFloat32,
  formatQuaternion,
  formatVector3,
  identityRotation,
  parseQuaternion,
  parseVector3,
  tryParseQuaternion,
  tryParseVector3,
  zeroVector,
} from './vector.ts';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

test('vectors are written as simulators write them', () => {
  assert.equal(formatVector3({ x: 128, y: 128, z: 25.5 }), '<128, 128, 25.5>');
  assert.equal(formatVector3(zeroVector), '<0, 0, 0>');
  assert.equal(formatQuaternion(identityRotation), '<0, 0, 0, 1>');
});

test('a 32-bit float takes only the digits it needs', () => {
  assert.equal(formatFloat32(0.1), '0.1');
  assert.equal(formatFloat32(Math.fround(0.1)), '0.1');
  assert.equal(formatFloat32(16777217), '16777216');
  assert.equal(formatFloat32(-0.3089107), '-0.3089107');
});

test('spaces are optional', () => {
  assert.deepEqual(parseVector3('<1,2,3>'), { x: 1, y: 2, z: 3 });
  assert.deepEqual(parseVector3(' < 1 ,2,  3.5e1 > '), { x: 1, y: 2, z: 35 });
  assert.deepEqual(parseQuaternion('<0,0,0.5,-1>'), { x: 0, y: 0, z: 0.5, w: -1 });
});

test('what is not a finite vector is refused', () => {
  const texts = [
    '',
    '<>',
    '1,2,3',
    '<1,2>',
    '<1,2,3,4>',
    '<1,2,NaN>',
    '<1,2,Infinity>',
    '<1,2,1e39>',
    '<1,,3>',
  ];
  for (const text of [...texts, '<0x1,2,3>', `<1,2,${'3'.repeat(300)}>`, '<1,2,3', '<1;2;3>'])
    assert.equal(tryParseVector3(text), undefined, text);
  assert.equal(tryParseQuaternion('<1,2,3>'), undefined);
  assert.throws(() => parseVector3('nowhere'), RangeError);
  assert.throws(() => parseQuaternion('nowhere'), RangeError);
  assert.throws(() => formatVector3({ x: NaN, y: 0, z: 0 }), RangeError);
  assert.throws(() => formatFloat32(1e39), RangeError);
});

test('every finite vector survives its text', () => {
  fc.assert(
    fc.property(float, float, float, float, (x, y, z, w) => {
      // Text does not tell -0 from 0.
      const plain = (value: number) => value + 0;
      assert.deepEqual(parseVector3(formatVector3({ x, y, z })), { x: plain(x), y: plain(y), z: plain(z) });
      const rotation = { x: plain(x), y: plain(y), z: plain(z), w: plain(w) };
      assert.deepEqual(parseQuaternion(formatQuaternion({ x, y, z, w })), rotation);
    }),
  );
});
