/** What a prune does with each pack and index file. Decides only; touches nothing. */
import type { BlobType } from '../format/tree-node.ts';
import type { BlobIndex, IndexedPack } from '../repository/blob-index.ts';
import { BlobMarks } from '../verify/blob-marks.ts';

export interface PlanOptions {
  readonly maxUnusedShare: number;
  /** Packs below this size are small. */
  readonly smallBytes: Readonly<Record<BlobType, number>>;
  /** Packs of data are not to be read: they are kept as long as any of their blobs is used. */
  readonly dataIsCold: boolean;
  /** Small packs are put together into larger ones. Not where the small ones cannot be removed before long. */
  readonly mergeSmall: boolean;
  /** Index files that must stay as they are, and with them all packs they name. */
  readonly frozenIndexFiles: ReadonlySet<string>;
  /** Its file is there and has the right size. */
  readonly isSound: (pack: IndexedPack) => boolean;
}

export interface PrunePlan {
  /** Numbers of packs that nobody needs. */
  readonly unused: readonly number[];
  /** Numbers of packs whose used blobs are to be written again. */
  readonly repack: readonly number[];
  readonly staying: BlobMarks;
  /** Slots of used blobs that are in no sound pack: nothing may be removed. */
  readonly lost: readonly number[];
  readonly bytesUsed: number;
  /** Unused bytes in packs that stay. */
  readonly bytesUnused: number;
}

/** Rewriting a pack of which less is used pays. */
const paysBelow = 0.75;
/** So many small packs of one kind are worth being put together. */
const smallPacksMin = 10;

export function planPrune(index: BlobIndex, used: BlobMarks, options: PlanOptions): PrunePlan {
  const packs = [...index.packs()];
  const { staying, usedBytes, lost } = chooseCopies(index, used, packs, options.isSound);
  const unused: number[] = [];
  const partly: Record<BlobType, IndexedPack[]> = { data: [], tree: [] };
  const small: Record<BlobType, IndexedPack[]> = { data: [], tree: [] };
  const repack: number[] = [];
  const sums = { data: { used: 0, unused: 0 }, tree: { used: 0, unused: 0 } };
  for (const pack of packs) {
    const usedHere = usedBytes[pack.number] ?? 0;
    const kind = pack.content === 'data' ? 'data' : 'tree';
    const isFrozen = pack.indexFiles.some((file) => options.frozenIndexFiles.has(file));
    if (usedHere === 0 && !isFrozen) {
      unused.push(pack.number);
      continue;
    }
    const unusedHere = blobBytes(index, pack) - usedHere;
    sums[kind].used += usedHere;
    sums[kind].unused += unusedHere;
    if (isFrozen || (options.dataIsCold && pack.content !== 'tree')) continue;
    if (pack.content === 'mixed') {
      repack.push(pack.number);
      sums[kind].unused -= unusedHere;
    } else if (unusedHere > 0) partly[kind].push(pack);
    else if (pack.bytes < options.smallBytes[kind]) small[kind].push(pack);
  }

  for (const kind of ['data', 'tree'] as const) {
    // Those first that give most back for what must be read and written.
    const share = (pack: IndexedPack): number => (usedBytes[pack.number] ?? 0) / pack.bytes;
    partly[kind].sort((a, b) => share(a) - share(b));
    const limit = options.maxUnusedShare * sums[kind].used;
    const isOver = sums[kind].unused > limit;
    for (const pack of partly[kind]) {
      // Where it pays, well below the limit, so that not every prune has a little to do.
      const enough = share(pack) < paysBelow ? limit / 2 : limit;
      if (!isOver || sums[kind].unused <= enough) {
        if (pack.bytes < options.smallBytes[kind]) small[kind].push(pack);
        continue;
      }
      repack.push(pack.number);
      sums[kind].unused -= blobBytes(index, pack) - (usedBytes[pack.number] ?? 0);
    }
    const merged = options.mergeSmall ? worthMerging(small[kind]) : [];
    for (const pack of merged) {
      repack.push(pack.number);
      sums[kind].unused -= blobBytes(index, pack) - (usedBytes[pack.number] ?? 0);
    }
  }
  return {
    unused,
    repack,
    staying,
    lost,
    bytesUsed: sums.data.used + sums.tree.used,
    bytesUnused: sums.data.unused + sums.tree.unused,
  };
}

/**
 * A pack that is larger than all smaller ones together is left out, so that what was merged lately is not written again for a
 * few small ones that came since: bytes are rewritten about as often as their pack doubles.
 */
function worthMerging(small: readonly IndexedPack[]): readonly IndexedPack[] {
  const ascending = [...small].sort((a, b) => a.bytes - b.bytes);
  let rest = ascending.reduce((sum, pack) => sum + pack.bytes, 0);
  let count = ascending.length;
  for (const pack of ascending.toReversed()) {
    rest -= pack.bytes;
    if (pack.bytes <= rest) break;
    count -= 1;
  }
  return count < smallPacksMin ? [] : ascending.slice(0, count);
}

/** Sealed bytes of all entries of a pack. */
function blobBytes(index: BlobIndex, pack: IndexedPack): number {
  let bytes = 0;
  for (let slot = pack.first; slot < pack.first + pack.blobs; slot += 1) bytes += index.lengthAt(slot);
  return bytes;
}

interface Copies {
  /** Of every used blob the one entry that stays. */
  readonly staying: BlobMarks;
  /** Sealed bytes of entries that stay, by number of the pack. */
  readonly usedBytes: Float64Array;
  /** Entries of used blobs that are in no sound pack. */
  readonly lost: readonly number[];
}

/**
 * A blob may be in several packs: two backups at once wrote it, or a prune was killed after repacking. One copy stays, that in
 * the pack with the largest share of used blobs, so that the rewritten pack wins over the one it replaces.
 */
function chooseCopies(
  index: BlobIndex,
  used: BlobMarks,
  packs: readonly IndexedPack[],
  isSound: (pack: IndexedPack) => boolean,
): Copies {
  const firsts = firstSlots(index);
  /** Used bytes with all copies counted, as a share of the pack; −1 when the pack cannot be relied on. */
  const shares = new Float64Array(packs.length);
  /** Slots of blobs that are there more than once, by the first of them. */
  const copies = new Map<number, number[]>();
  for (const pack of packs) {
    let wanted = 0;
    for (let slot = pack.first; slot < pack.first + pack.blobs; slot += 1) {
      const first = firsts[slot] ?? slot;
      if (!used.has(first)) continue;
      wanted += index.lengthAt(slot);
      if (first !== slot) copies.set(first, [...(copies.get(first) ?? [first]), slot]);
    }
    shares[pack.number] = isSound(pack) ? wanted / pack.bytes : -1;
  }
  const shareOf = (slot: number): number => shares[index.packNumberOf(slot)] ?? -1;
  const staying = new BlobMarks(index.size);
  const usedBytes = new Float64Array(packs.length);
  const lost: number[] = [];
  for (const pack of packs) {
    for (let slot = pack.first; slot < pack.first + pack.blobs; slot += 1) {
      const first = firsts[slot] ?? slot;
      if (!used.has(first)) continue;
      const slots = copies.get(first);
      if (slots !== undefined && slots.reduce((a, b) => (shareOf(b) > shareOf(a) ? b : a)) !== slot) continue;
      if ((shares[pack.number] ?? -1) < 0) {
        lost.push(slot);
        continue;
      }
      staying.add(slot);
      usedBytes[pack.number] = (usedBytes[pack.number] ?? 0) + index.lengthAt(slot);
    }
  }
  return { staying, usedBytes, lost };
}

function firstSlots(index: BlobIndex): Uint32Array {
  const firsts = new Uint32Array(index.size);
  for (let slot = 0; slot < index.size; slot += 1) firsts[slot] = index.firstSlotOf(slot);
  return firsts;
}
