/** The tree of hashes over a list, as Certificate Transparency has it (RFC 6962, section 2.1), with SHA-256. */
import { createHash } from 'node:crypto';

const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

/** The root over no leaf is the hash of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  return rootOf(leaves.map(leafHash), 0, leaves.length);
}

/** What shows, with the root alone, that a leaf stands at its place: the hashes beside the way up, nearest first. */
export function merklePath(leaves: readonly Uint8Array[], index: number): readonly Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError(`there is no leaf ${index} of ${leaves.length}`);
  return pathOf(leaves.map(leafHash), index, 0, leaves.length);
}

/** The root that a leaf and its path give. */
export function rootOfPath(
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): Buffer {
  const sides = sidesOf(index, 0, count);
  if (sides.length !== path.length)
    throw new RangeError('the path has not as many hashes as the tree has levels');
  return path.reduce<Buffer>(
    (hash, other, level) => (sides[level] === 'left' ? nodeHash(other, hash) : nodeHash(hash, other)),
    leafHash(leaf),
  );
}

function rootOf(hashes: readonly Buffer[], from: number, to: number): Buffer {
  const only = hashes[from];
  if (only !== undefined && to - from === 1) return only;
  const middle = from + split(to - from);
  return nodeHash(rootOf(hashes, from, middle), rootOf(hashes, middle, to));
}

function pathOf(hashes: readonly Buffer[], index: number, from: number, to: number): readonly Buffer[] {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...pathOf(hashes, index, from, middle), rootOf(hashes, middle, to)]
    : [...pathOf(hashes, index, middle, to), rootOf(hashes, from, middle)];
}

/** On which side the neighbour stands at each level, nearest first. */
function sidesOf(index: number, from: number, to: number): readonly ('left' | 'right')[] {
  if (to - from <= 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...sidesOf(index, from, middle), 'right']
    : [...sidesOf(index, middle, to), 'left'];
}

/** The largest power of two below the count. */
function split(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

function leafHash(leaf: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(leaf).digest();
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(nodePrefix).update(left).update(right).digest();
}
