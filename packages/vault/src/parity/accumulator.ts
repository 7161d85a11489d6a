/** Sums up data columns into parity columns: one pass over the data, in any order, in memory of the size of the parity. */
import { coefficient, multiply, parityMax } from './galois.ts';

export class ParityAccumulator {
  readonly parity: number;
  readonly columnBytes: number;
  /** The bytes of all parity columns at one place stand in one number: one look-up and one XOR per byte of data. */
  readonly #sums: Uint16Array | Uint32Array;
  readonly #table: Uint16Array | Uint32Array;
  #tableColumn = -1;

  constructor(columnBytes: number, parity: number) {
    if (parity < 1 || parity > parityMax) throw new RangeError(`${parity} parity columns`);
    this.parity = parity;
    this.columnBytes = columnBytes;
    this.#sums = parity <= 2 ? new Uint16Array(columnBytes) : new Uint32Array(columnBytes);
    this.#table = parity <= 2 ? new Uint16Array(256) : new Uint32Array(256);
  }

  /** The bytes of data column `column` from `offset` on. Given twice they cancel out. */
  add(column: number, offset: number, bytes: Uint8Array): void {
    if (offset < 0 || offset + bytes.length > this.columnBytes) throw new RangeError('beyond the column');
    this.#useColumn(column);
    // Apart, so that each loop sees one kind of array only: three times as fast.
    if (this.#sums instanceof Uint16Array && this.#table instanceof Uint16Array) {
      addPairs(this.#sums, this.#table, offset, bytes);
    } else if (this.#sums instanceof Uint32Array && this.#table instanceof Uint32Array) {
      addQuads(this.#sums, this.#table, offset, bytes);
    }
  }

  /** Bytes `from` up to `to` of a parity column. */
  read(parity: number, from: number, to: number): Buffer {
    const bytes = Buffer.allocUnsafe(to - from);
    const shift = 8 * parity;
    for (let at = from; at < to; at += 1) bytes[at - from] = (this.#sums[at] ?? 0) >>> shift;
    return bytes;
  }

  #useColumn(column: number): void {
    if (this.#tableColumn === column) return;
    for (let value = 0; value < 256; value += 1) {
      let products = 0;
      for (let parity = 0; parity < this.parity; parity += 1) {
        products |= multiply(value, coefficient(parity, column)) << (8 * parity);
      }
      this.#table[value] = products;
    }
    this.#tableColumn = column;
  }
}

function addPairs(sums: Uint16Array, table: Uint16Array, offset: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1) {
    sums[offset + at] = (sums[offset + at] ?? 0) ^ (table[bytes[at] ?? 0] ?? 0);
  }
}

function addQuads(sums: Uint32Array, table: Uint32Array, offset: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1) {
    sums[offset + at] = (sums[offset + at] ?? 0) ^ (table[bytes[at] ?? 0] ?? 0);
  }
}
