/** What has to be read for a restore: which packs, how many bytes, from where, and which must be fetched first. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobIndex } from '../repository/blob-index.ts';
import type { Repository } from '../repository/repository.ts';
import type { ColdStorage, PackAvailability, Target } from '../target/target.ts';
import { BlobMarks } from '../verify/blob-marks.ts';
import { nodeAt, walkTree } from './tree-walk.ts';

export interface PlannedPack {
  readonly id: string;
  /** Sealed, of the blobs that are needed. */
  readonly bytes: number;
  readonly blobs: number;
  /** Of the whole file, which is what has to be fetched. */
  readonly fileBytes: number;
  readonly availability: PackAvailability;
}

export interface FetchPlan {
  /** In the order of their ids. */
  readonly packs: readonly PlannedPack[];
  readonly blobs: number;
  readonly bytes: number;
  /** Packs that are 'cold' or 'fetching'. */
  readonly toFetch: number;
  /** Whole sizes of those that are 'cold', which is what storage providers count. */
  readonly bytesToFetch: number;
  /** Where they are, for people. */
  readonly place: string;
  /** Blobs that no index knows: the restore will lack them. */
  readonly unknown: number;
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Most time between two looks, the first of which come sooner. Default one minute. */
  readonly pollMs?: number;
  readonly progress?: (ready: number, packs: number) => void;
}

const asksAtOnce = 16;
const pollMsDefault = 60_000;
const firstPollMs = 50;

/** Data blobs only; the same one counts once. Trees are never cold. */
export async function planFetch(
  repository: Repository,
  blobs: Iterable<BlobId> | AsyncIterable<BlobId>,
  signal?: AbortSignal,
): Promise<FetchPlan> {
  const needs = await FetchNeeds.of(repository);
  for await (const blob of blobs) needs.add(blob);
  return needs.plan(signal);
}

/** Of everything at a path of a snapshot; of the whole with an empty path. Throws PathNotFoundError. */
export async function planRestore(
  repository: Repository,
  tree: BlobId,
  path: readonly string[] = [],
  signal?: AbortSignal,
): Promise<FetchPlan> {
  const needs = await FetchNeeds.of(repository);
  const { index } = needs;
  const start = path.length === 0 ? undefined : await nodeAt(repository, tree, path);
  if (start?.type === 'file') for (const blob of start.content) needs.add(blob);
  const root = start === undefined ? tree : start.type === 'dir' ? start.subtree : undefined;
  if (root !== undefined) {
    const seen = new BlobMarks(index.size);
    const enter = (subtree: BlobId): boolean => {
      const slot = index.slotOf('tree', subtree);
      // One that no index has fails when it is read.
      return slot < 0 || seen.add(slot);
    };
    const walk = walkTree(repository, root, { enter, ...(signal === undefined ? {} : { signal }) });
    for await (const { node, when } of walk)
      if (node.type === 'file' && when === 'before') for (const blob of node.content) needs.add(blob);
  }
  return needs.plan(signal);
}

/** Asks for every pack of the plan that is cold and resolves when all can be read. */
export async function fetchPacks(
  repository: Repository,
  { packs }: FetchPlan,
  options: FetchOptions = {},
): Promise<void> {
  const { cold } = repository.target;
  const { signal, pollMs = pollMsDefault, progress } = options;
  if (cold === undefined) return;
  let waiting = packs.filter(({ availability }) => availability !== 'ready').map(({ id }) => id);
  for (let waitMs = firstPollMs; ; waitMs = Math.min(2 * waitMs, pollMs)) {
    const states = await availabilities(cold, waiting, signal);
    waiting = waiting.filter((_, at) => states[at] !== 'ready');
    progress?.(packs.length - waiting.length, packs.length);
    if (waiting.length === 0) return;
    const asked = states.filter((state) => state !== 'ready');
    // One whose fetching failed on the other side is asked for again.
    await inParallel(waiting, async (pack, at) => {
      if (asked[at] === 'cold') await cold.fetch(pack, signal);
    });
    await delay(Math.min(waitMs, pollMs), undefined, signal === undefined ? {} : { signal });
  }
}

/** Which entries of the index a restore reads, one bit for each; filled bit by bit. */
export class FetchNeeds {
  readonly index: BlobIndex;
  readonly #repository: Repository;
  readonly #marks: BlobMarks;
  readonly #bytes: Float64Array;
  readonly #blobs: Uint32Array;
  #unknown = 0;

  private constructor(repository: Repository, index: BlobIndex) {
    this.#repository = repository;
    this.index = index;
    this.#marks = new BlobMarks(index.size);
    this.#bytes = new Float64Array(index.packCount);
    this.#blobs = new Uint32Array(index.packCount);
  }

  static async of(repository: Repository): Promise<FetchNeeds> {
    return new FetchNeeds(repository, await repository.loadIndex());
  }

  /** Of data. */
  add(blob: BlobId): void {
    const slot = this.index.slotOf('data', blob);
    if (slot < 0) {
      this.#unknown += 1;
      return;
    }
    if (!this.#marks.add(slot)) return;
    const number = this.index.packNumberOf(slot);
    this.#bytes[number] = (this.#bytes[number] ?? 0) + this.index.lengthAt(slot);
    this.#blobs[number] = (this.#blobs[number] ?? 0) + 1;
  }

  #packs(): Omit<PlannedPack, 'availability'>[] {
    const packs: Omit<PlannedPack, 'availability'>[] = [];
    for (const [number, blobs] of this.#blobs.entries()) {
      if (blobs === 0) continue;
      const { id, bytes: fileBytes } = this.index.pack(number);
      packs.push({ id, bytes: this.#bytes[number] ?? 0, blobs, fileBytes });
    }
    return packs.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Asks the target where the packs are. More may be added afterwards, and planned again. */
  async plan(signal?: AbortSignal): Promise<FetchPlan> {
    const counts = { blobs: this.#marks.count, unknown: this.#unknown };
    return planOf(this.#repository.target, this.#packs(), counts, signal);
  }
}

/** Of whole packs, for who reads them from their first byte to their last. */
export function planPacks(
  repository: Repository,
  index: BlobIndex,
  isWanted: (pack: string) => boolean,
  signal?: AbortSignal,
): Promise<FetchPlan> {
  const packs: Omit<PlannedPack, 'availability'>[] = [];
  let sum = 0;
  for (const { id, bytes, blobs } of index.packs()) {
    if (!isWanted(id)) continue;
    packs.push({ id, bytes, blobs, fileBytes: bytes });
    sum += blobs;
  }
  return planOf(repository.target, packs, { blobs: sum, unknown: 0 }, signal);
}

async function planOf(
  target: Target,
  needed: readonly Omit<PlannedPack, 'availability'>[],
  counts: Pick<FetchPlan, 'blobs' | 'unknown'>,
  signal: AbortSignal | undefined,
): Promise<FetchPlan> {
  const names = needed.map(({ id }) => id);
  const states = target.cold === undefined ? [] : await availabilities(target.cold, names, signal);
  const packs = needed.map((pack, at) => ({ ...pack, availability: states[at] ?? 'ready' }));
  const sum = (of: readonly PlannedPack[], key: 'bytes' | 'fileBytes'): number =>
    of.reduce((total, pack) => total + pack[key], 0);
  return {
    packs,
    ...counts,
    bytes: sum(packs, 'bytes'),
    toFetch: packs.filter(({ availability }) => availability !== 'ready').length,
    bytesToFetch: sum(
      packs.filter(({ availability }) => availability === 'cold'),
      'fileBytes',
    ),
    place: target.cold?.description ?? target.description,
  };
}

async function availabilities(
  cold: ColdStorage,
  packs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<PackAvailability[]> {
  const states: PackAvailability[] = packs.map(() => 'cold');
  await inParallel(packs, async (pack, at) => {
    states[at] = await cold.availability(pack, signal);
  });
  return states;
}

async function inParallel(
  packs: readonly string[],
  work: (pack: string, at: number) => Promise<void>,
): Promise<void> {
  const entries = packs.entries();
  const worker = async (): Promise<void> => {
    for (const [at, pack] of entries) await work(pack, at);
  };
  await Promise.all(Array.from({ length: Math.min(asksAtOnce, packs.length) }, worker));
}
