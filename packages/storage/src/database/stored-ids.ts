/** Ids as they stand in columns. */
import { type Uuid, parseUuid, uuidFromBytes } from '@gridkeep/wire/uuid';
import { type BlobId, parseBlobId } from '../blobs/blob-store.ts';
import type { StoredUuid } from './database.ts';

const uuidBytes = 16;
const blobIdBytes = 32;

/** The id of a uuid column; a RangeError when the column holds something else. */
export function readUuid(stored: StoredUuid): Uuid {
  if (typeof stored === 'string') return parseUuid(stored);
  if (stored.length !== uuidBytes)
    throw new RangeError(`a stored UUID has ${stored.length} bytes, not ${uuidBytes}`);
  return uuidFromBytes(stored);
}

/** The id of a uuid column that a query made text of: 32 hexadecimal digits in SQLite, with dashes in PostgreSQL. */
export function readUuidText(text: string): Uuid {
  if (text.length !== 2 * uuidBytes) return parseUuid(text);
  return parseUuid(
    `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`,
  );
}

/** The 32 bytes that stand for a blob id in a bytes column. */
export function storedBlobId(id: BlobId): Uint8Array {
  return Buffer.from(id, 'hex');
}

/** The blob id of a bytes column; a RangeError when the column holds something else. */
export function readBlobId(stored: Uint8Array): BlobId {
  if (stored.length !== blobIdBytes)
    throw new RangeError(`a stored blob id has ${stored.length} bytes, not ${blobIdBytes}`);
  return parseBlobId(Buffer.from(stored.buffer, stored.byteOffset, stored.length).toString('hex'));
}
