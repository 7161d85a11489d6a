/** Content of any size: streamed into a pack of its own, so that its bytes are written once and memory stays flat. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { parseBlobId, type BlobId } from './blob-store.ts';
import type { Disk, DiskFile } from './disk.ts';
import { packSuffix, spoolSuffix } from './open-packs.ts';
import {
  encodeFooter,
  encodePackHeader,
  encodeRecordHeader,
  newPackName,
  packHeaderBytes,
  packIdentity,
  recordHeaderBytes,
  type PackRecord,
} from './pack-format.ts';

/** Streamed content that is whole and named by its hash, but not yet durable nor part of the store. */
export interface Spooled {
  readonly id: BlobId;
  readonly length: number;
  /** Makes it a sealed, durable pack. */
  keep(
    stamp: number,
  ): Promise<{ readonly name: string; readonly bytes: number; readonly record: PackRecord }>;
  discard(): Promise<void>;
}

/** Bytes gathered for one write. */
const writeBytes = 1024 * 1024;
const writePiecesMax = 1000;

/** Streams the source into a spool file; on any failure nothing is left behind. */
export async function spool(disk: Disk, folder: string, source: AsyncIterable<Uint8Array>): Promise<Spooled> {
  const name = newPackName();
  const path = join(folder, name + spoolSuffix);
  const file = await disk.open(path, 'create');
  const discard = async (): Promise<void> => {
    await file.close();
    await disk.remove(path);
  };
  try {
    const { id, length, crc } = await writeContent(file, source);
    const keep: Spooled['keep'] = async (stamp) => {
      const record: PackRecord = {
        kind: 'raw',
        id,
        stamp,
        length,
        storedLength: length,
        offset: packHeaderBytes,
      };
      try {
        const bytes = await finish(file, name, record, crc);
        await file.close();
        await disk.rename(path, join(folder, name + packSuffix));
        await disk.syncFolder(folder);
        return { name, bytes, record };
      } catch (error) {
        await file.close().catch(() => undefined);
        await disk.remove(path);
        throw error;
      }
    };
    return { id, length, keep, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function writeContent(
  file: DiskFile,
  source: AsyncIterable<Uint8Array>,
): Promise<{ id: BlobId; length: number; crc: number }> {
  const digest = createHash('sha256');
  let crc = 0;
  let length = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  const write = async (): Promise<void> => {
    await file.write(gathered, packHeaderBytes + recordHeaderBytes + length - gatheredBytes);
    gathered = [];
    gatheredBytes = 0;
  };
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    digest.update(chunk);
    crc = crc32(chunk, crc);
    length += chunk.length;
    gathered.push(chunk);
    gatheredBytes += chunk.length;
    if (gatheredBytes >= writeBytes || gathered.length >= writePiecesMax) await write();
  }
  if (gatheredBytes > 0) await write();
  return { id: parseBlobId(digest.digest('hex')), length, crc };
}

async function finish(file: DiskFile, name: string, record: PackRecord, payloadCrc: number): Promise<number> {
  const identity = packIdentity(name);
  const header = encodeRecordHeader({ ...record, payloadCrc }, identity);
  const footerOffset = record.offset + recordHeaderBytes + record.storedLength;
  const footer = encodeFooter([record], identity, footerOffset);
  await file.write([encodePackHeader(identity), header], 0);
  await file.write(footer, footerOffset);
  await file.datasync();
  return footer.reduce((end, piece) => end + piece.length, footerOffset);
}
