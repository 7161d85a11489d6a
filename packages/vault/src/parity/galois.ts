/** Arithmetic in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, and the Cauchy matrix over it. */

const polynomial = 0x11d;
const exponentials = new Uint8Array(510);
const logarithms = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  exponentials[power] = value;
  exponentials[power + 255] = value;
  logarithms[value] = power;
  value <<= 1;
  if (value > 255) value ^= polynomial;
}

function read(table: Uint8Array, place: number): number {
  return table[place] ?? 0;
}

export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return read(exponentials, read(logarithms, a) + read(logarithms, b));
}

/** Throws RangeError for 0. */
export function inverse(a: number): number {
  if (a === 0) throw new RangeError('0 has no inverse');
  return read(exponentials, 255 - read(logarithms, a));
}

/** Parity columns that there may be at most, and data columns beside them: together no more than the field has elements. */
export const parityMax = 4;
export const columnsMax = 250;

/**
 * By what a byte of a data column goes into a parity column. Every square part of such a matrix can be inverted, so that any
 * `p` columns can be recomputed from any `p` parity columns.
 */
export function coefficient(parity: number, column: number): number {
  return inverse(column ^ (255 - parity));
}

/** Gauss-Jordan. Throws RangeError when the matrix (rows of numbers, square) has no inverse. */
export function invert(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const work = matrix.map((row, at) => [...row, ...row.map((_, column) => (column === at ? 1 : 0))]);
  for (let column = 0; column < size; column += 1) {
    const pivotAt = work.findIndex((row, at) => at >= column && (row[column] ?? 0) !== 0);
    const pivot = work[pivotAt];
    if (pivot === undefined) throw new RangeError('no inverse');
    work[pivotAt] = work[column] ?? pivot;
    const scale = inverse(pivot[column] ?? 0);
    const scaled = pivot.map((value) => multiply(value, scale));
    work[column] = scaled;
    for (const [at, row] of work.entries()) {
      const factor = row[column] ?? 0;
      if (at === column || factor === 0) continue;
      work[at] = row.map((value, place) => value ^ multiply(factor, scaled[place] ?? 0));
    }
  }
  return work.map((row) => row.slice(size));
}

const productTables: (Uint8Array | undefined)[] = [];

function productTable(factor: number): Uint8Array {
  const known = productTables[factor];
  if (known !== undefined) return known;
  const table = Uint8Array.from({ length: 256 }, (_, value) => multiply(value, factor));
  productTables[factor] = table;
  return table;
}

/** target ^= source × factor, byte by byte; `target` is at least as long as `source`. */
export function addProduct(target: Uint8Array, source: Uint8Array, factor: number): void {
  const table = productTable(factor);
  for (let at = 0; at < source.length; at += 1) {
    target[at] = (target[at] ?? 0) ^ (table[source[at] ?? 0] ?? 0);
  }
}
