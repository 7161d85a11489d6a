/** Which paths of which snapshots need blobs that are lost. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { BlobType, FileNode, TreeNode } from '../format/tree-node.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import { namesOf } from '../repository/repository-files.ts';
import type { Repository } from '../repository/repository.ts';
import { sealOverhead } from '../sealing/sealer.ts';
import { TargetError } from '../target/target.ts';
import { BlobMarks } from './blob-marks.ts';

export interface AffectedPath {
  readonly snapshot: StoredSnapshot;
  /** From the root, names as on disk; empty for the root itself. */
  readonly path: readonly string[];
  /** 'folder': its tree is lost, and with it all that is below. 'file': some or all of its content. */
  readonly what: 'file' | 'folder';
  /** Bytes of the file that are lost; 0 for a folder, where it is not known. */
  readonly bytes: number;
}

export interface Damage {
  readonly index: BlobIndex;
  /** Entries of that index that cannot be read. */
  readonly damaged: BlobMarks;
}

export interface AffectedOptions {
  /** Default: all. */
  readonly snapshots?: readonly StoredSnapshot[];
  readonly signal?: AbortSignal;
}

/**
 * Newest snapshot first. What several snapshots have in common is told for the newest of them only. A blob that no entry of the
 * index gives is lost, as is one all of whose entries are damaged.
 */
export async function* affectedPaths(
  repository: Pick<Repository, 'target' | 'readSnapshot' | 'readTree'>,
  damage: Damage,
  options: AffectedOptions = {},
): AsyncGenerator<AffectedPath> {
  const { index } = damage;
  const walked = new BlobMarks(index.size);
  const snapshots = [...(options.snapshots ?? (await readableSnapshots(repository)))];
  snapshots.sort((a, b) => b.time - a.time);
  for (const snapshot of snapshots) {
    const waiting: { readonly tree: BlobId; readonly path: readonly string[] }[] = [];
    waiting.push({ tree: snapshot.tree, path: [] });
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      options.signal?.throwIfAborted();
      const { tree, path } = next;
      const slot = index.slotOf('tree', tree);
      if (slot >= 0 && !walked.add(slot)) continue;
      const nodes = isLost(damage, 'tree', tree) ? undefined : await readTree(repository, tree);
      if (nodes === undefined) {
        yield { snapshot, path, what: 'folder', bytes: 0 };
        continue;
      }
      for (const node of nodes) {
        if (node.type === 'dir') waiting.push({ tree: node.subtree, path: [...path, node.name] });
        if (node.type !== 'file') continue;
        const bytes = lostBytes(damage, node);
        if (bytes !== undefined) yield { snapshot, path: [...path, node.name], what: 'file', bytes };
      }
    }
  }
}

/** Those that are damaged are told elsewhere. */
async function readableSnapshots(
  repository: Pick<Repository, 'target' | 'readSnapshot'>,
): Promise<StoredSnapshot[]> {
  const snapshots: StoredSnapshot[] = [];
  for (const name of await namesOf(repository.target, 'snapshot')) {
    try {
      snapshots.push(await repository.readSnapshot(name));
    } catch (error) {
      const isFile = error instanceof TargetError && error.failure !== 'passing';
      if (!(error instanceof RepositoryDamagedError) && !isFile) throw error;
    }
  }
  return snapshots;
}

function isLost({ index, damaged }: Damage, type: BlobType, id: BlobId): boolean {
  const first = index.slotOf(type, id);
  if (first < 0) return true;
  return damaged.has(first) && index.slotsOf(type, id).every((slot) => damaged.has(slot));
}

/** Undefined when nothing is lost. */
function lostBytes(damage: Damage, node: FileNode): number | undefined {
  const { index } = damage;
  let bytes = 0;
  let known = 0;
  let unknown = 0;
  let lost = 0;
  for (const id of node.content) {
    const place = index.find('data', id);
    const length = place === undefined ? 0 : (place.uncompressedLength ?? place.length - sealOverhead);
    known += length;
    if (place === undefined) unknown += 1;
    if (!isLost(damage, 'data', id)) continue;
    lost += 1;
    bytes += length;
  }
  if (lost === 0) return undefined;
  // The lengths of blobs that no index knows are the rest of the file.
  return unknown === 0 ? bytes : bytes + Math.max(0, node.size - known);
}

async function readTree(
  repository: Pick<Repository, 'readTree'>,
  tree: BlobId,
): Promise<readonly TreeNode[] | undefined> {
  try {
    return await repository.readTree(tree);
  } catch (error) {
    if (error instanceof RepositoryDamagedError) return undefined;
    if (error instanceof TargetError && error.failure !== 'passing') return undefined;
    throw error;
  }
}
