/**
 * A second target with the same files: the same repository, the same keys. Needs no key to copy, and the master key to remove
 * anything. Parity is not copied: the copy has its own, made by updateParity.
 */
import { hash } from 'node:crypto';
import { FormatError } from '../format/format-error.ts';
import { readRepositoryConfig } from '../format/repository-config.ts';
import type { FileName } from '../parity/withdrawn.ts';
import { fileKey } from '../parity/withdrawn.ts';
import { SealBrokenError, createSealer } from '../sealing/sealer.ts';
import type { FileKind, Target, TargetFile } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';
import { Pace } from '../threads/pace.ts';
import type { FollowOptions } from './follow-removals.ts';
import { followRemovals } from './follow-removals.ts';

export type MirrorAlarmKind =
  /** The source holds nothing, or no configuration: nothing was changed at the copy. */
  | 'source is empty'
  /** The source is another repository than the copy: nothing was changed. */
  | 'another repository'
  /** Snapshots that must be kept are at the copy only. */
  | 'source lacks snapshots'
  /** Files at the source do not hash to their names, or cannot be read: not copied. */
  | 'source damaged'
  /** The copy returned something else than was written there. */
  | 'copy lies'
  /** Files at the copy were damaged; those that the source has were written again. */
  | 'copy damaged'
  /** Nothing was removed, and why. */
  | 'not removed';

export interface MirrorAlarm {
  readonly kind: MirrorAlarmKind;
  /** A sentence for people. */
  readonly detail: string;
  readonly files: readonly FileName[];
}

export interface MirrorOptions {
  /**
   * With it the copy follows removals at the source, as far as retention lets go of every snapshot concerned, and what stays is a
   * whole repository. Without it nothing is ever removed.
   */
  readonly follow?: FollowOptions;
  /** Files at the copy that are read and checked in this run: first id byte mod `of` = `slice`. Default none. */
  readonly check?: { readonly slice: number; readonly of: number };
  /** Of reading the source and checking the copy together. */
  readonly bytesPerSecond?: number;
  /** Unix milliseconds: handed to the copy for files that are written. */
  readonly lockedUntil?: number;
  /** Which packs hold only trees, where the copy has a cold place for the others. Default: all are taken for data. */
  readonly isMetadata?: (pack: string) => boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: {
    readonly files: number;
    readonly filesAll: number;
    readonly bytes: number;
    readonly bytesAll: number;
  }) => void;
}

export interface MirrorReport {
  readonly copied: number;
  readonly bytesCopied: number;
  /** Already there. */
  readonly present: number;
  readonly checked: number;
  /** Found damaged at the copy and written again. */
  readonly mended: number;
  readonly removed: number;
  /** Cold packs of the source that could not be read now. */
  readonly cold: number;
  readonly alarms: readonly MirrorAlarm[];
  /** The copy holds all that the source holds, and there was no alarm. */
  readonly complete: boolean;
}

/** In this order a copy that is cut short is a repository that lacks its newest snapshots. */
const copyOrder = ['key', 'config', 'pack', 'index', 'snapshot'] as const;
/** In this order what was listed first needs only what is listed later. */
const listOrder = ['snapshot', 'index', 'pack', 'key', 'config'] as const satisfies FileKind[];

/**
 * The caller holds a shared lock on the source, so that no prune removes files while they are listed. Throws TargetError when
 * one of the two does not answer or the copy is full; what was copied stays, and the next run goes on.
 */
export async function mirror(
  source: Target,
  copy: Target,
  options: MirrorOptions = {},
): Promise<MirrorReport> {
  return await new Mirror(source, copy, options).run();
}

class Mirror {
  readonly #source: Target;
  readonly #copy: Target;
  readonly #options: MirrorOptions;
  readonly #pace: Pace;
  readonly #alarms = new Map<MirrorAlarmKind, { detail: string; files: FileName[] }>();
  #copied = 0;
  #bytesCopied = 0;
  #present = 0;
  #checked = 0;
  #mended = 0;
  #removed = 0;
  #cold = 0;
  #done = 0;

  constructor(source: Target, copy: Target, options: MirrorOptions) {
    this.#source = source;
    this.#copy = copy;
    this.#options = options;
    this.#pace = new Pace(options.bytesPerSecond, options.signal);
  }

  async run(): Promise<MirrorReport> {
    const here = await this.#list(this.#source);
    const there = await this.#list(this.#copy);
    if (await this.#isSame(here, there)) {
      const lacking = this.#lacking(here, there);
      const bytesAll = lacking.reduce((sum, file) => sum + file.bytes, 0);
      for (const file of lacking) {
        await this.#copyOne(file, there.has(fileKey(file)));
        this.#done += 1;
        const { progress } = this.#options;
        progress?.({ files: this.#done, filesAll: lacking.length, bytes: this.#bytesCopied, bytesAll });
      }
      await this.#checkCopy(here, there);
      await this.#follow(here, there);
    } else {
      await this.#checkCopy(here, there);
    }
    return this.#report();
  }

  #report(): MirrorReport {
    const alarms = [...this.#alarms].map(([kind, { detail, files }]) => ({ kind, detail, files }));
    return {
      copied: this.#copied,
      bytesCopied: this.#bytesCopied,
      present: this.#present,
      checked: this.#checked,
      mended: this.#mended,
      removed: this.#removed,
      cold: this.#cold,
      alarms,
      complete: alarms.length === 0 && this.#cold === 0,
    };
  }

  /** By fileKey. */
  async #list(target: Target): Promise<Map<string, Listed>> {
    const files = new Map<string, Listed>();
    for (const kind of listOrder) {
      for await (const { name, bytes } of target.list(kind, this.#options.signal)) {
        files.set(fileKey({ kind, name }), { kind, name, bytes });
      }
    }
    return files;
  }

  /** Before anything is written: is the source there at all, and is it the repository of which this is the copy? */
  async #isSame(here: ReadonlyMap<string, Listed>, there: ReadonlyMap<string, Listed>): Promise<boolean> {
    const config = here.has('config/') ? await this.#readConfig(this.#source) : undefined;
    const hasKey = [...here.keys()].some((key) => key.startsWith('key/'));
    if (config === undefined || !hasKey) {
      const what = here.size === 0 ? 'holds nothing' : 'lacks its configuration or its keys';
      this.#alarm(
        'source is empty',
        `${this.#source.description} ${what}. Nothing was changed at ${this.#copy.description}, which holds ${there.size} files.`,
      );
      return false;
    }
    if (!there.has('config/')) {
      if (there.size === 0 || ![...there.keys()].some((key) => key.startsWith('snapshot/'))) return true;
      // A copy without its configuration still tells by a key which repository it is of.
      if ([...there.keys()].some((key) => key.startsWith('key/') && here.has(key))) return true;
    } else {
      const other = await this.#readConfig(this.#copy);
      if (other?.equals(config) === true) return true;
      // A configuration damaged at the copy: keys, which are named by their hashes, tell that it is the same repository.
      if ([...here.keys()].some((key) => key.startsWith('key/') && there.has(key))) return true;
    }
    this.#alarm(
      'another repository',
      `${this.#source.description} is not the repository of which ${this.#copy.description} is a copy. Nothing was changed there.`,
    );
    return false;
  }

  async #readConfig(target: Target): Promise<Buffer | undefined> {
    try {
      return await target.read('config', '', undefined, this.#options.signal);
    } catch (error) {
      if (isTargetFailure(error, 'absent') || isTargetFailure(error, 'short')) return undefined;
      throw error;
    }
  }

  #lacking(here: ReadonlyMap<string, Listed>, there: ReadonlyMap<string, Listed>): Listed[] {
    const files: Listed[] = [];
    for (const kind of copyOrder) {
      for (const [key, file] of here) {
        if (file.kind !== kind) continue;
        if (there.get(key)?.bytes === file.bytes && kind !== 'config') this.#present += 1;
        else files.push(file);
      }
    }
    return files;
  }

  async #copyOne(file: Listed, isThere: boolean): Promise<void> {
    const bytes = await this.#readSource(file);
    if (bytes === undefined) return;
    if (isThere) {
      const old = await this.#readCopy(file);
      if (old?.equals(bytes) === true) {
        this.#present += 1;
        return;
      }
      if (file.kind === 'config' && !(await this.#isConfigNewer(file, bytes))) return;
    }
    await this.#write(file, bytes, isThere);
    this.#copied += 1;
    this.#bytesCopied += bytes.length;
    await this.#pace.after(bytes.length);
  }

  /** The only file that may be replaced, and the only one whose name does not tell whether it is right. */
  async #isConfigNewer(file: Listed, bytes: Buffer): Promise<boolean> {
    const { follow } = this.#options;
    const sealer = follow === undefined ? undefined : await createSealer(follow.masterKey);
    try {
      if (sealer !== undefined) {
        readRepositoryConfig(sealer.open(bytes));
        return true;
      }
    } catch (error) {
      if (!(error instanceof SealBrokenError) && !(error instanceof FormatError)) throw error;
    }
    this.#alarm(
      'source damaged',
      `The configurations of ${this.#source.description} and ${this.#copy.description} differ; the copy keeps its own.`,
      file,
    );
    return false;
  }

  /** Undefined: not there any more, cold, or not what its name says. */
  async #readSource(file: Listed): Promise<Buffer | undefined> {
    const { signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const bytes = await this.#source.read(file.kind, file.name, undefined, signal);
        if (file.kind === 'config' || hash('sha256', bytes, 'hex') === file.name) return bytes;
      } catch (error) {
        signal?.throwIfAborted();
        if (isTargetFailure(error, 'absent')) return undefined;
        if (isTargetFailure(error, 'cold')) {
          this.#cold += 1;
          return undefined;
        }
        if (!isTargetFailure(error, 'short') && !isTargetFailure(error, 'permanent')) throw error;
      }
      // What was damaged on its way comes right the second time.
      if (attempt === 2) break;
    }
    this.#alarm(
      'source damaged',
      `Files of ${this.#source.description} are damaged and were not copied; what the copy has of them stays.`,
      file,
    );
    return undefined;
  }

  /** Undefined: cannot be read there. */
  async #readCopy(file: FileName): Promise<Buffer | undefined> {
    try {
      return await this.#copy.read(file.kind, file.name, undefined, this.#options.signal);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      for (const failure of ['absent', 'short', 'permanent'] as const) {
        if (isTargetFailure(error, failure)) return undefined;
      }
      throw error;
    }
  }

  /** Read back: a target that lies shall be noticed now and not at the restore. */
  async #write(file: Listed, bytes: Buffer, isThere: boolean): Promise<void> {
    const { signal, lockedUntil, isMetadata } = this.#options;
    const content = file.kind === 'pack' && isMetadata?.(file.name) !== true ? 'data' : 'metadata';
    const options = {
      content,
      ...(signal === undefined ? {} : { signal }),
      ...(lockedUntil === undefined ? {} : { lockedUntil }),
    } as const;
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await this.#copy.save(file.kind, file.name, bytes, options);
      if (await this.#isCold(file)) return;
      if ((await this.#readCopy(file))?.equals(bytes) === true) return;
      // A target may take a file that has its name for the same.
      if (isThere) await this.#copy.remove(file.kind, file.name, signal).catch(ignoreLocked);
    }
    this.#alarm(
      'copy lies',
      `${this.#copy.description} gave back something else than was written there. Do not rely on it.`,
      file,
    );
  }

  async #isCold(file: FileName): Promise<boolean> {
    const { cold } = this.#copy;
    if (cold === undefined || file.kind !== 'pack') return false;
    return (await cold.availability(file.name, this.#options.signal)) !== 'ready';
  }

  /** Reads the slice of this run; what is damaged is written again where the source has it. */
  async #checkCopy(here: ReadonlyMap<string, Listed>, there: ReadonlyMap<string, Listed>): Promise<void> {
    const { check } = this.#options;
    if (check === undefined) return;
    for (const [key, file] of there) {
      if (file.kind === 'config' || Number.parseInt(file.name.slice(0, 2), 16) % check.of !== check.slice)
        continue;
      if (await this.#isCold(file)) continue;
      const bytes = await this.#readCopy(file);
      this.#checked += 1;
      if (bytes === undefined || hash('sha256', bytes, 'hex') !== file.name)
        await this.#mend(file, here.get(key));
      await this.#pace.after(file.bytes);
    }
  }

  async #mend(file: Listed, source: Listed | undefined): Promise<void> {
    const bytes = source === undefined ? undefined : await this.#readSource(source);
    this.#alarm('copy damaged', `Files of ${this.#copy.description} were damaged.`, file);
    if (bytes === undefined) return;
    await this.#write(file, bytes, true);
    this.#mended += 1;
  }

  async #follow(here: ReadonlyMap<string, Listed>, there: ReadonlyMap<string, Listed>): Promise<void> {
    const { follow, signal } = this.#options;
    const surplus = [...there.values()].filter((file) => file.kind !== 'config' && !here.has(fileKey(file)));
    if (follow === undefined || surplus.length === 0) return;
    // What was listed at the source and could not be copied is lacking here: then nothing that might replace it goes.
    if (this.#alarms.size > 0 || this.#cold > 0) {
      this.#alarm('not removed', 'Nothing was removed at the copy, because this run was not clean.');
      return;
    }
    const result = await followRemovals(this.#copy, surplus, follow, signal);
    this.#removed = result.removed;
    if (result.kept.length > 0) {
      this.#alarm(
        'source lacks snapshots',
        `${this.#source.description} lacks ${result.kept.length} snapshots that must be kept; ${this.#copy.description} keeps them and all that they need.`,
        ...result.kept,
      );
    } else if (result.refused !== undefined) {
      this.#alarm('not removed', `Nothing was removed at the copy: ${result.refused}`);
    }
  }

  #alarm(kind: MirrorAlarmKind, detail: string, ...files: readonly FileName[]): void {
    const known = this.#alarms.get(kind);
    const added = files.map(({ kind: fileKind, name }) => ({ kind: fileKind, name }));
    if (known === undefined) this.#alarms.set(kind, { detail, files: added });
    else known.files.push(...added);
  }
}

type Listed = FileName & TargetFile;

/** The target keeps it until its lock ends. */
function ignoreLocked(error: unknown): void {
  if (!isTargetFailure(error, 'locked')) throw error;
}
