/** Keeps parity files up to date with the files of a repository. Needs no key. */
import { hash } from 'node:crypto';
import type { FileKind, Target } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';
import { EncoderThread } from './encoder-thread.ts';
import type { GroupFile } from './group-plan.ts';
import { fullGroupBytes, groupFilesMax, planGroup, protectedKinds, shape, sizeClass } from './group-plan.ts';
import type { Group } from './groups.ts';
import { groupBytes, listSizes, readGroups } from './groups.ts';
import type { FileName } from './withdrawn.ts';
import { fileKey, readWithdrawn, writeWithdrawn } from './withdrawn.ts';

export interface ProtectOptions {
  /** Share of the stored size, 0.01 to 1. Default 0.05; 0 removes all parity. */
  readonly overhead?: number;
  /**
   * Whether these bytes are a configuration that can be opened: tells one that was replaced from one that was damaged.
   * Default: one that differs from what parity knows is damaged.
   */
  readonly isConfig?: (bytes: Buffer) => boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: { readonly bytesRead: number; readonly bytesAll: number }) => void;
}

export interface ProtectReport {
  /** Files that are protected now, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly parityBytes: number;
  readonly groups: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Damaged or lost files: the groups that know them were left as they are. To be repaired first. */
  readonly damaged: readonly { readonly kind: FileKind; readonly name: string }[];
  /** Packs on cold storage, not protected. */
  readonly cold: number;
}

export const overheadDefault = 0.05;
/** Of a file at once; a multiple of every size of blocks. */
const pieceBytes = 16 * 1024 * 1024;

/** After a backup and after a prune. Safe to interrupt anywhere and to run during a backup; two at once are not. */
export async function updateParity(target: Target, options: ProtectOptions = {}): Promise<ProtectReport> {
  const overhead = options.overhead ?? overheadDefault;
  if (overhead !== 0 && !(overhead >= 0.01 && overhead <= 1)) {
    throw new RangeError('the overhead of parity is 0, or from 0.01 to 1');
  }
  const run = new ParityUpdate(target, overhead, options);
  try {
    return await run.run();
  } finally {
    await run.close();
  }
}

class ParityUpdate {
  readonly #target: Target;
  readonly #overhead: number;
  readonly #options: ProtectOptions;
  readonly #encoder = new EncoderThread();
  readonly #damaged = new Map<string, FileName>();
  /** Groups of which nothing is needed any more once the new ones are there. */
  readonly #replaced: Group[] = [];
  readonly #kept: Group[] = [];
  readonly #covered = new Set<string>();
  #bytesRead = 0;
  #bytesAll = 0;
  #bytesWritten = 0;

  constructor(target: Target, overhead: number, options: ProtectOptions) {
    this.#target = target;
    this.#overhead = overhead;
    this.#options = options;
  }

  close(): Promise<void> {
    return this.#encoder.close();
  }

  async run(): Promise<ProtectReport> {
    const { signal } = this.#options;
    const target = this.#target;
    const { groups, useless } = await readGroups(target, signal);
    if (this.#overhead === 0) return this.#removeAll(groups, useless);
    const sizes = await listSizes(target, protectedKinds, signal);
    const withdrawn = await readWithdrawn(target, signal);
    for (const group of groups) await this.#judge(group, sizes, withdrawn);
    const { pending, cold } = await this.#pendingFiles(sizes);
    const batches = this.#batches(pending);
    this.#bytesAll = batches.flat().reduce((sum, file) => sum + file.bytes, 0);
    for (const batch of batches) await this.#protect(batch);
    // Those that found no place because they turned out damaged may be known to a group that was to go.
    const isNeeded = (group: Group): boolean =>
      group.plan.files.some((file) => this.#damaged.has(fileKey(file)));
    for (const group of this.#replaced) {
      if (isNeeded(group)) this.#kept.push(group);
      else await this.#remove(group.columns.map(({ name }) => name));
    }
    await this.#remove(useless);
    await this.#forgetWithdrawn(withdrawn, sizes);
    return this.#report(cold);
  }

  async #removeAll(groups: readonly Group[], useless: readonly string[]): Promise<ProtectReport> {
    await this.#remove([...groups.flatMap((group) => group.columns.map(({ name }) => name)), ...useless]);
    return {
      files: 0,
      bytes: 0,
      parityBytes: 0,
      groups: 0,
      bytesRead: 0,
      bytesWritten: 0,
      damaged: [],
      cold: 0,
    };
  }

  /** Keeps a group that is as it should be, or that is needed for a repair; all others are made anew. */
  async #judge(
    group: Group,
    sizes: ReadonlyMap<string, number>,
    withdrawn: ReadonlySet<string>,
  ): Promise<void> {
    const { files } = group.plan;
    const known = files.filter((file) => sizes.has(fileKey(file)) || !withdrawn.has(fileKey(file)));
    const damaged: FileName[] = [];
    let isStale = false;
    for (const file of known) {
      const hasSize = sizes.get(fileKey(file)) === file.bytes;
      if (file.kind === 'config' && sizes.has('config/')) {
        const is = await this.#compareConfig(file);
        if (is === 'damaged') damaged.push(file);
        isStale ||= is === 'replaced';
      } else if (!hasSize && !this.#covered.has(fileKey(file))) damaged.push(file);
    }
    if (damaged.length > 0) {
      for (const { kind, name } of damaged) this.#damaged.set(fileKey({ kind, name }), { kind, name });
      this.#keep(group);
      return;
    }
    const isCurrent =
      !isStale &&
      group.isWhole &&
      known.length === files.length &&
      group.plan.overhead === this.#overhead &&
      !files.some((file) => this.#covered.has(fileKey(file)));
    if (isCurrent) this.#keep(group);
    else this.#replaced.push(group);
  }

  async #compareConfig(file: GroupFile): Promise<'same' | 'replaced' | 'damaged'> {
    const bytes = await this.#target.read('config', '', undefined, this.#options.signal);
    if (hash('sha256', bytes, 'hex') === file.sha256) return 'same';
    return this.#options.isConfig?.(bytes) === true ? 'replaced' : 'damaged';
  }

  #keep(group: Group): void {
    this.#kept.push(group);
    for (const file of group.plan.files) this.#covered.add(fileKey(file));
  }

  async #pendingFiles(
    sizes: ReadonlyMap<string, number>,
  ): Promise<{ readonly pending: GroupFile[]; readonly cold: number }> {
    const pending: GroupFile[] = [];
    let cold = 0;
    for (const [key, bytes] of sizes) {
      const [kindName, name = ''] = key.split('/', 2);
      const kind = protectedKinds.find((known) => known === kindName);
      if (kind === undefined || bytes === 0 || this.#covered.has(key)) continue;
      if (kind === 'pack' && (await this.#isCold(name))) cold += 1;
      else pending.push({ kind, name, bytes });
    }
    return { pending, cold };
  }

  async #isCold(pack: string): Promise<boolean> {
    const { cold } = this.#target;
    return cold !== undefined && (await cold.availability(pack, this.#options.signal)) !== 'ready';
  }

  /** What makes a group each: by size, with groups that are not full yet taken in, as long as that at least doubles them. */
  #batches(pending: readonly GroupFile[]): GroupFile[][] {
    const byClass = new Map<number, GroupFile[]>();
    for (const file of pending) {
      const files = byClass.get(sizeClass(file.bytes));
      if (files === undefined) byClass.set(sizeClass(file.bytes), [file]);
      else files.push(file);
    }
    return [...byClass].flatMap(([number, files]) => this.#cut(this.#absorb(number, files)));
  }

  #absorb(number: number, files: readonly GroupFile[]): GroupFile[] {
    const all = [...files];
    let bytes = all.reduce((sum, file) => sum + file.bytes, 0);
    const open = this.#kept
      .filter((group) => this.#isOpen(group, number))
      .sort((a, b) => groupBytes(a) - groupBytes(b));
    for (const group of open) {
      if (groupBytes(group) > bytes) break;
      bytes += groupBytes(group);
      all.push(...group.plan.files.map(({ kind, name, bytes: length }) => ({ kind, name, bytes: length })));
      this.#kept.splice(this.#kept.indexOf(group), 1);
      this.#replaced.push(group);
    }
    return all;
  }

  /** Not full, of files of this class, and none of them damaged. */
  #isOpen(group: Group, number: number): boolean {
    const { files } = group.plan;
    const largest = files.reduce((max, file) => Math.max(max, file.bytes), 0);
    return (
      sizeClass(largest) === number &&
      files.length < groupFilesMax / 2 &&
      groupBytes(group) < fullGroupBytes(this.#overhead, largest) &&
      !files.some((file) => this.#damaged.has(fileKey(file)))
    );
  }

  #cut(files: readonly GroupFile[]): GroupFile[][] {
    const batches: GroupFile[][] = [];
    let batch: GroupFile[] = [];
    let bytes = 0;
    let largest = 0;
    for (const file of files) {
      batch.push(file);
      bytes += file.bytes;
      largest = Math.max(largest, file.bytes);
      if (bytes >= fullGroupBytes(this.#overhead, largest) || batch.length === groupFilesMax) {
        batches.push(batch);
        batch = [];
        bytes = 0;
        largest = 0;
      }
    }
    if (batch.length > 0) batches.push(batch);
    return batches;
  }

  /** Files that turn out damaged, or that are gone, are left out; for that the group is begun again. */
  async #protect(batch: readonly GroupFile[]): Promise<void> {
    let files = batch;
    while (files.length > 0) {
      const plan = planGroup(files, this.#overhead);
      await this.#encoder.begin(plan);
      const bad = await this.#addFiles(files);
      if (bad === undefined) break;
      files = files.filter((file) => file !== bad);
      await this.#encoder.end();
    }
    if (files.length === 0) return;
    const columns = [];
    const { parity } = shape(this.#overhead);
    for (let column = 0; column < parity; column += 1) {
      const bytes = await this.#encoder.parityFile(column);
      const name = hash('sha256', bytes, 'hex');
      const { signal } = this.#options;
      await this.#target.save('parity', name, bytes, signal === undefined ? {} : { signal });
      this.#bytesWritten += bytes.length;
      columns.push({ name, bytes: bytes.length, column, columnAt: 0 });
    }
    await this.#encoder.end();
    this.#kept.push({ id: '', plan: planGroup(files, this.#overhead), columns, isWhole: true });
  }

  /** Gives the first that is not what its name says. */
  async #addFiles(files: readonly GroupFile[]): Promise<GroupFile | undefined> {
    for (const [number, file] of files.entries()) {
      const digest = await this.#addFile(number, file);
      if (digest === 'gone') return file;
      if (file.kind !== 'config' && digest !== file.name) {
        this.#damaged.set(fileKey(file), { kind: file.kind, name: file.name });
        return file;
      }
    }
    return undefined;
  }

  async #addFile(number: number, file: GroupFile): Promise<string | undefined> {
    const { signal, progress } = this.#options;
    let digest: string | undefined;
    for (let offset = 0; offset < file.bytes; offset += pieceBytes) {
      const length = Math.min(pieceBytes, file.bytes - offset);
      try {
        const bytes = await this.#target.read(file.kind, file.name, { offset, length }, signal);
        digest = await this.#encoder.add(number, offset, bytes);
      } catch (error) {
        if (isTargetFailure(error, 'absent')) return 'gone';
        if (isTargetFailure(error, 'short')) return undefined;
        throw error;
      }
      this.#bytesRead += length;
      progress?.({ bytesRead: this.#bytesRead, bytesAll: Math.max(this.#bytesAll, this.#bytesRead) });
      // Small groups are reckoned in this thread.
      await new Promise(setImmediate);
    }
    return digest;
  }

  async #remove(names: readonly string[]): Promise<void> {
    // A group that was begun and not finished may come out the same again.
    const needed = new Set(this.#kept.flatMap((group) => group.columns.map(({ name }) => name)));
    for (const name of names.filter((one) => !needed.has(one))) {
      try {
        await this.#target.remove('parity', name, this.#options.signal);
      } catch (error) {
        // It says nothing wrong, it only takes room until its lock ends.
        if (!isTargetFailure(error, 'locked')) throw error;
      }
    }
  }

  /** The note is needed only for files that a group still knows. */
  async #forgetWithdrawn(withdrawn: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Promise<void> {
    if (withdrawn.size === 0) return;
    const known = new Set(this.#kept.flatMap((group) => group.plan.files.map(fileKey)));
    const left = [...withdrawn].filter((key) => known.has(key) && !sizes.has(key));
    if (left.length < withdrawn.size) await writeWithdrawn(this.#target, left, this.#options.signal);
  }

  #report(cold: number): ProtectReport {
    const files = new Map<string, number>();
    for (const group of this.#kept) {
      for (const file of group.plan.files) {
        if (!this.#damaged.has(fileKey(file))) files.set(fileKey(file), file.bytes);
      }
    }
    return {
      files: files.size,
      bytes: [...files.values()].reduce((sum, bytes) => sum + bytes, 0),
      parityBytes: this.#kept.reduce(
        (sum, group) => sum + group.columns.reduce((all, column) => all + column.bytes, 0),
        0,
      ),
      groups: this.#kept.length,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      damaged: [...this.#damaged.values()],
      cold,
    };
  }
}
