/** Goes through the trees of a snapshot. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { TreeNode } from '../format/tree-node.ts';
import type { Repository } from '../repository/repository.ts';
import { BlobMissingError, RepositoryDamagedError } from '../repository/repository-errors.ts';

/** No real folder is that deep; a made-up repository could be. */
const depthMax = 1000;

export class PathNotFoundError extends Error {
  override readonly name = 'PathNotFoundError';
}

/** The node at a path of at least one name. Throws PathNotFoundError. */
export async function nodeAt(
  repository: Repository,
  tree: BlobId,
  path: readonly string[],
): Promise<TreeNode> {
  let here = tree;
  for (const [at, name] of path.entries()) {
    const node = (await repository.readTree(here)).find((entry) => entry.name === name);
    if (node !== undefined && at === path.length - 1) return node;
    if (node?.type !== 'dir') break;
    here = node.subtree;
  }
  throw new PathNotFoundError(`nothing stands at ${path.join('/')} in that snapshot`);
}

export interface WalkedNode {
  readonly node: TreeNode;
  /** Of the folder that it is in, below the start: '' or 'a/b'. */
  readonly folder: string;
  /** A folder comes twice: before what is in it, and after. */
  readonly when: 'before' | 'after';
}

export interface WalkOptions {
  readonly signal?: AbortSignal;
  /** False passes a folder's content over. */
  readonly enter?: (subtree: BlobId) => boolean;
  /** Hears of a tree that is damaged or not there, and the walk goes on; without it the walk throws. */
  readonly onDamage?: (folder: string, error: Error) => void;
}

/** Depth first, names in the order of their bytes. */
export async function* walkTree(
  repository: Repository,
  tree: BlobId,
  options: WalkOptions = {},
): AsyncGenerator<WalkedNode> {
  const { signal, enter, onDamage } = options;
  async function nodesOf(subtree: BlobId, folder: string): Promise<readonly TreeNode[]> {
    try {
      return await repository.readTree(subtree);
    } catch (error) {
      const isDamage = error instanceof RepositoryDamagedError || error instanceof BlobMissingError;
      if (!isDamage || onDamage === undefined) throw error;
      onDamage(folder, error);
      return [];
    }
  }
  interface Level {
    readonly folder: string;
    readonly nodes: readonly TreeNode[];
    at: number;
  }
  const levels: Level[] = [{ folder: '', nodes: await nodesOf(tree, ''), at: 0 }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    signal?.throwIfAborted();
    const node = level.nodes[level.at];
    level.at += 1;
    if (node === undefined) {
      levels.pop();
      const outer = levels.at(-1);
      const left = outer?.nodes[outer.at - 1];
      if (outer !== undefined && left !== undefined)
        yield { node: left, folder: outer.folder, when: 'after' };
      continue;
    }
    yield { node, folder: level.folder, when: 'before' };
    if (node.type !== 'dir' || enter?.(node.subtree) === false) continue;
    if (levels.length >= depthMax) throw new RangeError(`folders deeper than ${depthMax}`);
    const folder = level.folder === '' ? node.name : `${level.folder}/${node.name}`;
    levels.push({ folder, nodes: await nodesOf(node.subtree, folder), at: 0 });
  }
}
