/** The tables of the index and what stands in their rows. */
import type { SQLOutputValue } from 'node:sqlite';
import { parseBlobId, type BlobId } from './blob-store.ts';

/** Where a blob's record stands. */
export interface Place {
  /** Number of the pack in this index. */
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  readonly storedLength: number;
  readonly kind: 'raw' | 'zstd';
  readonly stamp: number;
  /** Stamp of the last put that found the blob here already; 0 when there was none. */
  readonly touched: number;
  /** Its bytes were found to be broken: a put stores the content again. */
  readonly damaged: boolean;
}

/** 'open': records are appended. 'sealed': has a footer. 'closed': has none, but nothing is appended any more. */
export type PackState = 'open' | 'closed' | 'sealed';

export interface PackInfo {
  readonly number: number;
  readonly name: string;
  state: PackState;
  /** Size of the file as far as it is durable. */
  bytes: number;
  /** Records before this offset are in the index. */
  indexedTo: number;
  recordBytes: number;
  liveBytes: number;
  liveBlobs: number;
  liveLogical: number;
  tombstones: number;
  /** A copy is in the local folder. */
  local: boolean;
  /** A copy is on the shelf. */
  remote: boolean;
}

export interface BlobRow {
  readonly id: BlobId;
  readonly place: Place;
}

export const indexVersion = 1;

export const schema = `
  CREATE TABLE packs (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, bytes INTEGER NOT NULL,
    indexed_to INTEGER NOT NULL, record_bytes INTEGER NOT NULL, live_bytes INTEGER NOT NULL,
    live_blobs INTEGER NOT NULL, live_logical INTEGER NOT NULL, tombstones INTEGER NOT NULL,
    local INTEGER NOT NULL, remote INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE blobs (
    hash BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    stored INTEGER NOT NULL, zstd INTEGER NOT NULL, stamp INTEGER NOT NULL, touched INTEGER NOT NULL,
    damaged INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE garbage (
    hash BLOB NOT NULL, pack INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (hash, pack, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX garbage_of_pack ON garbage (pack);
  CREATE TABLE tombstones (hash BLOB PRIMARY KEY, stamp INTEGER NOT NULL, pack INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${indexVersion};
`;

export const columns = 'pack, offset, length, stored, zstd, stamp, touched, damaged';

/** The file is no index of this version. */
export class IndexUnreadableError extends Error {
  override readonly name = 'IndexUnreadableError';
}

type Row = Record<string, SQLOutputValue>;

export function int(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new IndexUnreadableError(`column ${column} is no number`);
  return value;
}

export function blobIdOf(row: Row): BlobId {
  const value = row['hash'];
  if (!(value instanceof Uint8Array) || value.length !== 32)
    throw new IndexUnreadableError('hash is no hash');
  return parseBlobId(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex'));
}

export function placeOf(row: Row): Place {
  return {
    pack: int(row, 'pack'),
    offset: int(row, 'offset'),
    length: int(row, 'length'),
    storedLength: int(row, 'stored'),
    kind: int(row, 'zstd') === 1 ? 'zstd' : 'raw',
    stamp: int(row, 'stamp'),
    touched: int(row, 'touched'),
    damaged: int(row, 'damaged') === 1,
  };
}

function stateOf(text: SQLOutputValue | undefined): PackState {
  if (text === 'open' || text === 'closed' || text === 'sealed') return text;
  throw new IndexUnreadableError('state of a pack');
}

export function packOf(row: Row): PackInfo {
  const name = row['name'];
  if (typeof name !== 'string') throw new IndexUnreadableError('name of a pack');
  return {
    number: int(row, 'number'),
    name,
    state: stateOf(row['state']),
    bytes: int(row, 'bytes'),
    indexedTo: int(row, 'indexed_to'),
    recordBytes: int(row, 'record_bytes'),
    liveBytes: int(row, 'live_bytes'),
    liveBlobs: int(row, 'live_blobs'),
    liveLogical: int(row, 'live_logical'),
    tombstones: int(row, 'tombstones'),
    local: int(row, 'local') === 1,
    remote: int(row, 'remote') === 1,
  };
}
