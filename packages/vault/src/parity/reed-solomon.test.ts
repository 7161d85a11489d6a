import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ParityAccumulator } from './accumulator.ts';
import { addProduct, coefficient, columnsMax, inverse, invert, multiply, parityMax } from './galois.ts';
import { recoverRow } from './recover-row.ts';

const byte = fc.integer({ min: 0, max: 255 });

describe('the field', () => {
  test('is a field: associative, distributive, with inverses', () => {
    fc.assert(
      fc.property(byte, byte, byte, (a, b, c) => {
        assert.equal(multiply(a, multiply(b, c)), multiply(multiply(a, b), c));
        assert.equal(multiply(a, b ^ c), multiply(a, b) ^ multiply(a, c));
      }),
    );
    for (let a = 1; a < 256; a += 1) assert.equal(multiply(a, inverse(a)), 1);
    assert.throws(() => inverse(0), RangeError);
  });

  test('agrees with multiplication done bit by bit', () => {
    for (let a = 0; a < 256; a += 1) {
      for (let b = 0; b < 256; b += 7) {
        let product = 0;
        for (let bit = 7; bit >= 0; bit -= 1) {
          product <<= 1;
          if (product & 0x100) product ^= 0x11d;
          if (b & (1 << bit)) product ^= a;
        }
        assert.equal(multiply(a, b), product);
      }
    }
  });

  test('an inverse matrix undoes its matrix', () => {
    const matrix = [0, 1, 2, 3].map((row) => [5, 17, 200, 249].map((column) => coefficient(row, column)));
    const inverted = invert(matrix);
    for (const [row, values] of matrix.entries()) {
      for (let column = 0; column < 4; column += 1) {
        const sum = values.reduce((all, value, at) => all ^ multiply(value, inverted[at]?.[column] ?? 0), 0);
        assert.equal(sum, row === column ? 1 : 0);
      }
    }
    assert.throws(
      () =>
        invert([
          [1, 1],
          [1, 1],
        ]),
      RangeError,
    );
  });
});

describe('parity', () => {
  test('any lost blocks come back from as many parity blocks, and from fewer none do', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: columnsMax }),
        fc.integer({ min: 1, max: parityMax }),
        fc.infiniteStream(fc.integer({ min: 0, max: 0xffff })),
        (columns, parity, numbers) => {
          const next = (below: number): number => {
            const { value } = numbers.next();
            return Number(value) % below;
          };
          const length = 1 + next(40);
          const data = Array.from({ length: columns }, () =>
            Buffer.from(Array.from({ length }, () => next(256))),
          );
          const sums = new ParityAccumulator(length, parity);
          for (const [column, block] of data.entries()) {
            // In two pieces, as a column is filled by several files.
            const cut = next(length + 1);
            sums.add(column, cut, block.subarray(cut));
            sums.add(column, 0, block.subarray(0, cut));
          }
          const blocks: (Buffer | undefined)[] = [];
          for (let number = 0; number < parity; number += 1) blocks.push(sums.read(number, 0, length));
          const damagedData: (Buffer | undefined)[] = [...data];
          const lost = new Set<number>();
          const losses = next(parity + 1);
          for (let count = 0; count < losses; count += 1) {
            const at = next(columns + parity);
            if (at >= columns) blocks[at - columns] = undefined;
            else {
              lost.add(at);
              damagedData[at] = undefined;
            }
          }
          const found = recoverRow(damagedData, blocks);
          assert.deepEqual(new Set(found?.keys()), lost);
          for (const column of lost) assert.deepEqual(found?.get(column), data[column]);
          if (columns > parity) {
            for (let column = 0; column <= parity; column += 1) damagedData[column] = undefined;
            assert.equal(recoverRow(damagedData, blocks), undefined);
          }
        },
      ),
    );
  });

  test('what is added twice is gone, and nothing goes beyond a column', () => {
    const sums = new ParityAccumulator(10, 2);
    sums.add(3, 2, Buffer.from('hidden'));
    sums.add(3, 2, Buffer.from('hidden'));
    assert.deepEqual(sums.read(1, 0, 10), Buffer.alloc(10));
    assert.throws(() => sums.add(0, 5, Buffer.alloc(6)), RangeError);
    assert.throws(() => new ParityAccumulator(10, parityMax + 1), RangeError);
  });

  test('adding a product is multiplying every byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), byte, (source, factor) => {
        const target = new Uint8Array(source.length).fill(9);
        addProduct(target, source, factor);
        assert.deepEqual(
          target,
          source.map((value) => 9 ^ multiply(value, factor)),
        );
      }),
    );
  });
});
