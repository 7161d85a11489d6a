/** Brings the content that a snapshot needs from the blob store into the repository: as it is stored, without unpacking it. */
import { keepPieces, readPieces } from '@gridkeep/grid/record-changes/record-changes-store';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { BlobDamagedError } from '@gridkeep/storage/blobs/blob-store';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { Database } from '@gridkeep/storage/database/database';
import type { RepositoryWriter } from '@gridkeep/vault/repository/repository-writer';
import { blobBytesMax } from '../backup-layout/layout.ts';
import type { TreeScript } from './tree-script.ts';

export type BackupBlobs = Pick<MaintainedBlobStore, 'readStored' | 'read'>;
export type ContentLack = 'absent' | 'damaged';

/** What is known of content once it was copied. */
export class CopiedContent {
  /** Content that the blob store does not have whole. */
  readonly lacking = new Map<BlobId, ContentLack>();
  /** In which blobs large content stands. */
  readonly pieces = new Map<BlobId, readonly BlobId[]>();
  contents = 0;
  bytes = 0;

  blobsOf(blob: BlobId): readonly BlobId[] {
    return this.pieces.get(blob) ?? [blob];
  }
}

export interface CopyParts {
  readonly blobs: BackupBlobs;
  readonly writer: RepositoryWriter;
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly progress: (copied: CopiedContent) => void;
}

/** Read together, in the order in which they lie: some 400 bytes of memory each. Fewer of a million that came in one day would lie too far apart to be read in one go. */
const batchMax = 65_536;

/** `copied` may know of content that is lacking, which is then left alone. */
export async function copyContent(
  parts: CopyParts,
  script: TreeScript,
  copied: CopiedContent,
): Promise<void> {
  let batch = new Set<BlobId>();
  for await (const step of script.read()) {
    if (step.do !== 'content') continue;
    const { blob, size } = step.entry;
    if (size === 0 || copied.lacking.has(blob)) continue;
    if (size > blobBytesMax) await copyLarge(parts, blob, copied);
    else if (!parts.writer.has('data', blob)) batch.add(blob);
    if (batch.size >= batchMax) {
      await copyBatch(parts, batch, copied);
      batch = new Set();
    }
  }
  await copyBatch(parts, batch, copied);
}

async function copyBatch(
  { blobs, writer, signal, progress }: CopyParts,
  batch: ReadonlySet<BlobId>,
  copied: CopiedContent,
): Promise<void> {
  for await (const result of blobs.readStored(batch)) {
    signal.throwIfAborted();
    const { id, stored } = result;
    if (stored === undefined) copied.lacking.set(id, result.lack);
    else {
      await writer.addStored(id, stored);
      copied.contents += 1;
      copied.bytes += stored.length;
    }
    progress(copied);
  }
}

async function copyLarge(parts: CopyParts, blob: BlobId, copied: CopiedContent): Promise<void> {
  const { writer, database, progress } = parts;
  if (copied.pieces.has(blob)) return;
  const known = await readPieces(database, blob);
  if (known?.every((piece) => writer.has('data', piece)) === true) {
    copied.pieces.set(blob, known);
    return;
  }
  const pieces = await copyPieces(parts, blob, copied);
  if (pieces === undefined) return;
  await keepPieces(database, blob, pieces);
  copied.pieces.set(blob, pieces);
  copied.contents += 1;
  progress(copied);
}

async function copyPieces(
  { blobs, writer, signal }: CopyParts,
  blob: BlobId,
  copied: CopiedContent,
): Promise<readonly BlobId[] | undefined> {
  const pieces: BlobId[] = [];
  try {
    const source = await blobs.read(blob);
    if (source === undefined) {
      copied.lacking.set(blob, 'absent');
      return undefined;
    }
    for await (const piece of inPieces(source, blobBytesMax)) {
      signal.throwIfAborted();
      pieces.push(await writer.addData(piece));
      copied.bytes += piece.length;
    }
    return pieces;
  } catch (error) {
    if (!(error instanceof BlobDamagedError)) throw error;
    copied.lacking.set(blob, 'damaged');
    return undefined;
  }
}

async function* inPieces(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (length + rest.length >= bytes) {
      const head = rest.subarray(0, bytes - length);
      yield Buffer.concat([...parts, head]);
      rest = rest.subarray(head.length);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}
