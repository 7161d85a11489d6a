import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { CounterMode } from './counter-mode.ts';

const key = randomBytes(32);
const mode = new CounterMode(key);

function check(input: Uint8Array, iv: Uint8Array): void {
  const wanted = createCipheriv('aes-256-ctr', key, iv).update(input);
  const output = Buffer.alloc(input.length + 5, 7);
  mode.apply(input, iv, output, 3);
  assert.deepEqual(output.subarray(3, 3 + input.length), wanted);
  assert.ok(
    [0, 1, 2].every((i) => output[i] === 7) && output.subarray(3 + input.length).equals(Buffer.of(7, 7)),
  );
}

test('is AES-256-CTR at every length and from every counter', () => {
  const ivs = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Counters that are about to carry.
    fc.nat(16).map((ones) => Buffer.alloc(16, 0xff).fill(0x2a, 0, 16 - ones)),
  );
  fc.assert(
    fc.property(fc.nat(2200), ivs, (length, iv) => {
      check(randomBytes(length), iv);
    }),
    { numRuns: 300 },
  );
});

test('counts on through all 128 bits', () => {
  for (const length of [0, 1, 16, 17, 2047, 2048, 2049, 5000, 600_000]) {
    check(randomBytes(length), Buffer.alloc(16, 0xff));
    check(randomBytes(length), Buffer.from('00ffffffffffffffffffffffffffffff', 'hex'));
    check(randomBytes(length), Buffer.from('2affffffffffffffffffffffffffff80', 'hex'));
  }
});
