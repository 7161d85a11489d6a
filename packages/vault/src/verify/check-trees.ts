/** Reads every tree that snapshots need, once, and looks whether all that they name is in the index. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { FormatError } from '../format/format-error.ts';
import type { BlobType, TreeNode } from '../format/tree-node.ts';
import { BlobMissingError, RepositoryDamagedError } from '../repository/repository-errors.ts';
import type { Repository } from '../repository/repository.ts';
import { TargetError } from '../target/target.ts';
import { BlobMarks } from './blob-marks.ts';
import type { CheckedFiles } from './check-files.ts';
import { finding } from './findings.ts';
import type { FindingsList } from './findings-list.ts';
import type { VerifyOptions } from './verify-options.ts';

/** Trees read at the same time. */
const concurrency = 8;

/** Gives the number of trees. */
export async function checkTrees(
  repository: Repository,
  { snapshots, index }: CheckedFiles,
  list: FindingsList,
  options: VerifyOptions,
): Promise<number> {
  const { signal } = options;
  const seen = new BlobMarks(index.size);
  let waiting: number[] = [];
  let trees = 0;
  let snapshotName = '';
  const need = (type: BlobType, id: BlobId): void => {
    const slot = index.slotOf(type, id);
    if (slot < 0) {
      if (list.markUnindexed({ type, id })) {
        const detail = `Snapshot ${snapshotName.slice(0, 12)} needs ${type} blob ${id.slice(0, 12)}, which no index knows.`;
        list.add(finding('blob not indexed', { kind: 'snapshot', name: snapshotName }, detail, 1));
      }
    } else if (seen.add(slot) && type === 'tree') waiting.push(slot);
  };
  const look = (node: TreeNode): void => {
    if (node.type === 'dir') need('tree', node.subtree);
    else if (node.type === 'file') for (const id of node.content) need('data', id);
  };
  for (const snapshot of snapshots) {
    snapshotName = snapshot.id;
    need('tree', snapshot.tree);
    while (waiting.length > 0) {
      signal?.throwIfAborted();
      const batch = waiting.splice(-concurrency);
      const read = await Promise.all(batch.map((slot) => readTree(repository, index.at(slot).id)));
      for (const [at, nodes] of read.entries()) {
        const slot = batch[at] ?? -1;
        if (typeof nodes === 'string') noteBroken(index, list, slot, nodes);
        else for (const node of nodes) look(node);
      }
      trees += batch.length;
      options.progress?.({ stage: 'trees', done: trees, all: 0, bytes: 0 });
    }
    waiting = [];
  }
  return trees;
}

/** What is wrong with it, where it cannot be read. */
async function readTree(repository: Repository, id: BlobId): Promise<readonly TreeNode[] | string> {
  try {
    return await repository.readTree(id);
  } catch (error) {
    if (error instanceof BlobMissingError) return 'it is in no index any more';
    if (error instanceof RepositoryDamagedError || error instanceof FormatError) return 'it cannot be opened';
    if (error instanceof TargetError && error.failure !== 'passing') {
      return error.failure === 'cold' ? 'cold' : 'its pack cannot be read';
    }
    throw error;
  }
}

function noteBroken(index: CheckedFiles['index'], list: FindingsList, slot: number, why: string): void {
  const blob = index.at(slot);
  const file = { kind: 'pack', name: blob.pack } as const;
  const words = `tree blob ${blob.id.slice(0, 12)} of pack ${blob.pack.slice(0, 12)}`;
  if (why === 'cold') {
    list.add(finding('not looked at', file, `The ${words} is on cold storage: what is below is not known.`));
    return;
  }
  let isNew = false;
  for (const copy of index.slotsOf('tree', blob.id)) isNew = list.markBlob(copy) || isNew;
  // Those of a pack that is gone or cut off were told with it.
  if (isNew) list.add(finding('broken blob', file, `The ${words} is damaged: ${why}.`, 1));
}
