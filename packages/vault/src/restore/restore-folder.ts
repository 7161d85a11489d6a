/**
 * Writes a snapshot, or what stands at a path of it, into a folder. Trees are walked in batches; the blobs of a batch are read
 * pack by pack, opened and written in threads. Nothing is flushed: a restore that was interrupted is made again.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { isNodeName } from '../format/node-names.ts';
import type { FileNode, TreeNode } from '../format/tree-node.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import { blobBytesLimit } from '../repository/blob-reading.ts';
import { BlobMissingError, RepositoryDamagedError } from '../repository/repository-errors.ts';
import type { Repository } from '../repository/repository.ts';
import { sealOverhead } from '../sealing/sealer.ts';
import { isTargetFailure } from '../target/target.ts';
import { planRestore, type FetchPlan } from './fetch-plan.ts';
import { RestoreBatch, type Region } from './restore-batch.ts';
import { nodeAt, walkTree } from './tree-walk.ts';
import type { PieceToWrite, WriteFailure } from './write-protocol.ts';
import { WriteThreads } from './write-threads.ts';

export interface RestoreFolderOptions {
  /** Root tree of a snapshot. */
  readonly tree: BlobId;
  /** Names from the root; default everything. What is in a folder comes into `into`, a file keeps its name there. */
  readonly path?: readonly string[];
  /** Absent, or an empty folder. */
  readonly into: string;
  /** Default 2. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: RestoreTotals) => void;
}

export interface RestoreTotals {
  readonly folders: number;
  readonly files: number;
  readonly bytes: number;
}

export interface RestoreReport extends RestoreTotals {
  /** What could not be restored whole; of such a file nothing stands there. At most the first 10,000. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
  readonly failures: number;
  /** Devices and the like are not made; at most the first 10,000. */
  readonly skipped: readonly string[];
}

export class NotEmptyError extends Error {
  override readonly name = 'NotEmptyError';
}

export class ColdPacksError extends Error {
  override readonly name = 'ColdPacksError';
  readonly plan: FetchPlan;
  constructor(plan: FetchPlan) {
    super(`${plan.toFetch} packs have to be fetched from ${plan.place} first`);
    this.plan = plan;
  }
}

const threadsDefault = 2;
/** Regions that are being read, waiting for a thread or in one. */
const regionsAtOnce = 5;
const noted = 10_000;
/** Each is copied on its way to a thread. */
const thingsPerRequest = 2000;
const defaultFileMode = 0o644;
const defaultFolderMode = 0o755;

/** Throws PathNotFoundError, NotEmptyError, and ColdPacksError when packs must be fetched first. */
export async function restoreFolder(
  repository: Repository,
  options: RestoreFolderOptions,
): Promise<RestoreReport> {
  const { into, path = [], tree, signal } = options;
  const start = path.length === 0 ? undefined : await nodeAt(repository, tree, path);
  if (repository.target.cold !== undefined) {
    const plan = await planRestore(repository, tree, path, signal);
    if (plan.toFetch > 0) throw new ColdPacksError(plan);
  }
  await mkdir(into, { recursive: true });
  if ((await readdir(into)).length > 0) throw new NotEmptyError(`${into} is not empty`);
  const index = await repository.loadIndex();
  const threads = new WriteThreads(options.threads ?? threadsDefault, repository.masterKey);
  try {
    return await new FolderRestore(repository, index, threads, options).run(start);
  } finally {
    await threads.close();
  }
}

class FolderRestore {
  readonly #repository: Repository;
  readonly #index: BlobIndex;
  readonly #threads: WriteThreads;
  readonly #options: RestoreFolderOptions;
  readonly #failed: { path: string; reason: string }[] = [];
  readonly #skipped: string[] = [];
  #failures = 0;
  #folders = 0;
  #files = 0;
  #bytes = 0;

  constructor(
    repository: Repository,
    index: BlobIndex,
    threads: WriteThreads,
    options: RestoreFolderOptions,
  ) {
    this.#repository = repository;
    this.#index = index;
    this.#threads = threads;
    this.#options = options;
  }

  async run(start: TreeNode | undefined): Promise<RestoreReport> {
    const batches = this.#batches(start);
    let next = batches.next();
    for (;;) {
      const { done, value } = await next;
      if (done === true) break;
      // The next trees are read while this batch is written.
      next = batches.next();
      next.catch(() => undefined);
      await this.#write(value);
    }
    return { ...this.#totals(), failed: this.#failed, failures: this.#failures, skipped: this.#skipped };
  }

  #totals(): RestoreTotals {
    return { folders: this.#folders, files: this.#files, bytes: this.#bytes };
  }

  #fail(path: string, reason: string): void {
    this.#failures += 1;
    if (this.#failed.length < noted) this.#failed.push({ path, reason });
  }

  async *#batches(start: TreeNode | undefined): AsyncGenerator<RestoreBatch> {
    const { into, signal, tree } = this.#options;
    let batch = new RestoreBatch();
    const root = start === undefined ? tree : start.type === 'dir' ? start.subtree : undefined;
    if (root === undefined) {
      if (start !== undefined) this.#addNode(batch, into, start);
      yield batch;
      return;
    }
    const onDamage = (folder: string, error: Error): void => this.#fail(join(into, folder), error.message);
    const walk = walkTree(this.#repository, root, { onDamage, ...(signal === undefined ? {} : { signal }) });
    for await (const { node, folder, when } of walk) {
      const parent = folder === '' ? into : `${into}/${folder}`;
      if (when === 'before') this.#addNode(batch, parent, node);
      else
        batch.doneFolders.push({
          path: `${parent}/${node.name}`,
          modifiedAt: node.modifiedAt,
          mode: node.mode ?? defaultFolderMode,
        });
      if (!batch.isFull) continue;
      yield batch;
      batch = new RestoreBatch();
    }
    yield batch;
  }

  #addNode(batch: RestoreBatch, parent: string, node: TreeNode): void {
    // Trees with other names are refused where they are decoded; that a name is a path here makes a second look worth it.
    if (!isNodeName(node.name)) throw new RangeError('a name that is none');
    const path = `${parent}/${node.name}`;
    if (node.type === 'file') this.#addFile(batch, path, node);
    else if (node.type === 'dir') {
      batch.newFolders.push(path);
      this.#folders += 1;
    } else if (node.type === 'symlink' && node.linkTarget !== undefined && !node.linkTarget.includes('\0'))
      batch.links.push({ path, to: node.linkTarget });
    else if (this.#skipped.length < noted) this.#skipped.push(path);
  }

  #addFile(batch: RestoreBatch, path: string, node: FileNode): void {
    const { size, modifiedAt, mode = defaultFileMode, content } = node;
    const file = { path, size, modifiedAt, mode };
    const slots = content.map((id) => this.#index.slotOf('data', id));
    const unknown = slots.indexOf(-1);
    if (unknown >= 0) return this.#fail(path, `data blob ${content[unknown] ?? ''} is in no index`);
    const positions = [0];
    if (slots.length !== 1) {
      let position = 0;
      for (const [at, slot] of slots.entries()) {
        positions[at] = position;
        const { length, uncompressedLength } = this.#index.at(slot);
        position += uncompressedLength ?? length - sealOverhead;
      }
      if (position !== size)
        return this.#fail(path, `its blobs have ${position} bytes, the file should have ${size}`);
    }
    if (slots.length === 0) batch.emptyFiles.push({ ...file, pieces: 0 });
    else batch.addFile(file, slots, positions);
  }

  async #write(batch: RestoreBatch): Promise<void> {
    const threads = this.#threads;
    await this.#doAll(
      batch.newFolders,
      (paths) => threads.ask({ do: 'folders', paths }),
      (path) => path,
    );
    const failed = new Map<number, string>();
    await this.#writeRegions(batch, failed);
    this.#files += batch.files.filter(({ pieces }, at) => pieces === 1 && !failed.has(at)).length;
    const long = batch.files.filter(({ pieces }, at) => pieces > 1 && !failed.has(at));
    this.#files += long.length;
    await this.#doAll(
      long,
      (files) => threads.ask({ do: 'end files', files }),
      ({ path }) => path,
      true,
    );
    for (const [at, reason] of failed) {
      const { path = '', pieces = 0 } = batch.files[at] ?? {};
      // A file of one piece that was there before, which cannot be, would not be ours to remove.
      if (pieces > 1) await threads.ask({ do: 'remove files', paths: [path] });
      this.#fail(path, reason);
    }
    const empty = batch.emptyFiles.map(({ path, size, modifiedAt, mode }) => ({
      blob: 0,
      path,
      position: 0,
      whole: { size, modifiedAt, mode },
    }));
    this.#files += empty.length;
    const noBytes = new Uint8Array();
    await this.#doAll(
      empty,
      (pieces) => threads.ask({ do: 'pieces', bytes: noBytes, pieces }),
      ({ path }) => path,
      true,
    );
    // No path of this batch or a later one leads through a link: no two entries of a folder have one name.
    await this.#doAll(
      batch.links,
      (links) => threads.ask({ do: 'links', links }),
      ({ path }) => path,
    );
    await this.#doAll(
      batch.doneFolders,
      (folders) => threads.ask({ do: 'end folders', folders }),
      ({ path }) => path,
    );
    this.#options.progress?.(this.#totals());
  }

  async #doAll<T>(
    things: readonly T[],
    ask: (some: readonly T[]) => Promise<{ readonly failures: readonly WriteFailure[] }>,
    pathOf: (thing: T) => string,
    areFiles = false,
  ): Promise<void> {
    for (let from = 0; from < things.length; from += thingsPerRequest) {
      const some = things.slice(from, from + thingsPerRequest);
      for (const { at, reason } of (await ask(some)).failures) {
        const thing = some[at];
        if (thing !== undefined) this.#fail(pathOf(thing), reason);
        if (areFiles) this.#files -= 1;
      }
    }
  }

  async #writeRegions(batch: RestoreBatch, failed: Map<number, string>): Promise<void> {
    const regions = batch.regions(this.#index);
    let broken: { readonly error: unknown } | undefined;
    const worker = async (): Promise<void> => {
      for (const region of regions) {
        if (broken !== undefined) return;
        try {
          this.#options.signal?.throwIfAborted();
          await this.#writeRegion(region, failed);
        } catch (error) {
          broken ??= { error };
        }
      }
    };
    await Promise.all(Array.from({ length: regionsAtOnce }, worker));
    if (broken !== undefined) throw broken.error;
  }

  async #writeRegion(region: Region, failed: Map<number, string>): Promise<void> {
    const bytes = await this.#read(region);
    if (bytes === undefined) {
      for (const [at] of region.blobs.entries()) await this.#writeApart(region, at, failed);
      return;
    }
    await this.#threads.ready();
    const { blobs, pieces } = region;
    const written = await this.#threads.ask({ do: 'region', bytes, blobs, pieces }, movable(bytes));
    const damaged = new Set<number>();
    for (const { at, reason, isBlob } of written.failures) {
      const piece = pieces[at];
      if (piece === undefined) continue;
      if (isBlob) damaged.add(piece.blob);
      else failed.set(piece.file, reason);
    }
    this.#bytes += written.bytes;
    this.#options.progress?.(this.#totals());
    for (const at of damaged) await this.#writeApart(region, at, failed);
  }

  /** Undefined when the pack is not there or too short. */
  async #read({ pack, offset, length }: Region): Promise<Buffer | undefined> {
    if (length > blobBytesLimit) return undefined;
    const { signal } = this.#options;
    try {
      return await this.#repository.target.read('pack', pack, { offset, length }, signal);
    } catch (error) {
      if (isTargetFailure(error, 'absent') || isTargetFailure(error, 'short')) return undefined;
      throw error;
    }
  }

  /** One blob for which its place in the region was no good: another pack may have it, or it was damaged on its way. */
  async #writeApart(region: Region, blob: number, failed: Map<number, string>): Promise<void> {
    const pieces: (PieceToWrite & { readonly file: number })[] = region.pieces.filter(
      (piece) => piece.blob === blob,
    );
    const id = parseBlobId(region.blobs[blob]?.id ?? '');
    let bytes: Buffer;
    try {
      bytes = await this.#repository.readBlob('data', id);
    } catch (error) {
      if (!isLoss(error)) throw error;
      for (const { file } of pieces) failed.set(file, error.message);
      return;
    }
    const written = await this.#threads.ask({ do: 'pieces', bytes, pieces });
    this.#bytes += written.bytes;
    for (const { at, reason } of written.failures) {
      const piece = pieces[at];
      if (piece !== undefined) failed.set(piece.file, reason);
    }
  }
}

function isLoss(error: unknown): error is Error {
  return (
    error instanceof RepositoryDamagedError ||
    error instanceof BlobMissingError ||
    isTargetFailure(error, 'absent') ||
    isTargetFailure(error, 'short')
  );
}

/** Only a buffer that is its own can be moved: a part of Buffer's pool is copied. */
function movable(bytes: Buffer): ArrayBuffer[] {
  const isOwn = bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength;
  return isOwn && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}
