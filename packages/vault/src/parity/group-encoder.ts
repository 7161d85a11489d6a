/** Makes the parity files of one group from the bytes of its files. */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { ParityAccumulator } from './accumulator.ts';
import type { GroupPlan } from './group-plan.ts';
import { firstBlocks } from './group-plan.ts';
import { blockSum, encodeManifest, encodeParityFile, sumBytes } from './parity-file.ts';

export class GroupEncoder {
  #plan: GroupPlan;
  readonly #sums: Buffer;
  readonly #first: readonly number[];
  readonly #accumulator: ParityAccumulator;
  #hash: Hash = createHash('sha256');
  #manifest: Buffer | undefined;

  constructor(plan: GroupPlan) {
    this.#plan = plan;
    this.#first = firstBlocks(plan);
    this.#sums = Buffer.alloc(sumBytes * (this.#dataBlocks + plan.parity * plan.rows));
    this.#accumulator = new ParityAccumulator(plan.rows * plan.blockBytes, plan.parity);
  }

  get #dataBlocks(): number {
    return this.#first.at(-1) ?? 0;
  }

  /**
   * The next piece of a file, from `offset`, which is the start of a block. Files one after the other, pieces in order. With
   * the last piece gives the SHA-256 of the file.
   */
  add(file: number, offset: number, bytes: Uint8Array): string | undefined {
    const { blockBytes, rows, files } = this.#plan;
    if (offset === 0) this.#hash = createHash('sha256');
    this.#hash.update(bytes);
    const first = (this.#first[file] ?? 0) + offset / blockBytes;
    for (let at = 0, block = first; at < bytes.length; at += blockBytes, block += 1) {
      const piece = bytes.subarray(at, at + blockBytes);
      blockSum(piece).copy(this.#sums, block * sumBytes);
      this.#accumulator.add(Math.floor(block / rows), (block % rows) * blockBytes, piece);
    }
    if (offset + bytes.length !== files[file]?.bytes) return undefined;
    const digest = this.#hash.digest('hex');
    if (files[file].kind === 'config') this.#noteHash(file, digest);
    return digest;
  }

  #noteHash(file: number, sha256: string): void {
    const files = this.#plan.files.map((known, at) => (at === file ? { ...known, sha256 } : known));
    this.#plan = { ...this.#plan, files };
  }

  /** After all files. */
  parityFile(column: number): Buffer {
    this.#manifest ??= this.#finishManifest();
    const columnBytes = this.#plan.rows * this.#plan.blockBytes;
    return encodeParityFile(this.#manifest, column, this.#accumulator.read(column, 0, columnBytes));
  }

  #finishManifest(): Buffer {
    const { parity, rows, blockBytes } = this.#plan;
    let at = sumBytes * this.#dataBlocks;
    for (let column = 0; column < parity; column += 1) {
      for (let row = 0; row < rows; row += 1) {
        const block = this.#accumulator.read(column, row * blockBytes, (row + 1) * blockBytes);
        at += blockSum(block).copy(this.#sums, at);
      }
    }
    return encodeManifest({ plan: this.#plan, sums: this.#sums });
  }
}
