/** Writes blobs that stay into new packs, each checked on the way: bytes that are not what they claim are never carried on. */
import type { BlobIndex, IndexedBlob } from '../repository/blob-index.ts';
import type { Repository } from '../repository/repository.ts';
import type { RepositoryWriter } from '../repository/repository-writer.ts';
import type { BlobMarks } from '../verify/blob-marks.ts';

/** Blobs whose distance is below are read at once. */
const gapMax = 128 * 1024;
const readMax = 16 * 1024 * 1024;

interface Run {
  readonly offset: number;
  length: number;
  readonly blobs: IndexedBlob[];
}

/** Returns the bytes read. Throws SealBrokenError, TargetError, and what the writer throws. */
export async function repackOne(
  repository: Pick<Repository, 'target' | 'sealer'>,
  index: BlobIndex,
  pack: number,
  staying: BlobMarks,
  writer: RepositoryWriter,
  signal: AbortSignal,
): Promise<number> {
  let bytesRead = 0;
  for (const { offset, length, blobs } of runs(index, pack, staying)) {
    const name = index.pack(pack).id;
    const bytes = await repository.target.read('pack', name, { offset, length }, signal);
    bytesRead += length;
    for (const blob of blobs) {
      signal.throwIfAborted();
      const start = blob.offset - offset;
      const payload = repository.sealer.open(bytes.subarray(start, start + blob.length));
      const stored =
        blob.uncompressedLength === undefined
          ? { codec: 'raw' as const, payload, length: payload.length }
          : { codec: 'zstd' as const, payload, length: blob.uncompressedLength };
      await writer.addStored(blob.id, stored, { type: blob.type, again: true });
    }
  }
  return bytesRead;
}

/** What stays of a pack, in pieces that are read at once. */
function* runs(index: BlobIndex, pack: number, staying: BlobMarks): Generator<Run> {
  const { first, blobs } = index.pack(pack);
  const kept: IndexedBlob[] = [];
  for (let slot = first; slot < first + blobs; slot += 1) if (staying.has(slot)) kept.push(index.at(slot));
  kept.sort((a, b) => a.offset - b.offset);
  let run: Run | undefined;
  for (const blob of kept) {
    const end = blob.offset + blob.length;
    if (
      run !== undefined &&
      blob.offset - (run.offset + run.length) <= gapMax &&
      end - run.offset <= readMax
    ) {
      run.length = Math.max(run.length, end - run.offset);
      run.blobs.push(blob);
      continue;
    }
    if (run !== undefined) yield run;
    run = { offset: blob.offset, length: blob.length, blobs: [blob] };
  }
  if (run !== undefined) yield run;
}
