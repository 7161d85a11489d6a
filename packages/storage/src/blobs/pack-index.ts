/** Where every blob stands: a SQLite database that only repeats what the packs say and can be made anew from them. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { BlobId } from './blob-store.ts';
import {
  blobIdOf,
  columns,
  IndexUnreadableError,
  indexVersion,
  int,
  packOf,
  placeOf,
  schema,
  type BlobRow,
  type PackInfo,
  type PackState,
  type Place,
} from './index-rows.ts';
import { recordBytes, type PackRecord } from './pack-format.ts';

interface Tombstone {
  readonly stamp: number;
  readonly pack: number;
}

const cacheKib = 16 * 1024;
/** Changes kept in memory before they are written in one transaction: about 5 ms of work. */
const pendingMax = 512;
/** As many when an index is filled from packs and nobody waits for the event loop. */
export const bulkPendingMax = 16_384;
/** Failed writes that are borne, for example while the disk is full. */
const pendingFlushesMax = 64;

function keyOf(id: BlobId): Buffer {
  return Buffer.from(id, 'hex');
}

export class PackIndex {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #packs = new Map<number, PackInfo>();
  readonly #packsByName = new Map<string, PackInfo>();
  #nextPack = 1;
  #hasTombstones: boolean;
  #lastStamp = 0;
  // Changes not yet written. The map is also what lookups ask first; null is a deleted blob.
  readonly #blobs = new Map<BlobId, Place | null>();
  readonly #tombstones = new Map<BlobId, Tombstone>();
  #garbage: { readonly id: BlobId; readonly place: Pick<Place, 'pack' | 'offset'> }[] = [];
  readonly #garbageIds = new Set<BlobId>();
  readonly #dirtyPacks = new Set<PackInfo>();

  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #findTombstone: StatementSync;
  readonly #insertTombstone: StatementSync;
  readonly #insertGarbage: StatementSync;
  readonly #writePack: StatementSync;
  readonly #page: StatementSync;
  readonly #writeFact: StatementSync;
  readonly #garbageElsewhere: StatementSync;

  /** Makes the file when absent. Throws IndexUnreadableError when it is broken or of another version. */
  constructor(path: string) {
    this.path = path;
    this.#database = new DatabaseSync(path);
    const database = this.#database;
    try {
      // The folder's lock keeps other processes out; exclusive mode spares SQLite its shared memory file.
      database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        PRAGMA cache_size = -${cacheKib}; PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = FILE`);
      const version = int(database.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
      if (version === 0) database.exec(`BEGIN; ${schema} COMMIT`);
      else if (version !== indexVersion) throw new IndexUnreadableError(`index version ${version}`);
      for (const row of database.prepare('SELECT * FROM packs').iterate()) this.#remember(packOf(row));
      this.#find = database.prepare(`SELECT ${columns} FROM blobs WHERE hash = ?`);
      this.#insert = database.prepare(
        `INSERT OR REPLACE INTO blobs (hash, ${columns}) VALUES (?,?,?,?,?,?,?,?,?)`,
      );
      this.#delete = database.prepare('DELETE FROM blobs WHERE hash = ?');
      this.#findTombstone = database.prepare('SELECT stamp, pack FROM tombstones WHERE hash = ?');
      this.#insertTombstone = database.prepare('INSERT OR REPLACE INTO tombstones VALUES (?,?,?)');
      this.#insertGarbage = database.prepare('INSERT OR IGNORE INTO garbage VALUES (?,?,?)');
      this.#writePack = database.prepare('INSERT OR REPLACE INTO packs VALUES (?,?,?,?,?,?,?,?,?,?,?,?)');
      this.#page = database.prepare(
        `SELECT hash, ${columns} FROM blobs WHERE hash > ? ORDER BY hash LIMIT ?`,
      );
      this.#writeFact = database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)');
      this.#garbageElsewhere = database.prepare('SELECT 1 FROM garbage WHERE hash = ? AND pack <> ? LIMIT 1');
      this.#lastStamp = this.fact('lastStamp') ?? 0;
      this.#hasTombstones = database.prepare('SELECT 1 FROM tombstones LIMIT 1').get() !== undefined;
    } catch (error) {
      database.close();
      if (error instanceof IndexUnreadableError) throw error;
      throw new IndexUnreadableError(`${path}: ${error instanceof Error ? error.message : ''}`, {
        cause: error,
      });
    }
  }

  #remember(pack: PackInfo): void {
    this.#packs.set(pack.number, pack);
    this.#packsByName.set(pack.name, pack);
    this.#nextPack = Math.max(this.#nextPack, pack.number + 1);
  }

  // Packs

  packs(): IterableIterator<PackInfo> {
    return this.#packs.values();
  }

  pack(number: number): PackInfo | undefined {
    return this.#packs.get(number);
  }

  packNamed(name: string): PackInfo | undefined {
    return this.#packsByName.get(name);
  }

  /** The pack of that name, added when it is new. */
  addPack(
    name: string,
    state: PackState,
    where: { readonly local: boolean; readonly remote: boolean },
  ): PackInfo {
    const known = this.#packsByName.get(name);
    if (known !== undefined) {
      // Its records are taken over once more, which changes nothing but these sums.
      known.recordBytes = 0;
      known.tombstones = 0;
      known.local ||= where.local;
      known.remote ||= where.remote;
      this.#dirtyPacks.add(known);
      return known;
    }
    const pack: PackInfo = {
      number: this.#nextPack,
      name,
      state,
      ...where,
      bytes: 0,
      indexedTo: 0,
      recordBytes: 0,
      liveBytes: 0,
      liveBlobs: 0,
      liveLogical: 0,
      tombstones: 0,
    };
    this.#remember(pack);
    this.#dirtyPacks.add(pack);
    return pack;
  }

  /** To be called after fields of the pack were changed. */
  packChanged(pack: PackInfo): void {
    this.#dirtyPacks.add(pack);
  }

  /** Forgets a pack and what stood in it. The caller has moved its live blobs away. */
  removePack(pack: PackInfo): void {
    this.flush();
    this.#inTransaction(() => {
      this.#database.prepare('DELETE FROM garbage WHERE pack = ?').run(pack.number);
      this.#database.prepare('DELETE FROM tombstones WHERE pack = ?').run(pack.number);
      this.#database.prepare('DELETE FROM packs WHERE number = ?').run(pack.number);
    });
    this.#packs.delete(pack.number);
    this.#packsByName.delete(pack.name);
    this.#dirtyPacks.delete(pack);
  }

  // Blobs

  /** Where the blob stands, also when that place cannot be read any more. */
  lookup(id: BlobId): Place | undefined {
    const pending = this.#blobs.get(id);
    if (pending !== undefined) return pending ?? undefined;
    const row = this.#find.get(keyOf(id));
    return row === undefined ? undefined : placeOf(row);
  }

  /** Where the blob stands when it can be read from there, as far as is known. */
  usable(id: BlobId): Place | undefined {
    const place = this.lookup(id);
    return place !== undefined && this.isUsable(place) ? place : undefined;
  }

  isUsable(place: Place): boolean {
    const pack = this.#packs.get(place.pack);
    if (pack === undefined || place.damaged || (!pack.local && !pack.remote)) return false;
    return place.offset + recordBytes(place) <= pack.bytes;
  }

  /**
   * Takes over one record of a pack; nothing is written before the next flush. The newest stamp of an id decides; of
   * two copies of the same record the one in the later pack, where compaction put it, or the one that can be read.
   */
  apply(pack: PackInfo, record: PackRecord, movedFrom?: Pick<Place, 'pack' | 'offset'>): void {
    pack.recordBytes += recordBytes(record);
    this.#dirtyPacks.add(pack);
    if (record.kind === 'tombstone') this.#applyTombstone(pack, record);
    else this.#applyContent(pack, record, record.kind, movedFrom);
    this.#lastStamp = Math.max(this.#lastStamp, record.stamp);
  }

  #applyContent(
    pack: PackInfo,
    record: PackRecord,
    kind: 'raw' | 'zstd',
    movedFrom: Pick<Place, 'pack' | 'offset'> | undefined,
  ): void {
    const { id, offset, length, storedLength, stamp } = record;
    const known = this.lookup(id);
    if (isSamePlace(known, { pack: pack.number, offset })) return;
    const place: Place = {
      pack: pack.number,
      offset,
      length,
      storedLength,
      kind,
      stamp,
      touched: known?.touched ?? 0,
      damaged: false,
    };
    const isNewer =
      known === undefined ||
      known.stamp < stamp ||
      (known.stamp === stamp && (isSamePlace(known, movedFrom) || this.#isLaterPack(pack, known)));
    if (this.isDeleted(id, stamp) || (!isNewer && this.isUsable(known))) {
      this.#addGarbage(id, place);
      return;
    }
    if (known !== undefined) this.#supersede(id, known);
    this.#blobs.set(id, place);
    this.#countLive(pack, place, 1);
  }

  #isLaterPack(pack: PackInfo, known: Place): boolean {
    return pack.name > (this.#packs.get(known.pack)?.name ?? '');
  }

  #applyTombstone(pack: PackInfo, record: PackRecord): void {
    pack.tombstones += 1;
    const earlier = this.#tombstone(record.id);
    if (earlier === undefined || earlier.stamp <= record.stamp) {
      this.#tombstones.set(record.id, { stamp: record.stamp, pack: pack.number });
      this.#hasTombstones = true;
    }
    const known = this.lookup(record.id);
    if (known === undefined || known.stamp >= record.stamp) return;
    this.#supersede(record.id, known);
    this.#blobs.set(record.id, null);
  }

  /** Was a record of that stamp deleted later? */
  isDeleted(id: BlobId, stamp: number): boolean {
    const tombstone = this.#tombstone(id);
    return tombstone !== undefined && tombstone.stamp > stamp;
  }

  #tombstone(id: BlobId): Tombstone | undefined {
    if (!this.#hasTombstones) return undefined;
    const pending = this.#tombstones.get(id);
    if (pending !== undefined) return pending;
    const row = this.#findTombstone.get(keyOf(id));
    return row === undefined ? undefined : { stamp: int(row, 'stamp'), pack: int(row, 'pack') };
  }

  #supersede(id: BlobId, place: Place): void {
    const pack = this.#packs.get(place.pack);
    if (pack === undefined) return;
    this.#countLive(pack, place, -1);
    this.#addGarbage(id, place);
  }

  #addGarbage(id: BlobId, place: Pick<Place, 'pack' | 'offset'>): void {
    this.#garbage.push({ id, place: { pack: place.pack, offset: place.offset } });
    this.#garbageIds.add(id);
  }

  #countLive(pack: PackInfo, place: Place, sign: 1 | -1): void {
    pack.liveBytes += sign * recordBytes(place);
    pack.liveBlobs += sign;
    pack.liveLogical += sign * place.length;
    this.#dirtyPacks.add(pack);
  }

  /** Notes that a put found the blob here. */
  touch(id: BlobId, stamp: number): void {
    this.#change(id, (place) => ({ ...place, touched: stamp }));
  }

  /** From now on a put of this content stores it again. */
  markDamaged(id: BlobId, place: Pick<Place, 'pack' | 'offset'>): void {
    this.#change(id, (known) => (isSamePlace(known, place) ? { ...known, damaged: true } : known));
  }

  #change(id: BlobId, change: (place: Place) => Place): void {
    const place = this.lookup(id);
    if (place === undefined) return;
    this.#blobs.set(id, change(place));
  }

  /** Blobs in the order of their ids, after that one. */
  blobsAfter(id: BlobId | undefined, limit: number): BlobRow[] {
    this.flush();
    const key = id === undefined ? Buffer.alloc(0) : keyOf(id);
    return this.#page.all(key, limit).map((row) => ({ id: blobIdOf(row), place: placeOf(row) }));
  }

  /** Does another pack still hold a deleted or superseded record of this id, so that its tombstone is needed? */
  hasGarbageElsewhere(id: BlobId, pack: number): boolean {
    // What is pending may be in the same pack; then the tombstone is kept once more, which does no harm.
    if (this.#garbageIds.has(id)) return true;
    return this.#garbageElsewhere.get(keyOf(id), pack) !== undefined;
  }

  // Facts

  /** The latest stamp of any record taken over. */
  get lastStamp(): number {
    return this.#lastStamp;
  }

  fact(name: string): number | undefined {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(name);
    return row === undefined ? undefined : int(row, 'value');
  }

  setFact(name: string, value: number): void {
    this.#writeFact.run(name, value);
  }

  // Writing

  #pendingCount(): number {
    return this.#blobs.size + this.#tombstones.size + this.#garbage.length;
  }

  /** Writes when enough is pending. A failure leaves it pending; it is only thrown when far too much has piled up. */
  flushIfDue(dueAt = pendingMax): void {
    const pending = this.#pendingCount();
    if (pending < dueAt) return;
    try {
      this.flush();
    } catch (error) {
      if (pending >= pendingMax * pendingFlushesMax) throw error;
    }
  }

  /** Writes all pending changes in one transaction; on failure they stay pending. */
  flush(): void {
    if (this.#pendingCount() === 0 && this.#dirtyPacks.size === 0) return;
    this.#inTransaction(() => {
      // In the order of the table, so that neighbours share a page.
      const blobs = [...this.#blobs].sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [id, place] of blobs) {
        if (place === null) this.#delete.run(keyOf(id));
        else this.#writeBlob(id, place);
      }
      for (const [id, { stamp, pack }] of this.#tombstones) this.#insertTombstone.run(keyOf(id), stamp, pack);
      for (const { id, place } of this.#garbage) this.#insertGarbage.run(keyOf(id), place.pack, place.offset);
      for (const pack of this.#dirtyPacks) this.#writePackRow(pack);
      this.setFact('lastStamp', this.#lastStamp);
    });
    this.#blobs.clear();
    this.#tombstones.clear();
    this.#garbage = [];
    this.#garbageIds.clear();
    this.#dirtyPacks.clear();
  }

  #writeBlob(id: BlobId, place: Place): void {
    const { pack, offset, length, storedLength, kind, stamp, touched, damaged } = place;
    const isZstd = kind === 'zstd' ? 1 : 0;
    this.#insert.run(keyOf(id), pack, offset, length, storedLength, isZstd, stamp, touched, damaged ? 1 : 0);
  }

  #writePackRow(pack: PackInfo): void {
    this.#writePack.run(
      pack.number,
      pack.name,
      pack.state,
      pack.bytes,
      pack.indexedTo,
      pack.recordBytes,
      pack.liveBytes,
      pack.liveBlobs,
      pack.liveLogical,
      pack.tombstones,
      pack.local ? 1 : 0,
      pack.remote ? 1 : 0,
    );
  }

  #inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.flush();
    this.#database.close();
  }

  /** Gives the file free without writing what is pending. */
  abandon(): void {
    this.#database.close();
  }
}

/** Both are known and name the same record. */
export function isSamePlace(
  known: Pick<Place, 'pack' | 'offset'> | undefined,
  place: Pick<Place, 'pack' | 'offset'> | undefined,
): boolean {
  return (
    known !== undefined && place !== undefined && known.pack === place.pack && known.offset === place.offset
  );
}
