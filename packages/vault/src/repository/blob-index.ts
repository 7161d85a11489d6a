/** Where every blob of a repository is: typed arrays, about 53 bytes a blob, no object per blob. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { randomBytes } from 'node:crypto';
import { packFileBytes, type PackEntry } from '../format/pack-header.ts';
import type { BlobType } from '../format/tree-node.ts';
import { SlotStore } from './slot-store.ts';

export interface BlobLocation {
  readonly pack: string;
  readonly offset: number;
  /** Sealed. */
  readonly length: number;
  /** Undefined when it is not compressed. */
  readonly uncompressedLength: number | undefined;
}

export interface IndexedBlob extends BlobLocation {
  /** Number of the entry, 0 … size − 1, the same as long as nothing is removed: for bitmaps. */
  readonly slot: number;
  readonly type: BlobType;
  readonly id: BlobId;
}

/** A pack as the index knows it. Its entries are the slots from `first` up to `first + blobs`. */
export interface IndexedPack {
  readonly number: number;
  readonly id: string;
  /** Names of the index files that list it; empty while it is in none yet. */
  readonly indexFiles: readonly string[];
  readonly first: number;
  readonly blobs: number;
  /** What the file must measure. */
  readonly bytes: number;
  readonly content: BlobType | 'mixed';
}

/** What is kept of a pack. */
interface PackRecord {
  readonly id: string;
  readonly first: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly content: BlobType | 'mixed';
  indexFiles: readonly string[];
}

/** Everything there is to write down and read again. */
export interface IndexParts {
  readonly slots: SlotStore;
  readonly packs: readonly PackRecord[];
  readonly indexFiles: readonly string[];
  readonly packsToDelete: readonly (readonly [pack: string, indexFile: string])[];
  readonly table: Uint32Array<ArrayBuffer>;
  readonly seed: number;
}

/** Slots in the table of hashes are kept up to this share. */
const loadMax = 0.75;
const tableSizeMin = 1024;
export const blobsMax = 2 ** 30;

export class BlobIndex {
  #slots = new SlotStore();
  readonly #packs: PackRecord[] = [];
  /** Numbers of packs by name; a list only when index files contradict each other. */
  readonly #packNumbers = new Map<string, number | number[]>();
  readonly #indexFiles = new Set<string>();
  /** With the index file that says so. */
  readonly #packsToDelete = new Map<string, string>();
  /** Slot + 1 by hash, 0 for none; linear probing. */
  #table = new Uint32Array(tableSizeMin);
  /** Ids are hashes, but of content that strangers choose: they shall not choose where it goes here. */
  #seed = randomBytes(4).readUInt32LE();
  readonly #wanted = Buffer.alloc(32);

  static from(parts: IndexParts): BlobIndex {
    const index = new BlobIndex();
    index.#slots = parts.slots;
    index.#table = parts.table;
    index.#seed = parts.seed;
    parts.packs.forEach((pack, number) => {
      index.#packs.push(pack);
      index.#notePackNumber(pack.id, number);
    });
    for (const file of parts.indexFiles) index.#indexFiles.add(file);
    for (const [pack, file] of parts.packsToDelete) index.notePackToDelete(pack, file);
    return index;
  }

  parts(): IndexParts {
    return {
      slots: this.#slots,
      packs: this.#packs,
      indexFiles: [...this.#indexFiles],
      packsToDelete: [...this.#packsToDelete],
      table: this.#table,
      seed: this.#seed,
    };
  }

  /** Entries, blobs that are in several packs counted each time. */
  get size(): number {
    return this.#slots.size;
  }

  get packCount(): number {
    return this.#packs.length;
  }

  /** Names of the index files that went in. */
  indexFiles(): string[] {
    return [...this.#indexFiles];
  }

  hasIndexFile(name: string): boolean {
    return this.#indexFiles.has(name);
  }

  /** Packs that rustic has put down to be deleted: not to be relied on. */
  packsToDelete(): string[] {
    return [...this.#packsToDelete.keys()];
  }

  has(type: BlobType, id: BlobId): boolean {
    return this.slotOf(type, id) >= 0;
  }

  find(type: BlobType, id: BlobId): BlobLocation | undefined {
    const slot = this.slotOf(type, id);
    return slot < 0 ? undefined : this.#locationOf(slot);
  }

  /** Slot of the first entry, −1 when there is none. */
  slotOf(type: BlobType, id: BlobId): number {
    this.#wanted.write(id, 'hex');
    const table = this.#table;
    for (let at = this.#hashOf(type); ; at = (at + 1) & (table.length - 1)) {
      const slot = (table[at] ?? 0) - 1;
      if (slot < 0 || this.#slots.is(slot, type, this.#wanted)) return slot;
    }
  }

  /** Slot of the first entry of the same blob; without the strings that `at` and `slotOf` make. */
  firstSlotOf(slot: number): number {
    this.#slots.copyId(slot, this.#wanted);
    const type = this.#slots.typeOf(slot);
    const table = this.#table;
    for (let at = this.#hashOf(type); ; at = (at + 1) & (table.length - 1)) {
      const first = (table[at] ?? 0) - 1;
      if (first < 0 || this.#slots.is(first, type, this.#wanted)) return first < 0 ? slot : first;
    }
  }

  /** Slots of all entries: a blob may be in several packs. */
  slotsOf(type: BlobType, id: BlobId): number[] {
    this.#wanted.write(id, 'hex');
    const found: number[] = [];
    const table = this.#table;
    for (let at = this.#hashOf(type); ; at = (at + 1) & (table.length - 1)) {
      const slot = (table[at] ?? 0) - 1;
      if (slot < 0) return found;
      if (this.#slots.is(slot, type, this.#wanted)) found.push(slot);
    }
  }

  at(slot: number): IndexedBlob {
    if (!(slot >= 0 && slot < this.size)) throw new RangeError(`no entry ${slot} in the index`);
    return {
      slot,
      type: this.#slots.typeOf(slot),
      id: parseBlobId(this.#slots.idOf(slot)),
      ...this.#locationOf(slot),
    };
  }

  typeAt(slot: number): BlobType {
    return this.#slots.typeOf(slot);
  }

  /** Sealed bytes of an entry. */
  lengthAt(slot: number): number {
    return this.#slots.lengthOf(slot);
  }

  /** Number of the pack of an entry. */
  packNumberOf(slot: number): number {
    let low = 0;
    let high = this.#packs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#packs[middle]?.first ?? 0) <= slot) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  pack(number: number): IndexedPack {
    return { number, ...this.#record(number) };
  }

  /** Numbers of the packs of that name; several only when index files contradict each other. */
  packNumbersOf(pack: string): number[] {
    const numbers = this.#packNumbers.get(pack);
    if (numbers === undefined) return [];
    return typeof numbers === 'number' ? [numbers] : [...numbers];
  }

  *packs(): Generator<IndexedPack> {
    for (let number = 0; number < this.#packs.length; number += 1) yield this.pack(number);
  }

  *entries(): Generator<IndexedBlob> {
    for (let slot = 0; slot < this.size; slot += 1) yield this.at(slot);
  }

  /**
   * All blobs of a pack. The same pack from a second index file only notes that file. Without `indexFile` the pack is
   * durable, but no index names it yet: `noteIndexed` says so later.
   */
  addPack(id: string, blobs: readonly PackEntry[], indexFile?: string): void {
    if (indexFile !== undefined) this.#indexFiles.add(indexFile);
    const files = indexFile === undefined ? [] : [indexFile];
    const same = this.packNumbersOf(id).find((number) => this.#isSame(number, blobs));
    if (same !== undefined) {
      const record = this.#record(same);
      record.indexFiles = [...new Set([...record.indexFiles, ...files])];
      return;
    }
    if (blobs.length === 0) return;
    if (this.size + blobs.length > blobsMax) throw new RangeError('too many blobs in one repository');
    const first = this.size;
    this.#makeRoom(blobs.length);
    for (const blob of blobs) {
      const slot = this.#slots.add(blob);
      this.#slots.copyId(slot, this.#wanted);
      this.#enter(slot, blob.type);
    }
    const firstType = blobs[0]?.type ?? 'data';
    this.#packs.push({
      id,
      first,
      blobs: blobs.length,
      bytes: packFileBytes(blobs),
      content: blobs.every(({ type }) => type === firstType) ? firstType : 'mixed',
      indexFiles: files,
    });
    this.#notePackNumber(id, this.#packs.length - 1);
  }

  noteIndexFile(name: string): void {
    this.#indexFiles.add(name);
  }

  notePackToDelete(id: string, indexFile: string): void {
    this.#packsToDelete.set(id, indexFile);
  }

  noteIndexed(packs: Iterable<string>, indexFile: string): void {
    this.#indexFiles.add(indexFile);
    for (const id of packs) {
      for (const number of this.packNumbersOf(id)) {
        const record = this.#record(number);
        record.indexFiles = [...new Set([...record.indexFiles, indexFile])];
      }
    }
  }

  blobsOf(number: number): PackEntry[] {
    const { first, blobs } = this.#record(number);
    return Array.from({ length: blobs }, (_, at) => this.at(first + at));
  }

  /** Another index without these files and the packs that no other file names. Packs that no index names yet are dropped. */
  without(indexFiles: ReadonlySet<string>): BlobIndex {
    const rest = new BlobIndex();
    for (const file of this.#indexFiles) if (!indexFiles.has(file)) rest.noteIndexFile(file);
    for (const [pack, file] of this.#packsToDelete) {
      if (!indexFiles.has(file)) rest.notePackToDelete(pack, file);
    }
    this.#packs.forEach((record, number) => {
      const staying = record.indexFiles.filter((file) => !indexFiles.has(file));
      if (staying.length === 0) return;
      const blobs = this.blobsOf(number);
      for (const file of staying) rest.addPack(record.id, blobs, file);
    });
    return rest;
  }

  #record(number: number): PackRecord {
    const record = this.#packs[number];
    if (record === undefined) throw new RangeError(`no pack ${number} in the index`);
    return record;
  }

  #notePackNumber(id: string, number: number): void {
    const known = this.#packNumbers.get(id);
    if (known === undefined) this.#packNumbers.set(id, number);
    else this.#packNumbers.set(id, [...(typeof known === 'number' ? [known] : known), number]);
  }

  #isSame(number: number, blobs: readonly PackEntry[]): boolean {
    const record = this.#record(number);
    if (record.blobs !== blobs.length) return false;
    const bySlot = blobs.toSorted((one, other) => one.offset - other.offset);
    const ours = this.blobsOf(number).toSorted((one, other) => one.offset - other.offset);
    return ours.every((own, at) => {
      const other = bySlot[at];
      return (
        other !== undefined &&
        own.id === other.id &&
        own.type === other.type &&
        own.offset === other.offset &&
        own.length === other.length &&
        own.uncompressedLength === other.uncompressedLength
      );
    });
  }

  #locationOf(slot: number): BlobLocation {
    return {
      pack: this.#record(this.packNumberOf(slot)).id,
      offset: this.#slots.offsetOf(slot),
      length: this.#slots.lengthOf(slot),
      uncompressedLength: this.#slots.uncompressedLengthOf(slot),
    };
  }

  /** Where `#wanted` of that type begins in the table. */
  #hashOf(type: BlobType): number {
    const seed = this.#seed;
    let hash = Math.imul(this.#wanted.readUInt32LE(0) ^ seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ this.#wanted.readUInt32LE(4), 0x85ebca77 ^ (seed << 1));
    hash ^= hash >>> 13;
    return (type === 'tree' ? hash ^ 0x55555555 : hash) & (this.#table.length - 1);
  }

  /** Puts the slot whose id is in `#wanted` into the table. */
  #enter(slot: number, type: BlobType): void {
    const table = this.#table;
    let at = this.#hashOf(type);
    while (table[at] !== 0) at = (at + 1) & (table.length - 1);
    table[at] = slot + 1;
  }

  #makeRoom(more: number): void {
    const needed = (this.size + more) / loadMax;
    if (needed <= this.#table.length) return;
    this.#table = new Uint32Array(2 ** Math.ceil(Math.log2(needed)));
    for (let slot = 0; slot < this.size; slot += 1) {
      this.#slots.copyId(slot, this.#wanted);
      this.#enter(slot, this.#slots.typeOf(slot));
    }
  }
}
