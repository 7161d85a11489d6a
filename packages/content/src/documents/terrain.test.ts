import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { decodeTerrain, defaultHeight, encodeTerrain, terrainBytes, terrainSizeOf } from './terrain.ts';
import { sampleEntry } from './test-support/archive-entries.ts';
import { samples } from './test-support/samples.ts';

const terrainName = /(?:^|\/)terrains\//;
const small = { x: 256, y: 256 };

test('real terrain is encoded again byte for byte', { skip: missing('fixtures') }, () => {
  for (const { archive, bytes } of samples(terrainName)) {
    const size = archive.startsWith('big-bay') ? { x: 512, y: 512 } : small;
    const { terrain, statistics } = decodeTerrain(bytes, size);
    assert.ok(Buffer.from(encodeTerrain(terrain)).equals(bytes), archive);
    assert.equal(statistics.replaced + statistics.outOfRange, 0);
    assert.ok(statistics.min <= statistics.mean && statistics.mean <= statistics.max);
  }
});

test('terrain of another size is refused', { skip: missing('fixtures') }, () => {
  const bytes = sampleEntry(fixture('hostile', 'terrain-wrong-size.oar'), terrainName);
  assert.throws(() => decodeTerrain(bytes, small), { name: 'DocumentError', rule: 'R2' });
});

test('heights that are no number are replaced and counted, others beyond the map are counted', () => {
  const heights = new Float32Array(small.x * small.y).fill(20);
  heights.set([NaN, Infinity, -Infinity, 5000, -101, 4000], 10);
  const { terrain, statistics } = decodeTerrain(encodeTerrain({ size: small, heights }), small);
  assert.equal(statistics.replaced, 3);
  assert.equal(statistics.outOfRange, 2);
  assert.equal(terrain.heights[10], defaultHeight);
  assert.deepEqual([statistics.min, statistics.max], [-101, 5000]);
  assert.throws(() => encodeTerrain({ size: { x: 512, y: 512 }, heights }), RangeError);
});

test('unaligned bytes decode alike', () => {
  const bytes = encodeTerrain({ size: small, heights: new Float32Array(small.x * small.y).fill(21.5) });
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  assert.equal(decodeTerrain(shifted.subarray(1), small).statistics.mean, 21.5);
});

test('the size comes from the region first, then from a square', () => {
  const oblong = { x: 512, y: 256 };
  assert.deepEqual(terrainSizeOf(terrainBytes(oblong), oblong), oblong);
  assert.deepEqual(terrainSizeOf(512 * 512 * 4, small), { x: 512, y: 512 });
  assert.equal(terrainSizeOf(terrainBytes(oblong), small), undefined);
  assert.equal(terrainSizeOf(0, small), undefined);
});
