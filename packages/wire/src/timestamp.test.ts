import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatCompactTimestamp,
  formatIsoTimestamp,
  parseCompactTimestamp,
  parseIsoTimestamp,
} from './timestamp.ts';

test('known moments', () => {
  assert.equal(parseIsoTimestamp('2026-01-02T03:04:05Z'), 1767323045);
  assert.equal(parseIsoTimestamp('2026-01-02T03:04:05'), 1767323045);
  assert.equal(parseIsoTimestamp('2026-01-02T03:04:05.25Z'), 1767323045.25);
  assert.equal(parseIsoTimestamp('2026-01-02T05:04:05+02:00'), 1767323045);
  assert.equal(parseIsoTimestamp('1969-12-31T23:59:59.75Z'), -0.25);
  assert.equal(parseIsoTimestamp('0001-01-01T00:00:00'), -62135596800);
  assert.equal(formatIsoTimestamp(0), '1970-01-01T00:00:00Z');
  assert.equal(formatIsoTimestamp(-0.25), '1969-12-31T23:59:59.75Z');
  assert.equal(formatIsoTimestamp(-62135596800), '0001-01-01T00:00:00Z');
  assert.equal(parseCompactTimestamp('20260102T03:04:05'), 1767323045);
  assert.equal(formatCompactTimestamp(1767323045.9), '20260102T03:04:05');
});

test('texts that are no moment', () => {
  const texts = ['', 'today', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z'];
  for (const text of [
    ...texts,
    '2026-01-01',
    '0000-01-01T00:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-1-1T0:0:0Z',
  ])
    assert.equal(parseIsoTimestamp(text), undefined, text);
  assert.equal(parseCompactTimestamp('20260230T00:00:00'), undefined);
});

test('moments without a text', () => {
  for (const seconds of [NaN, Infinity, -Infinity, -62135596801, 253402300800, 1e300])
    assert.throws(() => formatIsoTimestamp(seconds), RangeError);
});

test('every moment survives its text, fraction included', () => {
  const seconds = fc.double({ min: -62135596800, max: 253402300799, noNaN: true });
  fc.assert(
    fc.property(seconds, (value) => {
      // Twenty digits are written; a float closer to 0 than that has more.
      fc.pre(value === 0 || Math.abs(value) > 0.001);
      assert.equal(parseIsoTimestamp(formatIsoTimestamp(value)), value + 0);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: -62135596800, max: 253402300799 }), (value) => {
      assert.equal(parseIsoTimestamp(formatIsoTimestamp(value)), value);
      assert.equal(parseCompactTimestamp(formatCompactTimestamp(value)), value);
    }),
  );
});
