/** So much of a restore as is done in one go: its blobs are read in the order of the packs, each once. */
import type { BlobIndex } from '../repository/blob-index.ts';
import type { PieceToWrite, SealedBlob } from './write-protocol.ts';

export interface BatchFile {
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
  readonly mode: number;
  readonly pieces: number;
}

export interface BatchFolder {
  readonly path: string;
  readonly modifiedAt: number;
  readonly mode: number;
}

/** A stretch of a pack that is read at once. */
export interface Region {
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
  /** Offsets are those in the region. */
  readonly blobs: readonly SealedBlob[];
  readonly pieces: readonly (PieceToWrite & { readonly file: number })[];
}

/** Pieces of files; above it a batch is full. A batch takes some 200 bytes a file. */
const piecesMax = 65_536;
const foldersMax = 32_768;
/** Unwanted bytes that are read rather than making a request of their own. */
const gapMax = 256 * 1024;
const regionBytesMax = 2 * 1024 * 1024;
const noFile: BatchFile = { path: '', size: 0, modifiedAt: 0, mode: 0, pieces: 0 };

export class RestoreBatch {
  readonly newFolders: string[] = [];
  readonly doneFolders: BatchFolder[] = [];
  readonly files: BatchFile[] = [];
  readonly emptyFiles: BatchFile[] = [];
  readonly links: { readonly path: string; readonly to: string }[] = [];
  readonly #slots: number[] = [];
  readonly #fileOf: number[] = [];
  readonly #positions: number[] = [];

  get isFull(): boolean {
    return (
      this.#slots.length + this.emptyFiles.length + this.links.length >= piecesMax ||
      this.newFolders.length + this.doneFolders.length >= foldersMax
    );
  }

  addFile(file: Omit<BatchFile, 'pieces'>, slots: readonly number[], positions: readonly number[]): void {
    const pieces = slots.length;
    const number = this.files.push({ ...file, pieces }) - 1;
    for (const [at, slot] of slots.entries()) {
      this.#slots.push(slot);
      this.#fileOf.push(number);
      this.#positions.push(positions[at] ?? 0);
    }
  }

  /** Every blob is in one region only. */
  *regions(index: BlobIndex): Generator<Region> {
    let pieces: { slot: number; offset: number; end: number; at: number }[] = [];
    let packNumber = -1;
    let packEnd = -1;
    for (const at of this.#bySlot()) {
      const slot = this.#slots[at] ?? 0;
      if (slot >= packEnd) {
        yield* this.#regionsOf(index, packNumber, pieces);
        pieces = [];
        packNumber = index.packNumberOf(slot);
        const { first, blobs } = index.pack(packNumber);
        packEnd = first + blobs;
      }
      const offset = index.at(slot).offset;
      pieces.push({ slot, offset, end: offset + index.lengthAt(slot), at });
    }
    yield* this.#regionsOf(index, packNumber, pieces);
  }

  /** Entries of a pack follow each other in the index. */
  #bySlot(): Float64Array {
    const count = this.#slots.length;
    const keys = new Float64Array(count);
    for (let at = 0; at < count; at += 1) keys[at] = (this.#slots[at] ?? 0) * count + at;
    keys.sort();
    return keys.map((key) => key % count);
  }

  *#regionsOf(
    index: BlobIndex,
    packNumber: number,
    pieces: { slot: number; offset: number; end: number; at: number }[],
  ): Generator<Region> {
    if (packNumber < 0) return;
    const pack = index.pack(packNumber).id;
    pieces.sort((a, b) => a.offset - b.offset || a.at - b.at);
    let from = 0;
    let end = pieces[0]?.end ?? 0;
    const start = (at: number): number => pieces[at]?.offset ?? 0;
    for (let at = 1; at <= pieces.length; at += 1) {
      const piece = pieces[at];
      const isSameBlob = piece !== undefined && piece.slot === pieces[at - 1]?.slot;
      const isNear =
        piece !== undefined && piece.offset - end <= gapMax && piece.end - start(from) <= regionBytesMax;
      if (piece !== undefined && (isSameBlob || isNear)) {
        end = Math.max(end, piece.end);
        continue;
      }
      yield this.#region(index, pack, pieces.slice(from, at), end);
      from = at;
      end = piece?.end ?? 0;
    }
  }

  #region(
    index: BlobIndex,
    pack: string,
    pieces: readonly { slot: number; offset: number; at: number }[],
    end: number,
  ): Region {
    const offset = pieces[0]?.offset ?? 0;
    const blobs: SealedBlob[] = [];
    const written: (PieceToWrite & { file: number })[] = [];
    let last = -1;
    for (const { slot, at } of pieces) {
      if (slot !== last) {
        const { id, length, uncompressedLength, offset: inPack } = index.at(slot);
        blobs.push({ id, offset: inPack - offset, length, uncompressedLength });
        last = slot;
      }
      const number = this.#fileOf[at] ?? 0;
      const { path, size, modifiedAt, mode, pieces: count } = this.files[number] ?? noFile;
      const piece = { blob: blobs.length - 1, path, position: this.#positions[at] ?? 0, file: number };
      written.push(count === 1 ? { ...piece, whole: { size, modifiedAt, mode } } : piece);
    }
    return { pack, offset, length: end - offset, blobs, pieces: written };
  }
}
