/** Tree blobs, byte for byte as Go writes them (restic: internal/data/node.go, tree.go): `rewrite` refuses others. */
import type { TreeNode } from './tree-node.ts';

/** A tree of 200,000 files has 44 MB. Trees of Gridkeep stay under 2 MB. */
export const treeBytesMax = 96 * 1024 * 1024;

/** Sorted by the bytes of the names. Throws RangeError for a name that is none and for a name that comes twice. */
export function encodeTree(nodes: Iterable<TreeNode>): Buffer {
  void nodes;
  throw new Error('not yet');
}

/** In the order of the names' bytes. Throws FormatError. */
export function decodeTree(bytes: Uint8Array): TreeNode[] {
  void bytes;
  throw new Error('not yet');
}
