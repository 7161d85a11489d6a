import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packUnpacked, readUnpacked } from './unpacked.ts';
import { compressZstd, decompressZstd } from './zstd.ts';

test('JSON goes in compressed and comes out; plain JSON is read too', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      assert.equal(readUnpacked(packUnpacked(json)), json);
    }),
  );
  assert.equal(readUnpacked(Buffer.from('{"a":1}')), '{"a":1}');
  assert.equal(readUnpacked(Buffer.from('[]')), '[]');
  for (const bytes of ['', 'x', '\x02', '\x02nonsense', '\x01{}']) {
    assert.throws(() => readUnpacked(Buffer.from(bytes)), { name: 'FormatError' });
  }
});

test('output is bounded before it is made', () => {
  const bomb = compressZstd(Buffer.alloc(50_000_000));
  assert.ok(bomb.length < 10_000);
  assert.throws(() => decompressZstd(bomb, 49_999_999), { name: 'FormatError' });
  assert.equal(decompressZstd(bomb, 50_000_000).length, 50_000_000);
  assert.throws(() => readUnpacked(Buffer.concat([Buffer.of(2), bomb]), 1000), { name: 'FormatError' });
  assert.throws(() => readUnpacked(Buffer.from(`{${' '.repeat(1000)}}`), 1000), { name: 'FormatError' });
});

test('a window of what level 19 makes is at most 8 MiB, also for long input', () => {
  // RFC 8878, 3.1.1.1: without the single-segment flag the window stands behind the descriptor; with it, it is the content.
  const frame = compressZstd(Buffer.alloc(40_000_000, 'some text that repeats itself'), 19);
  const singleSegment = (frame.readUInt8(4) & 0x20) !== 0;
  assert.equal(singleSegment, false);
  const exponent = frame.readUInt8(5) >> 3;
  assert.ok(10 + exponent <= 23);
  assert.throws(() => compressZstd(Buffer.of(1), 22), RangeError);
});
