/** What the writer and its packing threads say to each other. Buffers change hands, nothing is copied. */
import type { BlobType } from '../format/tree-node.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { BlobCodec, NewBlob } from './pack-builder.ts';

export interface IndexedHeader {
  readonly id: string;
  /** Opened header of the pack. */
  readonly header: Uint8Array;
}

export type PackingRequest =
  | {
      readonly kind: 'start';
      readonly key: MasterKey;
      readonly packBytes: Readonly<Record<BlobType, number>>;
    }
  | { readonly kind: 'batch'; readonly batch: SentBatch }
  /** A buffer of a pack that is saved. */
  | { readonly kind: 'spare'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'index'; readonly packs: readonly IndexedHeader[] }
  | { readonly kind: 'flush' };

export type PackingReply =
  | { readonly kind: 'batch done'; readonly batch: SentBatch; readonly rejected: readonly string[] }
  | {
      readonly kind: 'pack';
      readonly type: BlobType;
      readonly id: string;
      readonly buffer: ArrayBuffer;
      readonly bytes: number;
      readonly header: Uint8Array;
      readonly contentBytes: number;
    }
  | {
      readonly kind: 'index';
      readonly bytes: Uint8Array;
      readonly name: string;
      readonly packs: readonly string[];
    }
  | { readonly kind: 'flushed' };

/** Blobs of one type: their bytes one after the other, and a row for each. */
export interface SentBatch {
  readonly type: BlobType;
  readonly rows: ArrayBuffer;
  readonly count: number;
  readonly bytes: ArrayBuffer;
}

const codecs: readonly BlobCodec[] = ['raw', 'zstd', 'auto'];
/** id (32), bytes of the payload (4), bytes of the content (4), codec (4) */
const rowBytes = 44;
export const batchRowsMax = 4096;

/** A batch that is being filled. */
export class Batch {
  readonly type: BlobType;
  readonly #rows: Buffer<ArrayBuffer>;
  readonly #bytes: Buffer<ArrayBuffer>;
  #count = 0;
  #used = 0;

  constructor(type: BlobType, rows: ArrayBuffer, bytes: ArrayBuffer) {
    this.type = type;
    this.#rows = Buffer.from(rows);
    this.#bytes = Buffer.from(bytes);
  }

  static empty(type: BlobType, bytes: number): Batch {
    return new Batch(type, new ArrayBuffer(batchRowsMax * rowBytes), new ArrayBuffer(bytes));
  }

  hasRoom(bytes: number): boolean {
    return this.#count < batchRowsMax && this.#used + bytes <= this.#bytes.length;
  }

  add(id: string, codec: BlobCodec, payload: Uint8Array, length: number): void {
    const at = this.#count * rowBytes;
    this.#rows.write(id, at, 'hex');
    this.#rows.writeUInt32LE(payload.length, at + 32);
    this.#rows.writeUInt32LE(length, at + 36);
    this.#rows.writeUInt32LE(codecs.indexOf(codec), at + 40);
    this.#bytes.set(payload, this.#used);
    this.#count += 1;
    this.#used += payload.length;
  }

  toSend(): SentBatch {
    return {
      type: this.type,
      rows: this.#rows.buffer,
      count: this.#count,
      bytes: this.#bytes.buffer,
    };
  }
}

export function* blobsOf({ type, rows, count, bytes }: SentBatch): Generator<NewBlob> {
  const table = Buffer.from(rows);
  let start = 0;
  for (let at = 0; at < count * rowBytes; at += rowBytes) {
    const end = start + table.readUInt32LE(at + 32);
    yield {
      type,
      id: table.toString('hex', at, at + 32),
      payload: new Uint8Array(bytes, start, end - start),
      length: table.readUInt32LE(at + 36),
      codec: codecs[table.readUInt32LE(at + 40)] ?? 'raw',
    };
    start = end;
  }
}
