/** One pack in the making: blobs are compressed, sealed and opened again one after the other into one buffer. */
import { parseBlobId, type BlobId } from '@gridkeep/storage/blobs/blob-store';
import { hash } from 'node:crypto';
import {
  entryBytesMax,
  headerBytesMax,
  packBytesMax,
  packTrailerBytes,
  writeEntry,
} from '../format/pack-header.ts';
import type { BlobType } from '../format/tree-node.ts';
import { compressZstd } from '../format/zstd.ts';
import { sealOverhead, type Sealer } from '../sealing/sealer.ts';
import { openBlob } from './blob-reading.ts';
import { RepositoryDamagedError } from './repository-errors.ts';

/** 'raw' and 'zstd' go in as they are; 'auto' is compressed where that saves, a tree always. */
export type BlobCodec = 'raw' | 'zstd' | 'auto';

export interface NewBlob {
  readonly type: BlobType;
  /** Lower-case hexadecimal. */
  readonly id: string;
  readonly codec: BlobCodec;
  readonly payload: Uint8Array;
  /** Bytes of the content; more than 0. */
  readonly length: number;
}

export interface FinishedPack {
  readonly id: string;
  /** At the start of a buffer of its own, which may be larger. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Opened: the list of its blobs in short. */
  readonly header: Buffer;
  /** Bytes of its blobs before compression. */
  readonly contentBytes: number;
}

const headerPieceBytes = 64 * 1024;
/** Blobs up to this size are opened again into one buffer. */
const roomBytes = 512 * 1024;
const tailBytes = sealOverhead + packTrailerBytes;

export class PackBuilder {
  readonly #sealer: Sealer;
  /** Gives a buffer of at least so many bytes. */
  readonly #newBuffer: (bytes: number) => ArrayBuffer;
  readonly #room = Buffer.allocUnsafeSlow(roomBytes);
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  /** In the form in which it will be sealed: objects of thousands of small blobs would be megabytes. */
  #header: Buffer = Buffer.alloc(0);
  #headerBytes = 0;
  #contentBytes = 0;

  constructor(sealer: Sealer, newBuffer: (bytes: number) => ArrayBuffer) {
    this.#sealer = sealer;
    this.#newBuffer = newBuffer;
  }

  get isEmpty(): boolean {
    return this.#headerBytes === 0;
  }

  /** Bytes of the file if it were finished now. */
  get bytes(): number {
    return this.#used + this.#headerBytes + tailBytes;
  }

  /** 'no room': finish first. 'rejected': its bytes are not what its id says. */
  add(blob: NewBlob): 'added' | 'rejected' | 'no room' {
    const { stored, isCompressed } = compressed(blob);
    const length = stored.length + sealOverhead;
    const needed = this.bytes + length + entryBytesMax;
    if (this.#buffer !== undefined && needed > this.#buffer.length) {
      if (!this.isEmpty) return 'no room';
      this.#buffer = undefined;
    }
    const buffer = (this.#buffer ??= new Uint8Array(this.#newBuffer(needed)));
    const start = this.#used;
    this.#sealer.sealInto(stored, buffer, start);
    const sealed = buffer.subarray(start, start + length);
    const uncompressedLength = isCompressed ? blob.length : undefined;
    const id = parseBlobId(blob.id);
    if (!this.#opensAgain(blob, id, sealed, uncompressedLength)) return 'rejected';
    if (this.#headerBytes + entryBytesMax > this.#header.length)
      this.#header = Buffer.concat([this.#header], this.#header.length + headerPieceBytes);
    const entry = { type: blob.type, id, length, uncompressedLength };
    this.#headerBytes = writeEntry(entry, this.#header, this.#headerBytes);
    this.#used += length;
    this.#contentBytes += blob.length;
    return 'added';
  }

  finish(): FinishedPack {
    const buffer = this.#buffer;
    if (buffer === undefined) throw new Error('an empty pack');
    // Both are far above what the writer asks for.
    if (this.#headerBytes + sealOverhead > headerBytesMax) throw new RangeError('too many blobs for a pack');
    if (this.#used > packBytesMax) throw new RangeError('a pack ends before 4 GiB');
    const header = Buffer.from(this.#header.subarray(0, this.#headerBytes));
    const sealed = this.#sealer.seal(header);
    const headerEnd = this.#used + sealed.length;
    buffer.set(sealed, this.#used);
    if (!this.#sealer.open(buffer.subarray(this.#used, headerEnd)).equals(header)) {
      throw new Error('sealing gave something else than was sealed');
    }
    new DataView(buffer.buffer).setUint32(headerEnd, sealed.length, true);
    const bytes = buffer.subarray(0, headerEnd + packTrailerBytes);
    const pack = { id: hash('sha256', bytes, 'hex'), bytes, header, contentBytes: this.#contentBytes };
    this.#buffer = undefined;
    this.#used = 0;
    this.#headerBytes = 0;
    this.#contentBytes = 0;
    return pack;
  }

  /** As restic does before it uploads: what memory or processor spoiled, and bytes that never were what they were said to be. */
  #opensAgain(
    { type, length }: NewBlob,
    id: BlobId,
    sealed: Uint8Array,
    uncompressedLength: number | undefined,
  ): boolean {
    try {
      const opened = openBlob(this.#sealer, type, id, sealed, uncompressedLength, this.#room);
      return opened.length === length;
    } catch (error) {
      if (error instanceof RepositoryDamagedError) return false;
      throw error;
    }
  }
}

function compressed({ type, codec, payload }: NewBlob): { stored: Uint8Array; isCompressed: boolean } {
  if (codec === 'zstd') return { stored: payload, isCompressed: true };
  // restic's prune writes every pack with an uncompressed tree again.
  if (codec === 'raw' && type === 'data') return { stored: payload, isCompressed: false };
  const smaller = compressZstd(payload);
  const isWorth = type === 'tree' || smaller.length < payload.length;
  return { stored: isWorth ? smaller : payload, isCompressed: isWorth };
}
