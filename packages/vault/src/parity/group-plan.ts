/**
 * How the files of a group lie in columns. One after the other, each from the start of a block, they fill the columns from top
 * to bottom; parity is reckoned across the columns, row by row. A file that is no longer than a column has at most one block
 * in each row, also where it goes on in the next column: losing the whole file costs one parity column.
 */
import type { FileKind } from '../target/target.ts';
import { columnsMax, parityMax } from './galois.ts';

export interface GroupFile {
  readonly kind: FileKind;
  readonly name: string;
  readonly bytes: number;
  /** Of files that are not named by their hash: 64 hexadecimal digits. */
  readonly sha256?: string;
}

export interface GroupPlan {
  readonly blockBytes: number;
  readonly rows: number;
  readonly columns: number;
  /** Parity columns. */
  readonly parity: number;
  /** The share that was asked for when the group was made. */
  readonly overhead: number;
  readonly files: readonly GroupFile[];
}

/** Kinds of files that are worth protecting. Locks and states are not: they are replaced all the time. */
export const protectedKinds = ['config', 'key', 'snapshot', 'index', 'pack'] as const satisfies FileKind[];

/** Parity of a group may take so much, whatever its share, if that protects each of its files as a whole. */
const parityBytesFloor = 2 * 1024 * 1024;
/** Memory of making parity: all parity columns together. */
const parityBytesMax = 64 * 1024 * 1024;
const blockBytesMin = 256;
const blockBytesMax = 64 * 1024;
/** So many blocks before they are made larger: 8 bytes of checksum each. */
const blocksWanted = 2048;
/** Files of one group, so that its list stays small. */
export const groupFilesMax = 10_000;

/** Sizes up to which files go into groups with each other: a small file beside large ones would cost a large column. */
const classBytes = [64 * 1024, 1024 * 1024, Number.MAX_SAFE_INTEGER];

export function sizeClass(bytes: number): number {
  return classBytes.findIndex((max) => bytes <= max);
}

/** Columns of parity, and of data beside them in a full group. */
export function shape(overhead: number): { readonly parity: number; readonly columns: number } {
  const parity = overhead >= 0.1 ? parityMax : 2;
  return { parity, columns: Math.min(columnsMax, Math.max(1, Math.round(parity / overhead))) };
}

/** With so many bytes parity of the wanted share protects files as a whole, and more would not make it better. */
export function fullGroupBytes(overhead: number, largestFile: number): number {
  const { parity, columns } = shape(overhead);
  return columns * Math.min(largestFile + blockBytesMax, Math.floor(parityBytesMax / parity));
}

export function planGroup(files: readonly GroupFile[], overhead: number): GroupPlan {
  const { parity, columns: columnsFull } = shape(overhead);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let blockBytes = blockBytesMin;
  while (blockBytes < blockBytesMax && total / blockBytes > blocksWanted) blockBytes *= 2;
  const blocks = files.map((file) => Math.ceil(file.bytes / blockBytes));
  const all = blocks.reduce((sum, count) => sum + count, 0);
  const largest = blocks.reduce((max, count) => Math.max(max, count), 1);
  const wholeFileBytes = parity * largest * blockBytes;
  const isAffordable =
    wholeFileBytes <= parityBytesMax &&
    wholeFileBytes <= Math.max(overhead * all * blockBytes, parityBytesFloor);
  const rows = Math.max(1, Math.ceil(all / columnsFull), isAffordable ? largest : 0);
  return { blockBytes, rows, columns: Math.max(1, Math.ceil(all / rows)), parity, overhead, files };
}

/** The first block of each file, and at the end the number of all blocks. */
export function firstBlocks(plan: GroupPlan): number[] {
  const first = [0];
  let next = 0;
  for (const file of plan.files) {
    next += Math.ceil(file.bytes / plan.blockBytes);
    first.push(next);
  }
  return first;
}
