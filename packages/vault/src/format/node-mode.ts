/** Modes in trees are Go's (io/fs: FileMode): permission bits as on Unix, everything else at bits of its own. */
import type { TreeNode } from './tree-node.ts';

const typeBits: Readonly<Record<TreeNode['type'], number>> = {
  file: 0,
  dir: 2 ** 31,
  symlink: 2 ** 27,
  dev: 2 ** 26,
  chardev: 2 ** 26 + 2 ** 21,
  fifo: 2 ** 25,
  socket: 2 ** 24,
};
const special = [
  { unix: 0o4000, go: 2 ** 23 },
  { unix: 0o2000, go: 2 ** 22 },
  { unix: 0o1000, go: 2 ** 20 },
];

/** From Unix permission bits, set-uid, set-gid and sticky among them. */
export function encodeMode(type: TreeNode['type'], mode: number): number {
  let go = typeBits[type] + (mode & 0o777);
  for (const bit of special) if ((mode & bit.unix) !== 0) go += bit.go;
  return go;
}

/** Unix permission bits; the type is said elsewhere. */
export function decodeMode(go: number): number {
  let mode = go % 0o1000;
  for (const bit of special) if (Math.floor(go / bit.go) % 2 === 1) mode += bit.unix;
  return mode;
}
