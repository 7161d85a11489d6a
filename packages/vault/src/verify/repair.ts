/** Puts right what a look found: from parity, from other targets, by salvage, by a new index. */
import { hash } from 'node:crypto';
import { FormatError } from '../format/format-error.ts';
import { readIndexFile } from '../format/index-file.ts';
import { readRepositoryConfig, writeRepositoryConfig } from '../format/repository-config.ts';
import { readUnpacked } from '../format/unpacked.ts';
import type { FileName } from '../parity/withdrawn.ts';
import { fileKey, readWithdrawn } from '../parity/withdrawn.ts';
import { readGroups } from '../parity/groups.ts';
import { overheadDefault, updateParity } from '../parity/protect.ts';
import { repairFromParity, replaceFile } from '../parity/repair-from-parity.ts';
import { repackOne } from '../prune/repack.ts';
import { rebuildIndex } from '../repository/rebuild-index.ts';
import { namesOf } from '../repository/repository-files.ts';
import type { RepositoryLock } from '../repository/repository-lock.ts';
import { openRepository } from '../repository/repository.ts';
import type { Repository } from '../repository/repository.ts';
import { SealBrokenError } from '../sealing/sealer.ts';
import type { Target } from '../target/target.ts';
import { TargetError, isTargetFailure } from '../target/target.ts';
import { BlobMarks } from './blob-marks.ts';
import type { Finding, RepairMeans } from './findings.ts';
import type { VerifyReport } from './verify.ts';
import { verify } from './verify.ts';

export interface RepairOptions {
  /** Other targets with files of the same repository. */
  readonly copies?: readonly Target[];
  readonly signal?: AbortSignal;
}

export interface RepairReport {
  /** Those of the report that was given, with what helped. */
  readonly findings: readonly Finding[];
  /** A look afterwards, at the structure and at the packs that were damaged: what is still lost. */
  readonly after: VerifyReport;
}

/**
 * Needs an exclusive lock. Nothing that can be read before cannot be read afterwards, also when it is killed. What is lost for good
 * is taken out of the index, so that the next backup writes it again if it still has it; `affectedPaths` with the report
 * `after` tells what snapshots miss.
 */
export async function repair(
  repository: Repository,
  lock: RepositoryLock,
  report: VerifyReport,
  options: RepairOptions = {},
): Promise<RepairReport> {
  if (!lock.isExclusive) throw new RangeError('repairing needs an exclusive lock');
  const signal = AbortSignal.any([lock.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  return await new Repair(repository, lock, report, options.copies ?? [], signal).run();
}

const roundsMax = 3;

class Repair {
  readonly #repository: Repository;
  readonly #lock: RepositoryLock;
  readonly #report: VerifyReport;
  readonly #copies: readonly Target[];
  readonly #signal: AbortSignal;
  readonly #helped = new Map<string, RepairMeans>();

  constructor(
    repository: Repository,
    lock: RepositoryLock,
    report: VerifyReport,
    copies: readonly Target[],
    signal: AbortSignal,
  ) {
    this.#repository = repository;
    this.#lock = lock;
    this.#report = report;
    this.#copies = copies;
    this.#signal = signal;
  }

  async run(): Promise<RepairReport> {
    let state = this.#report;
    // An index file that comes back may show packs that are damaged too.
    for (let round = 1; round <= roundsMax; round += 1) {
      const before = this.#helped.size;
      await this.#fromParity(state);
      for (const copy of this.#copies) await this.#fromCopy(copy, state);
      if (round === 1) await this.#writeConfig(state);
      state = await this.#look();
      if (state.sound || this.#helped.size === before) break;
    }
    // No writer opens a repository with index files that cannot be read.
    if (state.findings.some(isDamagedIndex) && (await this.#rebuildIndex(state))) state = await this.#look();
    // Before headers are asked: of a pack whose header is lost the index is all that is known.
    if (await this.#salvage(state)) state = await this.#look();
    if (await this.#rebuildIndex(state)) state = await this.#look();
    if (await this.#remakeParity(state)) state = await this.#look();
    return { findings: this.#report.findings.map((one) => this.#judged(one, state)), after: state };
  }

  #look(): Promise<VerifyReport> {
    const packs = new Set<string>();
    for (const { file } of this.#report.findings) if (file.kind === 'pack') packs.add(file.name);
    return verify(this.#repository, { packs, signal: this.#signal });
  }

  /** Files of which something is wrong, without those that helped already. */
  #damagedFiles(state: VerifyReport): FileName[] {
    const files = new Map<string, FileName>();
    for (const { file, severity, kind } of state.findings) {
      const isFile = file.name !== '' || file.kind === 'config';
      if (severity !== 'damage' || !isFile || kind === 'blob not indexed') continue;
      files.set(fileKey(file), file);
    }
    return [...files.values()].filter((file) => !this.#helped.has(fileKey(file)));
  }

  readonly #isConfig = (bytes: Buffer): boolean => {
    try {
      return readRepositoryConfig(this.#repository.sealer.open(bytes)).id === this.#repository.id;
    } catch (error) {
      if (error instanceof SealBrokenError || error instanceof FormatError) return false;
      throw error;
    }
  };

  /** Index files that are gone are of use where blobs are missing; without that somebody replaced them by others. */
  async #fromParity(state: VerifyReport): Promise<void> {
    const { target } = this.#repository;
    const files = this.#damagedFiles(state).filter((file) => file.kind !== 'parity');
    const hasNoKey = (await namesOf(target, 'key', this.#signal)).length === 0;
    const { groups } = await readGroups(target, this.#signal);
    const present = new Set((await namesOf(target, 'index', this.#signal)).map((name) => `index/${name}`));
    const withdrawn = await readWithdrawn(target, this.#signal);
    const known = new Set<string>();
    for (const { plan } of groups) {
      for (const { kind, name } of plan.files) {
        if (kind === 'pack' && !withdrawn.has(fileKey({ kind, name }))) known.add(name);
        const isLostIndex = kind === 'index' && state.unindexed.length > 0 && !present.has(`index/${name}`);
        if (isLostIndex || (kind === 'key' && hasNoKey)) files.push({ kind, name });
      }
    }
    if (files.length === 0) return;
    const { repaired } = await repairFromParity(target, {
      files,
      isConfig: this.#isConfig,
      accept: (file, bytes) => file.kind !== 'index' || this.#hasItsPacks(bytes, known),
      signal: this.#signal,
    });
    for (const file of repaired) this.#helped.set(fileKey(file), 'parity');
  }

  /**
   * An index file that was replaced long ago lists packs that are gone on purpose: it must not come back. `known`: packs that parity
   * can bring back after it.
   */
  async #hasItsPacks(sealed: Buffer, known: ReadonlySet<string>): Promise<boolean> {
    try {
      const { packs } = readIndexFile(readUnpacked(this.#repository.sealer.open(sealed)));
      const there = new Set(await namesOf(this.#repository.target, 'pack', this.#signal));
      return packs.every(({ id }) => there.has(id) || known.has(id));
    } catch (error) {
      if (error instanceof SealBrokenError || error instanceof FormatError) return false;
      throw error;
    }
  }

  async #fromCopy(copy: Target, state: VerifyReport): Promise<void> {
    for (const file of this.#damagedFiles(state)) {
      if (file.kind === 'parity') continue;
      const bytes = await this.#readCopy(copy, file);
      if (bytes === undefined) continue;
      await replaceFile(this.#repository.target, file, bytes, this.#signal);
      this.#helped.set(fileKey(file), 'copy');
    }
    await this.#unindexedFromCopy(copy, state);
  }

  /** Undefined: not there, or not right there either. */
  async #readCopy(copy: Target, file: FileName): Promise<Buffer | undefined> {
    try {
      const bytes = await copy.read(file.kind, file.name, undefined, this.#signal);
      const isRight =
        file.kind === 'config' ? this.#isConfig(bytes) : hash('sha256', bytes, 'hex') === file.name;
      return isRight ? bytes : undefined;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof TargetError) return undefined;
      throw error;
    }
  }

  /** Packs of blobs that no index knows here and one knows there. A new index will list them. */
  async #unindexedFromCopy(copy: Target, state: VerifyReport): Promise<void> {
    if (state.unindexed.length === 0) return;
    try {
      const { masterKey, id } = this.#repository;
      const other = await openRepository(copy, { masterKey });
      if (other.id !== id) return;
      const index = await other.loadIndex({ signal: this.#signal, onDamaged: () => undefined });
      // All that are lacking: what trees that are lost refer to is not known yet.
      const there = new Set(await namesOf(this.#repository.target, 'pack', this.#signal));
      for (const { id: name } of index.packs()) {
        if (there.has(name)) continue;
        const bytes = await this.#readCopy(copy, { kind: 'pack', name });
        if (bytes === undefined) continue;
        await this.#repository.target.save('pack', name, bytes);
        this.#helped.set(`pack/${name}`, 'copy');
      }
    } catch (error) {
      this.#signal.throwIfAborted();
      // A copy that is no repository any more is no help.
      if (isTargetFailure(error, 'full')) throw error;
    }
  }

  /** It was read when the repository was opened. */
  async #writeConfig(state: VerifyReport): Promise<void> {
    if (!this.#damagedFiles(state).some(({ kind }) => kind === 'config')) return;
    const { target, sealer, config } = this.#repository;
    await target.save('config', '', sealer.seal(writeRepositoryConfig(config)));
    this.#helped.set('config/', 'written anew');
  }

  /** Puts what can still be read of damaged packs into new ones. True when there was something to do. */
  async #salvage(state: VerifyReport): Promise<boolean> {
    const { index } = state;
    // A pack that is what its name says is not damaged: the index is wrong about it.
    const isLiedAbout = new Set<string>();
    for (const { file, kind } of state.findings) if (kind === 'index disagrees') isLiedAbout.add(file.name);
    const numbers = new Set<number>();
    for (const { file, severity, kind } of state.findings) {
      const isBroken = kind === 'wrong content' || kind === 'broken blob';
      if (severity !== 'damage' || file.kind !== 'pack' || !isBroken || isLiedAbout.has(file.name)) continue;
      for (const number of index.packNumbersOf(file.name)) numbers.add(number);
    }
    if (numbers.size === 0) return false;
    const readable = await this.#readableBlobs(state, numbers);
    const writer = await this.#repository.beginWriting(this.#lock, { signal: this.#signal, threads: 1 });
    try {
      for (const number of numbers) {
        await repackOne(this.#repository, index, number, readable, writer, this.#signal);
      }
      await writer.finish();
    } finally {
      await writer.close();
    }
    // Durable and indexed elsewhere by now.
    for (const number of numbers) {
      const name = index.pack(number).id;
      await this.#repository.target.remove('pack', name, this.#signal).catch(ignoreLocked);
      if (index.pack(number).blobs > 0) this.#helped.set(`pack/${name}`, 'salvaged');
    }
    await rebuildIndex(this.#repository, this.#lock, { signal: this.#signal });
    return true;
  }

  async #readableBlobs(state: VerifyReport, numbers: ReadonlySet<number>): Promise<BlobMarks> {
    const { index, damaged } = state;
    const readable = new BlobMarks(index.size);
    for (const number of numbers) {
      const { first, blobs } = index.pack(number);
      for (let slot = first; slot < first + blobs; slot += 1) {
        this.#signal.throwIfAborted();
        if (!damaged.has(slot) && (await this.#opens(state, slot))) readable.add(slot);
      }
    }
    return readable;
  }

  async #opens({ index }: VerifyReport, slot: number): Promise<boolean> {
    const { pack, offset, length } = index.at(slot);
    try {
      const sealed = await this.#repository.target.read('pack', pack, { offset, length }, this.#signal);
      this.#repository.sealer.open(sealed);
      return true;
    } catch (error) {
      this.#signal.throwIfAborted();
      const isLost = error instanceof TargetError && error.failure !== 'passing';
      if (error instanceof SealBrokenError || isLost) return false;
      throw error;
    }
  }

  /** Where index files are damaged, contradict each other or list what is gone. */
  async #rebuildIndex(state: VerifyReport): Promise<boolean> {
    const isWanted = state.findings.some(
      ({ kind, file, severity }) =>
        severity === 'damage' &&
        (file.kind === 'index' || file.kind === 'pack' || kind === 'blob not indexed'),
    );
    if (!isWanted) return false;
    // Headers are asked again only where the index lies.
    const everything = state.findings.some(({ kind }) => kind === 'index disagrees');
    await rebuildIndex(this.#repository, this.#lock, { everything, signal: this.#signal });
    for (const { file, kind } of this.#report.findings) {
      const isIndex = file.kind === 'index' || kind === 'blob not indexed' || kind === 'index disagrees';
      if (isIndex && !this.#helped.has(fileKey(file))) this.#helped.set(fileKey(file), 'index rebuilt');
    }
    return true;
  }

  /** As much of it as there was. */
  async #remakeParity(state: VerifyReport): Promise<boolean> {
    const isParity = ({ file, severity }: Finding): boolean =>
      file.kind === 'parity' && severity === 'damage';
    const found = [...this.#report.findings, ...state.findings].filter(isParity);
    if (found.length === 0) return false;
    const { target } = this.#repository;
    for (const { file } of found) {
      if (file.name === '') continue;
      await target.remove('parity', file.name, this.#signal).catch(ignoreLocked);
    }
    const { groups } = await readGroups(target, this.#signal);
    const overhead = groups[0]?.plan.overhead ?? overheadDefault;
    await updateParity(target, { overhead, isConfig: this.#isConfig, signal: this.#signal });
    for (const { file } of this.#report.findings) {
      if (file.kind === 'parity') this.#helped.set(fileKey(file), 'parity');
    }
    return true;
  }

  /** Repaired is what is not found any more. */
  #judged(one: Finding, state: VerifyReport): Finding {
    const isStill = state.findings.some(
      ({ kind, file, severity }) =>
        severity === 'damage' && kind === one.kind && fileKey(file) === fileKey(one.file),
    );
    if (one.severity === 'notice') return one;
    // What a file lacked (a snapshot its blobs) came back with another.
    const means = this.#helped.get(fileKey(one.file)) ?? [...this.#helped.values()][0];
    return means === undefined || isStill ? one : { ...one, repaired: means };
  }
}

function isDamagedIndex({ file, severity }: Finding): boolean {
  return file.kind === 'index' && severity === 'damage';
}

/** The target keeps it until its lock ends. */
function ignoreLocked(error: unknown): void {
  if (!isTargetFailure(error, 'locked')) throw error;
}
