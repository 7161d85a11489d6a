/** Takes out of a repository what no kept snapshot needs. */
import { FormatError } from '../format/format-error.ts';
import { readIndexFile } from '../format/index-file.ts';
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { BlobType } from '../format/tree-node.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import { BlobRejectedError, RepositoryDamagedError } from '../repository/repository-errors.ts';
import type { Repository } from '../repository/repository.ts';
import {
  dataPackBytesDefault,
  treePackBytesDefault,
  type RepositoryWriter,
} from '../repository/repository-writer.ts';
import { decideForget, type ForgetDecision, type KeptSnapshot } from '../retention/forget.ts';
import type { Retention } from '../retention/restore-points.ts';
import type { VaultClock } from '../retention/vault-clock.ts';
import type { VaultTime } from '../retention/vault-time.ts';
import { SealBrokenError } from '../sealing/sealer.ts';
import { isTargetFailure, type FileKind } from '../target/target.ts';
import { withdrawFromParity } from '../parity/withdrawn.ts';
import { BlobMarks } from '../verify/blob-marks.ts';
import { filesToReplace, writeRemaining } from './index-rewrite.ts';
import { BlobLostError, markUsed } from './mark-used.ts';
import { planPrune, type PrunePlan } from './prune-plan.ts';
import { repackOne } from './repack.ts';

export interface PruneOptions {
  /** Decides, together with what stands in the snapshots, what may go. There is no way to name snapshots. */
  readonly clock: VaultClock;
  readonly retention?: Partial<Retention>;
  readonly zone: string;
  /** Says what would go; changes nothing. Takes no exclusive lock. */
  readonly dryRun?: boolean;
  /** Bytes that nobody uses, as a share of those in use, that may stay in packs: default 0.05. */
  readonly maxUnusedShare?: number;
  /** Also rewrites packs that would have to be fetched from cold storage; default false. */
  readonly repackCold?: boolean;
  /** Bytes of new packs; default as for backups. */
  readonly packBytes?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: PruneProgress) => void;
}

export interface PruneProgress {
  readonly phase: 'marking' | 'repacking' | 'removing';
  readonly done: number;
  /** undefined while it is not known. */
  readonly total: number | undefined;
}

export interface PruneReport {
  readonly time: VaultTime;
  readonly kept: readonly KeptSnapshot[];
  /** Names of snapshots that were, or with dryRun would be, forgotten. */
  readonly forgotten: readonly string[];
  readonly packsRemoved: number;
  readonly packsRepacked: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly bytesFreed: number;
  /** Unused bytes that stay in packs. */
  readonly bytesUnused: number;
  readonly bytesUsed: number;
  readonly indexesWritten: number;
  readonly indexesRemoved: number;
  /** Files that the target does not let go yet (Object Lock); a later prune takes them. */
  readonly postponed: number;
  /** There was no room to repack: what could go without it went. */
  readonly full: boolean;
}

/** A kept snapshot needs what is not there or cannot be read: nothing more was removed. Verify and repair first. */
export class PruneRefusedError extends Error {
  override readonly name = 'PruneRefusedError';
}

const maxUnusedShareDefault = 0.05;

/**
 * Can be killed at any moment and started again. Throws PruneRefusedError, the repository's error when somebody else holds a
 * lock, and TargetError.
 *
 * Order: snapshots that are forgotten; packs that no index names; used blobs of packs that go, written anew with their index;
 * indexes without the packs that go; the old indexes; last the packs.
 */
export async function prune(repository: Repository, options: PruneOptions): Promise<PruneReport> {
  await using lock = await repository.lock(options.dryRun === true ? 'shared' : 'exclusive', {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const signal = options.signal === undefined ? lock.signal : AbortSignal.any([lock.signal, options.signal]);
  try {
    return await new Pruning(repository, options, signal).run(() =>
      repository.beginWriting(lock, {
        signal,
        ...(options.packBytes === undefined
          ? {}
          : { dataPackBytes: options.packBytes, treePackBytes: options.packBytes }),
      }),
    );
  } catch (error) {
    if (isDamage(error)) throw new PruneRefusedError(`not pruned: ${error.message}`, { cause: error });
    throw error;
  }
}

function isDamage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return (
    error instanceof BlobLostError ||
    error instanceof BlobRejectedError ||
    error instanceof RepositoryDamagedError ||
    error instanceof SealBrokenError ||
    error instanceof FormatError ||
    // A pack that the index names.
    isTargetFailure(error, 'absent') ||
    isTargetFailure(error, 'short')
  );
}

/** One run. */
class Pruning {
  readonly #repository: Repository;
  readonly #options: PruneOptions;
  readonly #signal: AbortSignal;
  #postponed = 0;
  #bytesFreed = 0;
  #packsRemoved = 0;

  constructor(repository: Repository, options: PruneOptions, signal: AbortSignal) {
    this.#repository = repository;
    this.#options = options;
    this.#signal = signal;
  }

  async run(beginWriting: () => Promise<RepositoryWriter>): Promise<PruneReport> {
    const { clock, retention, zone, dryRun = false } = this.#options;
    const snapshots = await this.#repository.listSnapshots();
    const time = await clock.sample();
    const decision = decideForget(snapshots, {
      clock: time.now,
      zone,
      ...(retention === undefined ? {} : { retention }),
    });
    const index = await this.#repository.loadIndex();
    const packs = await this.#listPacks();
    const frozen = await frozenIndexFiles(this.#repository, index);
    const used = new BlobMarks(index.size);
    await this.#mark(
      index,
      used,
      decision.keep.map(({ snapshot }) => snapshot),
    );
    const plan = (): PrunePlan => this.#plan(index, used, packs, frozen);
    // Before anything goes: is all there that stays?
    let planned = plan();
    if (dryRun) return this.#report(time, decision, decision.forget, planned, {});

    const { forgotten, refused } = await this.#forget(decision.forget);
    if (refused.length > 0) {
      await this.#mark(index, used, refused);
      planned = plan();
    }
    const known = new Set([...index.packs()].map(({ id }) => id));
    const waiting = new Set(index.packsToDelete());
    const orphans = [...packs.keys()].filter((pack) => !known.has(pack) && !waiting.has(pack));
    await this.#removePacks(orphans, packs);

    const repacked = await this.#repack(index, planned, packs, beginWriting);
    const going = new Set([...planned.unused, ...repacked.packs]);
    const replaced = filesToReplace(index, going, {
      frozen,
      // Where files are locked the old ones would stay beside the new.
      mergeSmall: this.#repository.target.protect === undefined,
    });
    const indexesWritten = await writeRemaining(this.#repository, index, going, replaced, this.#signal);
    const removed = await this.#removeAll('index', [...replaced]);
    await this.#removeUnnamed(index, going, removed, packs);
    return this.#report(time, decision, forgotten, planned, {
      packsRepacked: repacked.packs.length,
      bytesRead: repacked.bytesRead,
      bytesWritten: repacked.bytesWritten,
      full: repacked.full,
      indexesWritten,
      indexesRemoved: removed.size,
    });
  }

  async #listPacks(): Promise<Map<string, number>> {
    const packs = new Map<string, number>();
    for await (const { name, bytes } of this.#repository.target.list('pack', this.#signal))
      packs.set(name, bytes);
    return packs;
  }

  async #mark(index: BlobIndex, used: BlobMarks, snapshots: readonly StoredSnapshot[]): Promise<void> {
    await markUsed(
      this.#repository,
      index,
      snapshots.map(({ tree }) => tree),
      used,
      {
        signal: this.#signal,
        progress: (trees) => this.#options.progress?.({ phase: 'marking', done: trees, total: undefined }),
      },
    );
  }

  #plan(
    index: BlobIndex,
    used: BlobMarks,
    packs: ReadonlyMap<string, number>,
    frozenIndexFiles: ReadonlySet<string>,
  ): PrunePlan {
    const { target } = this.#repository;
    const planned = planPrune(index, used, {
      smallBytes: smallBytes(this.#options.packBytes),
      maxUnusedShare: this.#options.maxUnusedShare ?? maxUnusedShareDefault,
      dataIsCold: target.cold !== undefined && this.#options.repackCold !== true,
      mergeSmall: target.protect === undefined,
      frozenIndexFiles,
      isSound: ({ id, bytes }) => packs.get(id) === bytes,
    });
    const lost = planned.lost[0];
    if (lost !== undefined) {
      const { type, id, pack } = index.at(lost);
      throw new PruneRefusedError(
        `not pruned: ${planned.lost.length} blobs that are used are in packs that are not whole, first the ${type} blob ${id} in pack ${pack}`,
      );
    }
    return planned;
  }

  /** Snapshots that the target does not let go stay, and with them what they need. */
  async #forget(
    snapshots: readonly StoredSnapshot[],
  ): Promise<{ forgotten: StoredSnapshot[]; refused: StoredSnapshot[] }> {
    const removed = await this.#removeAll(
      'snapshot',
      snapshots.map(({ id }) => id),
    );
    return {
      forgotten: snapshots.filter(({ id }) => removed.has(id)),
      refused: snapshots.filter(({ id }) => !removed.has(id)),
    };
  }

  async #repack(
    index: BlobIndex,
    planned: PrunePlan,
    present: ReadonlyMap<string, number>,
    beginWriting: () => Promise<RepositoryWriter>,
  ): Promise<Repacked> {
    const none: Repacked = { packs: [], bytesRead: 0, bytesWritten: 0, full: false };
    const packs = await this.#readable(index, planned.repack);
    if (packs.length === 0) return none;
    const writer = await beginWriting();
    try {
      let bytesRead = 0;
      for (const [done, pack] of packs.entries()) {
        this.#options.progress?.({ phase: 'repacking', done, total: packs.length });
        bytesRead += await repackOne(this.#repository, index, pack, planned.staying, writer, this.#signal);
      }
      const totals = await writer.finish();
      await writer.close();
      return { packs, bytesRead, bytesWritten: totals.dataAddedPacked, full: false };
    } catch (error) {
      await writer.close();
      if (!isTargetFailure(error, 'full')) throw error;
      await this.#removeUnindexed(present);
      return { ...none, full: true };
    }
  }

  /** Without packs that would have to be fetched first. */
  async #readable(index: BlobIndex, packs: readonly number[]): Promise<number[]> {
    const { cold } = this.#repository.target;
    if (cold === undefined) return [...packs];
    const ready: number[] = [];
    for (const number of packs) {
      const pack = index.pack(number);
      if (pack.content === 'tree' || (await cold.availability(pack.id, this.#signal)) === 'ready')
        ready.push(number);
    }
    return ready;
  }

  /** Packs that came since and that no index names: what repacking left when the room ended. */
  async #removeUnindexed(present: ReadonlyMap<string, number>): Promise<void> {
    const index = await this.#repository.loadIndex();
    for (const pack of (await this.#listPacks()).keys())
      if (!present.has(pack) && !isIndexed(index, pack)) await this.#remove('pack', pack);
  }

  /** A pack goes only when every index file that names it is gone. */
  async #removeUnnamed(
    index: BlobIndex,
    going: ReadonlySet<number>,
    removedIndexes: ReadonlySet<string>,
    present: ReadonlyMap<string, number>,
  ): Promise<void> {
    const packs: string[] = [];
    for (const number of going) {
      const { id, indexFiles } = index.pack(number);
      if (indexFiles.some((file) => !removedIndexes.has(file))) this.#postponed += 1;
      else if (present.has(id)) packs.push(id);
    }
    await this.#removePacks(packs, present);
  }

  async #removePacks(packs: readonly string[], present: ReadonlyMap<string, number>): Promise<void> {
    const removed = await this.#removeAll('pack', packs);
    this.#packsRemoved += removed.size;
    for (const pack of removed) this.#bytesFreed += present.get(pack) ?? 0;
  }

  /** Returns the names that are gone. */
  async #removeAll(kind: FileKind, names: readonly string[]): Promise<Set<string>> {
    const files = names.map((name) => ({ kind, name }));
    await withdrawFromParity(this.#repository.target, files, this.#signal);
    const removed = new Set<string>();
    for (const [done, name] of names.entries()) {
      this.#options.progress?.({ phase: 'removing', done, total: names.length });
      if (await this.#remove(kind, name)) removed.add(name);
    }
    return removed;
  }

  async #remove(kind: FileKind, name: string): Promise<boolean> {
    this.#signal.throwIfAborted();
    try {
      await this.#repository.target.remove(kind, name, this.#signal);
      return true;
    } catch (error) {
      if (!isTargetFailure(error, 'locked')) throw error;
      this.#postponed += 1;
      return false;
    }
  }

  #report(
    time: VaultTime,
    decision: ForgetDecision,
    forgotten: readonly StoredSnapshot[],
    planned: PrunePlan,
    done: Partial<PruneReport>,
  ): PruneReport {
    return {
      time,
      kept: decision.keep,
      forgotten: forgotten.map(({ id }) => id),
      packsRemoved: this.#packsRemoved,
      packsRepacked: 0,
      bytesRead: 0,
      bytesWritten: 0,
      bytesFreed: this.#bytesFreed,
      bytesUnused: planned.bytesUnused,
      bytesUsed: planned.bytesUsed,
      indexesWritten: 0,
      indexesRemoved: 0,
      postponed: this.#postponed,
      full: false,
      ...done,
    };
  }
}

/** A quarter of what packs are made to measure: what was put together once is left alone. */
function smallBytes(packBytes: number | undefined): Record<BlobType, number> {
  return {
    data: (packBytes ?? dataPackBytesDefault) / 4,
    tree: (packBytes ?? treePackBytesDefault) / 4,
  };
}

function isIndexed(index: BlobIndex, pack: string): boolean {
  return index.packNumbersOf(pack).some((number) => index.pack(number).indexFiles.length > 0);
}

interface Repacked {
  /** Numbers of packs whose blobs now stand in new ones. */
  readonly packs: readonly number[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly full: boolean;
}

/**
 * Index files that stay as they are: those in which rustic put packs down to be deleted, which is told nowhere else, and those
 * that contradict each other, which is to be repaired.
 */
async function frozenIndexFiles(repository: Repository, index: BlobIndex): Promise<Set<string>> {
  const frozen = new Set<string>();
  for (const { id, indexFiles } of index.packs())
    if (index.packNumbersOf(id).length > 1) for (const file of indexFiles) frozen.add(file);
  if (index.packsToDelete().length > 0) {
    for (const file of index.indexFiles()) {
      const { packsToDelete } = readIndexFile(await repository.readUnpacked('index', file));
      if (packsToDelete.length > 0) frozen.add(file);
    }
  }
  return frozen;
}
