import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { storableText } from './text.ts';

test('text is cut between characters and loses what no reply can carry', () => {
  assert.equal(storableText('plain\ttext\n', 64), 'plain\ttext\n');
  assert.equal(storableText('a\0b\u0007c\ufffe', 64), 'abc');
  assert.equal(storableText('ab\u{1f600}', 3), 'ab');
  assert.equal(storableText('ab\u{1f600}', 4), 'ab\u{1f600}');
  assert.equal(storableText('a\ud800b', 64), 'a\ufffdb');
});

test('the result is well formed, short enough and stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, unitsMax) => {
      const stored = storableText(text, unitsMax);
      assert.ok(stored.isWellFormed() && stored.length <= unitsMax);
      assert.equal(storableText(stored, unitsMax), stored);
    }),
  );
});
