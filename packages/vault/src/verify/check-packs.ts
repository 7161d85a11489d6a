/** Looks at which packs are there, and whether the index speaks of the same. Reads no pack. */
import type { BlobIndex } from '../repository/blob-index.ts';
import type { Repository } from '../repository/repository.ts';
import { BlobMarks } from './blob-marks.ts';
import { finding } from './findings.ts';
import type { FindingsList } from './findings-list.ts';
import type { VerifyOptions } from './verify-options.ts';

export interface CheckedPacks {
  /** By number of the pack in the index: is there. */
  readonly present: BlobMarks;
}

export async function checkPacks(
  repository: Repository,
  index: BlobIndex,
  list: FindingsList,
  options: VerifyOptions,
): Promise<CheckedPacks> {
  const { signal } = options;
  const present = new BlobMarks(index.packCount);
  const toDelete = new Set(index.packsToDelete());
  let done = 0;
  for await (const { name, bytes } of repository.target.list('pack', signal)) {
    const numbers = index.packNumbersOf(name);
    if (numbers.length === 0 && !toDelete.has(name)) {
      const detail = `Pack ${name.slice(0, 12)} (${bytes} bytes) is in no index: left over by something interrupted.`;
      list.add(finding('left over', { kind: 'pack', name }, detail));
    }
    if (numbers.length > 1) {
      const detail = `Index files contradict each other about pack ${name.slice(0, 12)}.`;
      list.add(finding('index disagrees', { kind: 'pack', name }, detail, index.pack(numbers[0] ?? 0).blobs));
    }
    for (const number of numbers) {
      present.add(number);
      const pack = index.pack(number);
      if (numbers.length > 1 || pack.bytes === bytes) continue;
      const detail = `Pack ${name.slice(0, 12)} has ${bytes} bytes and should have ${pack.bytes}.`;
      list.add(finding('wrong size', { kind: 'pack', name }, detail, pack.blobs));
      for (let slot = pack.first; slot < pack.first + pack.blobs; slot += 1) {
        const blob = index.at(slot);
        if (blob.offset + blob.length > bytes) list.markBlob(slot);
      }
    }
    done += 1;
    if (done % 1000 === 0) options.progress?.({ stage: 'structure', done, all: index.packCount, bytes: 0 });
  }
  for (const pack of index.packs()) {
    if (pack.indexFiles.length > 1) {
      const detail = `Pack ${pack.id.slice(0, 12)} is listed in ${pack.indexFiles.length} index files.`;
      list.add(finding('indexed twice', { kind: 'pack', name: pack.id }, detail));
    }
    if (present.has(pack.number)) continue;
    list.markPack(pack);
    const detail = `Pack ${pack.id.slice(0, 12)} with ${pack.blobs} blobs is gone.`;
    list.add(finding('missing', { kind: 'pack', name: pack.id }, detail, pack.blobs));
  }
  return { present };
}
