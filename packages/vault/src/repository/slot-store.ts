/** Entries of an index, column by column in blocks: growing copies nothing, and the columns go to a file as they are. */
import type { PackEntry } from '../format/pack-header.ts';
import type { BlobType } from '../format/tree-node.ts';

const slotsPerBlock = 16_384;
const shift = 14;
const idBytes = 32;

interface Block {
  readonly ids: Buffer;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** 0: not compressed. */
  readonly uncompressedLengths: Uint32Array;
  /** 1: a tree. */
  readonly types: Uint8Array;
}

function emptyBlock(): Block {
  return {
    ids: Buffer.alloc(slotsPerBlock * idBytes),
    offsets: new Uint32Array(slotsPerBlock),
    lengths: new Uint32Array(slotsPerBlock),
    uncompressedLengths: new Uint32Array(slotsPerBlock),
    types: new Uint8Array(slotsPerBlock),
  };
}

export class SlotStore {
  readonly #blocks: Block[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(blob: PackEntry): number {
    const slot = this.#size;
    if (slot >>> shift === this.#blocks.length) this.#blocks.push(emptyBlock());
    const block = this.#block(slot);
    const at = slot & (slotsPerBlock - 1);
    block.ids.write(blob.id, at * idBytes, 'hex');
    block.offsets[at] = blob.offset;
    block.lengths[at] = blob.length;
    block.uncompressedLengths[at] = blob.uncompressedLength ?? 0;
    block.types[at] = blob.type === 'tree' ? 1 : 0;
    this.#size += 1;
    return slot;
  }

  is(slot: number, type: BlobType, id: Buffer): boolean {
    const block = this.#block(slot);
    const at = slot & (slotsPerBlock - 1);
    return (
      block.types[at] === (type === 'tree' ? 1 : 0) &&
      block.ids.compare(id, 0, idBytes, at * idBytes, at * idBytes + idBytes) === 0
    );
  }

  idOf(slot: number): string {
    const at = (slot & (slotsPerBlock - 1)) * idBytes;
    return this.#block(slot).ids.toString('hex', at, at + idBytes);
  }

  copyId(slot: number, into: Buffer): void {
    const at = (slot & (slotsPerBlock - 1)) * idBytes;
    this.#block(slot).ids.copy(into, 0, at, at + idBytes);
  }

  typeOf(slot: number): BlobType {
    return this.#block(slot).types[slot & (slotsPerBlock - 1)] === 1 ? 'tree' : 'data';
  }

  offsetOf(slot: number): number {
    return this.#block(slot).offsets[slot & (slotsPerBlock - 1)] ?? 0;
  }

  lengthOf(slot: number): number {
    return this.#block(slot).lengths[slot & (slotsPerBlock - 1)] ?? 0;
  }

  uncompressedLengthOf(slot: number): number | undefined {
    const length = this.#block(slot).uncompressedLengths[slot & (slotsPerBlock - 1)] ?? 0;
    return length === 0 ? undefined : length;
  }

  /** The columns of each block, cut to what is used: to be written one after the other. */
  *columns(): Generator<Uint8Array> {
    for (const [number, block] of this.#blocks.entries()) {
      yield* columnsOf(block, Math.min(slotsPerBlock, this.#size - number * slotsPerBlock));
    }
  }

  /** The inverse of `columns`: `fill` is called for each of them in the same order. */
  static async filled(size: number, fill: (column: Uint8Array) => Promise<void>): Promise<SlotStore> {
    const store = new SlotStore();
    for (let at = 0; at < size; at += slotsPerBlock) {
      const block = emptyBlock();
      for (const column of columnsOf(block, Math.min(slotsPerBlock, size - at))) await fill(column);
      store.#blocks.push(block);
    }
    store.#size = size;
    return store;
  }

  #block(slot: number): Block {
    const block = this.#blocks[slot >>> shift];
    if (block === undefined) throw new RangeError(`no entry ${slot} in the index`);
    return block;
  }
}

function* columnsOf(block: Block, count: number): Generator<Uint8Array> {
  yield block.ids.subarray(0, count * idBytes);
  for (const column of [block.offsets, block.lengths, block.uncompressedLengths]) {
    yield new Uint8Array(column.buffer, column.byteOffset, count * column.BYTES_PER_ELEMENT);
  }
  yield block.types.subarray(0, count);
}
