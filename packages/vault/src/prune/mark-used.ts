/** Which entries of the index snapshots need: every tree is read once, however many snapshots have it. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobType, TreeNode } from '../format/tree-node.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import type { Repository } from '../repository/repository.ts';
import type { BlobMarks } from '../verify/blob-marks.ts';

/** A snapshot needs what is not in the index. */
export class BlobLostError extends Error {
  override readonly name = 'BlobLostError';
  readonly type: BlobType;
  readonly id: BlobId;
  constructor(type: BlobType, id: BlobId) {
    super(`a snapshot needs the ${type} blob ${id}, which is in no index`);
    this.type = type;
    this.id = id;
  }
}

export interface MarkOptions {
  readonly signal?: AbortSignal;
  /** Called for each blob that was not marked before. */
  readonly onMarked?: (type: BlobType, id: BlobId, slot: number) => void;
  /** Called now and then with the trees read so far. */
  readonly progress?: (trees: number) => void;
}

/** Trees read at the same time: on remote storage the way there and back is what takes time. */
const concurrency = 8;

/**
 * Marks, by the slot of its first entry, everything below `trees`, passing over what is marked already. Throws BlobLostError,
 * and what reading throws.
 */
export async function markUsed(
  repository: Pick<Repository, 'readTree'>,
  index: BlobIndex,
  trees: Iterable<BlobId>,
  marks: BlobMarks,
  options: MarkOptions = {},
): Promise<void> {
  /** Slots of trees that were marked but not read. */
  const waiting: number[] = [];
  const mark = (type: BlobType, id: BlobId): void => {
    const slot = index.slotOf(type, id);
    if (slot < 0) throw new BlobLostError(type, id);
    if (!marks.add(slot)) return;
    options.onMarked?.(type, id, slot);
    if (type === 'tree') waiting.push(slot);
  };
  const markNode = (node: TreeNode): void => {
    if (node.type === 'dir') mark('tree', node.subtree);
    else if (node.type === 'file') for (const id of node.content) mark('data', id);
  };

  let read = 0;
  for (const tree of trees) {
    mark('tree', tree);
    while (waiting.length > 0) {
      options.signal?.throwIfAborted();
      const batch = waiting.splice(-concurrency);
      const nodes = await Promise.all(batch.map((slot) => repository.readTree(index.at(slot).id)));
      for (const node of nodes.flat()) markNode(node);
      read += batch.length;
      options.progress?.(read);
    }
  }
}
