/** Reads blocks of a group, each checked against its checksum: what is damaged, short or gone is undefined. */
import type { Target } from '../target/target.ts';
import { TargetError } from '../target/target.ts';
import type { GroupPlan } from './group-plan.ts';
import { firstBlocks } from './group-plan.ts';
import type { Group } from './groups.ts';
import { blockSum, sumBytes } from './parity-file.ts';
import { recoverRow } from './recover-row.ts';
import type { FileName } from './withdrawn.ts';

/** Rows that are read at once. */
const rowsAtOnce = 16;
/** A group of so many bytes is read only once. */
const keptBytesMax = 8 * 1024 * 1024;

type Block = Buffer | undefined;

export class GroupReader {
  readonly plan: GroupPlan;
  readonly #target: Target;
  readonly #group: Group;
  readonly #sums: Buffer;
  readonly #first: readonly number[];
  readonly #signal: AbortSignal | undefined;
  readonly #kept: Map<number, Block> | undefined;

  constructor(target: Target, group: Group, sums: Buffer, signal?: AbortSignal) {
    this.plan = group.plan;
    this.#target = target;
    this.#group = group;
    this.#sums = sums;
    this.#first = firstBlocks(group.plan);
    this.#signal = signal;
    this.#kept = this.#dataBlocks * group.plan.blockBytes <= keptBytesMax ? new Map() : undefined;
  }

  get #dataBlocks(): number {
    return this.#first.at(-1) ?? 0;
  }

  /** The bytes of a file, with what was damaged reckoned anew; undefined when too much is lost. */
  async recover(file: number): Promise<Buffer | undefined> {
    const first = this.#first[file] ?? 0;
    const end = this.#first[file + 1] ?? first;
    const { blockBytes, files } = this.plan;
    const whole = Buffer.allocUnsafeSlow((end - first) * blockBytes);
    const bad: number[] = [];
    for (let block = first; block < end; block += rowsAtOnce) {
      const blocks = await this.#dataRun(block, Math.min(rowsAtOnce, end - block));
      for (const [at, bytes] of blocks.entries()) {
        if (bytes === undefined) bad.push(block + at);
        else bytes.copy(whole, (block + at - first) * blockBytes);
      }
    }
    for (const run of runs(bad, this.plan.rows)) {
      const found = await this.#recoverRun(run);
      if (found === undefined) return undefined;
      for (const [at, bytes] of found.entries()) bytes.copy(whole, (run.first + at - first) * blockBytes);
    }
    return whole.subarray(0, files[file]?.bytes ?? 0);
  }

  /** Blocks one after the other in one column. */
  async #recoverRun(run: Run): Promise<Buffer[] | undefined> {
    const { rows, columns, parity } = this.plan;
    const row = run.first % rows;
    const data: Block[][] = [];
    for (let column = 0; column < columns; column += 1) {
      data.push(await this.#dataRun(column * rows + row, run.count));
    }
    const sums: Block[][] = [];
    for (let column = 0; column < parity; column += 1) {
      sums.push(await this.#parityRun(column, row, run.count));
    }
    const found: Buffer[] = [];
    for (let at = 0; at < run.count; at += 1) {
      const block = recoverRow(
        data.map((blocks) => blocks[at]),
        sums.map((blocks) => blocks[at]),
      )?.get(Math.floor(run.first / rows));
      if (block === undefined) return undefined;
      found.push(block);
      await new Promise(setImmediate);
    }
    return found;
  }

  /** Filled up with zeros to whole blocks; those beyond the last file are zeros. */
  async #dataRun(first: number, count: number): Promise<Block[]> {
    const kept = this.#kept;
    const wanted = Array.from({ length: count }, (_, at) => first + at);
    if (kept !== undefined && wanted.every((block) => kept.has(block)))
      return wanted.map((block) => kept.get(block));
    const found: Block[] = [];
    while (found.length < count) {
      const block = first + found.length;
      if (block >= this.#dataBlocks) found.push(Buffer.alloc(this.plan.blockBytes));
      else found.push(...(await this.#fileRun(block, count - found.length)));
    }
    if (kept !== undefined) for (const [at, block] of found.entries()) kept.set(first + at, block);
    return found;
  }

  /** From the file in which the block is, as far as it goes. */
  async #fileRun(block: number, count: number): Promise<Block[]> {
    const number = this.#fileOf(block);
    const file = this.plan.files[number];
    const start = this.#first[number] ?? 0;
    const end = this.#first[number + 1] ?? 0;
    if (file === undefined) return Array.from({ length: count });
    const { blockBytes } = this.plan;
    const offset = (block - start) * blockBytes;
    const blocks = Math.min(count, end - block);
    const length = Math.min(blocks * blockBytes, file.bytes - offset);
    return this.#checked(file, offset, length, block);
  }

  #fileOf(block: number): number {
    let low = 0;
    let high = this.plan.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#first[middle] ?? 0) <= block) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #parityRun(column: number, row: number, count: number): Promise<Block[]> {
    const file = this.#group.columns.find((known) => known.column === column);
    if (file === undefined) return Array.from({ length: count });
    const { blockBytes, rows } = this.plan;
    const sumAt = this.#dataBlocks + column * rows + row;
    const parityFile = { kind: 'parity', name: file.name } as const;
    return this.#checked(parityFile, file.columnAt + row * blockBytes, count * blockBytes, sumAt);
  }

  /** Where a run cannot be read at once (a bad sector, a file that ends too early), what can be read of it. */
  async #checked(file: FileName, offset: number, length: number, sumAt: number): Promise<Block[]> {
    const { blockBytes } = this.plan;
    const run = await this.#read(file, offset, length);
    const blocks: Block[] = [];
    for (let at = 0; at < length; at += blockBytes) {
      const size = Math.min(blockBytes, length - at);
      const bytes = run?.subarray(at, at + size) ?? (await this.#read(file, offset + at, size));
      const place = (sumAt + blocks.length) * sumBytes;
      const isRight =
        bytes?.length === size && blockSum(bytes).equals(this.#sums.subarray(place, place + sumBytes));
      blocks.push(isRight ? filledUp(bytes, blockBytes) : undefined);
    }
    return blocks;
  }

  async #read(file: FileName, offset: number, length: number): Promise<Buffer | undefined> {
    try {
      return await this.#target.read(file.kind, file.name, { offset, length }, this.#signal);
    } catch (error) {
      this.#signal?.throwIfAborted();
      // 'permanent': a disk that cannot read this place.
      if (error instanceof TargetError && error.failure !== 'passing') return undefined;
      throw error;
    }
  }
}

function filledUp(bytes: Buffer, length: number): Buffer {
  return bytes.length === length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
}

interface Run {
  readonly first: number;
  readonly count: number;
}

/** Numbers that follow each other, cut where a column ends. */
function runs(blocks: readonly number[], rows: number): Run[] {
  const found: { first: number; count: number }[] = [];
  for (const block of blocks) {
    const last = found.at(-1);
    const continues =
      last !== undefined &&
      block === last.first + last.count &&
      block % rows !== 0 &&
      last.count < rowsAtOnce;
    if (continues) last.count += 1;
    else found.push({ first: block, count: 1 });
  }
  return found;
}
